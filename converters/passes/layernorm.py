"""Finds layer normalisations that exporters have taken apart: (x - mean) / sqrt(variance + epsilon) gamma + beta."""

from __future__ import annotations

import numpy as np

from ..ir import FLOAT32, Graph, Node, Value
from .match import scalar, unary_of


def find_layernorms(graph: Graph) -> None:
    for node in list(graph.nodes):
        if node in graph.nodes and node.kind == "binary":
            _find(graph, node)
    for node in list(graph.nodes):
        if node.kind == "layernorm":
            _take(graph, node, "mul", 1)
            _take(graph, node, "add", 2)
    graph.remove_dead()


def _find(graph: Graph, node: Node) -> None:
    """The quotient d / sqrt(mean(d d) + epsilon), or the product with the reciprocal, where d is x - mean(x)."""
    for d, deviation in _quotients(graph, node):
        x, axis = _centred(graph, d)
        if x is None or deviation.shape[axis] != 1:
            continue
        plus = graph.producer(deviation)
        epsilon = _epsilon(graph, plus)
        variance = _mean(graph, _other(graph, plus)) if epsilon is not None else None
        square = graph.producer(variance.x) if variance is not None else None
        if square is None or not _is(square, "mul") or variance.attrs["axes"] != (axis,):
            continue
        if all(_centred(graph, value) == (x, axis) for value in square.inputs):
            node.kind, node.inputs, node.attrs = "layernorm", [x, None, None], {"axis": axis, "epsilon": epsilon}
            return


def _is(node: Node | None, function: str) -> bool:
    """Whether the node computes this, not rounded."""
    if node is None or node.kind != "binary" or node.y.quant is not None:
        return False
    return node.attrs["function"] == function and node.activation == "none"


def _quotients(graph: Graph, node: Node) -> list[tuple[Value, Value]]:
    """Pairs (d, v) of which `node` may be d / sqrt(v)."""
    if node.activation != "none":
        return []
    a, b = node.inputs
    if node.attrs["function"] == "div":
        root = unary_of(graph, b, "sqrt")
        return [(a, root.x)] if root is not None else []
    if node.attrs["function"] != "mul":
        return []
    pairs = []
    for d, factor in ((a, b), (b, a)):
        reciprocal = unary_of(graph, factor, "reciprocal")
        inner = reciprocal.x if reciprocal is not None else _divisor(graph, factor)
        root = unary_of(graph, inner, "sqrt") if inner is not None else None
        if root is not None:
            pairs.append((d, root.x))
    return pairs


def _divisor(graph: Graph, value: Value) -> Value | None:
    """v where `value` is 1 / v."""
    node = graph.producer(value)
    return node.inputs[1] if _is(node, "div") and scalar(node.inputs[0]) == 1 else None


def _mean(graph: Graph, value: Value | None) -> Node | None:
    """The node that makes `value`, if it is a mean over one axis that stays."""
    node = graph.producer(value)
    if node is None or value.quant is not None or node.kind != "reduce" or node.attrs["function"] != "mean":
        return None
    return node if node.activation == "none" and node.attrs["keepdims"] and len(node.attrs["axes"]) == 1 else None


def _centred(graph: Graph, value: Value) -> tuple[Value | None, int]:
    """x and axis where `value` is x - mean(x, axis); None and 0 where it is not."""
    node = graph.producer(value)
    if _is(node, "sub"):
        mean = _mean(graph, node.inputs[1])
        if mean is not None and mean.x is node.inputs[0]:
            return mean.x, mean.attrs["axes"][0]
    return None, 0


def _epsilon(graph: Graph, plus: Node | None) -> float | None:
    """The constant of a sum, if it is one that an epsilon can be."""
    if not _is(plus, "add"):
        return None
    found = [c for c in map(scalar, plus.inputs) if c is not None]
    return found[0] if len(found) == 1 and 0 <= found[0] < np.inf else None


def _other(graph: Graph, plus: Node) -> Value:
    return next(value for value in plus.inputs if scalar(value) is None)


def _take(graph: Graph, node: Node, function: str, position: int) -> None:
    """Makes the factor or term of each element of the axis, which follows, part of the node."""
    after = graph.only_consumer(node.y)
    if after is None or after.kind != "binary" or after.attrs["function"] != function or after.activation != "none":
        return
    if node.inputs[2] is not None or after.y.shape != node.y.shape:
        return
    constant = next(value for value in after.inputs if value is not node.y)
    axis, rank = node.attrs["axis"], len(node.y.shape)
    if not constant.constant or len(constant.shape) > rank:
        return
    shape = (1,) * (rank - len(constant.shape)) + constant.shape
    if any(size != 1 for i, size in enumerate(shape) if i != axis):
        return
    data = np.broadcast_to(constant.data.reshape(-1), (node.y.shape[axis],)).astype(np.float32)
    node.inputs[position] = Value(constant.name, data.shape, FLOAT32, data)
    node.outputs[0] = after.y
    graph.remove(after)
