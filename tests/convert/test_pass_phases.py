"""Transposed convolutions become one convolution and a depth to space."""

import numpy as np
from onnx_builder import Onnx, agree, kinds


def test_activation_is_fused_and_bias_repeated():
    g = Onnx()
    y = g.op("ConvTranspose", g.input(1, 4, 5, 5), g.normal(4, 3, 3, 3), g.normal(3), strides=[2, 2], pads=[1, 1, 1, 1])
    model = agree(g.model(g.op("Sigmoid", y)))
    assert kinds(model) == ["conv", "copy"] and model.ops[0].activation == "sigmoid"


def test_slope():
    g = Onnx()
    y = g.op("ConvTranspose", g.input(1, 4, 5, 5), g.normal(4, 3, 2, 2), strides=[2, 2])
    assert kinds(agree(g.model(g.op("PRelu", y, g.normal(3, 1, 1))))) == ["conv"]


def test_unit_strides_need_no_copy():
    g = Onnx()
    y = g.op("ConvTranspose", g.input(1, 4, 5, 5), g.normal(4, 3, 3, 3), pads=[1, 1, 1, 1])
    assert kinds(agree(g.model(y))) == ["conv"]


def test_zeros_stay_zeros():
    g = Onnx()
    weight = g.normal(4, 3, 2, 2) * np.eye(2, dtype=np.float32)
    model = agree(g.model(g.op("ConvTranspose", g.input(1, 4, 5, 5), weight, strides=[2, 2])))
    assert model.matrices[0].nonzeros == 4 * 3 * 2
    assert model.matrices[0].rows == 3 * 4 and model.matrices[0].cols == 4
