"""The cheat sheet: the functions that matter on one page, and the pairs at the end, from data."""

import math

from field_guide import WORDS, names, spark, yaml

from bends import ACTIVATIONS, gain
from bends.choose import ANSWERS

SHOWN = (
    "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "squared_relu", "hard_swish",
    "sigmoid", "tanh", "softplus", "sin",
)  # fmt: skip
INITIALISATION = {"relu": "He", "leaky_relu": "He", "selu": "LeCun", "sin": "its own"}


def codes(name):
    """A function in PyTorch, and in JAX or Keras where its last word differs there."""
    calls = [label.strip("`") for framework, label, _ in names(name) if framework != "ONNX"]
    calls = [call for call in calls if call.rpartition(".")[2].islower()]  # no classes
    by_word = {call.rpartition(".")[2]: call for call in reversed(calls)}  # the first one stays
    return [f"`{call.replace('torch.nn.functional', 'F')}`" for call in reversed(by_word.values())]


def functions():
    """A row for each function: name, graph, formula, slope, gain and initialisation, use."""
    words = yaml.safe_load(WORDS.read_text(encoding="utf8"))
    rows = []
    for name in SHOWN:
        f = ACTIVATIONS[name]
        called = "<br>".join([f"[{f.title}](functions/{name}.md)", *codes(name)])
        start = INITIALISATION.get(name, "gain²/*n*")
        rows.append(
            f"| {called} | {spark(f)} | ${f.formula}$ | ${f.derivative_formula}$ "
            f"| {gain(f):.2f}<br>{start} | {words[name]['gist']} |"
        )
    head = "| function | graph | formula | slope | gain, start | when |\n|" + " --- |" * 6
    return "\n".join(['<div class="cheat">\n', head, *rows, "\n</div>"])


def ends():
    """A row for each kind of answer: output function and loss."""
    rows = [f"| {a['title']} | {a['output']} | {a['loss']} |" for a in ANSWERS.values()]
    head = "| you ask for | output function | loss |\n| --- | --- | --- |"
    return "\n".join(['<div class="cheat ends">\n', head, *rows, "\n</div>"])


def first_losses():
    """The loss of a classifier that knows nothing: the logarithm of the number of classes."""
    return ", ".join(f"{math.log(k):.2f} with {k} classes" for k in (2, 10, 100, 1000))


def cheat_sheet():
    return (
        f"## In the hidden layers\n\n{functions()}\n\n## At the end\n\n{ends()}\n\n"
        f"The first loss of a classifier that knows nothing: {first_losses()}."
    )
