"""The chooser: one answer for every combination, on evidence that exists, in code that is real."""

import ast
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from pybtex.database import parse_file

from bends import ACTIVATIONS, VECTOR_ACTIVATIONS
from bends.catalogue import plain
from bends.choose import (
    ANSWERS,
    CONFIDENCE,
    IDLE,
    OPTIMIZERS,
    QUESTIONS,
    RULES,
    choose,
    end_code,
    hidden_code,
    holds,
    sure,
)
from bends.choose.face import page
from bends.initializers import gain
from bends.losses import LOSSES

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS = json.loads((ROOT / "src/bends/frameworks.json").read_text(encoding="utf8"))
COMBINATIONS = [
    dict(zip(QUESTIONS, values, strict=True))
    for values in itertools.product(*(q["values"] for q in QUESTIONS.values()))
]


def test_every_combination_has_one_recommendation():
    for said in COMBINATIONS:
        r = choose(**said)
        assert r.hidden and set(r.hidden) <= ACTIVATIONS.keys() | VECTOR_ACTIVATIONS.keys()
        assert r.output and r.loss and r.initialiser and 0 < r.learning_rate < 1
        assert len(r.reasons) == 2 and all(r.reasons[i]["evidence"] for i in (0, 1))
        assert r.code.keys() == OPTIMIZERS.keys()
        words = " ".join(str(r).split())
        assert r.hidden_title in words and r.loss in words


def test_every_rule_is_reached():
    first = {next(r["name"] for r in RULES if holds(r, said)) for said in COMBINATIONS}
    assert first == {rule["name"] for rule in RULES}


def test_no_rule_contradicts_another():
    """Where two hold, they are of different breadth, or the order of the first is meant."""
    conditions = [json.dumps(rule["when"], sort_keys=True) for rule in RULES]
    assert len(set(conditions)) == len(conditions)
    assert RULES[-1]["when"] == {}
    for i, earlier in enumerate(RULES):
        for later in RULES[i + 1 :]:
            narrower = all(set(later["when"].get(q, ())) and set(later["when"][q]) <= set(values)
                           for q, values in earlier["when"].items())  # fmt: skip
            assert not narrower, f"{later['name']} can never be taken after {earlier['name']}"


def test_rules_name_questions_and_values_that_exist():
    for rule in RULES:
        for question, values in rule["when"].items():
            assert values and set(values) <= QUESTIONS[question]["values"].keys()
    assert QUESTIONS["answer"]["values"].keys() == ANSWERS.keys()
    assert {answer["pair"] for answer in ANSWERS.values() if "pair" in answer} == LOSSES.keys()
    for question in QUESTIONS.values():
        assert set(question["aliases"].values()) == set(question["values"])
        assert not set(map(plain, question["aliases"])) & set(map(plain, question["values"]))
    assert all(("pair" in answer) == (sure(answer) == "proved") for answer in ANSWERS.values())


@pytest.mark.parametrize("entry", [*RULES, *ANSWERS.values()], ids=lambda e: e["title"])
def test_evidence_exists(entry):
    sources = parse_file(ROOT / "references.bib").entries
    kinds = set()
    for evidence in entry["evidence"]:
        kind, _, name = evidence.partition("/")
        kinds.add(kind)
        if kind == "source":
            assert "ot read" not in sources[name].fields["annote"]
        elif kind == "chapters":
            assert (ROOT / f"{evidence}.ipynb").is_file()
        elif kind == "results":
            assert (ROOT / evidence).is_dir() and list((ROOT / evidence).glob("runs*.csv"))
        else:
            assert kind in ("frameworks", "pending")
    confidence = sure(entry)
    assert confidence in CONFIDENCE
    if "pending" in kinds or kinds == {"frameworks"}:
        assert confidence == "convention"
    if confidence == "measured":
        assert kinds & {"results", "chapters"}
    if confidence == "reported":
        assert "source" in kinds


