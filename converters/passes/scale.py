"""Folds factors and terms behind a convolution or `fc` into its weights and bias: batch norms, scales, MatMul + Add.

What no convolution takes, a factor and then a term for each channel, becomes one depthwise 1x1 convolution.
"""

from __future__ import annotations

import numpy as np

from ..ir import WEIGHTED, Graph, Node, Value


def fold_scales(graph: Graph) -> None:
    for node in list(graph.nodes):
        if node.kind == "binary" and node.activation == "none":
            _fold(graph, node)
    for node in list(graph.nodes):
        if node.kind == "binary" and node.attrs["function"] == "mul":
            _to_depthwise(graph, node)
    graph.remove_dead()


def channel_constant(value: Value, y: Value) -> np.ndarray | None:
    """A constant that has one value for each channel of `y` (axis 1), as float64 [C]; else None."""
    if not value.constant or len(y.shape) < 2 or len(value.shape) > len(y.shape):
        return None
    shape = (1,) * (len(y.shape) - len(value.shape)) + value.shape
    if any(size != 1 for axis, size in enumerate(shape) if axis != 1) or shape[1] not in (1, y.shape[1]):
        return None
    return np.broadcast_to(value.data.reshape(-1), (y.shape[1],)).astype(np.float64)


def constant_operand(node: Node) -> tuple[Value, np.ndarray, bool] | None:
    """Of a binary node: the operand of y's shape, the other as a constant a channel, whether that comes first."""
    a, b = node.inputs
    for x, other, first in ((a, b, False), (b, a, True)):
        constant = channel_constant(other, node.y)
        if constant is not None and not x.constant and x.shape == node.y.shape:
            return x, constant, first
    return None


def _fold(graph: Graph, node: Node) -> None:
    operands = constant_operand(node)
    if operands is None:
        return
    x, c, first = operands
    layer = graph.producer(x)
    if layer is None or layer.kind not in WEIGHTED or graph.only_consumer(x) is not node:
        return
    if layer.activation != "none" or layer.inputs[3] is not None or layer.inputs[4] is not None:
        return
    function = node.attrs["function"]
    rows = layer.weight.shape[0]
    factor, term = np.ones(rows), np.zeros(rows)
    if function == "mul":
        factor = c
    elif function == "div" and not first:
        factor = 1 / c
    elif function == "add":
        term = c
    elif function == "sub":
        factor, term = (-factor, c) if first else (factor, -c)
    else:
        return
    bias = np.zeros(rows) if layer.bias is None else layer.bias
    if not np.all(factor == 1):
        layer.set_weight(layer.weight * factor[:, None])
        quant = layer.inputs[1].quant
        layer.inputs[1].quant = quant and quant.times(factor)
    layer.set_bias(bias * factor + term)
    layer.outputs[0] = node.y
    graph.remove(node)


def _to_depthwise(graph: Graph, mul: Node) -> None:
    """mul by a constant, then add of one, on feature maps."""
    operands = constant_operand(mul)
    add = graph.only_consumer(mul.y)
    if operands is None or add is None or mul.activation != "none" or len(mul.y.shape) not in (3, 4):
        return
    if add.kind != "binary" or add.attrs["function"] != "add" or constant_operand(add) is None:
        return
    x, factor, _ = operands
    _, term, _ = constant_operand(add)
    weight = Value(f"{mul.name}.weight", (len(factor), 1, 1, 1))
    weight.data = factor.astype(np.float32).reshape(weight.shape)
    window = {"strides": (1, 1), "dilations": (1, 1), "pads": (0, 0, 0, 0)}
    layer = Node("depthwise", [x, weight, None, None, None], [add.y], window, add.name, add.activation, add.act)
    layer.set_bias(term)
    graph.insert(layer, before=add)
    graph.remove(add)
    graph.remove(mul)
