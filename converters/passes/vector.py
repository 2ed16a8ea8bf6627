"""A convolution with one output pixel is a matrix-vector product: it becomes an `fc`."""

from __future__ import annotations

import numpy as np

from ..ir import Graph, Node


def find_vectors(graph: Graph) -> None:
    for node in graph.nodes:
        if node.kind == "conv" and node.inputs[3] is None and node.pixels == node.y.shape[0]:
            _convert(node)


def _convert(node: Node) -> None:
    size = node.x.shape[2:]
    size = (1, *size) if len(size) == 1 else size or (1, 1)
    top, left, _, _ = node.attrs["pads"]
    rows, _, kh, kw = node.inputs[1].shape
    inside = top + size[0] <= kh and left + size[1] <= kw
    if node.attrs["dilations"] != (1, 1) or not inside:
        return
    taps = node.matrix.reshape(rows, -1, kh, kw)[:, :, top : top + size[0], left : left + size[1]]
    node.kind, node.attrs = "fc", {}
    node.inputs[1] = node.inputs[1].with_data(np.ascontiguousarray(taps).reshape(rows, -1))
