"""`--match onnxruntime`: what computes in float32 is what onnxruntime's own optimised graph has so, and its outputs are
ours, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from qdq_models import INT8, UINT8, Qdq, TensorProto, kinds

from nnz.convert import convert

LEVELS = ("avx2", "avx512", "avx512vnni")
"""Those that multiply and add with one rounding, as onnxruntime does."""


def options() -> onnxruntime.SessionOptions:
    """Of its default session, with one thread: where there are more, blocks of its sums are others."""
    result = onnxruntime.SessionOptions()
    result.log_severity_level = 3
    result.intra_op_num_threads = 1
    return result


def matched(model: onnx.ModelProto):
    return convert(model, match="onnxruntime", verify=False)


def conv(g: Qdq, x: str, scale: float, rows: int, channels: int, kernel: int = 1, density: float = 1.0, **attrs) -> str:
    """A convolution of what has `scale`, with a bias of the scale that belongs to it."""
    bias = g.bias(rows, np.float32(scale) * np.float32(Qdq.WEIGHT_SCALE))
    return g.op("Conv", x, g.weight(rows, channels, kernel, kernel, axis=None, density=density), bias, **attrs)


def start(g: Qdq, rows: int = 8) -> str:
    """Of an int8 input."""
    return conv(g, g.real(g.input(1, 4, 6, 6, dtype=TensorProto.INT8), 0.02), 0.02, rows, 4)


def chain(g: Qdq, dtype: type = INT8, clip: tuple | None = None, zero: int = -128) -> str:
    """Input, three convolutions, output; `clip`s the second one's result, whose zero point is `zero`."""
    middle = 0 if dtype is INT8 else 128
    kind = TensorProto.INT8 if dtype is INT8 else TensorProto.UINT8
    y = conv(g, g.real(g.input(1, 4, 6, 6, dtype=kind), 0.02, middle, dtype), 0.02, 8, 4, 3)
    y = conv(g, g.pair(y, 0.05, middle, dtype), 0.05, 8, 8, 3)
    if clip is not None:
        y = g.op("Clip", y, *map(np.float32, clip))
    y = g.pair(y, 0.02, middle + zero, dtype)
    return g.rounded(conv(g, y, 0.02, 4, 8), 0.2, middle, dtype)


def residual(g: Qdq, function: str) -> str:
    """Of a tensor that two nodes read and what a layer makes of it."""
    x = g.pair(start(g), 0.1)
    y = g.pair(conv(g, x, 0.1, 8, 8), 0.1, 3)
    return g.rounded(g.op("GlobalAveragePool", g.pair(g.op(function, x, y), 0.17, -5)), 0.1)


def branches(g: Qdq, function: str) -> str:
    """Of two layers' results that nothing else reads."""
    x = g.real(g.input(1, 4, 6, 6, dtype=TensorProto.INT8), 0.02)
    a, b = (g.pair(conv(g, x, 0.02, 8, 4), 0.1, zero) for zero in (-7, 12))
    return g.rounded(g.op("GlobalAveragePool", g.pair(g.op(function, a, b), 0.17, -5)), 0.1)


def moved(g: Qdq, integers: bool) -> str:
    """A layer's result is moved, as integers or as real numbers, before two more read it."""
    y, order = g.rounded(start(g), 0.1, 3), {"perm": [0, 1, 3, 2]}
    y = g.real(g.op("Transpose", y, **order), 0.1, 3) if integers else g.op("Transpose", g.real(y, 0.1, 3), **order)
    return g.rounded(conv(g, g.pair(conv(g, y, 0.1, 8, 8, 3), 0.1), 0.1, 8, 8), 0.1)


def several(g: Qdq) -> list[str]:
    """The first layer's result is an output of the model, too."""
    first = g.rounded(start(g), 0.1, 3)
    second = g.pair(conv(g, g.real(first, 0.1, 3), 0.1, 8, 8, 3), 0.1)
    return [first, g.rounded(conv(g, g.pair(conv(g, second, 0.1, 8, 8), 0.1), 0.1, 8, 8), 0.1)]


MODELS: dict[str, Callable[[Qdq], str | list[str]]] = {
    "int8": chain,
    "uint8": lambda g: chain(g, UINT8),
    "clip that rounding does": lambda g: chain(g, clip=(0, 100)),
    "clip below": lambda g: chain(g, clip=(0, 3)),
    "clip above": lambda g: chain(g, clip=(0, 100), zero=-100),
    "sum": lambda g: residual(g, "Add"),
    "product": lambda g: residual(g, "Mul"),
    "difference": lambda g: residual(g, "Sub"),
    "sum of branches": lambda g: branches(g, "Add"),
    "product of branches": lambda g: branches(g, "Mul"),
    "difference of branches": lambda g: branches(g, "Sub"),
    "integers moved": lambda g: moved(g, True),
    "reals moved": lambda g: moved(g, False),
    "outputs": several,
}


@pytest.mark.parametrize("name", MODELS)
def test_float32_is_what_onnxruntime_computes_so(name: str, tmp_path) -> None:
    g = Qdq()
    outputs = MODELS[name](g)
    model = g.model(*([outputs] if isinstance(outputs, str) else outputs))
    settings = options()
    settings.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    theirs = Counter(node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node)
    result = matched(model)
    ours = Counter(node["kind"] for node in result.report["float"])
    assert ours["conv"] == theirs["Conv"] + theirs["FusedConv"]
    assert ours["binary"] == theirs["Add"] + theirs["Sub"] + theirs["Mul"]
    assert kinds(result.model)["qconv"] == theirs["QLinearConv"]
