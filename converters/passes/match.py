"""What passes ask about values: whether they are a number, a function of another value, or that and a number."""

from __future__ import annotations

from math import isclose

from ..ir import Graph, Node, Value


def scalar(value: Value | None) -> float | None:
    """The value of a constant of one element, else None."""
    return float(value.data.reshape(-1)[0]) if value is not None and value.constant and value.size == 1 else None


def near(a: float, b: float) -> bool:
    """Equal but for the rounding of a constant to float32."""
    return isclose(a, b, rel_tol=1e-6)


def unary_of(graph: Graph, value: Value, activation: str) -> Node | None:
    """The node that makes `value`, if it is this function of it, and not rounded."""
    node = graph.producer(value)
    if node is None or value.quant is not None or node.kind != "unary" or node.activation != activation:
        return None
    return node


def with_scalar(graph: Graph, value: Value, function: str) -> tuple[Value, float] | None:
    """x and c where `value` is x + c, x c or x / c (`function`), c a constant scalar, and not rounded."""
    node = graph.producer(value)
    return None if node is None or value.quant is not None else _operand_and_scalar(node, function)


def _operand_and_scalar(node: Node, function: str) -> tuple[Value, float] | None:
    """x and c where the node computes x + c, x c or x / c."""
    if node.kind != "binary" or node.attrs["function"] != function or node.activation != "none":
        return None
    a, b = node.inputs
    if (c := scalar(b)) is not None and a.shape == node.y.shape:
        return a, c
    if function != "div" and (c := scalar(a)) is not None and b.shape == node.y.shape:
        return b, c
    return None


def scaled(node: Node) -> tuple[Value | None, float]:
    """x and c where the node computes x c for a scalar c; None and 1 where it does not."""
    if (found := _operand_and_scalar(node, "mul")) is not None:
        return found
    if (found := _operand_and_scalar(node, "div")) is not None and found[1] != 0:
        return found[0], 1 / found[1]
    return None, 1.0
