"""Splits a layer of which only parts are read, such as the joined projections of queries, keys and values: each part
becomes a layer with its own rows of the weights, and nothing is copied. Only kernels of 1x1: others pack their input
into a larger matrix, and would do so for each part.
"""

from __future__ import annotations

from ..ir import Graph, Node, Value, row_major


def split_parts(graph: Graph) -> None:
    for node in list(graph.nodes):
        if node.kind == "conv" and node.y.shape[0] == 1 and node.inputs[1].shape[1:] == (node.x.shape[1], 1, 1):
            _split(graph, node)
    graph.remove_dead()


def _split(graph: Graph, node: Node) -> None:
    if node.inputs[3] is not None or any(value is not None and value.quant for value in (*node.inputs, node.y)):
        return
    slices = _slices(graph, node.y)
    if slices is None or len(slices) < 2:
        return
    parts = [_rows(node, part) for part in slices]
    if any(rows is None for rows in parts):
        return
    for part, rows in zip(slices, parts, strict=True):
        _insert(graph, node, part, rows)


def _slices(graph: Graph, value: Value) -> list[Node] | None:
    """The slices that read a value, directly or as another shape; None where anything else does."""
    if graph.is_output(value):
        return None
    found = []
    for reader in graph.consumers(value):
        more = _slices(graph, reader.y) if reader.kind == "reshape" else [reader] if reader.kind == "slice" else None
        if more is None:
            return None
        found += more
    return found


def _rows(node: Node, part: Node) -> slice | None:
    """The channels that a slice takes, where it takes whole ones that are neighbours."""
    shape, taken = part.x.shape, part.y.shape
    if any(step != 1 for step in part.attrs["steps"]):
        return None
    cut = [axis for axis, (size, left) in enumerate(zip(shape, taken, strict=True)) if size != left]
    if len(cut) != 1 or any(size != 1 for size in shape[: cut[0]]):
        return None
    pixels = node.y.size // node.y.shape[1]
    first, count = part.attrs["starts"][cut[0]] * row_major(shape)[cut[0]], part.y.size
    return slice(first // pixels, (first + count) // pixels) if first % pixels == count % pixels == 0 else None


def _insert(graph: Graph, node: Node, part: Node, rows: slice) -> None:
    """A layer of some rows, and its result in the shape of the slice, which it replaces."""
    inputs = [
        value if value is None or i == 0 else value.with_data(value.data[rows]) for i, value in enumerate(node.inputs)
    ]
    y = Value(f"{part.y.name}.rows", (1, rows.stop - rows.start, *node.y.shape[2:]), node.y.dtype)
    layer = Node("conv", inputs, [y], dict(node.attrs), node.name, node.activation, node.act, node.origin)
    graph.insert(layer, before=node)
    position = graph.position(part)
    graph.nodes[position] = Node("reshape", [y], [part.y], {}, part.name)
