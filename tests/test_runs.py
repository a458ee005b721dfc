"""Experiments: every run done once, none lost, none foreign, and the statistics right."""

import math
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from bends import datasets, runs, stacks, storage
from bends.grids import Grid, product
from bends.losses import cross_entropy
from bends.network import MLP
from bends.optimizers import Adam
from bends.runs import load, rerun, run
from bends.stacks import complete, task, train_stack
from bends.training import train

no_windows = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no lock of this kind, no fork and no SIGKILL."
)
SMALL = {"width": 6, "epochs": 2, "batch_size": 25}


@pytest.fixture(scope="module")
def tasks():
    moons = task(*datasets.moons(100, seed=1), *datasets.moons(80, seed=2))
    sine = task(
        *datasets.regression(n=60, noise=0.1), *datasets.regression(n=50), loss="squared_error"
    )
    return {"moons": moons, "sine": sine}


@pytest.fixture(scope="module")
def grid(tasks):
    settings = product(task=["moons", "sine"], activation=["relu", "tanh"], **wrap(SMALL))
    return Grid(tasks, settings, rates=[1e-3, 1e-2], seeds=[10, 11, 12], tuning_seeds=[1, 2])


@pytest.fixture(scope="module")
def stored(grid, tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "runs.csv"
    run(grid, path, progress=False)
    return path.read_bytes()


def wrap(settings):
    return {name: [value] for name, value in settings.items()}


def a_cell(**changes):
    return complete({"task": "moons", **SMALL, **changes})


# --- the grid -------------------------------------------------------------------------------------


def test_grid_counts_its_runs_and_fills_in_defaults(grid):
    assert grid.runs == (4 * 2 * 2, 4 * 3)
    expected = stacks.SETTINGS | SMALL | {"task": "moons", "activation": "tanh"}
    assert grid.settings[1] == expected


def test_product_is_every_combination():
    expected = [{"a": 1, "b": 3}, {"a": 1, "b": 4}, {"a": 2, "b": 3}, {"a": 2, "b": 4}]
    assert product(a=[1, 2], b=[3, 4]) == expected


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"settings": []}, ValueError, "settings must hold at least one entry"),
        ({"settings": [{"task": "t"}] * 2}, ValueError, "settings must hold .* none twice"),
        ({"settings": [{"task": "tt"}]}, ValueError, "task='tt' is not known; nearest: t"),
        ({"settings": [{"task": "t", "with": 3}]}, ValueError, "'with' is not .*nearest: width"),
        ({"settings": [{"task": "t", "activation": "rleu"}]}, KeyError, "nearest: relu"),
        ({"settings": [{"task": "t", "init": "hee"}]}, ValueError, "init='hee' .*nearest: he"),
        ({"settings": [{"task": "t", "init": -1}]}, ValueError, "init must be .* above 0"),
        ({"settings": [{"task": "t", "optimizer": "adams"}]}, ValueError, "nearest: adam"),
        ({"settings": [{"task": "t", "depth": 0}]}, ValueError, "depth must be a whole number"),
        ({"settings": [{"task": "t", "patience": 0}]}, ValueError, "patience must be a whole"),
        ({"settings": [{"task": "t", "dtype": "int8"}]}, ValueError, "dtype must be 'float32' or"),
        ({"rates": []}, ValueError, "rates must hold at least one entry"),
        ({"rates": [0.1, -1]}, ValueError, "rates must be a finite number above 0"),
        ({"rates": [0.1, 0.1]}, ValueError, "rates must hold .* none twice"),
        ({"rates": [0.1], "tuning_seeds": [5]}, ValueError, "tuning_seeds must be given with"),
        ({"tuning_seeds": []}, ValueError, "tuning_seeds must be given with several rates"),
        ({"tuning_seeds": [1]}, ValueError, "a tuning seed is not fresh"),
        ({"seeds": []}, ValueError, "seeds must hold at least one entry"),
        ({"seeds": [1.5]}, ValueError, "seeds must be a whole number"),
    ],
)
def test_grid_refuses(changes, error, words):
    good = {"settings": [{"task": "t"}], "rates": [1, 2], "seeds": [1, 2], "tuning_seeds": [3]}
    with pytest.raises(error, match=words):
        Grid({"t": None}, **(good | changes))


