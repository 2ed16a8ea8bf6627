"""From a source model to the operators of a file: what convert(), check() and inspect_onnx() share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from nnz.format import Model

from .errors import ConvertError
from .importer import import_model
from .ir import Graph, Node
from .load import Source, load
from .narrow import Stored
from .passes import finish, fuse
from .prune.select import select_layers
from .quantize.lower import FloatNode, lower_quantized, make_ports_integer
from .write import Choose, Layer, write_model


@dataclass(frozen=True)
class Measured:
    """A layer before channels were removed and groups written out; `macs` are the multiply-accumulates of one run."""

    shape: tuple[int, ...]
    zeros: int
    macs: int
    selected: bool

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @classmethod
    def of(cls, node: Node, selected: bool) -> Measured:
        weight = node.inputs[1]
        pixels = node.x.size // node.x.shape[1] if node.kind == "conv_transpose" else node.pixels
        zeros = weight.size - int(np.count_nonzero(weight.data))
        return cls(weight.shape, zeros, weight.size * pixels, selected)


@dataclass(frozen=True)
class Built:
    """`layers` as written, what they were before (`measured`, by their origin), the `dead` channels that are gone, and
    what of a quantised model computes in float all the same (`kept`).
    """

    model: Model
    layers: list[Layer]
    measured: dict[int, Measured]
    dead: list[dict]
    kept: list[FloatNode]


def read(
    model: str | os.PathLike | onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]] | None
) -> tuple[Source, Graph]:
    """The source and its graph; from the plain model where the simplified one cannot be imported."""
    source = load(model, dict(shapes or {}))
    try:
        return source, import_model(source.model)
    except ConvertError as error:
        if source.model is source.plain:
            raise
        graph = import_model(source.plain)
        source.notes.append(f"not simplified: the simplified model cannot be imported ({error})")
        source.model = source.plain
        return source, graph


def build(
    graph: Graph,
    zero_threshold: float,
    choose: Choose,
    progress: Callable[[int, int], None] | None = None,
    annotate: Callable[[Graph], None] | None = None,
    stored: Mapping[int, Stored] | None = None,
    integer_ports: bool = False,
    as_onnxruntime: bool = True,
    match: bool = False,
) -> Built:
    """Fuses, finishes (see there for `annotate`) and encodes (see write_model() for `choose` and `stored`) a graph.

    `as_onnxruntime`, `match`: an imported quantised model rounds, or also computes, as there (see lower_quantized()).
    """
    fuse(graph, zero_threshold)
    measured = _measure(graph)
    dead = finish(graph, annotate, keep_channels=match)
    if integer_ports:
        make_ports_integer(graph)
    kept = lower_quantized(graph, as_onnxruntime and annotate is None, match)
    graph.verify()
    model, layers = write_model(graph, choose, progress, stored)
    return Built(model, layers, measured, dead, kept)


def _measure(graph: Graph) -> dict[int, Measured]:
    """What the layers of the graph are, by their origin."""
    return {id(node.origin): Measured.of(node, reason is None) for node, reason in select_layers(graph) if node.origin}
