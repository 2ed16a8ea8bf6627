"""Weighted nodes as `qconv`, `qdepthwise` and `qfc`."""

from __future__ import annotations

import numpy as np

from nnz.format import signed

from ..ir import Node, Value
from .annotation import INT8, Quant
from .fixed_point import BIAS_LIMIT, FACTOR_SHIFT, NotInt8Error, check_range, factors, multipliers, product_factor
from .forms import PLAIN, PLANES4, Forms

INT32 = np.dtype(np.int32)
MAX_COLUMNS = 65536
WINDOW = ("strides", "dilations", "pads")
FIRST_CHANNELS = 3  # up to so many, a plain input is read as it is


def conv(forms: Forms, node: Node) -> None:
    x = node.x
    layer = _Layer(forms, node)
    if len(x.shape) not in (3, 4) or len(node.y.shape) != len(x.shape):
        raise NotInt8Error("it is not a convolution over one or two axes")
    kernel = node.inputs[1].shape[2:]
    weight = layer.weight.reshape(node.matrix.shape[0], x.shape[1], *kernel)
    layout = PLAIN if x.shape[1] <= FIRST_CHANNELS and not forms.has(x, PLANES4) else PLANES4
    matrix = weight if layout == PLAIN else _planes(weight).transpose(0, 1, 3, 4, 2)
    matrix = np.ascontiguousarray(matrix.reshape(weight.shape[0], -1))
    if matrix.shape[1] > MAX_COLUMNS:
        raise NotInt8Error(f"{matrix.shape[1]} inputs to each output: int8 sums take at most {MAX_COLUMNS}")
    y = forms.new(node.y, PLANES4)
    params = [*kernel, *_window(node), signed(x.quant.zero), *layer.params]
    inputs = [forms.stored(x, layout), layer.constant("weight", matrix, INT8), *layer.vectors, None, None]
    forms.define(node.y, forms.emit("qconv", inputs, y, node, params=params))


def depthwise(forms: Forms, node: Node) -> None:
    channels, rows = node.x.shape[1], node.inputs[1].shape[0]
    if rows != channels:
        as_conv = Node("conv", node.inputs, node.outputs, {**node.attrs, "group": channels}, node.name)
        as_conv.activation, as_conv.act, as_conv.origin = node.activation, node.act, node.origin
        return conv(forms, as_conv)
    layer = _Layer(forms, node)
    kernel = node.inputs[1].shape[2:]
    taps = _planes(layer.weight.reshape(1, rows, -1))[0].transpose(0, 2, 1)
    y = forms.new(node.y, PLANES4)
    params = [*kernel, *_window(node), signed(node.x.quant.zero), *layer.params]
    weight = layer.constant("weight", np.ascontiguousarray(taps), INT8)
    inputs = [forms.stored(node.x, PLANES4), weight, *layer.vectors, None, None]
    forms.define(node.y, forms.emit("qdepthwise", inputs, y, node, params=params))
    return None


def fully_connected(forms: Forms, node: Node) -> None:
    layer = _Layer(forms, node)
    rows, columns = layer.weight.shape
    x = forms.source(node.x)
    vectors = node.x.size // columns
    if forms.has(x, PLANES4) and x.shape[0] == vectors:
        stored = forms.stored(x, PLANES4)
        matrix = _planes(layer.weight.reshape(rows, x.shape[1], -1)).transpose(0, 1, 3, 2)
        matrix = np.ascontiguousarray(matrix.reshape(rows, -1))
    else:
        stored, matrix = forms.stored(node.x, PLAIN), layer.weight
        if vectors > 1 and columns % 4:
            raise NotInt8Error(f"{vectors} vectors of {columns} elements: expected a multiple of 4")
    if matrix.shape[1] > MAX_COLUMNS:
        raise NotInt8Error(f"{matrix.shape[1]} inputs to each output: int8 sums take at most {MAX_COLUMNS}")
    y = forms.new(node.y, PLAIN)
    inputs = [stored, layer.constant("weight", matrix, INT8), *layer.vectors]
    forms.define(node.y, forms.emit("qfc", inputs, y, node, params=layer.params))


