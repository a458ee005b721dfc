"""The chooser: say what you build, get a choice with its reason, its evidence and code.

`rules.json` holds it all as data: the questions with their values, the rules for the hidden
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

from .._arguments import known

_DATA = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf8"))

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
IDLE = "Answers that make no difference here, changed alone:"


@dataclass(frozen=True)
class Recommendation:
    """What to take, and why. Print it to read it.

    Attributes
    ----------
    hidden : tuple of str
        Names in the catalogue; more than one where a layer uses several.
    hidden_title, output, end, loss, initialiser : str
        In words. What the output function is; `end` says what the network itself gives.
    learning_rate : float
        Where to start with Adam.
    idle : tuple of str
        The questions whose answer alone, changed, would leave all of this as it is.
    reasons : tuple of dict
        For the hidden layers and for the end: "reason", "evidence" (a list) and "confidence".
    code : dict
        Lines to copy, by framework.
    """

    hidden: tuple
    hidden_title: str
    output: str
    end: str
    loss: str
    initialiser: str
    learning_rate: float
    idle: tuple
    reasons: tuple
    code: dict

    def __str__(self):
        parts = [
            f"Hidden layers: {self.hidden_title}. Start: {self.initialiser}.",
            f"At the end: {self.end}. Loss: {self.loss}.",
            f"Learning rate to start with, for Adam: {self.learning_rate:g}.",
        ]
        if self.idle:
            parts.append(f"{IDLE} {', '.join(QUESTIONS[q]['short'] for q in self.idle)}.")
        for reason in self.reasons:
            evidence = ", ".join(map(named, reason["evidence"]))
            parts.append(f"{reason['reason']} ({reason['confidence'].capitalize()}: {evidence}.)")
        return "\n".join(fill(part, 74, break_on_hyphens=False) for part in parts)


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
    rule = taken(said)
    end = ANSWERS[answer]
    return Recommendation(
        hidden=tuple(rule["hidden"]),
        hidden_title=rule["title"],
        output=end["output"],
        end=end["end"],
        loss=end["loss"],
        initialiser=rule["initialiser"],
        learning_rate=rule["rate"],
        idle=tuple(q for q in QUESTIONS if q != "answer" and idle(q, said)),
        reasons=(
            {key: rule[key] for key in ("reason", "evidence", "confidence")},
            {"reason": end["why"], "evidence": end["evidence"], "confidence": "proved"},
        ),
        code={f: "\n".join(hidden_code(rule, f) + end_code(end, f)) for f in OPTIMIZERS},
    )


def holds(rule, said):
    """Whether each question that a rule names was answered with a value that it lists."""
    return all(said[question] in values for question, values in rule["when"].items())


def taken(said):
    """The rule for the hidden layers: the first that holds."""
    return next(rule for rule in RULES if holds(rule, said))


def idle(question, said):
    """Whether the hidden layers stay as they are, whatever is said to this question alone."""
    return len({taken(said | {question: v})["name"] for v in QUESTIONS[question]["values"]}) == 1


def named(evidence):
    """A piece of evidence in words."""
    kind, _, name = evidence.partition("/")
    return {
        "chapters": f"chapter {name[:2].lstrip('0')}",
        "source": f"{name[:-4].capitalize()} {name[-4:]}",
        "results": f"the runs in {evidence}",
        "frameworks": "what the frameworks say of themselves",
        "pending": "none in this book yet",
    }[kind]


def hidden_code(rule, framework):
    """The lines of a rule: one hidden layer, and the optimiser."""
    return [*rule["code"][framework], OPTIMIZERS[framework].format(rate=rule["rate"])]


def end_code(answer, framework):
    """The lines of a kind of answer: last layer, loss, and the answer itself."""
    code = answer["code"][framework]
    if any(line.startswith("z = ") for line in code["head"]):
        return [*code["head"], code["loss"], code["answer"]]
    return [*code["head"], code["answer"], code["loss"]]  # this loss takes the answer itself