def test_task_keeps_the_parts_apart(tasks):
    moons = tasks["moons"]
    assert [len(x) for x, _ in moons[:3]] == [80, 20, 80]
    everything = np.concatenate([moons.train[0], moons.validation[0]])
    assert np.array_equal(np.unique(everything), np.unique(datasets.moons(100, seed=1)[0]))
    lists = task(*datasets.moons(100, seed=1), *(a.tolist() for a in datasets.moons(80, seed=2)))
    assert all(np.array_equal(a, b) for a, b in zip(lists.test, moons.test, strict=True))
    with pytest.raises(ValueError, match="x_test has 4 examples and y_test 3 targets"):
        task(*datasets.moons(100), datasets.xor()[0], [0, 1, 1])
    with pytest.raises(ValueError, match="loss='entropy' is not known"):
        task(*datasets.xor(), *datasets.xor(), loss="entropy")


# --- one stack ------------------------------------------------------------------------------------


def test_scores_are_those_of_a_network_trained_by_hand(tasks):
    moons = tasks["moons"]
    rows = train_stack(moons, a_cell(init="he"), [(0.01, 5), (0.03, 6)])
    net = MLP([2, 6, 6, 2], "relu", init="he", seed=6, dtype=np.float32)
    train(
        net, *moons.train, loss=cross_entropy, optimizer=Adam(0.03), epochs=2, batch_size=25,
        progress=False,
    )  # fmt: skip
    for name in ("train", "validation", "test"):
        x, y = getattr(moons, name)
        assert rows[1][f"{name}_score"] == (net(x).argmax(axis=1) == y).mean()
    assert rows[1]["epochs_run"] == 2 and rows[1]["stop"] == ""


def test_scores_of_a_regression_are_shares_of_the_variance(tasks):
    sine = tasks["sine"]
    row = train_stack(sine, a_cell(dtype="float64", epochs=9), [(0.01, 5)])[0]
    net = MLP([1, 6, 6, 1], "relu", seed=5)
    train(
        net, *sine.train, loss="squared_error", optimizer=Adam(0.01), epochs=9, batch_size=25,
        progress=False,
    )  # fmt: skip
    x, y = sine.test
    assert row["test_score"] == pytest.approx(1 - ((net(x) - y) ** 2).mean() / y.var())


def test_init_may_be_a_number(tasks):
    he, number = (
        train_stack(tasks["moons"], a_cell(init=init), [(0.01, 5)])[0] for init in ("he", 2**0.5)
    )
    assert he["train_score"] == number["train_score"]


def test_load_gives_numbers_and_names_as_they_were(tasks, tmp_path):
    settings = product(task=["moons"], init=["he", 1.846], **wrap(SMALL))
    path = tmp_path / "runs.csv"
    table = run(Grid(tasks, settings, rates=[0.1 + 0.2], seeds=[1]), path, progress=False)
    assert list(table["init"]) == ["he", "1.846"] and set(table["rate"]) == {0.1 + 0.2}
    assert table.where(init=1.846)["init"].tolist() == [1.846]


def test_early_stop_is_told(tasks):
    moons, cell = tasks["moons"], a_cell(epochs=400, patience=2)
    rows = train_stack(moons, cell, [(0.1, 1), (0.1, 2)])
    net = MLP([2, 6, 6, 2], "relu", seed=[1, 2], dtype=np.float32)
    history = train(
        net, *moons.train, loss=cross_entropy, optimizer=Adam(0.1), epochs=400, batch_size=25,
        validation=moons.validation, patience=2, progress=False,
    )  # fmt: skip
    assert [row["epochs_run"] for row in rows] == [history.stops[i].epoch for i in (0, 1)]
    assert all("validation loss was lowest" in row["stop"] for row in rows)


def test_a_diverged_run_scores_nothing_and_its_rate_comes_last(tasks, tmp_path):
    settings = product(task=["moons"], activation=["squared_relu"], depth=[4], **wrap(SMALL))
    grid = Grid(tasks, settings, rates=[1e30, 1e-3], seeds=[3], tuning_seeds=[1])
    table = run(grid, tmp_path / "runs.csv", progress=False)
    diverged = table.where(rate=1e30)
    assert list(diverged["phase"]) == ["tuning"]
    assert np.isnan(diverged["train_score"]).all() and np.isnan(diverged["validation_score"]).all()
    assert "not finite" in diverged["stop"][0]
    before = (tmp_path / "runs.csv").read_bytes()
    run(grid, tmp_path / "runs.csv", progress=False)
    assert (tmp_path / "runs.csv").read_bytes() == before


