"""Chains of operators that run depth-first give the bytes that the operators give one by one."""

import numpy as np
import pytest

import nnz
from nnz.format import Model, write
from small_models import F32, Builder, word

RELU6 = {"activation": "clip", "act": (0.0, 6.0)}


def window(kernel: int, stride: int = 1, dilation: int = 1) -> list[int]:
    pad = dilation * (kernel // 2)
    return [kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad]


def separable(encoding: str, way: str | None, width: int, watched: bool) -> Model:
    """Two depthwise separable convolutions of two images; planes between the layers take more than 1 MiB.

    watched: all of them are outputs too, so that they must be there as a whole.
    """
    b = Builder(10)
    x = b.input("x", (2, 3, 130, width))
    added = b.input("added", (2, 40, 65, width // 2))
    dims = (2, 24, 130, width)
    first = [b.matrix(24, 27, encoding, way=way), *window(3)]
    a = b.op("conv", [x, b.random(24), None, None], dims, first, **RELU6)
    c = b.op("depthwise", [a, b.random(24, 3, 3), b.random(24), None, None], dims, window(3), activation="hard_swish")
    second = [b.matrix(40, 24, encoding, way=way), *window(1)]
    d = b.op("conv", [c, b.random(40), None, b.random(40)], (2, 40, 130, width), second)
    weights = b.random(40, 5, 5)
    last = b.op("depthwise", [d, weights, None, added, None], (2, 40, 65, width // 2), window(5, 2), **RELU6)
    return b.finish(last, *((a, c, d) if watched else ()))


def inverted_residual(encoding: str, way: str | None, width: int, watched: bool) -> Model:
    """Expanded, depthwise with dilation, projected and added to what was expanded, which is not needed any more."""
    b = Builder(11)
    x = b.op("unary", [b.input("x", (1, 6, 128, width))], (1, 6, 128, width), [], activation="neg")
    dims = (1, 36, 128, width)
    expand = b.op(
        "conv", [x, b.random(36), None, None], dims, [b.matrix(36, 6, encoding, way=way), *window(1)], **RELU6
    )
    weights = b.random(36, 3, 3)
    between = b.op("depthwise", [expand, weights, b.random(36), None, None], dims, window(3, dilation=2), **RELU6)
    project = [b.matrix(6, 36, encoding, way=way), *window(1)]
    y = b.op("conv", [between, None, x, None], (1, 6, 128, width), project)
    return b.finish(y, *((expand, between) if watched else ()))


def strided(encoding: str, way: str | None, width: int, watched: bool) -> Model:
    """A convolution with a stride in the middle of a chain."""
    b = Builder(14)
    x = b.input("x", (1, 4, 129, 2 * width))
    first = [b.matrix(36, 4, encoding, way=way), *window(1)]
    a = b.op("conv", [x, b.random(36), None, None], (1, 36, 129, 2 * width), first, **RELU6)
    second = [b.matrix(48, 324, encoding, way=way), *window(3, 2)]
    c = b.op("conv", [a, b.random(48), None, None], (1, 48, 65, width), second, **RELU6)
    third = [b.matrix(5, 432, encoding, way=way), *window(3)]
    y = b.op("conv", [c, b.random(5), None, None], (1, 5, 65, width), third)
    return b.finish(y, *((a, c) if watched else ()))


def pooled(encoding: str, way: str | None, width: int, watched: bool) -> Model:
    """A convolution whose outputs are pooled twice, with padding."""
    b = Builder(15)
    x = b.input("x", (2, 3, 136, 2 * width))
    matrix = [b.matrix(20, 27, encoding, way=way), *window(3)]
    a = b.op("conv", [x, b.random(20), None, None], (2, 20, 136, 2 * width), matrix, **RELU6)
    c = b.op("pool", [a], (2, 20, 136, 2 * width), [2, *window(3)], activation="neg")
    y = b.op("pool", [c], (2, 20, 68, width), [0, *window(3, 2)])
    return b.finish(y, *((a, c) if watched else ()))


def filtered(encoding: str, way: str | None, width: int, watched: bool) -> Model:
    """Two convolutions whose dense forms take tiles of 3 x 3 and of 4 x 4 outputs, and pooling between them."""
    b = Builder(15)
    x = b.input("x", (1, 3, 130, 2 * width))
    first = [b.matrix(64, 147, encoding, way=way), *window(7, 2)]
    a = b.op("conv", [x, b.random(64), None, None], (1, 64, 65, width), first, **RELU6)
    second = [b.matrix(64, 576, encoding, way=way), *window(3)]
    c = b.op("conv", [a, b.random(64), None, b.random(64)], (1, 64, 65, width), second)
    y = b.op("pool", [c], (1, 64, 33, width // 2), [0, *window(3, 2)])
    return b.finish(y, *((a, c) if watched else ()))


def attention(keys: int, queries: int, axis: int, watched: bool) -> Model:
    """Six heads of queries, of two images that share their keys: scores, softmax, and the values that they weigh."""
    b = Builder(16)
    q, v = b.input("q", (2, 3, 8, queries)), b.input("v", (2, 3, 11, keys))
    dims = (2, 3, keys, queries)
    scores = b.op("matmul", [b.input("k", (1, 3, 8, keys)), q], dims, [1, 0, word(0.3)])
    weights = b.op("softmax", [scores], dims, [axis])
    y = b.op("matmul", [v, weights], (2, 3, 11, queries), [0, 0, word(1)])
    return b.finish(y, *((scores, weights) if watched else ()))


def run(session: nnz.Session) -> np.ndarray:
    rng = np.random.default_rng(12)
    return session.run({port.name: rng.standard_normal(port.shape).astype(F32) for port in session.inputs})["y0"]


@pytest.mark.parametrize("make", [separable, inverted_residual, strided, pooled, filtered])
@pytest.mark.parametrize("width", [104, 90])
@pytest.mark.parametrize(("encoding", "way"), [("dense", None), ("u1", None), ("rb4", None), ("u1", "fp16")])
def test_bytes_are_those_of_operators_one_by_one(make, width, encoding, way):
    one_by_one = run(nnz.Session(write(make(encoding, way, width, True))))
    model = make(encoding, way, width, False)
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(run(nnz.Session(write(model), threads=threads)), one_by_one)


@pytest.mark.parametrize("axis", [1, 2, 3])
@pytest.mark.parametrize(("keys", "queries"), [(40, 64), (129, 112), (1100, 320), (30, 100)])
def test_attention_head_by_head_gives_the_bytes_of_operators_one_by_one(keys, queries, axis):
    one_by_one = run(nnz.Session(write(attention(keys, queries, axis, True))))
    model = attention(keys, queries, axis, False)
    for threads in (1, 2, 7):
        np.testing.assert_array_equal(run(nnz.Session(write(model), threads=threads)), one_by_one)


@pytest.mark.skipif(nnz.Session(write(separable("u1", None, 104, False))).isa == "scalar", reason="it has no chains")
@pytest.mark.parametrize("make", [separable, inverted_residual, strided, pooled])
def test_what_lies_between_is_not_there_as_a_whole(make):
    model = make("u1", None, 104, False)
    assert nnz.Session(write(model), threads=1).arena_bytes < max(tensor.nbytes for tensor in model.tensors)


@pytest.mark.skipif(nnz.Session(write(separable("u1", None, 104, False))).isa == "scalar", reason="it has no chains")
def test_scores_of_attention_are_not_there_as_a_whole():
    model = attention(1100, 320, 2, False)
    assert nnz.Session(write(model), threads=1).arena_bytes < max(tensor.nbytes for tensor in model.tensors)


def test_each_operator_has_its_share_of_the_time():
    session = nnz.Session(write(separable("u1", None, 104, False)), threads=2)
    run(session)
    assert all(op.seconds > 0 for op in session.profile())
