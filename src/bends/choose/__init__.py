"""The chooser: say what you build, get a choice with its reason, its evidence and code.

`rules.json` holds it all as data: the questions with their values, the rules for the hidden
layers, and the pair of output function and loss for each kind of answer. A rule holds where every
question that it names has one of the values that it lists; **the first rule that holds is taken**,
and the last names no question, so there is always one. The page and the tests read the same file.

Evidence is the path of an experiment (``results/…``) or chapter, the key of a source that was read
(``source/…``), ``frameworks`` (what the frameworks themselves were asked), or ``pending``.
"""

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from pathlib import Path
from textwrap import fill

from ..catalogue import plain

_DATA = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf8"))

QUESTIONS = _DATA["questions"]
"""For each question its text, its values with what each means, and other words for them; for
whole numbers also the least that stands for each value."""
OPENINGS = _DATA["openings"]
"""For each kind of network the lines that the code starts with: sizes, and a batch of examples."""
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
ALIKE = 0.75  # from what share of equal letters on one word is offered for another
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
        For the hidden layers and for the end: "reason", "evidence" (a tuple) and "confidence".
    code : dict
        Lines to copy, by framework. They run as they stand, on stand-ins for your data.
    second : str or None
        Another choice for the hidden layers, in words, where there is one.
    second_code : dict
        Lines for it, to copy in place of those for the first.
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
    second: str | None
    second_code: dict

    def __str__(self):
        parts = [
            f"Hidden layers: {self.hidden_title}. Initialisation: {self.initialiser}.",
            f"At the end: {self.end}. Loss: {self.loss}.",
            f"Learning rate to start with, for Adam: {self.learning_rate:g}.",
        ]
        if self.second:
            parts.append(f"Second choice: {self.second}.")
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
        One of the values in `QUESTIONS`, or another word for it ("cnn", "binary", "int8");
        `depth` also as the number of hidden layers.

    Returns
    -------
    Recommendation

    Raises
    ------
    ValueError
        If a value is not known; the message names the nearest ones, or tells what each means.

    Examples
    --------
    >>> choose(network="mlp", answer="multiclass").output
    'softmax'
    """
    said = {"network": network, "depth": depth, "normalised": normalised,
            "answer": answer, "device": device, "data": data}  # fmt: skip
    said = {question: meant(question, word) for question, word in said.items()}
    rule = taken(said)
    end = ANSWERS[said["answer"]]
    second = rule.get("second")
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
            _because(rule["reason"], rule),
            _because(end["why"], end),
        ),
        code=code(rule, end),
        second=second and second["title"],
        second_code=code(rule | second, end) if second else {},
    )


def meant(question, word):
    """The value that a word stands for; a word that is not known is told the nearest."""
    values, aliases = QUESTIONS[question]["values"], QUESTIONS[question]["aliases"]
    if isinstance(word, Integral) and not isinstance(word, bool) and word > 0:
        reached = [v for v, least in QUESTIONS[question].get("from", {}).items() if word >= least]
        if reached:
            return reached[-1]
    words = {plain(name): value for name, value in (aliases | {v: v for v in values}).items()}
    if plain(word) in words:
        return words[plain(word)]
    near = get_close_matches(plain(word), words, cutoff=ALIKE)
    nearest = ", ".join(dict.fromkeys(words[name] for name in near))
    meanings = ", ".join(v if v in text else f"{v} ({text})" for v, text in values.items())
    hint = f"nearest: {nearest}" if near else f"known: {meanings}"
    raise ValueError(f"{question}={word!r} is not known; {hint}")


def _because(reason, entry):
    """The reason for a piece of advice, as a copy: the table stays as it is."""
    return {"reason": reason, "evidence": tuple(entry["evidence"]), "confidence": sure(entry)}


def sure(entry):
    """How sure a piece of advice is; of an end: that output function and loss belong together."""
    return entry.get("confidence", "proved")


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


def code(rule, answer):
    """All lines, by framework: of the hidden layers, then of the end."""
    return {f: "\n".join(hidden_code(rule, f) + end_code(answer, f)) for f in OPTIMIZERS}


def hidden_code(rule, framework):
    """The lines of a rule: imports, a batch to stand in for yours, and one hidden layer."""
    opening, lines = OPENINGS[rule["opening"]], rule["code"][framework]
    roots = {"PyTorch": ["torch"], "Keras": ["keras"], "JAX": ["jax", "optax"]}[framework]
    text = "\n".join(lines)
    more = [name for name in ("flax.linen", "math") if re.search(rf"(?<!# )\b{name}\.", text)]
    return [
        *(f"import {name}" for name in sorted(roots + more)),
        "",
        opening["sizes"],
        opening[framework],
        *(["key = jax.random.key(0)"] if framework == "JAX" else []),
        *lines,
        f"rate = {rule['rate']}  # to start with",
        "",
    ]


def end_code(answer, framework):
    """The lines of a kind of answer: targets, last layer, loss, the answer, and the optimiser."""
    code = answer["code"][framework]
    last = [code["loss"], code["answer"]]
    if not any(line.startswith("z = ") for line in code["head"]):
        last.reverse()  # this loss takes the answer itself
    sizes = [answer["sizes"]] if "sizes" in answer else []
    return [*sizes, answer["y"][framework], *code["head"], *last, OPTIMIZERS[framework]]
