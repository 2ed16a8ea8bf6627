"""What the layers of a graph see on samples: second moments of the columns x that their matrices multiply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph, Node
from ..quantize.export import Exported, run_values
from ..quantize.observe import Samples, Step

LONGEST = 2048
"""Columns whose moments are taken together, at most: a matrix of their number squared."""

PIXELS = 4096
"""Of one sample, at most so many columns x are looked at, evenly spread."""

PIXELS_FOR_EACH = 64
"""Likewise, for each element of a column: moments of few are known from few."""


def parts(columns: int) -> list[slice]:
    """Columns of a matrix [rows, columns] in parts of at most LONGEST."""
    return [slice(start, min(start + LONGEST, columns)) for start in range(0, columns, LONGEST)]


def second_moments(graph: Graph, layers: Sequence[Node], samples: Samples, step: Step) -> dict[int, list[np.ndarray]]:
    """For each layer, by id(), and each of parts() an array [groups, n, n]: the mean of z z^T by the mean of x^2, with
    z = (x, 1): every sample counts the same.
    """
    found: dict[int, list[np.ndarray]] = {}
    count = len(next(iter(samples.values())))
    for done, inputs in enumerate(run_values(Exported(graph), [node.x for node in layers], samples), 1):
        for node, x in zip(layers, inputs, strict=True):
            columns = _columns(node, x)
            moments = [_moment(columns[:, part]) / count for part in parts(columns.shape[1])]
            before = found.get(id(node))
            found[id(node)] = moments if before is None else [a + b for a, b in zip(before, moments, strict=True)]
        step("moments", done, count)
    return found


def _moment(x: np.ndarray) -> np.ndarray:
    z = np.concatenate([x, np.ones((len(x), 1, x.shape[2]), x.dtype)], axis=1)
    power = np.maximum((x**2).sum(axis=(1, 2), dtype=np.float64) / x.shape[1], 1e-12)
    return (z @ z.swapaxes(1, 2)).astype(np.float64) / power[:, None, None]


def _columns(node: Node, x: np.ndarray) -> np.ndarray:
    """[groups, C KH KW, pixels]: the im2col matrix, or some of its columns."""
    rows = node.inputs[1].shape
    if node.kind == "fc":
        x = x.reshape(-1, rows[1])
        return x[:: -(-len(x) // PIXELS)].T[None]
    attrs = node.attrs
    x = x.reshape(x.shape[0], x.shape[1], *(1,) * (4 - x.ndim), *x.shape[2:])
    top, left, bottom, right = attrs["pads"]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    extents = tuple(d * (k - 1) + 1 for k, d in zip(rows[2:], attrs["dilations"], strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(x, extents, (2, 3))
    (sh, sw), (dh, dw) = attrs["strides"], attrs["dilations"]
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw].transpose(1, 4, 5, 0, 2, 3)
    groups, pixels = x.shape[1] // rows[1], windows[0, 0, 0].size
    most = min(PIXELS, PIXELS_FOR_EACH * int(np.prod(rows[1:])))
    if pixels > most:
        spread = np.unravel_index(np.linspace(0, pixels - 1, most).astype(int), windows.shape[3:])
        windows = windows[(slice(None), slice(None), slice(None), *spread)]
    return windows.reshape(groups, rows[1] * rows[2] * rows[3], -1)