# --- all of them ----------------------------------------------------------------------------------


def test_the_table_has_one_row_a_run(grid, stored, tmp_path):
    (tmp_path / "runs.csv").write_bytes(stored)
    table = load(tmp_path / "runs.csv")
    assert list(table.text) == grid.columns
    tuning, test = (table.where(phase=phase) for phase in ("tuning", "test"))
    assert (len(tuning), len(test)) == grid.runs and len(table) == sum(grid.runs)
    assert set(tuning["test_score"]) == {""} and np.isfinite(test["test_score"]).all()
    assert set(table["stop"]) == {""} and set(table["versions"]) == {f"numpy {np.__version__}"}

    for key, mine in tuning.groups("task", "activation"):
        score = {rate: of["validation_score"].mean() for rate, of in mine.groups("rate")}
        task, activation = key
        used = test.where(task=task, activation=activation)["rate"]
        assert set(used) == {max(score, key=score.get)}


def test_nothing_is_done_twice(grid, stored, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    path.write_bytes(stored)
    monkeypatch.setattr(runs, "_outcomes", None)  # any call would fail
    assert len(run(grid, path, progress=False)) == sum(grid.runs)
    assert path.read_bytes() == stored


def test_what_a_grid_leaves_out_is_the_documented_default():
    """Changed, it would give another meaning to every stored grid that leaves it out."""
    assert complete({"task": "moons"}) == {
        "task": "moons", "activation": "relu", "init": "gain", "depth": 2, "width": 100,
        "optimizer": "adam", "batch_size": 100, "epochs": 30, "patience": None, "dtype": "float32",
    }  # fmt: skip


def test_one_rate_needs_no_tuning(tasks, tmp_path):
    grid = Grid(tasks, [{"task": "moons", **SMALL}], rates=[0.01], seeds=range(18))
    table = run(grid, tmp_path / "new" / "folder" / "runs.csv", progress=False)
    assert grid.runs == (0, 18) and list(table["seed"]) == list(range(18))
    other = Grid(tasks, [{"task": "moons", **SMALL}], rates=[0.02], seeds=range(18))
    with pytest.raises(ValueError, match="line 2: not a run of this grid: test, moons"):
        run(other, tmp_path / "new" / "folder" / "runs.csv", progress=False)  # no word of tuning


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_two_workers_give_the_same_bytes(grid, stored, tmp_path, backend):
    run(grid, tmp_path / "runs.csv", workers=2, backend=backend, progress=False)
    assert (tmp_path / "runs.csv").read_bytes() == stored


def test_a_cluster_gives_the_same_bytes(grid, stored, tmp_path):
    from dask.distributed import Client, LocalCluster

    options = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster):
        run(grid, tmp_path / "runs.csv", backend="dask", progress=False)
    assert (tmp_path / "runs.csv").read_bytes() == stored


def test_unknown_backend(grid, tmp_path):
    with pytest.raises(ValueError, match="backend='thread' is not known; nearest: threading"):
        run(grid, tmp_path / "runs.csv", backend="thread")
    with pytest.raises(ValueError, match="workers must be a whole number"):
        run(grid, tmp_path / "runs.csv", workers=0)


def test_progress_counts_runs(grid, stored, tmp_path, capsys, monkeypatch):
    path = tmp_path / "runs.csv"
    path.write_bytes(stored)
    for face, shown in [("live", True), ("text", False)]:
        monkeypatch.setenv("BENDS_FACE", face)
        run(grid, path)
        assert ("28/28" in capsys.readouterr().err) == shown


# --- any training ---------------------------------------------------------------------------------


def learn(data, setting, members, phase):
    """No network: the best rate is 0.04, and a little noise from the seed."""
    rows = []
    for rate, seed in members:
        loss = abs(math.log2(rate / 0.04)) + setting["extra"] + 0.01 * (seed % 7) + data[0]
        rows.append({"validation_loss": loss})
        if phase == "test":
            rows[-1]["test_loss"] = math.nan if seed == 6 else loss + 1
    return rows


