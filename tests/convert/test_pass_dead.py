"""Dead channels disappear, and the results stay the same."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, fused, kinds

from nnz.convert.passes import finish

SAME = {"pads": [1, 1, 1, 1]}


def dead_rows(weight, *rows):
    weight[list(rows)] = 0
    return weight


def conv(g, x, rows, channels, dead=(), bias=None, kernel=1, **attributes):
    weight = dead_rows(g.normal(rows, channels, kernel, kernel), *dead)
    return g.op("Conv", x, weight, g.normal(rows) if bias is None else bias, **attributes)


def rows_of(model):
    return [matrix.rows for matrix in model.matrices]


def test_chain():
    g = Onnx()
    h = g.op("Relu", conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5), kernel=3))
    model = agree(g.model(conv(g, h, 4, 8, kernel=3)))
    assert rows_of(model) == [6, 4]


def test_report():
    g = Onnx()
    h = g.op("Relu", conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5)))
    graph = fused(g.model(conv(g, h, 4, 8)))
    assert finish(graph) == [{"layer": "Conv_0", "channels": 2}]


def test_output_channels_stay():
    g = Onnx()
    assert rows_of(agree(g.model(conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5))))) == [8]


def test_constant_and_zero_padding_do_not_mix():
    g = Onnx()
    h = conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5), bias=np.ones(8, np.float32))
    assert rows_of(agree(g.model(conv(g, h, 4, 8, kernel=3, **SAME)))) == [8, 4]


def test_zero_and_zero_padding_do():
    g = Onnx()
    h = g.op("Relu", conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5), bias=-np.ones(8, np.float32)))
    assert rows_of(agree(g.model(conv(g, h, 4, 8, kernel=3, **SAME)))) == [6, 4]


@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 1, 1]])
@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_through_depthwise(pads, bias):
    g = Onnx()
    h = g.op("Relu", conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5), bias=np.full(8, bias, np.float32)))
    d = g.op("Conv", h, g.normal(8, 1, 3, 3), g.normal(8), group=8, pads=pads)
    model = agree(g.model(conv(g, g.op("Relu", d), 4, 8)))
    gone = 0 if bias and any(pads) else 2
    assert rows_of(model) == [8 - gone, 4]


BETWEEN = {
    "max": lambda g, x: g.op("MaxPool", x, kernel_shape=[3, 3], **SAME),
    "average": lambda g, x: g.op("AveragePool", x, kernel_shape=[3, 3], **SAME),
    "global": lambda g, x: g.op("GlobalAveragePool", x),
    "sum": lambda g, x: g.op("ReduceSum", x, np.array([2, 3])),
    "unary": lambda g, x: g.op("Tanh", g.op("Sigmoid", x)),
    "scale": lambda g, x: g.op("Mul", g.op("Exp", x), g.normal(8, 1, 1)),
    "resize": lambda g, x: g.op("Resize", x, None, np.array([1, 1, 2, 2], np.float32), mode="linear"),
    "prelu": lambda g, x: g.op("PRelu", x, g.normal(8, 1, 1)),
}


@pytest.mark.parametrize("between", BETWEEN)
def test_through(between):
    g = Onnx()
    h = BETWEEN[between](g, conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5)))
    assert rows_of(agree(g.model(conv(g, h, 4, 8)))) == [6, 4]


def test_padding_counts_in_an_average():
    g = Onnx()
    h = conv(g, g.input(1, 3, 6, 6), 8, 3, dead=(1, 5))
    pool = g.op("AveragePool", h, kernel_shape=[3, 3], count_include_pad=1, **SAME)
    assert rows_of(agree(g.model(conv(g, pool, 4, 8)))) == [8, 4]


def test_sum_of_two_dead_channels():
    g = Onnx()
    x = g.input(1, 3, 6, 6)
    left, right = conv(g, x, 8, 3, dead=(1, 5)), conv(g, x, 8, 3, dead=(5, 6))
    assert rows_of(agree(g.model(conv(g, g.op("Relu", g.op("Add", left, right)), 4, 8)))) == [8, 8, 4]
    both = conv(g, x, 8, 3, dead=(5, 6))
    assert kinds(agree(g.model(conv(g, g.op("Mul", right, g.op("Exp", both)), 4, 8))))[-1] == "conv"


def test_channels_that_nobody_reads():
    g = Onnx()
    h = g.op("Relu", conv(g, g.input(1, 3, 6, 6), 8, 3))
    weight = g.normal(4, 8, 1, 1)
    weight[:, [0, 7]] = 0
    assert rows_of(agree(g.model(g.op("Conv", h, weight)))) == [6, 4]


@pytest.mark.parametrize("rows", [4, 8])
def test_blocks_stay_whole(rows):
    """Of layers in blocks of several rows, channels go by whole blocks: those below would be cut else."""
    g = Onnx()
    weight = g.normal(32, 16, 1, 1) * (np.arange(32)[:, None] // rows % 4 == np.arange(16) % 4)[..., None, None]
    h = g.op("Relu", g.op("Conv", g.input(1, 16, 6, 6), weight.astype(np.float32)))
    unread = g.normal(8, 32, 1, 1)
    unread[:, [1, *range(8, 8 + rows)]] = 0
    assert rows_of(agree(g.model(g.op("Conv", h, unread)))) == [32 - rows, 8]


def test_flattened():
    g = Onnx()
    h = conv(g, g.input(1, 3, 2, 2), 8, 3, dead=(1, 5))
    assert rows_of(agree(g.model(g.op("Gemm", g.op("Flatten", h), g.normal(32, 4))))) == [6, 4]


def test_concatenated():
    g = Onnx()
    x = g.input(1, 3, 6, 6)
    both = g.op("Concat", conv(g, x, 8, 3, dead=(1, 5)), conv(g, x, 6, 3, dead=(0,)), axis=1)
    assert rows_of(agree(g.model(conv(g, both, 4, 14)))) == [6, 5, 4]


def test_everything_dead():
    g = Onnx()
    h = conv(g, g.input(1, 3, 6, 6), 8, 3, dead=range(8))
    assert rows_of(agree(g.model(conv(g, h, 4, 8)))) == [1, 4]


def test_a_whole_layer_that_is_constant():
    g = Onnx()
    first = g.op("Relu", conv(g, g.input(1, 3, 6, 6), 8, 3, dead=range(4)))
    weight = g.normal(6, 8, 1, 1)
    weight[2, 4:] = 0  # reads dead channels alone
    second = g.op("Conv", first, weight, g.normal(6))
    assert rows_of(agree(g.model(conv(g, second, 4, 6)))) == [4, 5, 4]
