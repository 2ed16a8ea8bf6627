"""`--match onnxruntime`: what computes in float32 is what onnxruntime's own optimised graph has so, and its outputs are
ours, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from qdq_models import INT8, UINT8, Qdq, TensorProto, assert_agrees, kinds, session_of

import nnz
from nnz.convert import convert
from nnz.convert.errors import ConvertError

LEVELS = ("avx2", "avxvnni", "avx512", "avx512vnni")
"""Those that multiply and add with one rounding, as onnxruntime does."""


def random_feed(session: nnz.Session, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {spec.name: rng.integers(0, 256, spec.shape).astype(np.uint8).view(spec.dtype) for spec in session.inputs}


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
    session_of(model, str(tmp_path / "optimised.onnx"))
    theirs = Counter(node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node)
    result = matched(model)
    ours = Counter(node["kind"] for node in result.report["float"])
    assert ours["conv"] == theirs["Conv"] + theirs["FusedConv"]
    assert ours["binary"] == theirs["Add"] + theirs["Sub"] + theirs["Mul"]
    assert kinds(result.model)["qconv"] == theirs["QLinearConv"]
    reference, session = session_of(model), nnz.Session(nnz.format.write(result.model))
    found = []
    for seed in range(100):
        feed = random_feed(session, seed)
        pairs = zip(session.run(feed).values(), reference.run(None, feed), strict=True)
        found += [(actual.astype(int) - expected).reshape(-1) for actual, expected in pairs]
    assert_agrees(np.concatenate(found))


def layer(
    channels: int, side: int, kernel: int, density: float, stride: int = 1, group: int = 1, rows: int = 24
) -> onnx.ModelProto:
    """One layer between int8. A step of its result is 2^n steps of its sums: one sum of 2^n lies between two results,
    and only its rounding decides.
    """
    g, scale = Qdq(), 0.02
    x = g.real(g.input(1, channels, side, side, dtype=TensorProto.INT8), scale, 7)
    window = {"pads": [kernel // 2] * 4, "strides": [stride] * 2, "group": group}
    y = conv(g, x, scale, rows, channels // group, kernel, density, **window)
    deviation = 75 * 75 * np.sqrt(density * kernel**2 * channels / group)
    step = np.float32(scale) * np.float32(Qdq.WEIGHT_SCALE) * np.exp2(np.rint(np.log2(deviation / 50)))
    return g.model(g.rounded(y, step, -5))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("density", [1.0, 0.3, 0.05])
@pytest.mark.parametrize(
    ("shape", "parts"),
    [
        ({"channels": 3, "side": 16, "kernel": 3}, 1),
        ({"channels": 32, "side": 14, "kernel": 3}, 3),
        ({"channels": 48, "side": 16, "kernel": 3, "stride": 2}, 2),
        ({"channels": 64, "side": 8, "kernel": 5, "stride": 2}, 2),
        ({"channels": 200, "side": 20, "kernel": 1}, 2),
        ({"channels": 48, "side": 12, "kernel": 3, "group": 2}, 2),
        ({"channels": 32, "side": 20, "kernel": 3, "rows": 64}, 3),
    ],
    ids=["first", "3x3", "few pixels", "fewer pixels", "pointwise", "groups", "of a size that is filtered"],
)
def test_sums_are_onnxruntimes(level: str, density: float, shape: dict, parts: int, use_level) -> None:
    use_level(level)
    model = layer(density=density, **shape)
    result = matched(model).model
    session = nnz.Session(nnz.format.write(result), threads=2)
    assert kinds(result)["conv"] == parts
    reference = session_of(model)
    for seed in range(10):
        feed = random_feed(session, seed)
        (expected,) = reference.run(None, feed)
        assert np.ptp(expected.astype(int)) > 100
        assert np.array_equal(session.run(feed)[session.outputs[0].name], expected)


@pytest.mark.parametrize("options", [{}, {"match": "onnxruntime"}, {"target": "cortex-m4"}], ids=str)
@pytest.mark.parametrize("scales", [(0.031, 0.017, 0.0273), (0.0525, 0.0391, 0.056)], ids=["any", "sixteenths"])
def test_sums_of_uint8_are_onnxruntimes(scales: tuple[float, float, float], options: dict) -> None:
    """For all pairs of integers, but two at most: 22 bits of each factor count. A factor near 15/16 has many sums
    between two integers.
    """
    g = Qdq()
    a, b = (g.real(g.input(1, 256, 256, dtype=TensorProto.UINT8), scale, 50, UINT8) for scale in scales[:2])
    model = g.model(g.rounded(g.op("Add", a, b), scales[2], 11, UINT8))
    result = convert(model, verify=False, **options).model
    assert kinds(result)["qadd"] == 1
    pairs = np.indices((256, 256), np.uint8)[:, None]
    feed = {spec.name: pair for spec, pair in zip(result.inputs, pairs, strict=True)}
    (expected,) = session_of(model).run(None, feed)
    (actual,) = nnz.Session(nnz.format.write(result)).run(feed).values()
    assert (actual != expected).sum() <= 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"match": "tflite"}, "match 'tflite': expected onnxruntime"),
        ({"sparsity": 0.5}, "leave out the sparsity or pattern, --quantize and --weights"),
        ({"pattern": "2:4"}, "leave out the sparsity or pattern"),
        ({"weights": "int8"}, "leave out the sparsity or pattern, --quantize and --weights"),
        ({"target": "cortex-m4"}, "'cortex-m4' is the target of a small device; leave out --match"),
    ],
)
def test_what_cannot_be_matched_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convert(layer(3, 8, 3, 1.0), **{"match": "onnxruntime", **arguments})


def test_a_float_model_has_nothing_to_match() -> None:
    g = Qdq()
    with pytest.raises(ConvertError, match="this one has no quantised tensors"):
        matched(g.model(g.op("Relu", g.input(1, 4))))


def test_the_report_compares_with_what_is_matched() -> None:
    report = convert(layer(32, 14, 3, 1.0), match="onnxruntime").report
    (error,) = report["error"].values()
    assert error["max"] == 0
    assert [node["reason"] for node in report["float"]] == ["onnxruntime computes it in float32"]


@pytest.mark.parametrize("shape", [(24, 9, 3, 1.0, 1, 24), (24, 1, 1, 1.0)], ids=["depthwise", "one pixel"])
def test_products_with_vectors_keep_to_int8(shape: tuple) -> None:
    result = matched(layer(*shape))
    assert not result.report["float"]
    assert not {"conv", "depthwise", "fc"} & set(kinds(result.model))
