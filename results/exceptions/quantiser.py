"""The int8 case once more, by ONNX Runtime's quantiser in place of the lines of run.py.

It needs two packages that the book does without:

    pip install onnx==1.23.2 onnxruntime==1.32.0
    python results/exceptions/quantiser.py

The same networks, from the same seeds, are written as ONNX files, quantised with ranges measured on
the same 500 examples, and run. SiLU becomes a Sigmoid and a Mul, as it does in an export.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import run
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from bends.grids import product

FUNCTIONS = {"relu": "Relu", "tanh": "Tanh", "silu": "Sigmoid"}


def written(net, member, path):
    """Write one member of a stack as an ONNX file."""
    nodes, numbers, value = [], [], "x"
    name = net.activations[0].name
    for i, (W, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        numbers += [numpy_helper.from_array(W[member], f"W{i}")]
        numbers += [numpy_helper.from_array(b[member], f"b{i}")]
        nodes.append(helper.make_node("Gemm", [value, f"W{i}", f"b{i}"], [f"z{i}"]))
        value = f"z{i}"
        if i < len(net.activations):
            nodes.append(helper.make_node(FUNCTIONS[name], [value], [f"f{i}"]))
            value = f"f{i}"
            if name == "silu":
                nodes.append(helper.make_node("Mul", [f"z{i}", f"f{i}"], [f"a{i}"]))
                value = f"a{i}"
    ends = [
        helper.make_tensor_value_info(end, TensorProto.FLOAT, ["n", width])
        for end, width in (("x", net.sizes[0]), (value, net.sizes[-1]))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], numbers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, path)


class Examples(CalibrationDataReader):
    """Hands out the examples that ranges are measured on, all at once."""

    def __init__(self, x):
        self.left = [{"x": x}]

    def get_next(self):
        return self.left.pop() if self.left else None


def answers(path, x):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(
        None, {"x": x}
    )[0]


def quantised(task, setting, members, phase):
    """Train, write, quantise with good ranges and with one strange example, and run."""
    rates, seeds = zip(*members, strict=True)
    net = run.trained(task, setting["activation"], seeds, rates, setting["depth"])
    x, y = task["test"]
    known = task["train"][0][:500]
    ranges = {"int8": known, "strange x 100": np.concatenate([known, 100 * known[:1]])}
    outputs = {"float": [], "int8": [], "strange x 100": []}
    with tempfile.TemporaryDirectory() as folder:
        whole, small = str(Path(folder) / "whole.onnx"), str(Path(folder) / "small.onnx")
        for member in range(len(members)):
            written(net, member, whole)
            outputs["float"].append(answers(whole, x))
            for way, examples in ranges.items():
                quantize_static(
                    whole, small, Examples(examples), quant_format=QuantFormat.QDQ,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                )  # fmt: skip
                outputs[way].append(answers(small, x))
    outputs = {way: np.stack(stack) for way, stack in outputs.items()}
    out = {way: run.right(stack, y) for way, stack in outputs.items()}
    for way in ranges:
        out[f"{way}, dB"] = run.decibels(outputs["float"], outputs[way])
    return run.outcome_rows(out, members)


def quantiser():
    settings = product(activation=["relu", "silu", "tanh"], depth=[2, 8], rate=[0.005])
    outcomes = ["float", "int8", "strange x 100", "int8, dB", "strange x 100, dB"]
    return run.grid({"signals": run.signals()}, settings, quantised, outcomes, tuned=False)


if __name__ == "__main__":
    run.run(quantiser(), run.HERE / "quantiser.csv")
