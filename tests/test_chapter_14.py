"""Chapter 14: the census, the stored studies, and the numbers in its prose."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import script
from prose import said, written

from bends import bilinear, gelu, gelu_tanh, silu
from bends.runs import load

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"


# --- the census -----------------------------------------------------------------------------------

CONFIGURATION = """# Copyright 2025 Somebody
class TinyConfig(PreTrainedConfig):
    hidden_act: str = "silu"
    swiglu_limit: float = 7.0
"""
MODELLING = """
class TinyMLP(nn.Module):
    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        gate = gate.clamp(max=self.limit)
        return self.down(self.act_fn(gate) * up)

class TinyTopKRouter(nn.Module):
    def forward(self, x):
        return torch.topk(self.gate(x).sigmoid(), self.top_k)

class TinyAttention(nn.Module):
    def forward(self, x):
        return self.o_proj(attn_output * torch.sigmoid(gate))

class TinyForCausalLM(TinyPreTrainedModel):
    config: TinyConfig
"""
PLAIN = """
class TinyMLP(nn.Module):
    def forward(self, x):
        return self.down(self.act_fn(self.up(x)))
"""


def count(tmp_path, configuration, modelling, folder="tiny"):
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        place = f"transformers/models/{folder}"
        archive.writestr(f"{place}/configuration_{folder}.py", configuration)
        archive.writestr(f"{place}/modeling_{folder}.py", modelling)
    (row,) = script("census").read(wheel)
    return row


def test_the_census_reads_fields_and_code(tmp_path):
    expected = {
        "family": "tiny", "year": "2025", "text": "yes", "field": "hidden_act", "value": "silu",
        "function": "SiLU", "gated": "yes", "half": "first", "clamp": "swiglu_limit=7.0",
        "router": "sigmoid", "attention_gate": "sigmoid",
    }  # fmt: skip
    assert count(tmp_path, CONFIGURATION, MODELLING) == expected


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        ("gate, up = self", "up, gate = self", "half", "second"),
        (
            "gate, up = self.gate_up(x).chunk(2, dim=-1)",
            "gate, up = (x[..., ::2], x[..., 1::2])",
            "half",
            "even",
        ),
        ("self.act_fn(gate) * up", "self.act_fn(self.one(x)) * self.two(x)", "half", "own matrix"),
        ("self.act_fn(gate) * up", "gate * torch.sigmoid(gate * self.alpha) * up", "function",
         "x·σ(1.702x)"),
        ("gate = gate.clamp(max=self.limit)", "pass", "clamp", ""),
        (".sigmoid()", ".softmax(-1)", "router", "softmax"),
        ("attn_output * torch.sigmoid(gate)", "attn_output", "attention_gate", ""),
        ("ForCausalLM", "ForImages", "text", "no"),
    ],
)  # fmt: skip
def test_the_census_sees_each_change(tmp_path, old, new, column, value):
    assert old in MODELLING
    assert count(tmp_path, CONFIGURATION, MODELLING.replace(old, new))[column] == value


def test_a_layer_without_a_gate_is_not_one(tmp_path):
    row = count(tmp_path, CONFIGURATION, PLAIN)
    assert (row["gated"], row["half"], row["clamp"]) == ("no", "", "")


def census():
    return load(RESULTS / "census" / "families.csv")


def test_the_stored_census():
    table, run = census(), script("census")
    text = table.where(text="yes")
    recent = text.where(year=[2025, 2026])
    assert len(set(table["family"])) == len(table) and list(table.text) == run.COLUMNS
    assert set(table["function"]) - {"", "x·σ(1.702x)"} <= set(run.CURVES)
    (others,) = said(14, r"the other (\d+) families too")
    assert others == len(table) - len(text)
    (checked,) = said(14, r"For (\d+) families the shapes fail")
    assert checked == len(run.CHECKED) and set(run.CHECKED) <= set(table["family"])
    by_field, all_recent = said(14, r"fields alone\* finds (\d+) of the (\d+) with SiLU")
    field = recent.where(value=["silu", "swish"])
    assert (by_field, all_recent) == (len(field), len(recent))
    code = recent.where(function="SiLU")
    (by_code,) = said(14, r"So the code says (\d+)\.")
    assert by_code == len(code)
    assert "four more have it without a field (three of LFM, and xLSTM)" in written(14)
    without = set(code["family"]) - set(field["family"])
    assert without == {"lfm2", "lfm2_moe", "lfm3", "xlstm"}
    steeper = recent.where(function="x·σ(1.702x)")
    assert list(steeper["value"]) == ["silu"] * 2
    assert len(recent.where(function="ReLU")) == 0
    tanh_form = recent.where(function="GELU (tanh)")["family"]
    assert len(tanh_form) == 7 and all("gemma" in name for name in tanh_form)
    assert min(table.where(attention_gate="sigmoid")["year"]) == 2025
    assert min(float(row["year"]) for row in table.rows() if row["clamp"]) == 2025


def test_names_of_gelu():
    curves = script("census").CURVES
    exact, tanh_form = (len(curves[name]) for name in ("GELU", "GELU (tanh)"))
    others = len(curves["clipped GELU"]) + len(curves["quick GELU"])
    assert (exact, tanh_form, others) == (2, 5, 2)
    assert "Nine are GELUs: two names for the exact curve, five for the tanh form" in written(14)
    z = np.linspace(-8, 8, 16001)
    (bound,) = said(14, r"Exact and tanh form differ by less than (0\.\d+):")
    assert 0.8 * bound < abs(gelu(z) - gelu_tanh(z)).max() < bound


# --- the gate -------------------------------------------------------------------------------------


def test_the_gate_by_hand():
    gate, tap, up, product, swapped = (
        *said(14, r"the gate is 1 · 1 \+ 2 · 0\.5 = (\d), and SiLU turns it into (\d+\.\d+)"),
        *said(14, r"is 1 · 2 \+ 2 · 0\.5 = (\d)"),
        *said(14, r"The product is 1\.76 · 3 = (\d+\.\d+)"),
        *said(14, r"SiLU of 3, times 2, is (\d+\.\d+)"),
    )
    assert (gate, up) == (1 + 2 * 0.5, 1 * 2 + 2 * 0.5)
    assert round(silu(gate), 2) == tap
    assert round(silu(gate) * up, 2) == product
    assert round(silu(up) * gate, 2) == swapped


def test_what_the_clamp_leaves():
    open_, clamped = said(
        14, r"the product is (\d+)\. Switch on the \*clamp\*, .* off at 7: it falls to (\d+)\."
    )
    assert round(float(silu(10.0) * 10)) == open_
    assert round(float(silu(7.0) * 7)) == clamped


def test_sizes():
    up, down = said(14, r"rounds ([\d,]+) up to ([\d,]+)")
    assert up == round(8 * 4096 / 3) and down % 256 == 0 and 0 < down - up < 256
    here, times = said(14, r"limits: ([\d,]+) weights.* 7-billion model has ([\d,]+) times as many")
    assert times == 7e9 / here
    assert round(set(load(RESULTS / "decoder" / "runs.csv")["parameters"]).pop(), -4) == here


def test_the_third_exercise_tells_the_halves_apart():
    right, wrong = said(14, r"−5 and 1 give about (−[\d.]+) one way and (−[\d.]+) the other")
    assert round(float(silu(-5.0)), 2) == right
    assert round(float(-5 * silu(1.0)), 1) == wrong


# --- costs ----------------------------------------------------------------------------------------


def costs(what):
    table = load(RESULTS / "costs" / "costs.csv").where(what=what)
    return dict(zip(table["function"], table["value"], strict=True))


def test_what_the_chapter_says_of_costs():
    cache, memory = costs("ns a number, in the cache"), costs("ns a number, in memory")
    assert 3 < cache["gelu"] / cache["relu"] < 10  # "several times as much"
    assert max(memory["relu"], memory["silu"], memory["gelu"]) < 1.25 * memory["copy"]
    assert memory["swiglu_steps"] > 2.5 * memory["swiglu_fused"]
    assert memory["swiglu_fused"] < 1.2 * memory["silu"]
    layer = costs("ms a layer, there and back")
    assert max(layer.values()) < 1.1 * min(layer.values())  # "within a tenth"
    relu, silu_, swiglu = said(
        14,
        r"with ReLU keeps (\d+) numbers for each input, with SiLU (\d+), with SwiGLU nearly (\d+)",
    )
    kept = costs("numbers kept")
    assert (relu, silu_) == (kept["relu"], kept["silu"])
    assert swiglu - 0.5 < kept["swiglu"] < swiglu
    weights = costs("weights").values()
    assert max(weights) < 1.001 * min(weights)


# --- the studies ----------------------------------------------------------------------------------


def summary(study):
    return json.loads((RESULTS / study / "summary.json").read_text(encoding="utf-8"))


def close(stored, fresh):
    """Equal up to rounding, at every depth."""
    if isinstance(stored, dict):
        return stored.keys() == fresh.keys() and all(close(stored[k], fresh[k]) for k in stored)
    if isinstance(stored, list):
        return len(stored) == len(fresh) and all(map(close, stored, fresh))
    if isinstance(stored, float):
        return fresh == pytest.approx(stored, rel=1e-6, abs=1e-12)
    return stored == fresh


@pytest.mark.parametrize("study", ["decoder", "digits-cnn"])
def test_the_summary_follows_from_the_runs(study):
    runs = load(RESULTS / study / "runs.csv")
    fresh = json.loads(json.dumps(script(study, "summary").summarise(runs)))
    assert close(summary(study), fresh)


def test_the_decoders_kept_to_their_protocol():
    runs = load(RESULTS / "decoder" / "runs.csv")
    tuning, test = runs.where(phase="tuning"), dict(runs.where(phase="test").groups("activation"))
    assert len(test) == 8
    for name, part in test.items():
        assert sorted(part["seed"]) == list(range(6))
        tried = dict(tuning.where(activation=name).groups("rate"))
        assert all(len(rows) == 2 for rows in tried.values()) and 3 <= len(tried) <= 5
        best = min(tried, key=lambda rate: tried[rate]["validation_loss"].mean())
        assert set(part["rate"]) == {best}
        assert min(tried) < best < max(tried) or len(tried) == 5
    assert set(runs["parameters"]) == {said(14, r"so that all have ([\d,]+) weights")[0]}
    assert not set(tuning["seed"]) & set(runs.where(phase="test")["seed"])


def test_what_the_chapter_says_of_the_decoders():
    found = summary("decoder")
    pairs, functions = found["comparisons"], found["functions"]
    by_silu, by_square = said(
        14, r"and no gate by about (0\.\d+) nats, and of squared ReLU by about (0\.\d+)"
    )
    assert by_silu == round(-pairs["swiglu - silu"]["difference"], 2)
    assert by_square == round(-pairs["swiglu - squared_relu"]["difference"], 2)
    assert max(pairs[f"swiglu - {name}"]["p_holm"] for name in ("silu", "squared_relu")) < 0.05
    behind = {"relu", "silu", "gelu"}
    front = set(functions) - behind
    best_behind = min(functions[name]["mean"] for name in behind)
    assert max(functions[name]["mean"] for name in front) < best_behind - 0.03
    half, twice = said(
        14, r"half its best learning rate ReLU loses (0\.\d+) nats, with twice its best (0\.\d+)"
    )
    assert half == round(found["other_rates"]["0.002"], 2)
    assert twice == round(found["other_rates"]["0.008"], 2)
    low, high = said(14, r"The loss rises by (0\.\d+) to (0\.\d+)")
    rises = {
        name: functions[name]["swapped"] - functions[name]["mean"]
        for name in ("reglu", "geglu", "swiglu")
    }
    assert (low, high) == (round(min(rises.values()), 1), round(max(rises.values()), 1))
    assert functions["bilinear"]["swapped"] == pytest.approx(functions["bilinear"]["mean"])


def test_the_digits_kept_to_their_protocol():
    runs = load(RESULTS / "digits-cnn" / "runs.csv")
    tuning, test = runs.where(phase="tuning"), runs.where(phase="test")
    assert (len(test), len(tuning)) == (8 * 3 * 20, 8 * 3 * 4 * 2)
    largest = 0
    for (norm, name), part in test.groups("norm", "activation"):
        assert sorted(part["seed"]) == list(range(20))
        tried = tuning.where(norm=norm, activation=name).groups("rate")
        means = {rate: round(rows["validation_score"].mean(), 9) for rate, rows in tried}
        assert set(part["rate"]) == {max(means, key=means.get)}
        largest += max(means, key=means.get) == 0.02
    assert said(14, r"for (\d+) of the (\d+) the best rate was the largest tried") == [largest, 24]


def test_what_the_chapter_says_of_the_digits():
    found = summary("digits-cnn")["comparisons"]
    points = {name: 100 * pair["difference"] for name, pair in found.items()}
    told = {name: pair["difference"] for name, pair in found.items() if pair["p_holm"] < 0.05}
    ahead = [f"none: {name} - relu" for name in ("elu", "hard_swish", "silu", "gelu")]
    low, high = said(14, r"SiLU and GELU are ([\d.]+) to ([\d.]+) percentage points ahead of ReLU")
    assert (low, high) == (
        round(min(points[name] for name in ahead), 1),
        round(max(points[name] for name in ahead), 1),
    )
    assert {name for name in told if name.startswith("none: ")} == {*ahead, "none: sigmoid - relu"}
    before = {f"before: {name} - relu" for name in ("silu", "tanh", "sigmoid")}
    assert {name for name in told if name.startswith("before: ")} == before
    assert not any(
        told[name] > 0 for name in told if name.startswith(("before: ", "after: "))
    )  # nothing is ahead of ReLU
    orders = {name: told[name] for name in told if name.endswith("after - before")}
    assert {name.split(":")[0]: value > 0 for name, value in orders.items()} == {
        "leaky_relu": False, "tanh": False, "silu": True
    }  # fmt: skip
    (gained,) = said(14, r"it gives ReLU ([\d.]+) percentage points")
    assert gained == round(points["relu: before - none"], 1)
    cells = {(c["norm"], c["activation"]): c for c in summary("digits-cnn")["cells"]}
    shares = said(14, r"takes sigmoid from (\d+) % to (\d+) %")
    assert shares == [round(100 * cells[n, "sigmoid"]["mean"]) for n in ("none", "before")]
    rates = said(14, r"the tuned rates differ too, ([\d.]+) and (0\.\d+)")
    assert rates == [cells[n, "silu"]["rate"] for n in ("before", "after")]


def test_the_bilinear_gate_is_quadratic():
    (times,) = said(14, r"Double the input, and the output becomes (\w+) times as large")
    rng = np.random.default_rng(3)
    x, W = rng.normal(size=4), rng.normal(size=(4, 6))
    assert bilinear(2 * x @ W) == pytest.approx(times * bilinear(x @ W))
