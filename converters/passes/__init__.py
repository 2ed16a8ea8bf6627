"""Passes over the graph, one a file. fuse() and finish() run them, in an order that matters."""

from __future__ import annotations

from collections.abc import Callable

from ..ir import Graph
from .activation import find_activations, fuse_activations
from .dead import remove_dead_channels
from .layernorm import find_layernorms
from .movement import fold_movement
from .padding import fold_padding
from .parts import split_parts
from .phases import lower_transposed
from .products import fold_product_scales
from .residual import fuse_residuals
from .scale import fold_scales
from .threshold import zero_small_weights
from .transposes import cancel_transposes
from .vector import find_vectors

FUSING = (
    find_layernorms,
    cancel_transposes,
    find_activations,
    fold_padding,
    fold_scales,
    fold_product_scales,
    find_vectors,
    fuse_residuals,
    fuse_activations,
)


def fuse(graph: Graph, zero_threshold: float = 0.0) -> None:
    """Folds and fuses everything that goes into the weighted nodes; weights below the threshold become zero."""
    for run in FUSING:
        run(graph)
        graph.verify()
    zero_small_weights(graph, zero_threshold)


def finish(graph: Graph, annotate: Callable[[Graph], None] | None = None, keep_channels: bool = False) -> list[dict]:
    """What follows once the weights are final: the graph then has the kinds of docs/FORMAT.md alone.

    annotate is called with the graph when its layers have their final form and elements are still moved by nodes.
    Returns the dead channels, see remove_dead_channels(); with `keep_channels` they stay.
    """
    lower_transposed(graph)
    split_parts(graph)
    removed = [] if keep_channels else remove_dead_channels(graph)
    graph.verify()
    if annotate is not None:
        annotate(graph)
        graph.verify()
    fold_movement(graph)
    graph.verify()
    return removed


__all__ = ["finish", "fuse"]
