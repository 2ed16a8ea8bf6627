"""Pad nodes fold into the windows behind them where that means the same."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds

PADS = np.array([0, 0, 1, 2, 0, 0, 3, 1])


def padded(g, x, value=0.0, pads=PADS):
    return g.op("Pad", x, pads, np.float32(value))


def test_into_conv():
    g = Onnx()
    y = g.conv(padded(g, g.input(1, 3, 6, 6)), 4, 3, 3, pads=[1, 0, 0, 1], strides=[2, 1])
    assert kinds(agree(g.model(y))) == ["conv"]


def test_into_depthwise():
    g = Onnx()
    y = g.op("Conv", padded(g, g.input(1, 3, 6, 6)), g.normal(3, 1, 3, 3), group=3)
    assert kinds(agree(g.model(y))) == ["depthwise"]


def test_into_one_dimension():
    g = Onnx()
    pad = g.op("Pad", g.input(1, 3, 20), np.array([0, 0, 4, 0, 0, 1]))
    assert kinds(agree(g.model(g.op("Conv", pad, g.normal(4, 3, 5))))) == ["conv"]


def test_other_values_stay():
    g = Onnx()
    assert kinds(agree(g.model(g.conv(padded(g, g.input(1, 3, 6, 6), 0.5), 4, 3, 3)))) == ["copy", "conv"]


def test_padded_channels_stay():
    g = Onnx()
    pad = padded(g, g.input(1, 3, 6, 6), pads=np.array([0, 0, 0, 0, 0, 2, 0, 0]))
    assert kinds(agree(g.model(g.conv(pad, 4, 5, 3)))) == ["copy", "conv"]


@pytest.mark.parametrize(
    ("pool", "value", "folds"),
    [
        ("MaxPool", 0.0, False),
        ("MaxPool", float(np.finfo(np.float32).min), True),
        ("AveragePool", 0.0, True),
        ("AveragePool", 1.0, False),
    ],
)
def test_into_pool(pool, value, folds):
    g = Onnx()
    y = g.op(pool, padded(g, g.input(1, 3, 6, 6), value), kernel_shape=[4, 4], strides=[2, 2])
    assert kinds(agree(g.model(y))) == (["pool"] if folds else ["copy", "pool"])


def test_pool_window_outside_the_input_is_not_made():
    g = Onnx()
    pad = padded(g, g.input(1, 3, 6, 6), pads=np.array([0, 0, 3, 0, 0, 0, 0, 0]))
    assert kinds(agree(g.model(g.op("AveragePool", pad, kernel_shape=[2, 2])))) == ["copy", "pool"]


def test_two_readers():
    g = Onnx()
    pad = padded(g, g.input(1, 3, 6, 6))
    model = agree(g.model(g.conv(pad, 4, 3, 3), g.op("MaxPool", pad, kernel_shape=[2, 2])))
    assert sorted(kinds(model)) == ["conv", "copy", "pool"]