# Answers, the others as they stand, and the function that this book's own evidence speaks for.
SANE = [
    ("relu", {}),
    ("relu", {"answer": "yes or no"}),
    ("relu", {"network": "convolutional", "depth": "deep", "normalised": "yes"}),
    ("silu", {"network": "convolutional"}),
    ("silu", {"network": "convolutional", "depth": "deep", "normalised": "no"}),
    ("swiglu", {"network": "transformer", "depth": "deep", "normalised": "yes"}),
    ("sigmoid", {"network": "recurrent", "answer": "count"}),
    ("leaky_relu", {"depth": "deep"}),
    ("silu", {"depth": "deep", "data": "smooth"}),
    ("silu", {"depth": "deep", "data": "smooth", "normalised": "yes"}),
    ("softplus", {"data": "smooth"}),
    ("silu", {"data": "smooth", "normalised": "yes"}),
    ("tanh", {"data": "derivatives"}),
    ("tanh", {"data": "derivatives", "depth": "very deep", "normalised": "yes"}),
    ("relu", {"depth": "very deep"}),
    ("relu", {"network": "dense", "answer": "mask"}),
    ("sin", {"data": "waves", "answer": "angle"}),
    ("sin", {"data": "waves", "device": "small integers"}),
    ("sin", {"data": "waves", "depth": "deep", "normalised": "yes"}),
    ("relu", {"device": "small integers"}),
    ("relu", {"device": "small integers", "depth": "deep", "normalised": "yes"}),
    ("leaky_relu", {"device": "small integers", "depth": "deep"}),
    ("leaky_relu", {"device": "small integers", "depth": "deep", "data": "smooth"}),
    ("relu", {"network": "convolutional", "device": "small integers"}),
    ("relu", {"normalised": "yes", "depth": "deep"}),
]


@pytest.mark.parametrize(("hidden", "said"), SANE)
def test_advice_follows_the_evidence(hidden, said):
    assert choose(**said).hidden[0] == hidden


def test_answers_that_make_no_difference_are_named():
    r = choose(network="transformer", device="small integers", data="waves")
    assert r.idle == ("depth", "normalised", "data", "device")
    assert "depth, normalisation, the data, where it runs" in " ".join(str(r).split())
    assert choose().idle == ()
    assert choose(network="convolutional").idle == ("depth", "data")


def test_small_integers_get_one_advice_for_dense_layers_and_convolutions():
    advice = [choose(network=n, device="int8") for n in ("dense", "convolutional")]
    assert advice[0].hidden == advice[1].hidden and advice[0].reasons[0] == advice[1].reasons[0]


def test_advice_for_normalised_networks_speaks_of_none_without():
    for said in COMBINATIONS:
        if said["normalised"] == "yes" and said["network"] == "dense":
            reason = choose(**said).reasons[0]["reason"]
            assert "30 runs each, without normalisation" not in reason, said


def test_a_very_deep_plain_network_is_told_what_comes_first():
    r = choose(depth="very deep")
    assert "skip connections and normalisation first" in r.hidden_title
    assert "h + " in r.code["PyTorch"] and choose(depth="deep").hidden == ("leaky_relu",)


def test_0_among_positive_numbers_has_its_loss_and_its_answer():
    why = ANSWERS["positive number"]["why"]
    assert "log(1 + y) in the loss and exp(z) − 1 in the answer" in why and "not the average" in why
    y = np.array([0.0, 3.0])
    assert np.allclose(np.exp(np.log(1 + y)) - 1, y)


def test_where_the_loss_applies_a_function_the_network_gives_raw_numbers():
    for kind, answer in ANSWERS.items():
        assert "raw number" in answer["end"]
        assert answer["end"] in " ".join(str(choose(answer=kind)).split())


@pytest.mark.parametrize(
    ("question", "word", "value"),
    [
        ("answer", "binary", "yes or no"), ("answer", "multiclass", "one of many"),
        ("answer", "regression", "number"), ("answer", "Multi-Label", "several of many"),
        ("answer", "segmentation", "mask"), ("answer", "Yes or No", "yes or no"),
        ("network", "cnn", "convolutional"), ("network", "CNN", "convolutional"),
        ("network", "mlp", "dense"), ("network", "rnn", "recurrent"),
        ("network", "lstm", "recurrent"), ("network", "LLM", "transformer"),
        ("device", "int8", "small integers"), ("data", "PINN", "derivatives"),
        ("normalised", True, "yes"), ("normalised", "batch_norm", "yes"),
    ],
)  # fmt: skip
def test_words_that_are_typed_find_their_answer(question, word, value):
    assert choose(**{question: word}) == choose(**{question: value})


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("multi class", None), ("multiclas", "nearest: one of many"),
        ("regresion", "nearest: number"), ("qqq", "known: number, positive number, bounded number"),
        (3, "known: number, positive number"), ("image", "known: number"),
        ("stock", "known: number"), ("probabilty", "nearest: share"),
    ],
)  # fmt: skip
def test_a_word_that_is_not_known_is_told_the_nearest(word, says):
    if says is None:
        assert choose(answer=word).output == "softmax"
        return
    with pytest.raises(ValueError, match=f"answer={word!r} is not known; {says}"):
        choose(answer=word)


