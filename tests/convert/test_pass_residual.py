"""Additions fuse into the convolution that makes one operand."""

from onnx_builder import Onnx, agree, kinds


def test_residual_and_relu():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    model = agree(g.model(g.op("Relu", g.op("Add", x, g.conv(x, 4, 4, 3, pads=[1, 1, 1, 1])))))
    assert kinds(model) == ["conv"] and model.ops[0].activation == "clip" and model.ops[0].inputs[2] is not None


def test_activation_comes_after_the_sum():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    y = g.op("Add", x, g.op("Relu", g.conv(x, 4, 4)))
    assert kinds(agree(g.model(y))) == ["conv", "binary"]


def test_two_convolutions():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    first, second = g.conv(x, 5, 4), g.conv(x, 5, 4)
    assert kinds(agree(g.model(g.op("Add", first, second)))) == ["conv", "conv"]


def test_operand_made_after_the_convolution():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    conv = g.conv(x, 4, 4)
    late = g.op("Exp", x)
    assert kinds(agree(g.model(g.op("Add", conv, late)))) == ["unary", "conv"]


def test_broadcast_operand_is_not_a_residual():
    g = Onnx()
    x, gate = g.input(1, 4, 6, 6), g.input(1, 4, 1, 1)
    assert kinds(agree(g.model(g.op("Add", g.conv(x, 4, 4), gate)))) == ["conv", "binary"]


def test_convolution_that_is_an_output_too():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    conv = g.conv(x, 4, 4)
    assert kinds(agree(g.model(conv, g.op("Add", conv, x)))) == ["conv", "binary"]


def test_doubled_convolution():
    g = Onnx()
    conv = g.conv(g.input(1, 4, 6, 6), 4, 4)
    assert kinds(agree(g.model(g.op("Add", conv, conv)))) == ["conv", "binary"]
