"""Transposes leave the graph."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds

TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]


def nhwc(g, x):
    return g.op("Transpose", x, perm=TO_NHWC)


def nchw(g, x):
    return g.op("Transpose", x, perm=TO_NCHW)


def conv_nhwc(g, x, rows=4, channels=4, **attributes):
    return nhwc(g, g.conv(nchw(g, x), rows, channels, **attributes))


def test_input_and_output_records():
    g = Onnx()
    model = agree(g.model(conv_nhwc(g, g.input(1, 6, 7, 3), 4, 3)))
    assert [op.kind for op in model.ops] == ["conv"]


BETWEEN = {
    "unary": lambda g, x: g.op("Exp", g.op("Tanh", x)),
    "constant": lambda g, x: g.op("Mul", x, g.normal(4)),
    "pixels": lambda g, x: g.op("Add", x, g.normal(6, 7, 1)),
    "scalar": lambda g, x: g.op("Max", x, np.float32(0.3)),
    "same": lambda g, x: g.op("Mul", x, g.op("Tanh", x)),
    "concat": lambda g, x: g.op("Slice", g.op("Concat", x, x, axis=3), *map(np.array, ([0], [4], [3]))),
    "softmax": lambda g, x: g.op("Softmax", x, axis=3),
    "pad": lambda g, x: g.op("Pad", x, np.array([0, 1, 0, 0, 0, 0, 2, 0]), np.float32(1)),
    "slice": lambda g, x: g.op("Slice", x, np.array([1, 5]), np.array([6, -9]), np.array([1, 2]), np.array([2, -1])),
    "mean": lambda g, x: g.op("Sub", x, g.op("ReduceMean", x, axes=[3])),
    "gate": lambda g, x: g.op("Mul", x, g.op("ReduceMean", x, axes=[1, 2])),
    "cast": lambda g, x: g.op("Cast", g.op("Cast", x, to=6), to=1),
}


def copies_that_transpose(model):
    """Copies that read neighbours from far apart: transposes in disguise."""
    found = []
    for op in model.ops:
        params = list(op.params) if op.kind == "copy" else [0, 0, 0]
        at = 3
        for _ in range(params[2]):
            rank = params[at + 1]
            dims, source, target = (params[at + 4 + i * rank : at + 4 + (i + 1) * rank] for i in range(3))
            at += 4 + 3 * rank
            inner = target.index(min(target))
            if dims[inner] > 1 and source[inner] not in (0, 1, 2, 2**32 - 1):
                found.append(op.name)
    return found


@pytest.mark.parametrize("between", BETWEEN)
def test_sinks_through(between):
    g = Onnx()
    x = conv_nhwc(g, g.input(1, 6, 7, 4))
    model = agree(g.model(conv_nhwc(g, BETWEEN[between](g, x))))
    assert copies_that_transpose(model) == []


def test_reduced_axes():
    g = Onnx()
    x = conv_nhwc(g, g.input(1, 6, 7, 4))
    model = agree(g.model(g.op("ReduceMax", x, axes=[1], keepdims=0)))
    assert kinds(model) == ["conv", "reduce"]


def test_branches_meet():
    g = Onnx()
    x = g.input(1, 6, 7, 4)
    left, right = conv_nhwc(g, x), conv_nhwc(g, x)
    model = agree(g.model(conv_nhwc(g, g.op("Relu", g.op("Add", left, right)))))
    assert kinds(model) == ["conv", "conv", "conv"]


def test_flatten_before_a_matrix():
    g = Onnx()
    x = conv_nhwc(g, g.input(1, 6, 7, 3), 4, 3)
    flat = g.op("Reshape", x, np.array([1, -1]))
    assert kinds(agree(g.model(g.op("Gemm", flat, g.normal(168, 5))))) == ["conv", "fc"]


def test_flatten_of_a_batch():
    g = Onnx()
    x = conv_nhwc(g, g.input(3, 6, 7, 3), 4, 3)
    flat = g.op("Reshape", x, np.array([3, -1]))
    assert kinds(agree(g.model(g.op("Gemm", flat, g.normal(168, 5))))) == ["conv", "fc"]


def test_normalised_input():
    g = Onnx()
    x = g.op("Div", g.op("Sub", g.input(1, 6, 7, 3), g.normal(3)), np.array([2, 3, 4], np.float32))
    model = agree(g.model(g.conv(nchw(g, x), 4, 3, 3)))
    assert copies_that_transpose(model) == []


def test_tokens():
    g = Onnx()
    x = g.input(1, 9, 16)
    h = g.op("Add", g.op("MatMul", x, g.normal(16, 24)), g.normal(24))
    y = g.op("Add", x, g.op("MatMul", g.op("Relu", h), g.normal(24, 16)))
    model = agree(g.model(y))
    assert kinds(model) == ["conv", "conv"]


def test_pixels_to_tokens():
    g = Onnx()
    pixels = nhwc(g, g.conv(g.input(1, 3, 6, 7), 8, 3))
    tokens = g.op("Reshape", pixels, np.array([1, 42, 8]))
    assert kinds(agree(g.model(g.op("MatMul", tokens, g.normal(8, 5))))) == ["conv", "conv"]