@pytest.mark.parametrize(
    ("layers", "value"),
    [
        (1, "shallow"),
        (5, "shallow"),
        (6, "deep"),
        (20, "deep"),
        (21, "very deep"),
        (99, "very deep"),
    ],
)
def test_a_number_of_hidden_layers_is_taken(layers, value):
    assert choose(depth=layers) == choose(depth=value)


def test_every_number_of_layers_has_one_value_in_words_as_in_numbers():
    words = {"five": 5, "six": 6, "twenty": 20}
    told = QUESTIONS["depth"]["values"]
    named = {v: [words[w] for w in re.findall("|".join(words), text)] for v, text in told.items()}
    assert named == {"shallow": [5], "deep": [6, 20], "very deep": [20]}
    assert told["very deep"].startswith("more than twenty")
    assert QUESTIONS["depth"]["from"] == {"shallow": 1, "deep": 5 + 1, "very deep": 20 + 1}


@pytest.mark.parametrize("layers", [0, -1, 2.5, True, "three"])
def test_what_is_no_depth_is_told_what_each_value_means(layers):
    with pytest.raises(ValueError, match=r"shallow \(up to five hidden layers\), deep \(six to"):
        choose(depth=layers)


def test_a_recommendation_cannot_change_the_rules():
    for said in ({}, {"network": "transformer"}):
        before = json.dumps([RULES, ANSWERS])
        for reason in choose(**said).reasons:
            assert isinstance(reason["evidence"], tuple)
            reason.clear()
        assert json.dumps([RULES, ANSWERS]) == before


def test_gains_in_the_code_are_the_functions_own():
    assert round(gain(ACTIVATIONS["silu"]), 2) == 1.68
    assert round(gain(ACTIVATIONS["softplus"]), 2) == 1.04
    code = {rule["name"]: rule["code"] for rule in RULES}["silu"]
    assert all("1.68" in "".join(lines) for lines in code.values())


def test_a_value_that_is_not_known_is_named_with_the_nearest():
    with pytest.raises(ValueError, match="network='transfomer' is not known; nearest: transformer"):
        choose(network="transfomer")


# --- the lines to copy ---------------------------------------------------------------------------

SECOND = next(rule | rule["second"] for rule in RULES if "second" in rule)
LINES = [
    pytest.param("\n".join(lines), id=f"{name}-{f}")
    for f in OPTIMIZERS
    for name, lines in [
        *((rule["name"], hidden_code(rule, f)) for rule in [*RULES, SECOND]),
        *((kind, end_code(answer, f)) for kind, answer in ANSWERS.items()),
    ]
]
ROOTS = ("torch", "keras", "jax", "flax", "optax")


