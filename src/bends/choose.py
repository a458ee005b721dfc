"""The chooser: say what you build, get a choice with its reason, its evidence and code.

`choose.json` holds it all as data: the questions with their values, the rules for the hidden
layers, and the pair of output function and loss for each kind of answer. A rule holds where every
question that it names has one of the values that it lists; **the first rule that holds is taken**,
and the last names no question, so there is always one. The page and the tests read the same file.

Evidence is the path of an experiment (``results/…``) or chapter, the key of a source that was read
(``source/…``), ``frameworks`` (what the frameworks themselves were asked), or ``pending``.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from ._arguments import known

_DATA = json.loads(Path(__file__).with_name("choose.json").read_text(encoding="utf8"))

QUESTIONS = _DATA["questions"]
"""For each question its text and its values, with what each means."""
RULES = _DATA["rules"]
"""Advice for the hidden layers, in the order in which it is tried."""
ANSWERS = _DATA["answers"]
"""For each kind of answer its output function, its loss, the reason, and code by framework."""
OPTIMIZERS = _DATA["optimizers"]
CONFIDENCE = {
    "proved": "it follows by calculation, in the chapter named",
    "measured": "runs in this book say so, on small networks",
    "reported": "a source that was read says so",
    "convention": "most people do it; here it is not tested",
}


@dataclass(frozen=True)
class Recommendation:
    """What to take, and why. Print it to read it.

    Attributes
    ----------
    hidden : tuple of str
        Names in the catalogue; more than one where a layer uses several.
    hidden_title, output, loss, initialiser : str
        In words.
    learning_rate : float
        Where to start with Adam.
    reasons : tuple of dict
        For the hidden layers and for the end: "reason", "evidence" (a list) and "confidence".
    code : dict
        Lines to copy, by framework.
    """

    hidden: tuple
    hidden_title: str
    output: str
    loss: str
    initialiser: str
    learning_rate: float
    reasons: tuple
    code: dict

    def __str__(self):
        parts = [
            f"Hidden layers: {self.hidden_title}. Start: {self.initialiser}.",
            f"At the end: {self.output}. Loss: {self.loss}.",
            f"Learning rate to start with, for Adam: {self.learning_rate:g}.",
        ]
        for reason in self.reasons:
            evidence = ", ".join(reason["evidence"])
            parts.append(f"{reason['reason']} ({reason['confidence'].capitalize()}: {evidence}.)")
        return "\n".join(fill(part, 88, break_on_hyphens=False) for part in parts)


def choose(
    *, network="dense", depth="shallow", normalised="no", answer="number",
    device="ordinary", data="ordinary",
):  # fmt: skip
    """Recommend functions for the hidden layers and for the end of a network.

    Parameters
    ----------
    network, depth, normalised, answer, device, data : str
        One of the values in `QUESTIONS`.

    Returns
    -------
    Recommendation

    Raises
    ------
    ValueError
        If a value is not known; the message names the nearest ones.

    Examples
    --------
    >>> choose(network="dense", answer="one of many").hidden
    ('relu',)
    """
    said = {"network": network, "depth": depth, "normalised": normalised,
            "answer": answer, "device": device, "data": data}  # fmt: skip
    for question, value in said.items():
        known(question, value, QUESTIONS[question]["values"])
    rule = next(rule for rule in RULES if holds(rule, said))
    end = ANSWERS[answer]
    return Recommendation(
        hidden=tuple(rule["hidden"]),
        hidden_title=rule["title"],
        output=end["output"],
        loss=end["loss"],
        initialiser=rule["initialiser"],
        learning_rate=rule["rate"],
        reasons=(
            {key: rule[key] for key in ("reason", "evidence", "confidence")},
            {"reason": end["why"], "evidence": end["evidence"], "confidence": "proved"},
        ),
        code={f: "\n".join(hidden_code(rule, f) + end_code(end, f)) for f in OPTIMIZERS},
    )


def holds(rule, said):
    """Whether each question that a rule names was answered with a value that it lists."""
    return all(said[question] in values for question, values in rule["when"].items())


def hidden_code(rule, framework):
    """The lines of a rule: one hidden layer, and the optimiser."""
    return [*rule["code"][framework], OPTIMIZERS[framework].format(rate=rule["rate"])]


def end_code(answer, framework):
    """The lines of a kind of answer: last layer, loss, and the answer itself."""
    code = answer["code"][framework]
    if "z = head(h)" in code["head"] or framework == "JAX":
        return [*code["head"], code["loss"], code["answer"]]
    return [*code["head"], code["answer"], code["loss"]]  # this loss takes the answer itself