def bounds(quant: Quant, node: Node) -> tuple[int, int]:
    """lo and hi of a node's result: what int8 holds, cut by a fused clip."""
    if node.activation == "none":
        return -128, 127
    if node.activation != "clip":
        raise NotInt8Error(f"the fused {node.activation} has no int8 form")
    lo, hi = quant.store(np.array(node.act))
    return int(lo), int(hi)


class _Layer:
    """The integers of a weighted node: `weight` [M, C KH KW], bias and multipliers, and the params ZY, lo, hi, S."""

    def __init__(self, forms: Forms, node: Node):
        x, y, quant = forms.quant(node.x), forms.quant(node.y), node.inputs[1].quant or _single_weights(node)
        if node.inputs[3] is not None:
            raise NotInt8Error("it adds a residual")
        if node.inputs[4] is not None:
            raise NotInt8Error("its PRelu has no int8 form")
        if quant is None:
            raise NotInt8Error("its weights are not quantised")
        if quant.zero_point:
            raise NotInt8Error("its weights have a zero point")
        lo, hi = bounds(y, node)
        integers = quant.store(node.inputs[1].data)
        self.name = node.name
        dense = Node(node.kind, [node.x, Value("", integers.shape, INT8, integers)], [], node.attrs)
        self.weight = dense.matrix
        rows = self.weight.shape[0]
        weights = quant.rows(rows)
        # Where all weights of a channel are zero, its scale means nothing but may be tiny.
        weights = np.where(self.weight.any(axis=1), weights, weights.max())
        scale = weights * float(x.scale)
        real = np.zeros(rows) if node.bias is None else node.bias.astype(np.float64)
        bias = np.rint(real / scale) - x.zero * self.weight.sum(axis=1, dtype=np.int64)
        if np.abs(bias).max() >= BIAS_LIMIT:
            raise NotInt8Error("a bias is too large beside its scale")
        # TFLite, where layers with a bias come from, has their factors in double precision.
        single = node.bias is None or (forms.match and node.kind == "conv")
        factor = product_factor(x.scale, weights, y.scale) if single else scale / float(y.scale)
        in_float32 = single and forms.as_onnxruntime and node.kind != "depthwise"
        multiplier, shift = (factors(factor) if in_float32 else None) or multipliers(factor)
        if shift != FACTOR_SHIFT:
            check_range(np.abs(bias) + 128 * np.abs(self.weight.astype(np.int64)).sum(axis=1), multiplier, shift)
        self.vectors = [self.constant("bias", bias, INT32), self.constant("multiplier", multiplier, INT32)]
        self.params = [signed(y.zero), signed(lo), signed(hi), shift]

    def constant(self, what: str, data: np.ndarray, dtype: np.dtype) -> Value:
        return Value(f"{self.name}.{what}", data.shape, dtype, np.ascontiguousarray(data, dtype))


def _single_weights(node: Node) -> Quant | None:
    """Where an output has one weight, a factor for its channel, a fraction of that is a scale that holds it exactly."""
    weight = np.abs(node.weight[:, 0].astype(np.float64))
    if node.kind != "depthwise" or node.weight.shape[1] != 1 or not np.isfinite(weight).all():
        return None
    return Quant(np.where(weight > 0, weight, weight.max() or 1.0) / 127)


def _planes(weight: np.ndarray) -> np.ndarray:
    """[M, C, ...] as [M, ceil(C / 4), 4, ...], with zeros for the channels that the last plane lacks."""
    rows, channels = weight.shape[:2]
    padded = np.zeros((rows, -(-channels // 4) * 4, *weight.shape[2:]), weight.dtype)
    padded[:, :channels] = weight
    return padded.reshape(rows, -1, 4, *weight.shape[2:])


def _window(node: Node) -> list[int]:
    return [int(n) for name in WINDOW for n in node.attrs[name]]
