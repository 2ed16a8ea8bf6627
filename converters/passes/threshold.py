"""Weights that are negligible beside their layer's largest become zero."""

from __future__ import annotations

import numpy as np

from ..ir import Graph


def zero_small_weights(graph: Graph, threshold: float) -> None:
    """Sets weights below `threshold` times the largest magnitude of their layer to zero."""
    for node in graph.weighted():
        magnitude = np.abs(node.weight)
        small = magnitude < threshold * magnitude.max()
        if (small & (magnitude > 0)).any():
            node.set_weight(np.where(small, np.float32(0), node.weight))
