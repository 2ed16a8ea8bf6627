"""Each int8 operator that quantised transformers become, alone, on each level of instructions, against onnxruntime."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto
from qdq_models import INT8, UINT8, Qdq, assert_agrees, differences, kinds

from nnz.convert import convert

LEVELS = ("scalar", "avx2", "avxvnni", "avx512", "avx512vnni")
FLOAT_KINDS = {"dequantize", "quantize", "matmul", "softmax", "binary", "unary", "layernorm"}


@pytest.fixture(params=LEVELS, autouse=True)
def level(request: pytest.FixtureRequest, use_level: Callable[[str], None]) -> None:
    use_level(request.param)


@pytest.mark.parametrize("dtype", [INT8, UINT8])
@pytest.mark.parametrize(("rows", "depth", "columns"), [(7, 20, 9), (8, 64, 128), (130, 6, 5), (1, 33, 4)])
def test_products_of_activations(rows: int, depth: int, columns: int, dtype: type) -> None:
    g, middle = Qdq(), 0 if dtype is INT8 else 128
    kind = TensorProto.INT8 if dtype is INT8 else TensorProto.UINT8
    a = g.real(g.input(3, rows, depth, dtype=kind), 0.02, middle + 7, dtype)
    b = g.real(g.input(3, depth, columns, dtype=kind), 0.03, middle - 5, dtype)
    model, difference = differences(g.model(g.rounded(g.op("MatMul", a, b), 0.05 * depth**0.5, middle + 3, dtype)))
    assert kinds(model)["qmatmul"] == 1
    assert not FLOAT_KINDS & set(kinds(model))
    assert_agrees(difference)


@pytest.mark.parametrize("terms", [11, 64, 300])
@pytest.mark.parametrize(("axis", "kind"), [(-1, "qsoftmax"), (-2, "qsoftmax_exact")])
def test_softmax_of_scaled_scores(axis: int, kind: str, terms: int) -> None:
    g = Qdq()
    shape = (3, 9, terms) if axis == -1 else (3, terms, 9)
    scores = g.op("Div", g.real(g.input(*shape, dtype=TensorProto.INT8), 0.1, 9), np.float32(2.5))
    model, difference = differences(g.model(g.rounded(g.op("Softmax", scores, axis=axis), 1 / 1024, -128)))
    assert kinds(model)[kind] == 1
    assert not FLOAT_KINDS & set(kinds(model))
    assert_agrees(difference)


def test_softmax_over_tokens_as_planes_on_small_devices() -> None:
    g = Qdq()
    y = g.rounded(g.op("Softmax", g.real(g.input(3, 12, 9, dtype=TensorProto.INT8), 0.1, 9), axis=-2), 1 / 1024, -128)
    assert kinds(convert(g.model(y), target="cortex-m4", verify=False).model)["qsoftmax_planes"] == 1


@pytest.mark.parametrize("mask", ["added", "chosen"])
def test_masked_scores(mask: str) -> None:
    """They have no int8 form: masks hold infinities, or numbers that no scale does."""
    g = Qdq()
    x = g.real(g.input(1, 3, 9, 9, dtype=TensorProto.INT8), 0.1, 9)
    above = np.triu(np.ones((1, 1, 9, 9), bool), 1)
    if mask == "added":
        x = g.op("Add", x, np.where(above, np.float32(-1e9), np.float32(0)))
    else:
        x = g.op("Where", above, np.float32(-np.inf), x)
    _, difference = differences(g.model(g.rounded(g.op("Softmax", x, axis=-1), 1 / 256, -128)))
    assert_agrees(difference)


def gelu(g: Qdq, form: str, x: str) -> str:
    if form == "tanh":
        cube = g.op("Mul", g.op("Pow", x, np.float32(3)), np.float32(0.044715))
        inner = g.op("Tanh", g.op("Mul", g.op("Add", x, cube), np.float32(0.7978846)))
    else:
        inner = g.op("Erf", g.op("Div", x, np.float32(2**0.5)))
    return g.op("Mul", g.op("Mul", x, g.op("Add", inner, np.float32(1))), np.float32(0.5))


@pytest.mark.parametrize("form", ["erf", "tanh", "one operator"])
@pytest.mark.parametrize("bias", [True, False])
def test_gelu(form: str, bias: bool) -> None:
    """Behind a bias it is computed, else looked up."""
    g = Qdq(20)
    x = g.real(g.input(1, 7, 10, dtype=TensorProto.INT8), 0.03, -4)
    if bias:
        x = g.op("Add", g.pair(g.op("MatMul", x, g.weight(10, 10, axis=1)), 0.03, 3), g.rng.standard_normal(10, "f4"))
    y = g.op("Gelu", x) if form == "one operator" else gelu(g, form, x)
    model, difference = differences(g.model(g.rounded(y, 0.0171, -120)))
    assert kinds(model)["qaffine" if bias else "qlut"] == 1
    assert not FLOAT_KINDS & set(kinds(model))
    assert_agrees(difference)


def test_embeddings() -> None:
    g = Qdq()
    table = g.real(g.rng.integers(-128, 128, (256, 12)).astype(np.int8), 0.02, 3)
    rows = g.op("Gather", table, g.op("Cast", g.input(1, 9, dtype=TensorProto.UINT8), to=TensorProto.INT64))
    y = g.op("Add", g.pair(rows, 0.02, 3), g.rng.standard_normal((9, 12), "f4"))
    model, difference = differences(g.model(g.rounded(y, 0.0313, 2)))
    assert kinds(model)["gather"] == 1
    assert_agrees(difference)


def test_averages_over_tokens() -> None:
    g = Qdq()
    x = g.real(g.input(1, 9, 12, dtype=TensorProto.INT8), 0.02, 3)
    _, difference = differences(g.model(g.rounded(g.op("ReduceMean", x, axes=[1], keepdims=0), 0.0113, -7)))
    assert_agrees(difference)


@pytest.mark.parametrize("width", [6, 8])
@pytest.mark.parametrize("dtype", [INT8, UINT8])
def test_attention(width: int, dtype: type) -> None:
    """Heads of attention over eleven tokens: two products of activations, and a number and a softmax between them."""
    g, middle, heads, tokens = Qdq(), 0 if dtype is INT8 else 128, 3, 11
    kind = TensorProto.INT8 if dtype is INT8 else TensorProto.UINT8
    x = g.real(g.input(1, tokens, heads * width, dtype=kind), 0.02, middle + 7, dtype)

    def projected(scale: float, zero: int, perm: list[int]) -> str:
        y = g.pair(g.op("MatMul", x, g.weight(heads * width, heads * width, axis=1)), scale, middle + zero, dtype)
        return g.op("Transpose", g.op("Reshape", y, np.array([1, tokens, heads, width])), perm=perm)

    q, k, v = (
        projected(*args) for args in ((0.03, 3, [0, 2, 1, 3]), (0.04, 0, [0, 2, 3, 1]), (0.05, -9, [0, 2, 1, 3]))
    )
    scores = g.op("Div", g.pair(g.op("MatMul", q, k), 0.1, middle - 5, dtype), np.float32(width**0.5))
    p = g.pair(g.op("Softmax", scores, axis=-1), 0.004, middle - 128, dtype)
    # Units are such that what differs by one in between, where a sum lies between two integers, does so at the end.
    y = g.op("Transpose", g.pair(g.op("MatMul", p, v), 0.1, middle + 2, dtype), perm=[0, 2, 1, 3])
    y = g.op("Reshape", y, np.array([1, tokens, heads * width]))
    model, difference = differences(g.model(g.rounded(y, 0.1, middle + 2, dtype)))
    assert kinds(model)["qmatmul"] == 2
    assert kinds(model)["qsoftmax_exact"] == 1
    assert not {"dequantize", "quantize", "matmul", "softmax", "binary"} & set(kinds(model))
    assert_agrees(difference)


@pytest.mark.parametrize("function", ["", "Relu", "Erf"])
def test_a_bias_behind_a_rounded_product(function: str) -> None:
    g = Qdq()
    x = g.real(g.input(1, 7, 12, dtype=TensorProto.INT8), 0.02, 3)
    y = g.pair(g.op("MatMul", x, g.weight(12, 10, axis=1)), 0.03, -4)
    y = g.op("Add", y, g.rng.standard_normal(10).astype(np.float32))
    model, difference = differences(g.model(g.rounded(g.op(function, y) if function else y, 0.0313, 2)))
    assert kinds(model)["qaffine"] == 1
    assert not {"dequantize", "quantize", "binary", "unary"} & set(kinds(model))
    assert_agrees(difference)


def test_a_bias_and_a_residual_that_nobody_rounds() -> None:
    g = Qdq()
    x = g.real(g.input(1, 7, 12, dtype=TensorProto.INT8), 0.02, 3)
    y = g.pair(g.op("MatMul", x, g.weight(12, 12, axis=1)), 0.03, -4)
    y = g.op("Add", g.op("Add", g.rng.standard_normal(12).astype(np.float32), y), x)
    model, difference = differences(g.model(g.op("Abs", y)))
    assert kinds(model)["qaffine"] == 1
    assert not {"dequantize", "binary"} & set(kinds(model))
    # Where a product lies between two integers, a step of its scale.
    assert (np.abs(difference) <= 1e-5).mean() >= 0.99
    assert np.abs(difference).max() <= 0.0301


@pytest.mark.parametrize("form", ["decomposed", "one operator"])
@pytest.mark.parametrize("rounds", [True, False])
def test_a_normalisation_of_such_sums(rounds: bool, form: str) -> None:
    g = Qdq(17)
    x = g.real(g.input(1, 7, 12, dtype=TensorProto.INT8), 0.02, 3)
    y = g.pair(g.op("MatMul", x, g.weight(12, 12, axis=1)), 0.03, -4)
    y = g.op("Add", g.op("Add", g.rng.standard_normal(12).astype(np.float32), y), x)
    gamma, beta = (g.rng.standard_normal(12).astype(np.float32) for _ in range(2))
    if form == "decomposed":
        centred = g.op("Sub", y, g.op("ReduceMean", y, axes=[-1]))
        variance = g.op("ReduceMean", g.op("Mul", centred, centred), axes=[-1])
        y = g.op("Div", centred, g.op("Sqrt", g.op("Add", variance, np.float32(1e-4))))
        y = g.op("Add", g.op("Mul", y, gamma), beta)
    else:
        y = g.op("LayerNormalization", y, gamma, beta, axis=-1, epsilon=1e-4)
    if rounds:
        y = g.rounded(g.op("MatMul", g.pair(y, 0.0313, 2), g.weight(12, 8, axis=1)), 0.1)
    model, difference = differences(g.model(y if rounds else g.op("Abs", y)))
    assert kinds(model)["qlayernorm"] == 1
    assert not {"dequantize", "quantize", "binary", "layernorm", "qaffine"} & set(kinds(model))
    if rounds:
        assert_agrees(difference)
    else:  # where a product lies between two integers, it moves its pixel's results
        assert (np.abs(difference) <= 1e-5).mean() >= 0.8


def test_tokens_that_are_rounded_before_they_are_transposed() -> None:
    g = Qdq()
    x = g.pair(g.input(1, 5, 8), 0.02, 3)
    model, difference = differences(g.model(g.rounded(g.op("MatMul", x, g.weight(8, 6, axis=1)), 0.1)))
    assert kinds(model) == {"quantize": 1, "qconv": 1}
    assert_agrees(difference)


@pytest.mark.parametrize("seed", range(3))
def test_an_encoder_block_is_onnxruntime_s_bit_for_bit(seed: int) -> None:
    """Where onnxruntime fuses the normalisation with its residual, and adds the softmax's terms sixteen at a time."""
    g, heads, tokens, width = Qdq(17), 2, 32, 32
    g.rng = np.random.default_rng(seed)
    n = heads * width

    def linear(x: str, inputs: int, outputs: int, scale: float) -> str:
        y = g.pair(g.op("MatMul", x, g.weight(inputs, outputs, axis=1)), scale, 3)
        return g.op("Add", y, g.rng.standard_normal(outputs).astype(np.float32))

    def normalised(x: str, y: str) -> str:
        gamma, beta = (g.rng.standard_normal(n).astype(np.float32) for _ in range(2))
        return g.op("LayerNormalization", g.op("Add", x, y), gamma, beta, axis=-1, epsilon=1e-5)

    x = g.pair(g.input(1, tokens, n), 0.02, 3)
    q, k, v = (
        g.op(
            "Transpose",
            g.op("Reshape", g.pair(linear(x, n, n, 0.03), 0.033, -2), np.array([1, tokens, heads, width])),
            perm=p,
        )
        for p in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
    )
    scores = g.op("Div", g.pair(g.op("MatMul", q, k), 0.2, -5), np.float32(4))
    context = g.pair(g.op("MatMul", g.pair(g.op("Softmax", scores, axis=-1), 1 / 256, -128), v), 0.02, 2)
    context = g.op("Reshape", g.op("Transpose", context, perm=[0, 2, 1, 3]), np.array([1, tokens, n]))
    x = g.pair(normalised(linear(context, n, n, 0.03), x), 0.03, 1)
    inner = linear(x, n, 4 * n, 0.04)
    inner = g.pair(gelu(g, "erf", inner), 0.02, -100)
    x = g.pair(normalised(linear(inner, 4 * n, n, 0.05), x), 0.03, 1)
    y = g.rounded(g.op("MatMul", x, g.weight(n, 40, axis=1)), 0.1)
    model, difference = differences(g.model(y), 5, onnxruntime.SessionOptions())
    assert set(kinds(model)) >= {"qconv", "qaffine", "qlayernorm", "qmatmul", "qsoftmax_exact"}
    assert not difference.any()