def own(**changes):
    options = {
        "tasks": {"one": (np.zeros(3)[0],)}, "settings": product(extra=[0.0, 2.0]),
        "rates": [0.01, 0.02], "seeds": [5, 6], "tuning_seeds": [1, 2], "train": learn,
        "outcomes": ["validation_loss", "test_loss"], "judge": "validation_loss", "better": min,
    }  # fmt: skip
    return Grid(**options | changes)


def test_a_training_of_ones_own(tmp_path):
    table = run(own(), tmp_path / "runs.csv", progress=False)
    assert list(table.text)[:6] == ["phase", "task", "extra", "rate", "seed", "validation_loss"]
    assert len(table) == 2 * 2 * 2 + 2 * 2 and set(table["task"]) == {"one"}
    test = table.where(phase="test", extra=2.0)
    assert test["rate"].tolist() == [0.02, 0.02] and np.isnan(test["test_loss"][1])
    assert test["test_loss"][0] == 1 + 2 + 0.05 + 1
    assert set(table.where(phase="tuning")["test_loss"]) == {""}


@pytest.mark.parametrize(
    ("most", "tried"), [(3, [0.01, 0.02, 0.04]), (9, [0.01, 0.02, 0.04, 0.08])]
)
def test_the_rates_grow_where_the_best_stands_at_an_end(tmp_path, most, tried):
    table = run(own(most_rates=most), tmp_path / "runs.csv", progress=False)
    for _, mine in table.groups("extra"):
        assert sorted(set(mine.where(phase="tuning")["rate"])) == tried
        assert set(mine.where(phase="test")["rate"]) == {0.04}
    before = (tmp_path / "runs.csv").read_bytes()
    run(own(most_rates=most), tmp_path / "runs.csv", progress=False)
    assert (tmp_path / "runs.csv").read_bytes() == before


def test_a_setting_may_fix_its_rate(tmp_path):
    settings = [{"extra": 0.0}, {"extra": 0.0, "rate": 0.5}, {"extra": 0.0, "rate": 0.25}]
    grid = own(settings=settings)
    table = run(grid, tmp_path / "runs.csv", progress=False)
    assert grid.runs == (4, 6) and len(table) == 10
    assert table.where(phase="test")["rate"].tolist() == [0.02, 0.02, 0.5, 0.5, 0.25, 0.25]
    stored, fresh = rerun(grid, tmp_path / "runs.csv", count=10)
    assert list(stored.rows()) == list(fresh.rows())


@pytest.mark.parametrize("better", [min, max])
def test_of_equal_rates_the_first_wins(tmp_path, better):
    def level(data, setting, members, phase):
        return [{"validation_loss": 1.0, "test_loss": 1.0} for _ in members]

    table = run(
        own(train=level, rates=[0.02, 0.01, 0.03], better=better),
        tmp_path / "runs.csv",
        progress=False,
    )
    assert set(table.where(phase="test")["rate"]) == {0.02}


def test_the_rate_that_gives_no_number_comes_last(tmp_path):
    def fails(data, setting, members, phase):
        return [{"validation_loss": math.nan if rate == 0.01 else 5.0} for rate, _ in members]

    for rates in ([0.01, 0.02], [0.02, 0.01]):
        grid = own(train=fails, rates=rates)
        table = run(grid, tmp_path / f"{rates[0]}.csv", progress=False)
        assert set(table.where(phase="test")["rate"]) == {0.02}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": [{"a": 1}, {"b": 2}]}, "settings must all have the same names"),
        ({"judge": "validation_lost"}, "judge='validation_lost' .*nearest: validation_loss"),
        ({"better": sum}, "better='sum' is not known; known: max, min"),
        ({"settings": [{"task": "two"}]}, "task='two' is not known"),
        ({"settings": [{"rate": -1}]}, "rate must be a finite number above 0"),
        ({"settings": product(seed=[1, 2])}, "two columns would be called 'seed'"),
        ({"settings": product(phase=["a"])}, "two columns would be called 'phase'"),
        ({"settings": product(code=["a"])}, "two columns would be called 'code'"),
        ({"settings": product(test_loss=[0])}, "two columns would be called 'test_loss'"),
        ({"outcomes": ["validation_loss"] * 2}, "two columns would be called 'validation_loss'"),
        ({"outcomes": ["validation_loss", "task"]}, "two columns would be called 'task'"),
        ({"outcomes": ["validation_loss", "rate"]}, "outcomes may hold no 'rate'"),
        ({"outcomes": "validation_loss"}, "outcomes must be a list of names; got 'validation_loss"),
        ({"better": "max"}, "better must be a function; got 'max'"),
        ({"train": 3}, "train must be a function; got 3"),
        ({"largest_stack": 0}, "largest_stack must be a whole number, 1 or more; got 0"),
        ({"largest_stack": -1}, "largest_stack must be a whole number"),
        ({"most_rates": "a"}, "most_rates must be a whole number"),
    ],
)
def test_an_own_grid_refuses(changes, words):
    with pytest.raises(ValueError, match=words):
        own(**changes)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "train must give a dict of outcomes for each member: 4 .* gave 0"),
        ([{"validation_loss": 1.0}] * 3, "for each member: 4 .* gave 3"),
        ([{"test_loss": 1.0}] * 4, "train must give 'validation_loss' in tuning"),
    ],
)
def test_a_training_that_gives_too_little_is_told_at_its_first_stack(tmp_path, rows, words):
    grid = own(train=lambda data, setting, members, phase: rows)
    with pytest.raises(ValueError, match=words):
        run(grid, tmp_path / "runs.csv", progress=False)


