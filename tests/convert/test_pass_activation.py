"""Activations are recognised and fused."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds

F = np.float32


def hard_swish_divided_last(g, x):
    return g.op("Div", g.op("Mul", x, g.op("Clip", g.op("Add", x, F(3)), F(0), F(6))), F(6))


def hard_swish_divided_first(g, x):
    return g.op("Mul", x, g.op("Div", g.op("Clip", g.op("Add", x, F(3)), F(0), F(6)), F(6)))


def hard_swish_multiplied(g, x):
    return g.op("Mul", g.op("Mul", g.op("Clip", g.op("Add", F(3), x), F(0), F(6)), F(1 / 6)), x)


def hard_swish_of_hard_sigmoid(g, x):
    return g.op("Mul", x, g.op("HardSigmoid", x, alpha=1 / 6, beta=0.5))


def hard_sigmoid(g, x):
    return g.op("Div", g.op("Clip", g.op("Add", x, F(3)), F(0), F(6)), F(6))


def silu(g, x):
    return g.op("Mul", g.op("Sigmoid", x), x)


def gelu(g, x):
    erf = g.op("Erf", g.op("Div", x, F(np.sqrt(2))))
    return g.op("Mul", g.op("Mul", x, g.op("Add", erf, F(1))), F(0.5))


def gelu_halved_first(g, x):
    erf = g.op("Erf", g.op("Mul", x, F(np.sqrt(0.5))))
    return g.op("Mul", g.op("Mul", F(0.5), x), g.op("Add", F(1), erf))


def gelu_tanh(g, x):
    cubed = g.op("Mul", g.op("Pow", x, F(3)), F(0.044715))
    gate = g.op("Tanh", g.op("Mul", g.op("Add", x, cubed), F(np.sqrt(2 / np.pi))))
    return g.op("Mul", g.op("Mul", x, F(0.5)), g.op("Add", gate, F(1)))


def gelu_tanh_factored(g, x):
    inner = g.op("Add", F(1), g.op("Mul", g.op("Mul", x, F(0.044715)), x))
    gate = g.op("Tanh", g.op("Mul", g.op("Mul", F(np.sqrt(2 / np.pi)), x), inner))
    return g.op("Mul", F(0.5), g.op("Mul", x, g.op("Add", F(1), gate)))


@pytest.mark.parametrize(
    ("form", "activation"),
    [
        (hard_swish_divided_last, "hard_swish"),
        (hard_swish_divided_first, "hard_swish"),
        (hard_swish_multiplied, "hard_swish"),
        (hard_swish_of_hard_sigmoid, "hard_swish"),
        (hard_sigmoid, "hard_sigmoid"),
        (silu, "silu"),
        (gelu, "gelu"),
        (gelu_halved_first, "gelu"),
        (gelu_tanh, "gelu_tanh"),
        (gelu_tanh_factored, "gelu_tanh"),
    ],
)
@pytest.mark.parametrize("behind_conv", [False, True])
def test_form(form, activation, behind_conv):
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    model = agree(g.model(form(g, g.conv(x, 5, 4) if behind_conv else x)))
    assert kinds(model) == ["conv" if behind_conv else "unary"]
    assert model.ops[-1].activation == activation


def test_other_constants_are_not_hard_swish():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    y = g.op("Div", g.op("Mul", x, g.op("Clip", g.op("Add", x, F(3)), F(0), F(5))), F(6))
    assert "hard_swish" not in [op.activation for op in agree(g.model(y)).ops]


def test_other_polynomials_are_not_gelu():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    gate = g.op("Tanh", g.op("Mul", g.op("Add", x, g.op("Mul", g.op("Pow", x, F(3)), F(0.05))), F(0.8)))
    y = g.op("Mul", g.op("Mul", x, F(0.5)), g.op("Add", gate, F(1)))
    assert "gelu_tanh" not in [op.activation for op in agree(g.model(y)).ops]


def test_intermediate_output_is_kept():
    g = Onnx()
    x = g.input(1, 4)
    gate = g.op("Sigmoid", x)
    assert kinds(agree(g.model(gate, g.op("Mul", x, gate)))) == ["unary", "unary"]


PRODUCERS = {
    "conv": lambda g: g.conv(g.input(1, 3, 6, 6), 4, 3),
    "depthwise": lambda g: g.op("Conv", g.input(1, 4, 6, 6), g.normal(4, 1, 3, 3), group=4),
    "fc": lambda g: g.op("Gemm", g.input(1, 8), g.normal(8, 4)),
    "binary": lambda g: g.op("Add", g.input(1, 4, 6, 6), g.input(1, 4, 6, 6)),
    "pool": lambda g: g.op("MaxPool", g.input(1, 4, 6, 6), kernel_shape=[2, 2]),
    "reduce": lambda g: g.op("GlobalAveragePool", g.input(1, 4, 6, 6)),
}


@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("activation", ["Relu", "LeakyRelu", "Sigmoid", "Exp"])
def test_fused_into(producer, activation):
    g = Onnx()
    assert kinds(agree(g.model(g.op(activation, PRODUCERS[producer](g))))) == [producer]


@pytest.mark.parametrize("slope", [(4, 1, 1), (1, 1, 1)])
def test_prelu_becomes_a_slope(slope):
    g = Onnx()
    conv = g.conv(g.input(1, 3, 6, 6), 4, 3)
    assert kinds(agree(g.model(g.op("PRelu", conv, g.normal(*slope))))) == ["conv"]


def test_second_activation_is_not_fused():
    g = Onnx()
    conv = g.conv(g.input(1, 3, 6, 6), 4, 3)
    assert kinds(agree(g.model(g.op("Sigmoid", g.op("Tanh", conv))))) == ["conv", "unary"]


def test_fused_across_movement():
    g = Onnx()
    turned = g.op("Transpose", g.conv(g.input(1, 3, 6, 6), 4, 3), perm=[0, 2, 3, 1])
    flat = g.op("Reshape", turned, np.array([1, -1, 4]))
    assert kinds(agree(g.model(g.op("Sigmoid", flat)))) == ["conv"]
