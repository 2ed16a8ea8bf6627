"""Elementwise operators of two and more operands."""

from __future__ import annotations

import numpy as np

from ..ir import Value
from .builder import Builder, OnnxNode, UnsupportedNodeError


def _binary(function: str):
    def lower(b: Builder, node: OnnxNode) -> Value:
        return b.binary(function, node.inputs[0], node.inputs[1])

    return lower


def _variadic(function: str):
    def lower(b: Builder, node: OnnxNode) -> Value:
        result = node.x
        for other in node.inputs[1:]:
            result = b.binary(function, result, other)
        return result

    return lower


def mean(b: Builder, node: OnnxNode) -> Value:
    return b.binary("mul", _variadic("add")(b, node), b.constant(1 / len(node.inputs), np.float32))


def power(b: Builder, node: OnnxNode) -> Value:
    x, exponent = node.inputs
    if exponent.constant and exponent.size == 1:
        value = float(exponent.data.reshape(-1)[0])
        shape = np.broadcast_shapes(x.shape, exponent.shape)
        if value == 2 and shape == x.shape:
            return b.binary("mul", x, x)
        if value == 0.5 and shape == x.shape:
            return b.unary(x, "sqrt")
        exponent = b.constant(exponent.data, np.float32)
    return b.binary("pow", x, exponent)


def prelu(b: Builder, node: OnnxNode) -> Value:
    x, slope = node.inputs
    if np.broadcast_shapes(x.shape, slope.shape) != x.shape:
        raise UnsupportedNodeError(f"a slope of shape {list(slope.shape)} does not broadcast to {list(x.shape)}")
    return b.binary("prelu", x, slope)


TABLE = {
    "Add": _binary("add"),
    "Sub": _binary("sub"),
    "Mul": _binary("mul"),
    "Div": _binary("div"),
    "Pow": power,
    "PRelu": prelu,
    "Min": _variadic("min"),
    "Max": _variadic("max"),
    "Sum": _variadic("add"),
    "Mean": mean,
}
