"""Chapter 14: the census, the stored studies, and the numbers in its prose."""

import importlib.util
import json
import re
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from bends import gelu, gelu_tanh, sigmoid, silu

ROOT = Path(__file__).resolve().parent.parent
PATH = next((ROOT / "chapters").glob("14-*.ipynb"))
CELLS = {cell.id: cell.source for cell in nbformat.read(PATH, as_version=4).cells}
TEXT = "\n\n".join(CELLS.values())
RESULTS = ROOT / "results"


def said(pattern):
    """The numbers that the chapter's text gives where the pattern's groups stand."""
    found = re.search(pattern, TEXT)
    assert found, f"chapter 14 no longer says {pattern!r}"
    return [float(group.replace("−", "-").replace(",", "")) for group in found.groups()]


def script(folder, name):
    spec = importlib.util.spec_from_file_location(
        f"{folder}_{name}", RESULTS / folder / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    (row,) = script("census", "run").read(wheel)
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
    return pd.read_csv(RESULTS / "census" / "families.csv", keep_default_na=False)


def test_the_stored_census():
    table, run = census(), script("census", "run")
    text = table[table.text == "yes"]
    recent = text[text.year >= "2025"]
    assert table.family.is_unique and list(table.columns) == run.COLUMNS
    assert set(table.function) - {"", "x·σ(1.702x)"} <= set(run.CURVES)
    (others,) = said(r"the other (\d+) families too")
    assert others == len(table) - len(text)
    (checked,) = said(r"For (\d+) families the shapes fail")
    assert checked == len(run.CHECKED) and set(run.CHECKED) <= set(table.family)
    by_field, all_recent = said(r"fields alone\* finds (\d+) of the (\d+) with SiLU")
    silu_by_field = recent.value.isin(["silu", "swish"])
    assert (by_field, all_recent) == (silu_by_field.sum(), len(recent))
    (by_code,) = said(r"So the code says (\d+)\.")
    assert by_code == (recent.function == "SiLU").sum()
    assert "four more have it without a field (three of LFM, and xLSTM)" in TEXT
    hard_coded = recent[~silu_by_field & (recent.function == "SiLU")].family
    assert sorted(hard_coded) == ["lfm2", "lfm2_moe", "lfm3", "xlstm"]
    steeper = recent[recent.function == "x·σ(1.702x)"]
    assert len(steeper) == 2 and (steeper.value == "silu").all()
    assert (recent.function == "ReLU").sum() == 0
    tanh_form = recent[recent.function == "GELU (tanh)"].family
    assert len(tanh_form) == 7 and tanh_form.str.contains("gemma").all()
    assert table[table.attention_gate != ""].year.min() == "2025"
    assert table[table.clamp != ""].year.min() == "2025"


def test_names_of_gelu():
    curves = script("census", "run").CURVES
    exact, tanh_form = (len(curves[name]) for name in ("GELU", "GELU (tanh)"))
    others = len(curves["clipped GELU"]) + len(curves["quick GELU"])
    assert (exact, tanh_form, others) == (2, 5, 2)
    assert "Nine are GELUs: two names for the exact curve, five for the tanh form" in TEXT
    z = np.linspace(-8, 8, 16001)
    (bound,) = said(r"Exact and tanh form differ by less than (0\.\d+):")
    assert 0.8 * bound < abs(gelu(z) - gelu_tanh(z)).max() < bound


# --- the gate -------------------------------------------------------------------------------------


def test_the_gate_by_hand():
    gate, tap, up, product, swapped = (
        *said(r"the gate is 1 · 1 \+ 2 · 0\.5 = (\d), and SiLU turns it into (\d+\.\d+)"),
        *said(r"is 1 · 2 \+ 2 · 0\.5 = (\d)"),
        *said(r"The product is 1\.76 · 3 = (\d+\.\d+)"),
        *said(r"SiLU of 3, times 2, is (\d+\.\d+)"),
    )
    assert (gate, up) == (1 + 2 * 0.5, 1 * 2 + 2 * 0.5)
    assert round(silu(gate), 2) == tap
    assert round(silu(gate) * up, 2) == product
    assert round(silu(up) * gate, 2) == swapped


def test_what_the_clamp_leaves():
    open_, clamped = said(r"the product is (\d+)\. Switch the clamp on: it falls to (\d+)\.")
    assert round(float(silu(10.0) * 10)) == open_
    assert round(float(silu(7.0) * 7)) == clamped


def test_sizes():
    up, down = said(r"rounds ([\d,]+) up to ([\d,]+)")
    assert up == round(8 * 4096 / 3) and down % 256 == 0 and 0 < down - up < 256


def test_the_third_exercise_tells_the_halves_apart():
    right, wrong = said(r"−5 and 1 give about (−[\d.]+) one way and (−[\d.]+) the other")
    assert round(float(silu(-5.0)), 2) == right
    assert round(float(-5 * silu(1.0)), 1) == wrong


# --- costs ----------------------------------------------------------------------------------------


def costs(what):
    table = pd.read_csv(RESULTS / "costs" / "costs.csv")
    return table[table.what == what].set_index("function").value


def test_what_the_chapter_says_of_costs():
    cache, memory = costs("ns a number, in the cache"), costs("ns a number, in memory")
    assert 3 < cache["gelu"] / cache["relu"] < 10  # "several times as much"
    assert max(memory["relu"], memory["silu"], memory["gelu"]) < 1.25 * memory["copy"]
    assert memory["swiglu_by_hand"] > 2.5 * memory["swiglu_fused"]
    assert memory["swiglu_fused"] < 1.2 * memory["silu"]
    layer = costs("ms a layer, there and back")
    assert layer.max() < 1.1 * layer.min()  # "within a tenth"
    relu, silu_, swiglu = said(
        r"with ReLU keeps (\d+) numbers for each input, with SiLU (\d+), with SwiGLU nearly (\d+)"
    )
    kept = costs("numbers kept")
    assert (relu, silu_) == (kept["relu"], kept["silu"])
    assert swiglu - 0.5 < kept["swiglu"] < swiglu
    assert (
        costs("weights").nunique() <= 2 and costs("weights").max() < 1.001 * costs("weights").min()
    )


# --- the studies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("study", ["decoder", "digits-cnn"])
def test_the_summary_follows_from_the_runs(study):
    module = script(study, "summary")
    runs = pd.read_csv(RESULTS / study / "runs.csv")
    fresh = json.loads(json.dumps(module.summarise(runs)))
    stored = json.loads((RESULTS / study / "summary.json").read_text(encoding="utf-8"))
    pd.testing.assert_frame_equal(pd.json_normalize(stored), pd.json_normalize(fresh))
    assert runs.digest.nunique() == 1


def test_the_decoders_kept_to_their_protocol():
    runs = pd.read_csv(RESULTS / "decoder" / "runs.csv")
    tuning, test = runs[runs.phase == "tuning"], runs[runs.phase == "test"]
    assert len(set(test.activation)) == 8
    for name, part in test.groupby("activation"):
        assert sorted(part.seed) == list(range(6))
        tried = tuning[tuning.activation == name].groupby("rate")["validation_loss"]
        assert (tried.count() == 2).all() and 3 <= len(tried) <= 5
        best = tried.mean().idxmin()
        assert set(part.rate) == {best}
        assert best not in (min(tried.groups), max(tried.groups)) or len(tried) == 5
    assert runs.parameters.nunique() == 1 and not set(tuning.seed) & set(test.seed)


def test_the_digits_kept_to_their_protocol():
    runs = pd.read_csv(RESULTS / "digits-cnn" / "runs.csv")
    tuning, test = runs[runs.phase == "tuning"], runs[runs.phase == "test"]
    assert len(test) == 8 * 3 * 20 and len(tuning) == 8 * 3 * 4 * 2
    for key, part in test.groupby(["norm", "activation"]):
        tried = tuning[(tuning.norm == key[0]) & (tuning.activation == key[1])]
        means = tried.groupby("rate").validation_score.mean()
        assert set(part.rate) == {means.idxmax()}
    assert not set(tuning.seed) & set(test.seed)


def test_the_bilinear_gate_is_quadratic():
    rng = np.random.default_rng(3)
    W, V = rng.normal(size=(2, 4, 3))
    x = rng.normal(size=4)
    assert ((2 * x @ W) * (2 * x @ V)) == pytest.approx(4 * (x @ W) * (x @ V))


def test_1_702_times_sigmoid_is_quick_gelu():
    z = np.linspace(-8, 8, 16001)
    assert abs(gelu(z) - z * sigmoid(1.702 * z)).max() == pytest.approx(0.02, abs=0.001)
