"""Digests of data and of code: what changes them, and what does not."""

import importlib.util
import sys

import numpy as np
import pytest

from bends import digests
from bends.stacks import train_stack

OWN = '''
"""{doc}"""
from bends import ACTIVATIONS
from helper import twice
LIMIT = {limit}
FUNCTIONS = {{"relu": lambda x: x * {slope}, "tanh": lambda x: x - 1}}

class Net:
    """{doc}"""
    def size(self):
        return {size}  # {doc}

def idle():
    return {idle}

def learn(data, setting, members, phase):
    """{doc}"""
    f = FUNCTIONS[setting["activation"]]
    return [twice(f(ACTIVATIONS["gelu"](LIMIT))) + Net().size()]
'''
HELPER = '"""{doc}"""\ndef twice(x):\n    """{doc}"""\n    return {factor} * x\n'
PLAIN = {"doc": "As it was.", "limit": 3, "slope": 1, "size": 5, "idle": 0, "factor": 2}


def digest(folder, names=("relu",), **changes):
    """The digest of `learn`, from a module made anew with these changes."""
    folder = folder / "-".join(f"{k}{v}" for k, v in changes.items()).replace(" ", "")
    folder.mkdir(exist_ok=True)
    words = PLAIN | changes
    (folder / "helper.py").write_text(HELPER.format(**words))
    (folder / "own.py").write_text(OWN.format(**words))
    sys.path.insert(0, str(folder))
    try:
        sys.modules.pop("helper", None)
        spec = importlib.util.spec_from_file_location("own", folder / "own.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)  # as tests do: not in sys.modules
        return digests.of_code(module.learn, names)
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("helper", None)


def test_comments_docstrings_and_idle_code_change_nothing(tmp_path):
    before = digest(tmp_path)
    assert len(before[0]) == 8 and before[1] == f"numpy {np.__version__}"
    assert digest(tmp_path, doc="Mended.") == digest(tmp_path, idle=1) == before


@pytest.mark.parametrize("change", [{"limit": 4}, {"slope": 2}, {"size": 6}, {"factor": 3}])
def test_what_a_number_passes_through_changes_the_digest(tmp_path, change):
    assert digest(tmp_path, **change)[0] != digest(tmp_path)[0]


def test_only_the_functions_asked_for_count():
    relu, again, tanh = (
        digests.of_code(train_stack, [name, "adam"])[0] for name in ("relu", "relu", "tanh")
    )
    assert relu == again != tanh
    assert digests.of_code(train_stack, ["relu", "sgd"])[0] != relu


def test_every_bit_of_the_data_counts():
    x = np.arange(6.0)
    data = {"x": (x, [1, "two"]), "y": None}
    assert digests.of_data(data) == digests.of_data({"x": (x.copy(), [1, "two"]), "y": None})
    others = [
        {"x": (np.nextafter(x, 9), [1, "two"]), "y": None},
        {"x": (x.reshape(2, 3), [1, "two"]), "y": None},
        {"x": (x.astype(np.float32), [1, "two"]), "y": None},
        {"x": (x, [1, "three"]), "y": None},
        {"z": (x, [1, "two"]), "y": None},
    ]
    assert len({digests.of_data(other) for other in [data, *others]}) == 6
    assert set(digests.strings(data)) == {"two"}


def test_what_is_no_data_is_refused():
    with pytest.raises(TypeError, match="data must be arrays, numbers or text; got function"):
        digests.of_data({"x": digest})
    with pytest.raises(TypeError, match="not an array of objects"):
        digests.of_data(np.array([None, "a"]))
