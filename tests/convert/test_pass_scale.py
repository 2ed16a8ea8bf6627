"""Factors and terms fold into weights and bias."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds


@pytest.mark.parametrize("shape", [(), (1,), (4, 1, 1), (1, 4, 1, 1)])
@pytest.mark.parametrize("name", ["Mul", "Add", "Sub", "Div"])
def test_behind_conv(name, shape):
    g = Onnx()
    y = g.op(name, g.conv(g.input(1, 3, 6, 6), 4, 3, 3), g.normal(*shape) + np.float32(4))
    assert kinds(agree(g.model(y))) == ["conv"]


def test_constant_minus_conv():
    g = Onnx()
    y = g.op("Sub", g.normal(4, 1, 1), g.conv(g.input(1, 3, 6, 6), 4, 3, bias=False))
    assert kinds(agree(g.model(y))) == ["conv"]


def test_constant_by_conv_stays():
    g = Onnx()
    conv = g.op("Abs", g.conv(g.input(1, 3, 6, 6), 4, 3))
    y = g.op("Div", g.normal(4, 1, 1), g.op("Add", conv, np.float32(1)))
    assert kinds(agree(g.model(y))) == ["conv", "binary", "binary"]


@pytest.mark.parametrize("layer", ["Conv", "ConvTranspose", "Depthwise"])
def test_batch_norm(layer):
    g = Onnx()
    x = g.input(1, 4, 5, 5)
    if layer == "Depthwise":
        y = g.op("Conv", x, g.normal(4, 1, 3, 3), group=4)
    elif layer == "Conv":
        y = g.op("Conv", x, g.normal(4, 2, 3, 3), group=2)
    else:
        y = g.op("ConvTranspose", x, g.normal(4, 4, 2, 2), strides=[2, 2])
    y = g.op("BatchNormalization", y, g.normal(4), g.normal(4), g.normal(4), np.abs(g.normal(4)))
    expected = {"Conv": ["conv"], "Depthwise": ["depthwise"], "ConvTranspose": ["conv"]}
    assert kinds(agree(g.model(y))) == expected[layer]


def test_matmul_and_add():
    g = Onnx()
    y = g.op("Add", g.normal(7), g.op("MatMul", g.input(3, 20), g.normal(20, 7)))
    assert kinds(agree(g.model(g.op("Mul", y, g.normal(1, 7))))) == ["fc"]


def test_lone_batch_norm_is_depthwise():
    g = Onnx()
    x = g.input(1, 4, 5, 5)
    y = g.op("BatchNormalization", x, g.normal(4), g.normal(4), g.normal(4), np.abs(g.normal(4)))
    assert kinds(agree(g.model(g.op("Relu", y)))) == ["depthwise"]


def test_conv_that_something_else_reads_is_left_alone():
    g = Onnx()
    conv = g.conv(g.input(1, 3, 6, 6), 4, 3)
    assert kinds(agree(g.model(conv, g.op("Mul", conv, g.normal(4, 1, 1))))) == ["conv", "binary"]


def test_factor_for_each_pixel_is_left_alone():
    g = Onnx()
    y = g.op("Mul", g.conv(g.input(1, 3, 6, 6), 4, 3), g.normal(6, 6))
    assert kinds(agree(g.model(y))) == ["conv", "binary"]
