"""Folds Pad nodes into the convolutions and pools behind them, where their own padding means the same."""

from __future__ import annotations

from ..ir import Graph, Node

LOWEST = -3.4e38  # padding a maximum with anything as low as this is not padding with a value


def fold_padding(graph: Graph) -> None:
    for pad in list(graph.nodes):
        if pad.kind == "pad" and all(axis >= 2 or n == pad.x.shape[axis] for axis, n in enumerate(pad.y.shape)):
            for node in graph.consumers(pad.y):
                if node.x is pad.y and _same_meaning(pad, node):
                    _fold(pad, node)
    graph.remove_dead()


def _same_meaning(pad: Node, node: Node) -> bool:
    value = pad.attrs["value"]
    if node.kind in ("conv", "depthwise"):
        return value == 0
    if node.kind != "pool" or not _meets_input(pad, node):
        return False
    if node.attrs["function"] == "max":
        return value <= LOWEST
    return value == 0 and (node.attrs["function"] == "average_padded" or not any(node.attrs["pads"]))


def _fold(pad: Node, node: Node) -> None:
    node.attrs["pads"] = tuple(a + b for a, b in zip(node.attrs["pads"], _amounts(pad), strict=True))
    node.inputs[0] = pad.x
    if node.kind == "pool" and node.attrs["function"] == "average":
        node.attrs["function"] = "average_padded"


def _amounts(pad: Node) -> tuple[int, int, int, int]:
    """Top, left, bottom, right."""
    before = pad.attrs["before"]
    after = [out - n - b for out, n, b in zip(pad.y.shape, pad.x.shape, before, strict=True)]
    if len(before) == 3:
        return 0, before[2], 0, after[2]
    return before[2], before[3], after[2], after[3]


def _meets_input(pad: Node, pool: Node) -> bool:
    """Whether every window still covers an element of the unpadded input."""
    pads = [a + b for a, b in zip(pool.attrs["pads"], _amounts(pad), strict=True)]
    size, out = pad.x.shape[2:], pool.y.shape[2:]
    if len(size) == 1:
        size, out = (1, *size), (1, *out)
    for axis in range(2):
        step = pool.attrs["dilations"][axis]
        for o in range(out[axis]):
            first = o * pool.attrs["strides"][axis] - pads[axis]
            taps = range(first, first + pool.attrs["kernel"][axis] * step, step)
            if not any(0 <= tap < size[axis] for tap in taps):
                return False
    return True
