"""Finds activations that exporters have taken apart, and fuses activations into the operators before them."""

from __future__ import annotations

import numpy as np

from ..ir import WEIGHTED, Graph, Node, Value
from .gelu import is_gelu, is_gelu_tanh
from .match import near, scalar, scaled, unary_of, with_scalar
from .scale import channel_constant

FUSES = (*WEIGHTED, "binary", "pool", "reduce")


def find_activations(graph: Graph) -> None:
    """x sigmoid(x) is `silu`, x clip(x + 3, 0, 6) / 6 is `hard_swish`, x (1 + erf(x / sqrt 2)) / 2 is `gelu`, ..."""
    for node in list(graph.nodes):
        if node.kind == "binary":
            _hard_sigmoid(graph, node)
    for node in list(graph.nodes)[::-1]:
        if node.kind == "binary" and node.activation == "none":
            _product(graph, node)
        if (
            node.kind == "binary"
            and node.attrs["function"] == "prelu"
            and (slope := scalar(node.inputs[1])) is not None
        ):
            _become_unary(node, node.inputs[0], "leaky_relu", slope)
    graph.remove_dead()


def fuse_activations(graph: Graph) -> None:
    """Unary nodes and PRelu slopes become part of the operator that makes their input."""
    _hoist(graph)
    for node in list(graph.nodes):
        before = graph.producer(node.x) if node.inputs and node.x else None
        if before is None or before.activation != "none" or graph.only_consumer(node.x) is not node:
            continue
        if before.kind in WEIGHTED and before.inputs[4] is not None:
            continue
        if node.kind == "unary" and before.kind in FUSES:
            before.activation, before.act = node.activation, node.act
        elif node.kind == "binary" and node.attrs["function"] == "prelu" and before.kind in WEIGHTED:
            slope = channel_constant(node.inputs[1], node.y)
            if slope is None or node.activation != "none":
                continue
            before.inputs[4] = Value(node.inputs[1].name, slope.shape, data=slope.astype(np.float32))
        else:
            continue
        before.outputs[0] = node.y
        graph.remove(node)


def _become_unary(node: Node, x: Value, activation: str, *act: float) -> None:
    node.kind, node.inputs, node.attrs = "unary", [x], {}
    node.activation, node.act = activation, (*act, 0.0, 0.0)[:2]


def _hard_sigmoid(graph: Graph, node: Node) -> None:
    """clip(x + c, 0, h) / h"""
    x, factor = scaled(node)
    clip = unary_of(graph, x, "clip") if x is not None else None
    if clip is None or clip.act[0] != 0 or not near(clip.act[1] * factor, 1):
        return
    if (shifted := with_scalar(graph, clip.x, "add")) is not None:
        _become_unary(node, shifted[0], "hard_sigmoid", factor, shifted[1] * factor)


def _product(graph: Graph, node: Node) -> None:
    """Looks at the factors of a product: x, a function of x, and a number."""
    factors, number = _factors(graph, node)
    if len(factors) != 2:
        return
    for x, other in (factors, factors[::-1]):
        if number == 1 and (gate := unary_of(graph, other, "sigmoid")) and gate.x is x:
            return _become_unary(node, x, "silu")
        gate = unary_of(graph, other, "hard_sigmoid")
        if number == 1 and gate and gate.x is x and near(gate.act[0] * 6, 1) and near(gate.act[1] * 2, 1):
            return _become_unary(node, x, "hard_swish")
        gate = unary_of(graph, other, "clip")
        if gate and gate.act == (0, 6) and with_scalar(graph, gate.x, "add") == (x, 3) and near(number * 6, 1):
            return _become_unary(node, x, "hard_swish")
        if number == 0.5 and is_gelu(graph, x, other):
            return _become_unary(node, x, "gelu")
        if number == 0.5 and is_gelu_tanh(graph, x, other):
            return _become_unary(node, x, "gelu_tanh")


def _factors(graph: Graph, node: Node) -> tuple[list[Value], float]:
    """The factors of a product of same-shaped values, through products that nothing else uses, and the constant one."""
    found, number = [], 1.0
    x, c = scaled(node)
    if x is not None:
        operands, number = [x], c
    elif node.kind == "binary" and node.attrs["function"] == "mul" and node.activation == "none":
        operands = list(node.inputs)
    else:
        return [node.y], 1.0
    for operand in operands:
        before = graph.producer(operand)
        if operand.shape != node.y.shape:
            return [], 1.0
        if before is None or graph.only_consumer(operand) is None:
            found.append(operand)
            continue
        inner, factor = _factors(graph, before)
        found, number = found + inner, number * factor
    return found, number


def _hoist(graph: Graph) -> None:
    """Takes functions from behind a movement of elements to before it, where the operator that can fuse them is."""
    for node in list(graph.nodes):
        while node.kind == "unary" and (before := graph.producer(node.x)) is not None:
            if before.kind not in ("transpose", "reshape", "slice") or graph.only_consumer(node.x) is not node:
                break
            if before.y.size != before.x.size:  # a slice throws away what would be computed for nothing
                break
            moved = Value(f"{node.y.name}.moved", before.x.shape, before.x.dtype, quant=node.y.quant)
            graph.remove(node)
            graph.insert(node, before=before)
            node.inputs, node.outputs, before.inputs, before.outputs = [before.x], [moved], [moved], node.outputs
