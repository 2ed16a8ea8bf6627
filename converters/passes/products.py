"""Takes constant factors into a product of activations: attention's 1 / sqrt(d), before the product or behind it."""

from __future__ import annotations

from ..ir import Graph, Node
from .match import scaled


def fold_product_scales(graph: Graph) -> None:
    for node in list(graph.nodes):
        if node.kind == "matmul":
            for i in range(2):
                _before(graph, node, i)
            _behind(graph, node)
    graph.remove_dead()


def _before(graph: Graph, node: Node, i: int) -> None:
    factor = graph.producer(node.inputs[i])
    if factor is None or factor.kind != "binary" or graph.only_consumer(factor.y) is not node:
        return
    x, c = scaled(factor)
    if x is not None:
        node.inputs[i] = x
        node.attrs["scale"] *= c


def _behind(graph: Graph, node: Node) -> None:
    factor = graph.only_consumer(node.y)
    if factor is None or factor.kind != "binary" or factor.activation != "none":
        return
    x, c = scaled(factor)
    if x is node.y:
        node.attrs["scale"] *= c
        node.outputs[0] = factor.y
        graph.remove(factor)
