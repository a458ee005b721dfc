"""The tool that shakes notebooks finds what does not hold, and moves all that it says it moves."""

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy as np
import pytest
import shake
import shaking
from conftest import ROOT


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Two cells: one prints a digit that holds, one all digits of a drawn number."""
    path = tmp_path_factory.mktemp("notebooks") / "01-two.ipynb"
    drawn = "import numpy as np\nx = np.random.default_rng(0).normal()"
    new = nbformat.v4.new_code_cell
    cells = [
        nbformat.v4.new_markdown_cell("# Two"),
        new(drawn + "\nprint(f'about {x:.2f}')", id="a"),
        new("print(f'exactly {x}')", id="b"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with ThreadPoolExecutor(1) as thread:  # a browser of another test may hold this one's loop
        thread.submit(asyncio.run, shake.notebooks.remake(path)).result()
    return path


def run(*arguments):
    command = [sys.executable, ROOT / "tests" / "shake.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_the_digit_that_moves_is_named_and_no_other(notebook):
    status, said = run(notebook, "--shakes", "2")
    assert status == 1
    (before,) = (o.text for o in nbformat.read(notebook, as_version=4).cells[-1].outputs)
    assert f"01-two.ipynb, cell 4 (b), shake 1:\n    {before.split()[1]} → " in said
    assert "(a)" not in said
    assert said.endswith("Cells that differ | 01\nshake 1 | 1\nshake 2 | 1\n")


def test_an_arithmetic_that_is_not_there_is_not_taken_for_it():
    assert not shake.can(shake.Arithmetic("none", blas="NoSuchKernel"))
    assert not shake.can(shake.Arithmetic("none", off=("X86_V0",)))
    found = shake.arithmetics()
    assert found[0] == ("native", "", (), 0) and len(found) >= 2


def test_every_group_that_numpy_dispatches_here_is_off_in_its_turn():
    groups = [name for name in shake.umath.__cpu_dispatch__ if shake.umath.__cpu_features__[name]]
    off = [one.off for one in shake.arithmetics() if one.off]
    assert [names[0] for names in off] == groups
    assert all(shake.can(shake.Arithmetic("off", off=names)) for names in off)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_number_moves_by_one_unit_in_its_last_place(dtype):
    numbers = np.random.default_rng(0).normal(size=1000).astype(dtype)
    numbers[0] = 0
    there = shaking.moved(numbers, 1)
    assert there.dtype == dtype and there[0] == 0
    assert np.isin(there[1:], np.nextafter(numbers[1:], [[dtype(-9)], [dtype(9)]])).all()
    up = there[1:] > numbers[1:]
    assert 400 < up.sum() < 600
    assert (shaking.moved(numbers, 2) != there).any()
    assert (shaking.moved(numbers[5], 1), shaking.moved(numbers[::2], 1)[1]) == (there[5], there[2])
    assert shaking.moved(np.arange(3), 1).tolist() == [0, 1, 2]


MOVES = """
import json, numpy as np
def drawn():
    from bends import MLP
    from bends.datasets import moons
    rng = np.random.default_rng(3)
    out = np.empty(2)
    rng.random(out=out)
    net = MLP([2, 3, 1], seed=[1, 2], dtype=np.float32)
    return {"out": out, "normal": rng.normal(), "child": rng.spawn(1)[0].random(2),
            "old": np.random.RandomState(0).rand(2), "weights": net.weights[0],
            "data": moons(4)[0], "order": rng.permutation(9)}
import sys; sys.path.insert(0, "tests")
import shaking
if shaken := int(sys.argv[1]): shaking.shake(shaken)
print(json.dumps({k: np.ravel(v).astype(float).tolist() for k, v in drawn().items()}))
"""


def test_draws_and_first_weights_move_and_orders_stay():
    plain, shaken = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", MOVES, number], cwd=ROOT, capture_output=True, check=True
            ).stdout
        )
        for number in "01"
    )
    assert plain.pop("order") == shaken.pop("order")
    for name, numbers in plain.items():
        assert numbers != shaken[name], name
        assert np.allclose(numbers, shaken[name], rtol=1e-5, atol=1e-12), name
