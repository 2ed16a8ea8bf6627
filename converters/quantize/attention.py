"""Attention in int8: products of activations, and softmax over planes, where tokens are pixels and heads images."""

from __future__ import annotations

from math import prod

import numpy as np

from nnz.format import signed, word

from ..ir import Graph, Node, Value
from ..passes.match import scaled
from ..passes.pieces import Piece
from .annotation import Quant
from .fixed_point import NotInt8Error, factors, multipliers, product_factor
from .forms import PLAIN, PLANES4, Forms

MAX_DEPTH = 32768
MAX_FACTOR = 65536.0
EXACT_SCALES = 2.0**-60, 2.0**60
FINE = 16


def rescale_products(graph: Graph) -> None:
    """The integers of a quantised value times a number are those of a value with another scale: 1 / sqrt(d)."""
    for node in graph.nodes:
        if node.kind != "binary" or node.activation != "none" or node.y.quant is not None:
            continue
        x, factor = scaled(node)
        if x is not None and factor > 0 and x.quant is not None and x.shape == node.y.shape:
            node.y.quant = Quant(x.quant.scale * factor, x.quant.zero_point, x.quant.dtype)
            node.kind, node.inputs, node.attrs = "rescale", [x], {}


def rescale(forms: Forms, node: Node) -> None:
    forms.define_reshaped(node.y, node.x)


def matmul(forms: Forms, node: Node) -> None:
    a, b = node.inputs
    qa, qb, qy = forms.quant(a), forms.quant(b), forms.quant(node.y)
    if a.shape[:-2] != b.shape[:-2]:
        raise NotInt8Error(f"it broadcasts {list(a.shape)} and {list(b.shape)}")
    depth = b.shape[-1 if node.attrs["transpose_b"] else -2]
    if depth > MAX_DEPTH:
        raise NotInt8Error(f"{depth} products in each sum: int8 sums of two activations take at most {MAX_DEPTH}")
    factor = float(product_factor(qa.scale, qb.scale, qy.scale)) * node.attrs["scale"]
    if factor < 0:
        raise NotInt8Error(f"its factor {factor:.3g} is negative")
    in_float32 = forms.as_onnxruntime and node.attrs["scale"] == 1
    multiplier, shift = (factors(factor) if in_float32 else None) or multipliers(np.array(factor))
    zeros = [signed(quant.zero) for quant in (qa, qb, qy)]
    params = [int(node.attrs["transpose_a"]), *zeros, int(multiplier), shift, signed(-128), 127]
    inputs = [_planes(forms, a), _turned(forms, b) if node.attrs["transpose_b"] else _planes(forms, b)]
    _define(forms, node, "qmatmul", inputs, params)


def softmax(forms: Forms, node: Node) -> None:
    """Over the last axis but one."""
    x, y = forms.quant(node.x), forms.quant(node.y)
    if forms.as_onnxruntime and EXACT_SCALES[0] <= x.scale <= EXACT_SCALES[1] and 1 / MAX_FACTOR <= y.scale <= 1:
        params = [word(float(x.scale)), signed(x.zero), word(float(y.scale)), signed(y.zero)]
        return _define(forms, node, "qsoftmax_exact", [_planes(forms, node.x)], params)
    factor = 1 / float(y.scale)
    if factor > MAX_FACTOR:
        raise NotInt8Error(f"its output's scale {float(y.scale):.3g} is below 1 / {MAX_FACTOR:.0f}")
    exponents = -float(x.scale) * np.concatenate((FINE * np.arange(FINE), np.arange(FINE)))
    table = np.exp(exponents).astype(np.float32)
    constant = Value(f"{node.name}.table", table.shape, data=table)
    params = [word(factor), signed(y.zero), signed(-128), 127]
    return _define(forms, node, "qsoftmax_planes", [_planes(forms, node.x), constant], params)


def _images(shape: tuple[int, ...]) -> tuple[int, ...]:
    """[..., C, P] as [N, C, P]"""
    return (prod(shape[:-2]), *shape[-2:])


def _planes(forms: Forms, value: Value) -> Value:
    """The matrices of a value as images in planes of four channels."""
    images = Value(f"{value.name}.images", _images(value.shape), quant=value.quant)
    forms.define_reshaped(images, value)
    return forms.stored(images, PLANES4)


def _turned(forms: Forms, value: Value) -> Value:
    """The matrices of a value, transposed, as such images."""
    n, rows, columns = _images(value.shape)
    turned = Value(f"{value.name}.turned", (n, columns, rows), quant=value.quant)
    image = rows * columns
    piece = Piece(0, (n, columns, rows), 0, (image, 1, columns), 0, (image, rows, 1))
    stored = forms.emit("copy", [forms.stored(value, PLAIN)], forms.new(turned, PLAIN), pieces=[piece], fill=None)
    forms.define(turned, stored)
    return forms.stored(turned, PLANES4)


def _define(forms: Forms, node: Node, kind: str, inputs: list[Value], params: list[int]) -> None:
    images = Value(f"{node.y.name}.images", _images(node.y.shape), quant=node.y.quant)
    forms.define(images, forms.emit(kind, inputs, forms.new(images, PLANES4), node, params=params))
    forms.define_reshaped(node.y, images)
