"""Fuses an addition of two feature maps into the convolution that makes one of them: y = act(W x + bias + residual)."""

from __future__ import annotations

from ..ir import Graph, Node


def fuse_residuals(graph: Graph) -> None:
    for add in list(graph.nodes):
        if add.kind == "binary" and add.attrs["function"] == "add" and add.inputs[0] is not add.inputs[1]:
            layers = [layer for layer in map(graph.producer, add.inputs) if _takes_residual(graph, layer, add)]
            if layers:
                _fuse(graph, max(layers, key=graph.position), add)


def _takes_residual(graph: Graph, layer: Node | None, add: Node) -> bool:
    return (
        layer is not None
        and layer.kind in ("conv", "depthwise")
        and layer.activation == "none"
        and layer.inputs[3] is None
        and layer.inputs[4] is None
        and graph.only_consumer(layer.y) is add
        and add.y.quant is None  # an addition in int8 is an operator of its own
        and all(value.shape == add.y.shape and not value.constant for value in add.inputs)
    )


def _fuse(graph: Graph, layer: Node, add: Node) -> None:
    """The layer moves to the place of the addition, where the other operand is there."""
    layer.inputs[3] = next(value for value in add.inputs if value is not layer.y)
    layer.outputs[0] = add.y
    layer.activation, layer.act = add.activation, add.act
    graph.remove(layer)
    graph.insert(layer, before=add)
    graph.remove(add)
