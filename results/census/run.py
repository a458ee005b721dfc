"""A census of activation functions in open models: what their configurations say, and their code.

    make results NAME=census                          downloads one pinned wheel with pip (13 MB)
    python results/census/run.py WHEEL                reads a wheel that you have

The wheel is `transformers` 5.24.0. It is read as text, never run. One row is one model family, a
folder under `transformers/models`. Everything is found by the shapes below in the syntax tree of
its configuration and modelling files; CHECKED holds what a person read there where shapes fail.
"""

import ast
import csv
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
RELEASE = "5.24.0"
COLUMNS = ["family", "year", "text", "field", "value", "function", "gated", "half", "clamp",
           "router", "attention_gate"]  # fmt: skip

# The names that `transformers` registers, by the curve that they draw.
CURVES = {
    "SiLU": ["silu", "swish"],
    "GELU": ["gelu", "gelu_python"],
    "GELU (tanh)": [
        "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh"
    ],
    "quick GELU": ["quick_gelu"],
    "clipped GELU": ["gelu_10"],
    "ReLU": ["relu"],
    "squared ReLU": ["relu2"],
    "xIELU": ["xielu"],
    "ReLU6": ["relu6"],
    "leaky ReLU": ["leaky_relu"],
    "PReLU": ["prelu"],
    "hard swish": ["hardswish"],
    "tanh": ["tanh"],
}  # fmt: skip
CURVE = {name: curve for curve, names in CURVES.items() for name in names}
FIELD = re.compile(r"(^|_)(act|act_fn|activation|activation_function|hidden_act)$|feed_forward_proj"
                   r"|hidden_activation|hidden_act|afn")  # fmt: skip
ELSEWHERE = re.compile(r"Vision|Audio|Image|Video|Speech|Encodec|Mimi|Detokenizer|Patch", re.I)
RECURRENT = re.compile(r"Mamba|SSM|Delta|Linear.*Attention|Conv|Norm|RecurrentBlock")
ROUTERS = re.compile(r"Router|Gate$|Gating|TopK|MoE|Moe|SparseMLP|Sparse", re.I)
# What the shapes do not find, read in the code by a person.
CHECKED = {
    "bloom": {"function": "GELU (tanh)"},  # written out in the modelling file
    "cpmant": {"function": "GELU"},
    "mpt": {"function": "GELU"},
    "fuyu": {"function": "squared ReLU"},  # the text model is persimmon's
    "rwkv": {"function": "squared ReLU", "gated": "yes", "half": "sigmoid on the other"},
    "dbrx": {"function": "SiLU"},  # in a dictionary of the configuration
    "blt": {"field": "hidden_act", "value": "silu", "function": "SiLU"},  # in its three parts
    "lfm2": {"function": "SiLU"},  # F.silu in the layer
    "lfm2_moe": {"function": "SiLU"},
    "lfm3": {"function": "SiLU"},
    "xlstm": {"function": "SiLU", "gated": "yes", "half": "first and own matrix"},
    # The text model is gemma4's.
    "gemma4_assistant": {"function": "GELU (tanh)", "gated": "yes", "half": "own matrix"},
    "gemma4_unified_assistant": {"function": "GELU (tanh)", "gated": "yes", "half": "own matrix"},
    # The sigmoid sees the gate as it is; gate and other half are bounded by soft caps.
    "inkling2": {"gated": "yes", "half": "first", "clamp": "soft caps"},
    "inkling2_loop": {"gated": "yes", "half": "first", "clamp": "soft caps"},
    # Limits by layer, in the checkpoints; after SiLU.
    "step3p7": {"gated": "yes", "half": "first and own matrix", "clamp": "swiglu_limits by layer"},
}
FUNCTIONS = r"(?:self\.)?(?:\w+\.)*(act\w*|hidden_act|activation\w*|silu|gelu|relu)"


# --- configurations -------------------------------------------------------------------------------


def classes(source):
    return [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]


def defaults(configuration):
    """The fields of a configuration class with a constant for a default: name to value."""
    found = {}
    for node in ast.walk(configuration):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
            found[getattr(node.target, "id", "")] = node.value.value
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            names = [argument.arg for argument in node.args.args[-len(node.args.defaults) :]]
            for name, value in zip(names, node.args.defaults, strict=False):
                if isinstance(value, ast.Constant):
                    found[name] = value.value
    return found


def text_configuration(configurations, modelling):
    """The configuration that the model of text is built from: the one its class names."""
    for node in modelling:
        if node.name.endswith("ForCausalLM"):
            named = re.findall(r"\b(\w+Config)\b", ast.unparse(node))
            found = [name for name in named if name in configurations]
            if found:
                text = [name for name in found if "Text" in name]
                return (text or found)[0]
    text = [name for name in configurations if "Text" in name]
    return (text or list(configurations))[0] if configurations else None


def field_and_value(fields):
    found = {
        name: value
        for name, value in fields.items()
        if FIELD.search(name) and isinstance(value, str) and value.removeprefix("gated-") in CURVE
    }
    aside = re.compile("proj|cls|feat|head|pool")
    found = {
        name: value
        for name, value in found.items()
        if name == "feed_forward_proj" or not aside.search(name)
    }
    return next(iter(found.items()), ("", ""))


# --- code -----------------------------------------------------------------------------------------


