"""The gates of GELU in their exported forms: what x / 2 is multiplied with."""

from __future__ import annotations

from math import pi, sqrt

from ..ir import Graph, Value
from .match import near, scalar, scaled, unary_of, with_scalar


def is_gelu(graph: Graph, x: Value, gate: Value) -> bool:
    """1 + erf(x / sqrt 2)"""
    erf = _plus_one(graph, gate, "erf")
    inner = graph.producer(erf) if erf is not None and erf.quant is None else None
    if inner is None:
        return False
    value, factor = scaled(inner)
    return value is x and near(factor * sqrt(2), 1)


def is_gelu_tanh(graph: Graph, x: Value, gate: Value) -> bool:
    """1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)), the inner sum also as x (1 + 0.044715 x^2)"""
    inner = _plus_one(graph, gate, "tanh")
    powers = _polynomial(graph, inner, x) if inner is not None else None
    if powers is None or set(powers) != {1, 3}:
        return False
    return near(powers[1], sqrt(2 / pi)) and near(powers[3], 0.044715 * sqrt(2 / pi))


def _plus_one(graph: Graph, gate: Value, function: str) -> Value | None:
    """v where `gate` is 1 + function(v)."""
    plus = with_scalar(graph, gate, "add")
    found = unary_of(graph, plus[0], function) if plus is not None and plus[1] == 1 else None
    return found.x if found is not None else None


def _polynomial(graph: Graph, value: Value, x: Value) -> dict[int, float] | None:
    """`value` as coefficients of the powers of x; None where it is no polynomial of x."""
    if value is x:
        return {1: 1.0}
    if (c := scalar(value)) is not None:
        return {0: c}
    node = graph.producer(value)
    if node is None or value.quant is not None or node.kind != "binary" or node.activation != "none":
        return None
    function, (a, b) = node.attrs["function"], node.inputs
    if function == "pow":
        exponent = scalar(b)
        return {int(exponent): 1.0} if a is x and exponent in (2, 3) else None
    if function not in ("add", "mul"):
        return None
    left, right = _polynomial(graph, a, x), _polynomial(graph, b, x)
    if left is None or right is None:
        return None
    result: dict[int, float] = {}
    if function == "add":
        for power, c in (*left.items(), *right.items()):
            result[power] = result.get(power, 0.0) + c
        return result
    for i, c in left.items():
        for j, d in right.items():
            result[i + j] = result.get(i + j, 0.0) + c * d
    return result if max(result) <= 3 else None
