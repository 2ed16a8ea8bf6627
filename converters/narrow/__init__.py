"""Weights of float models stored narrow: float16, or 8 or 4 bits with scales (docs/FORMAT.md section 5).

Every layer starts with the width that was asked for. Where the outputs then are further from the float model's than
LIMITS allow, those layers get wider ones, up to float32, that help most for the bytes they take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnz.format import Matrix

from ..errors import ConvertError
from ..ir import Graph
from ..quantize.observe import Samples, Step
from .budget import Outputs, widen
from .layers import Depthwise, Narrow, Product, Table, Weighted
from .moments import second_moments

LIMITS = {"fp16": 1e-3, "int8": 2e-2, "int4": 1e-1}
"""The largest error of an output, relative to its largest magnitude, that a way to store weights is to have."""

Choose = Callable[[str, np.ndarray, int], tuple[str, str]]
"""(kind, weights [rows, cols], pixels) -> (encoding, reason)"""


@dataclass(frozen=True)
class Stored:
    """A layer as it will stand in the file. `matrix` is None for depthwise layers; `snr_db` is that of the weights."""

    matrix: Matrix | None
    reason: str
    snr_db: float | None


def narrow_graph(
    graph: Graph, way: str, share: int, samples: Samples, likely: bool, choose: Choose, step: Step
) -> dict[int, Stored]:
    """Rounds the weights and tables of `graph` to what can be stored in `way`; returns its layers, by id() of the node.

    The graph has been fused and has no transposed convolutions; movement of elements is still in it as such.

    way       "fp16", "int8" or "int4"
    share     of int4: how many weights of a row share a scale
    samples   as load_samples() returns them
    likely    whether they are like what the model is for, not random

    ConvertError where the model is quantised, or has weights that are no numbers.
    """
    if any(value.quant is not None and not value.constant for value in graph.values()):
        raise ConvertError("the model is quantised already: leave --weights out")
    for node in graph.weighted():
        if not np.isfinite(node.weight).all():
            raise ConvertError(f"'{node.name}' has weights that are NaN or infinite: leave --weights out")
    rounded, measured = _halves(samples)
    # Had float16 to keep its limit where two answers of a classifier are as good, most layers would stay float32.
    outputs = Outputs(graph, measured, worst=not likely and way != "fp16")
    moments = second_moments(graph, graph.weighted(), rounded, step)
    layers: list[Narrow] = []
    reasons: dict[int, str] = {}
    for node in graph.nodes:
        if node.kind == "depthwise":
            reasons[id(node)] = "depthwise layers are dense"
            layers.append(Depthwise(node, moments.pop(id(node))))
        elif id(node) in moments:
            encoding, reasons[id(node)] = choose(node.kind, node.matrix, node.pixels)
            layers.append(Product(node, encoding, share, moments.pop(id(node))))
        elif node.kind == "gather":
            layers.append(Table(node))
    narrowest: list[str | None] = []
    for done, layer in enumerate(layers, 1):
        layer.store(way)
        narrowest.append(layer.way)
        step("rounding", done, len(layers))
    widen(outputs, layers, LIMITS[way], step)
    stored = {}
    for layer, first in zip(layers, narrowest, strict=True):
        if isinstance(layer, Weighted):
            reason = reasons[id(layer.node)] + (f"; {first} would harm the outputs" if layer.way != first else "")
            stored[id(layer.node)] = Stored(layer.matrix, reason, layer.snr_db)
        layer.finish()
    return stored


def _halves(samples: Samples) -> list[Samples]:
    """Samples to round for, and others to measure with: what weights are fitted to would flatter them."""
    if len(next(iter(samples.values()))) < 2:
        return [samples, samples]
    return [{name: array[first::2] for name, array in samples.items()} for first in (0, 1)]
