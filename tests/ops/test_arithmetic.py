"""Operators of two operands, with broadcasting."""

import numpy as np
import pytest
from one_node import Const

SHAPES = [
    ((2, 3, 4, 5), (2, 3, 4, 5)),
    ((2, 3, 4, 5), (1, 3, 1, 1)),
    ((1, 8, 6, 6), (6,)),
    ((1, 8, 1, 1), (1, 8, 7, 9)),
    ((4, 1, 5), (3, 1)),
    ((2, 3), ()),
    ((7,), (1,)),
]


@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize("name", ["Add", "Sub", "Mul", "Div"])
def test_computed_operands(op, normal, name, a, b):
    op(name, normal(*a), np.asarray(np.abs(normal(*b)) + np.float32(0.5)))


@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize("name", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("first", [False, True])
def test_constant_operand(op, normal, name, a, b, first):
    x, c = np.abs(normal(*a)) + np.float32(0.5), Const(np.asarray(normal(*b) + np.float32(3)))
    op(name, *((c, x) if first else (x, c)))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", ["Min", "Max", "Sum", "Mean"])
def test_variadic(op, normal, name, count):
    op(name, *[normal(2, 5, 3) for _ in range(count)])


@pytest.mark.parametrize("exponent", [2.0, 0.5, 3.0, -1.0, 1.7])
def test_pow(op, normal, exponent):
    op("Pow", np.abs(normal(3, 7)) + np.float32(0.1), Const(np.float32(exponent)))


def test_pow_of_negative_base(op, normal):
    op("Pow", normal(3, 7), Const(np.float32(2)))


@pytest.mark.parametrize("slope", [(5,), (1,), (5, 1, 1), (5, 3, 4)])
def test_prelu(op, normal, slope):
    x = normal(2, 5, 3, 4) if len(slope) > 1 else normal(2, 5)
    op("PRelu", x, Const(normal(*slope)), opset=9)


def test_same_operand_twice(op, normal):
    import onnx
    from onnx import TensorProto, helper

    node = helper.make_node("Mul", ["x0", "x0"], ["y0"])
    shape = [2, 6]
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)  # noqa: E731
    graph = helper.make_graph([node], "square", [value("x0")], [value("y0")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    op.compare(model, [normal(*shape)])
