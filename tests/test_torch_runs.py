"""The runs that were made with PyTorch: a sample comes out again where PyTorch is.

`make bench` does this in the environment with the frameworks; elsewhere it is skipped. The sample
is chosen by a hash (`bends.runs.rerun`). On the processor that made the tables, stored and fresh
agree to the last digit.
"""

import importlib.util
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs torch: run `make bench`")
pytest.importorskip("sklearn", reason="needs scikit-learn: run `make bench`")

from bends.runs import rerun  # noqa: E402

RESULTS = Path(__file__).resolve().parent.parent / "results"
# Other processors round differently, and training magnifies it.
ELSEWHERE = 0.03  # nats a character, and shares of right answers


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("study", "count"), [("decoder", 2), ("digits-cnn", 6)])
def test_a_sample_comes_out_again(study, count):
    path = RESULTS / study / "run.py"
    spec = importlib.util.spec_from_file_location(f"{study}_run".replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    grid = module.grid()
    stored, fresh = rerun(grid, path.with_name("runs.csv"), count=count)
    assert len(stored) == len(fresh) == count
    for old, new in zip(stored.rows(), fresh.rows(), strict=True):
        known = [name for name in grid.outcomes if old[name]]
        assert known and known == [name for name in grid.outcomes if new[name]]
        for name in known:
            assert float(new[name]) == pytest.approx(float(old[name]), abs=ELSEWHERE), (name, old)