def test_an_outcome_that_was_not_announced_is_refused(tmp_path):
    grid = own(outcomes=["validation_loss", "test_score"])
    with pytest.raises(ValueError, match="outcomes='test_loss' is not known; nearest: test_score"):
        run(grid, tmp_path / "runs.csv", progress=False)


def test_two_workers_work_at_once(tmp_path):
    both = threading.Barrier(2, timeout=20)  # broken, and an error, if one waits alone

    def meet(data, setting, members, phase):
        both.wait()
        return learn(data, setting, members, phase)

    grid = own(train=meet, rates=[0.01], tuning_seeds=[])
    assert len(run(grid, tmp_path / "runs.csv", workers=2, progress=False)) == 4


def test_other_data_and_other_code_are_refused(tmp_path):
    path = tmp_path / "runs.csv"
    run(own(), path, progress=False)
    before = path.read_bytes()
    noisier = own(tasks={"one": (0.5,)}, seeds=[5, 6, 7])
    with pytest.raises(ValueError, match="line 2: made from other data .*`load` reads both"):
        run(noisier, path, progress=False)

    def other(data, setting, members, phase):
        return [{"validation_loss": 1.0, "test_loss": 2.0} for _ in members]

    with pytest.raises(ValueError, match="line 2: made from other code"):
        run(own(train=other), path, progress=False)
    assert path.read_bytes() == before and len(load(path)) == 12
    stored, fresh = rerun(own(train=other), path, count=4)  # reading is not refused
    assert not np.array_equal(stored["validation_loss"], fresh["validation_loss"])


def test_a_missing_extra_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match=r"in the course's folder, run `pip install \"\.\[exp"):
        run(own(), tmp_path / "runs.csv")


# --- killed, cut, foreign -------------------------------------------------------------------------


@no_windows
def test_a_second_process_is_told_who_writes(tmp_path):
    path = tmp_path / "runs.csv"
    with storage.locked(path):
        with pytest.raises(RuntimeError, match=rf"is being written by process {os.getpid()} on "):
            run(own(), path, progress=False)
    run(own(), path, progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["runs.csv"]


def test_a_system_without_this_lock_runs_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "fcntl", None)
    run(own(), tmp_path / "runs.csv", progress=False)
    assert [p.name for p in tmp_path.iterdir()] == ["runs.csv"]


@no_windows
def test_killed_twenty_times_at_random_nothing_is_lost(tmp_path):
    path, rng = tmp_path / "runs.csv", np.random.default_rng(0)
    grid = own(settings=product(extra=[float(i) for i in range(100)]), largest_stack=1)
    run(grid, tmp_path / "whole.csv", progress=False)

    def rows():
        return path.read_bytes().count(b"\n") if path.exists() else 0

    finished, midway = set(), 0
    for _ in range(20):
        child, wanted, ended = os.fork(), len(finished) + rng.integers(3), (0, 0)
        if child == 0:
            try:
                run(grid, path, progress=False)
            finally:
                os._exit(0)
        while rows() < wanted and not ended[0]:
            time.sleep(0.001)
            ended = os.waitpid(child, os.WNOHANG)
        if not ended[0]:
            time.sleep(rng.uniform(0, 0.005))
            os.kill(child, signal.SIGKILL)
            ended = os.waitpid(child, 0)
        if path.exists():
            lines = set(path.read_bytes().splitlines(keepends=True))
            assert finished <= lines
            finished = {line for line in lines if line.endswith(b"\n")}
            midway += os.WIFSIGNALED(ended[1]) and 1 < len(finished) < 101
    assert midway >= 5
    run(grid, path, progress=False)
    assert path.read_bytes() == (tmp_path / "whole.csv").read_bytes()