def faults(code):
    """What a framework would not understand in these lines."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[0] not in ROOTS:
            continue
        name = ast.unparse(node.func)
        if not isinstance(node.func, ast.Attribute) or "(" in name:
            continue  # a call of what a call gave
        if name not in FRAMEWORKS["arguments"]:
            yield f"{name} is not in frameworks.json"
            continue
        arguments = FRAMEWORKS["arguments"][name]
        if arguments is None:
            continue  # built in: it does not tell
        anything = any(a.startswith("*") for a in arguments)
        for keyword in node.keywords:
            if keyword.arg not in arguments and not anything:
                yield f"{name} has no argument {keyword.arg}"
        if len(node.args) > len(arguments) and not anything:
            yield f"{name} takes {len(arguments)} arguments"


@pytest.mark.parametrize("code", LINES)
def test_the_lines_call_what_the_frameworks_have(code):
    assert list(faults(code)) == []


def test_a_wrong_name_and_a_wrong_argument_are_found():
    wrong = ["torch.nn.Liner(1, 2)", "torch.nn.Linear(1, 2, init=3)", "torch.sin(x)"]
    found = [list(faults(code)) for code in wrong]
    assert found == [
        ["torch.nn.Liner is not in frameworks.json"],
        ["torch.nn.Linear has no argument init"],
        [],
    ]


@pytest.mark.parametrize("framework", OPTIMIZERS)
def test_every_name_in_the_lines_is_made_before_it_is_used(framework):
    for rule, (kind, answer) in itertools.product([*RULES, SECOND], ANSWERS.items()):
        if kind == "mask" and rule["opening"] != "convolutional":
            continue  # another rule is taken there
        made, lines = set(), hidden_code(rule, framework) + end_code(answer, framework)
        for line in ast.parse("\n".join(lines)).body:
            names = {n.id for n in ast.walk(line) if isinstance(n, ast.Name)}
            if isinstance(line, ast.Import):
                made |= {alias.name.split(".")[0] for alias in line.names}
                continue
            new = {n.id for n in ast.walk(line) if isinstance(n, ast.Name)
                   and isinstance(n.ctx, ast.Store)}  # fmt: skip
            assert names - new <= made, ast.unparse(line)
            made |= new


def test_no_key_of_jax_is_used_twice():
    for rule, answer in itertools.product(RULES, ANSWERS.values()):
        lines = hidden_code(rule, "JAX") + end_code(answer, "JAX")
        fresh = set()
        for line in lines:
            if "= jax.random.split(key" in line:
                fresh = {"sub", "end"} & set(line.partition("=")[0].replace(",", "").split())
            elif used := re.search(r"[(](key|sub|end), ", line):
                assert used[1] in fresh, line
                fresh.discard(used[1])


def test_the_cell_of_keras_has_the_gates_that_the_rule_says():
    lstm = FRAMEWORKS["arguments"]["keras.layers.LSTM"]
    assert (lstm["recurrent_activation"], lstm["activation"]) == ("sigmoid", "tanh")


# --- the page ------------------------------------------------------------------------------------


@pytest.fixture
def reader(browser, tmp_path):
    """A page with the chooser alone, and every complaint that it makes."""
    script = (ROOT / "_static" / "choose.js").read_text(encoding="utf8")
    body = f"<!DOCTYPE html><meta charset='utf-8'>{page()}<script>{script}</script>"
    (tmp_path / "index.html").write_text(body, encoding="utf8")
    context = browser.new_context()
    tab = context.new_page()
    tab.on("pageerror", lambda error: pytest.fail(str(error)))
    tab.goto((tmp_path / "index.html").as_uri())
    yield tab
    context.close()


SHOWN = """(combinations) => combinations.map((said) => {
  const menus = [...document.querySelectorAll("select")];
  for (const menu of menus) menu.value = said[menu.name];
  menus[0].dispatchEvent(new Event("change"));
  const open = [...document.querySelectorAll("details[open]:not([hidden])")];
  const idle = document.querySelector(".idle");
  return [...open.map((advice) => [advice.dataset.title,
    advice.querySelector("[data-framework]:not([hidden]) code").textContent]),
    idle.hidden ? "" : idle.textContent];
})"""


@pytest.mark.browser
@pytest.mark.parametrize("framework", OPTIMIZERS)
def test_the_page_answers_every_combination_as_python_does(reader, framework):
    shown = reader.evaluate(SHOWN, [said | {"framework": framework} for said in COMBINATIONS])
    for said, (hidden, end, idle) in zip(COMBINATIONS, shown, strict=True):
        r = choose(**said)
        assert [hidden[0], end[0]] == [r.hidden_title, r.end], said
        assert f"{hidden[1]}\n{end[1]}" == r.code[framework], said
        short = ", ".join(QUESTIONS[question]["short"] for question in r.idle)
        assert idle == (f"{IDLE} {short}." if short else ""), said


@pytest.mark.browser
def test_a_choice_has_a_link_that_leads_back_to_it(reader):
    reader.select_option("select[name=network]", "transformer")
    reader.select_option("select[name=answer]", "one of many")
    link = reader.get_attribute(".state-link", "href")
    reader.select_option("select[name=network]", "dense")
    reader.goto(reader.url.split("#")[0] + link)
    reader.reload()
    assert reader.input_value("select[name=network]") == "transformer"
    assert "SwiGLU" in reader.inner_text(".says") and "softmax" in reader.inner_text(".says")
    reader.goto(reader.url.split("#")[0] + "#choose:network=nothing,x=y")
    assert reader.input_value("select[name=network]") == "transformer"
    reader.goto(reader.url.split("#")[0] + "#choose:network=100%,depth=deep")
    assert reader.input_value("select[name=depth]") == "deep"


@pytest.mark.browser
def test_the_menus_work_by_keyboard(reader):
    reader.focus("select[name=network]")
    reader.keyboard.press("ArrowDown")
    assert reader.input_value("select[name=network]") == "convolutional"
    assert "Convolutions" in reader.inner_text("details[open] summary >> nth=0")


@pytest.mark.browser
def test_without_the_script_all_advice_stands(browser, tmp_path):
    (tmp_path / "index.html").write_text(f"<meta charset='utf-8'>{page()}", encoding="utf8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((tmp_path / "index.html").as_uri())
    assert tab.locator("details:visible").count() == len(RULES) + len(ANSWERS)
    context.close()