def gate(node):
    """How a class gates: which half passes the function, or "" if it multiplies no two halves."""
    code = ast.unparse(node)
    halves = {}
    for names in re.findall(r"(\w+), (\w+) = [^\n]*\.chunk\(2", code):
        halves |= dict(zip(names, ("first", "second"), strict=True))
    even_odd = r"(\w+), (\w+) = \(?[\w.]+\[\.\.\., ::2\], [\w.]+\[\.\.\., 1::2\]"
    for names in re.findall(even_odd, code):
        halves |= dict(zip(names, ("even", "odd"), strict=True))
    shapes = [
        FUNCTIONS + r"\((?P<tap>[^()]+(?:\([^()]*\))?)\) \* (?!-?\d)(?P<flow>[\w.]+)",
        r"(?P<flow>[\w.]+(?:\([^()]*\))?) \* " + FUNCTIONS + r"\((?P<tap>[^()]+(?:\([^()]*\))?)\)",
        r"(?P<bent>\w+) = " + FUNCTIONS + r"\((?P<tap>[^\n]+)\)\n"
        r"(?:.*\n){,2}?.*\b(?P=bent) \* \w[\w.]*",
        r"(?P<tap>\w+) \* torch\.sigmoid\((?P=tap) \* self\.\w*alpha\)",
    ]
    for shape in shapes:
        for match in re.finditer(shape, code):
            tap = match["tap"].removesuffix(".float()")
            if tap in halves:
                return halves[tap]
            if re.search(r"\[0\]|\[\.\.\., 0, :\]", tap):
                return "first"
            return "own matrix"
    return ""


def calls(node, *names):
    code = ast.unparse(node)
    return [name for name in names if re.search(rf"\b{name}\(", code)]


def code_row(modelling, fields):
    """What the modelling file does: gate, half, clamp, router, gate of the attention."""
    text = [node for node in modelling if not ELSEWHERE.search(node.name)]
    others = re.compile(f"{RECURRENT.pattern}|Attention|Router|Model$|ForC|Indexer")
    layers = [node for node in text if not others.search(node.name)]
    halves = {gate(node): node for node in reversed(layers)}
    halves.pop("", None)
    gated = list(halves.values())
    limits = {
        f"{name}={value}" if value is not None else name
        for name, value in fields.items()
        if re.search("swiglu_limit|gate.*limit|softcap", name)
        and any(re.search(r"\.clamp\(|softcap\(", ast.unparse(node)) for node in gated)
    }
    routers = set()
    for node in text:
        if ROUTERS.search(node.name) and re.search("topk|top_k", ast.unparse(node)):
            routers |= set(calls(node, "softmax", "sigmoid", "sqrtsoftplus"))
    if "scoring_func" in fields:
        routers |= {fields["scoring_func"]}
    gated_output = (
        r"(attn|output|context)\w* \*=? [^\n]*sigmoid\(|sigmoid\([^\n]*\) \* (attn|context)\w*"
    )
    attention = [
        node
        for node in text
        if "Attention" in node.name and re.search(gated_output, ast.unparse(node))
    ]
    alpha = any(re.search(r"sigmoid\(\w+ \* self\.\w*alpha\)", ast.unparse(n)) for n in gated)
    return {
        "gated": "yes" if gated else "no",
        "half": " and ".join(sorted(halves)),
        "clamp": "; ".join(sorted(limits)),
        "router": " and ".join(sorted(filter(None, routers))),
        "attention_gate": "sigmoid" if attention else "",
        "alpha": alpha,
    }


# --- all of them ----------------------------------------------------------------------------------


def family(folder, sources):
    """One row of the table from the sources of one folder, by file name."""
    configuration = {
        node.name: node
        for name, source in sources.items()
        if name.startswith("configuration_")
        for node in classes(source)
    }
    modelling = [
        node
        for name, source in sources.items()
        if name.startswith("modeling_") and not re.search("_(flax|tf)_", name)
        for node in classes(source)
    ]
    if not configuration or not modelling:
        return None
    headers = [
        source[:2000] for name, source in sorted(sources.items()) if "configuration_" in name
    ]
    headers += [source[:2000] for name, source in sorted(sources.items()) if "modeling_" in name]
    chosen = text_configuration(configuration, modelling)
    fields = defaults(configuration[chosen])
    field, value = field_and_value(fields)
    code = code_row(modelling, fields)
    function = "x·σ(1.702x)" if code.pop("alpha") else CURVE.get(value.removeprefix("gated-"), "")
    years = re.findall(r"Copyright.*?(20\d\d)", "\n".join(headers))
    return {
        "family": folder,
        "year": years[0] if years else "",
        "text": "yes" if any(n.name.endswith("ForCausalLM") for n in modelling) else "no",
        "field": field,
        "value": value,
        "function": function,
        **code,
        **CHECKED.get(folder, {}),
    }


def read(wheel):
    """The sources of every folder under `models`, and then one row for each."""
    folders = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            if parts[:2] == ["transformers", "models"] and len(parts) == 4:
                if parts[3].endswith(".py"):
                    folders.setdefault(parts[2], {})[parts[3]] = archive.read(name).decode()
    rows = [family(folder, sources) for folder, sources in sorted(folders.items())]
    return [row for row in rows if row and row["family"] != "auto"]


def main(wheel=None):
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder]
            subprocess.run([*command, f"transformers=={RELEASE}"], check=True)
            wheel = next(Path(folder).glob("*.whl"))
        rows = read(wheel)
    with open(HERE / "families.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