SLOW = """
import sys
from bends import datasets, grids, runs, stacks
moons = stacks.task(*datasets.moons(400, seed=1), *datasets.moons(80, seed=2))
settings = grids.product(
    task=["moons"], activation=["relu", "tanh", "gelu", "silu"], width=range(40, 45), epochs=[8]
)
grid = grids.Grid({"moons": moons}, settings, rates=[0.01], seeds=[1, 2])
if __name__ == "__main__":
    runs.run(grid, sys.argv[1], progress=False)
"""


@no_windows
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    path = tmp_path / "runs.csv"
    source = os.path.dirname(os.path.dirname(runs.__file__))
    command = [sys.executable, tmp_path / "slow.py", path]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": source})
    while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 5):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = path.read_bytes()
    assert 5 <= left.count(b"\n") < 41

    slow = {"__name__": "slow"}
    exec(SLOW, slow)
    calls = []
    original = runs._outcomes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_outcomes", lambda *a: calls.append(len(a[-1])) or original(*a))
        run(slow["grid"], path, progress=False)
    assert sum(calls) == 41 - left.count(b"\n")
    assert path.read_bytes().startswith(left.split(b"\n")[0])
    assert set(left.splitlines()) - {left.splitlines()[-1]} <= set(path.read_bytes().splitlines())

    again = tmp_path / "again.csv"
    run(slow["grid"], again, progress=False)
    assert path.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("share", [0.001, 0.02, 0.2, 0.41, 0.73, 0.999])
def test_a_file_cut_anywhere_is_completed(grid, stored, tmp_path, share):
    path = tmp_path / "runs.csv"
    path.write_bytes(stored[: int(share * len(stored))])
    run(grid, path, progress=False)
    assert path.read_bytes() == stored


def test_every_finished_line_of_a_cut_file_is_kept(grid, stored, tmp_path):
    path = tmp_path / "runs.csv"
    for length in range(0, len(stored), 271):
        path.write_bytes(stored[:length])
        kept = runs._resume(grid, path, runs._made_by(grid))
        assert len(kept) == max(stored[:length].count(b"\n") - 1, 0)
        assert path.read_bytes().count(b"\n") == len(kept) + 1  # what is left out is cut off
        assert path.read_bytes().endswith(b"\n")


def damaged(stored):
    lines = stored.decode().splitlines(keepends=True)
    fields = lines[1].rstrip("\n").split(",")

    columns = lines[0].strip().split(",")

    def first(**changes):
        row = dict(zip(columns, fields, strict=True)) | changes
        return "".join([lines[0], ",".join(row.values()) + "\n", *lines[2:]])

    return {
        "is not a table of runs": "name,score\nann,3\n",
        "not a table of runs of this grid: its columns": "half a line of another file",
        "line 2: not a run of this grid: tuning, moons, gelu": first(activation="gelu"),
        "runs.csv, line 2: not a run .* 77$": first(seed="77"),
        "line 2: not a run of .*, 0.5,": first(rate="0.5"),
        "line 2: not a run of this grid: warm-up": first(phase="warm-up"),
        "line 2 is damaged: validation_score is '0.9x'": first(validation_score="0.9x"),
        "line 2: made from other data .digest 12345678, now [0-9a-f]{8}": first(data="12345678"),
        "line 2: made from other code .digest deadbeef, now [0-9a-f]{8}": first(code="deadbeef"),
        "line 2: made from other code .digest before": first(code="before"),
        "line 2: 20 fields where 21 belong": "".join([lines[0], lines[1].replace(",", "", 1)]),
        "line 30: the same run stands in line 29": "".join(
            [*lines, lines[-1].replace(",12,", ",12,0", 1)]
        ),
        "not a run of this grid .or its tuning runs": "".join([lines[0], *lines[2:]]),
    }


