"""Reshapes and copies of quantised values: bytes are moved, inputs of other scales first brought to the result's."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from ..ir import Node, Value
from ..passes.pieces import Piece, merged
from .forms import PLAIN, PLANES4, Forms


def reshape(forms: Forms, node: Node) -> None:
    x = forms.requantized(node.x, forms.quant(node.y)) if forms.quant(node.x) else node.x
    forms.define_reshaped(node.y, x)


def copy(forms: Forms, node: Node) -> None:
    quant = forms.quant(node.y)
    for value in node.inputs:
        forms.quant(value)
    inputs = [forms.requantized(value, quant) for value in node.inputs]
    fill = node.attrs["fill"]
    pieces = _whole_planes(inputs, node.y, node.attrs["pieces"]) if fill is None else None
    layout = PLAIN if pieces is None else PLANES4
    attrs = {
        "pieces": node.attrs["pieces"] if pieces is None else pieces,
        "fill": None if fill is None else int(quant.store(np.array(fill))),
    }
    stored = [forms.stored(value, layout) for value in inputs]
    forms.define(node.y, forms.emit("copy", stored, forms.new(node.y, layout), node, **attrs))


def _whole_planes(inputs: list[Value], y: Value, pieces: list[Piece]) -> list[Piece] | None:
    """The pieces as bytes of planes of four channels, if each moves such planes as a whole; else None."""
    if len(y.shape) not in (3, 4) or y.shape[0] != 1:
        return None
    pixels = prod(y.shape[2:])
    plane = 4 * pixels
    result = []
    for piece in map(merged, pieces):
        x = inputs[piece.source].shape
        if len(x) not in (3, 4) or x[0] != 1 or prod(x[2:]) != pixels or piece.source_strides != (1,):
            return None
        if piece.strides != (1,) or piece.source_offset % plane or piece.offset % plane:
            return None
        end, last = piece.source_offset + piece.dims[0], piece.offset + piece.dims[0]
        if piece.dims[0] % plane and not (end == x[1] * pixels and last == y.shape[1] * pixels):
            return None
        result.append(replace(piece, dims=(-(-piece.dims[0] // plane) * plane,)))
    return result
