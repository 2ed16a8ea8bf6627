"""Puts additions and tables that follow an int8 product into it (docs/FORMAT.md section 10.4): the same bytes, without
another pass over memory.
"""

from __future__ import annotations

import numpy as np

from ..ir import Graph, Node, Value

PRODUCTS = ("qconv", "qdepthwise")
RESIDUAL, TABLE = -2, -1  # the last inputs of a product


def fuse_epilogues(graph: Graph) -> None:
    """For a graph that lower_quantized() has lowered."""
    for node in list(graph.nodes):
        if node.kind == "qadd":
            _fuse_addition(graph, node)
        elif node.kind == "qlut":
            _fuse_table(graph, node)


def _fuse_addition(graph: Graph, add: Node) -> None:
    """Into the later of two products: it moves to the place of the addition, where the other operand is there."""
    products = [node for node in map(graph.producer, add.inputs) if node and _takes(graph, node, add, RESIDUAL)]
    if not products or add.inputs[0] is add.inputs[1]:
        return
    product = max(products, key=graph.position)
    ma, mb, *others = add.attrs["params"]
    first = product.y is add.inputs[0]
    product.inputs[RESIDUAL] = add.inputs[1 if first else 0]
    product.attrs["params"] = [*product.attrs["params"], *((ma, mb) if first else (mb, ma)), *others]
    _replace(graph, product, add)


def _fuse_table(graph: Graph, lookup: Node) -> None:
    x, table = lookup.inputs
    product = graph.producer(x)
    if product is None or not _takes(graph, product, lookup):
        return
    before = product.inputs[TABLE]
    if before is not None:
        values = table.data[before.data.astype(np.int64) + 128]
        table = Value(table.name, values.shape, values.dtype, values)
    product.inputs[TABLE] = table
    _replace(graph, product, lookup)


def _takes(graph: Graph, product: Node, reader: Node, *free: int) -> bool:
    """Whether `reader` is all that becomes of a product whose inputs `free`, and those behind them, are free."""
    return (
        product.kind in PRODUCTS
        and all(value is None for i in free for value in product.inputs[i:])
        and graph.consumers(product.y) == [reader]
        and not graph.is_output(product.y)
    )


def _replace(graph: Graph, product: Node, follower: Node) -> None:
    graph.remove(product)
    graph.insert(product, before=follower)
    product.outputs = follower.outputs
    graph.remove(follower)