@pytest.mark.parametrize("case", range(13))
def test_foreign_and_damaged_files_are_refused_and_left_alone(grid, stored, tmp_path, case):
    words, content = list(damaged(stored).items())[case]
    path = tmp_path / "runs.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=words) as error:
        run(grid, path, progress=False)
    assert str(path) in str(error.value)
    assert path.read_text() == content


def test_a_file_that_is_not_text_is_refused(grid, stored, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(stored.replace(b"relu", b"\xff\xfe\xfd\xfc"))
    with pytest.raises(ValueError, match=r"runs.csv is damaged: 'utf-8' codec"):
        run(grid, path, progress=False)


def test_test_runs_with_another_rate_are_refused(grid, stored, tmp_path):
    path = tmp_path / "runs.csv"
    lines = stored.decode().splitlines(keepends=True)
    rate = lines[-1].split(",")[11]
    other = {"0.01": "0.001", "0.001": "0.01"}[rate]
    path.write_text("".join([*lines[:-1], lines[-1].replace(f",{rate},", f",{other},")]))
    with pytest.raises(ValueError, match="or its tuning runs .*choose another rate"):
        run(grid, path, progress=False)


def test_exact_duplicates_are_no_damage(grid, stored, tmp_path):
    path = tmp_path / "runs.csv"
    lines = stored.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, *lines[5:9], lines[-1]]))
    run(grid, path, progress=False)
    assert path.read_bytes() == stored


# --- done again -----------------------------------------------------------------------------------


def test_a_sample_done_again_gives_the_stored_numbers(grid, stored, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(stored)
    before, after = rerun(grid, path, count=6)
    assert len(before) == 6 and list(before.rows()) == list(after.rows())
    assert list(before.rows())[:2] == list(rerun(grid, path, count=2)[0].rows())
    assert len(set(before["phase"])) == 2  # one of each, by this hash
    with pytest.raises(ValueError, match="count must be at most .* 28"):
        rerun(grid, path, count=29)


def test_a_changed_number_is_found(grid, stored, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(stored)
    rows = [row | {"train_score": "0.123"} for row in load(path).rows()]
    storage.replace(path, [grid.columns, *(row.values() for row in rows)])
    before, after = rerun(grid, path, count=3)
    assert not np.allclose(before["train_score"], after["train_score"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"activation": "tahn"}, "activation='tahn' is not known; nearest: tanh"),
        ({"activation": ["relu", "gleu"]}, "activation='gleu' is not known; known: relu, tanh"),
        ({"depth": 2.0}, "depth='2.0' is not known; known: 2"),
        ({"depht": 2}, "column='depht' is not known; nearest: depth"),
    ],
)
def test_a_value_that_a_column_lacks_is_refused(stored, tmp_path, values, words):
    table = storage.parse("runs.csv", stored)
    with pytest.raises(ValueError, match=words):
        table.where(**values)
    assert len(table.where(seed=10, phase="tuning")) == 0  # both are there, not together
    assert len(table.where(phase="tuning").where(seed=10)) == 0


def test_a_cell_too_large_for_a_table_is_told(tmp_path):
    (tmp_path / "runs.csv").write_bytes(b"a,b\n1," + b"x" * 200_000 + b"\n")
    with pytest.raises(ValueError, match=r"runs\.csv is damaged: field larger than"):
        load(tmp_path / "runs.csv")


def test_stored_files_that_are_missing_are_told_with_the_way_to_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no .*xor.*Get that, and open") as found:
        load("../results/xor/runs.csv")
    assert found.value._render_traceback_() == [str(found.value)]  # what a notebook shows
    with pytest.raises(FileNotFoundError, match=r"There is no mine\.csv$"):
        load("mine.csv")


def test_what_is_stored_beside_a_table_is_read_too(tmp_path):
    (tmp_path / "summary.json").write_text('{"mean": 0.1}', encoding="utf-8")
    (tmp_path / "PROTOCOL.md").write_text("# Größe", encoding="utf-8")
    assert load(tmp_path / "summary.json") == {"mean": 0.1}
    assert load(str(tmp_path / "PROTOCOL.md")) == "# Größe"
