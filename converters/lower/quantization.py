"""QuantizeLinear and DequantizeLinear of activations: nodes that quantize/import_qdq.py turns into annotations.

Those of constants are computed, and quantize/weights.py remembers their scales.
"""

from __future__ import annotations

import numpy as np
from onnx import helper

from ..ir import FLOAT32, Value
from ..quantize.annotation import INT8, UINT8, Quant
from .builder import Builder, OnnxNode, UnsupportedNodeError


def quantize_linear(b: Builder, node: OnnxNode) -> Value:
    if node.attr("output_dtype"):
        default = np.dtype(helper.tensor_dtype_to_np_dtype(node.attr("output_dtype")))
    else:
        default = UINT8
    quant = _quant(node, default)
    y = b.emit("quantize", [node.x], node.x.shape, dtype=quant.dtype)
    y.quant = quant
    return y


def dequantize_linear(b: Builder, node: OnnxNode) -> Value:
    quant = _quant(node, node.x.dtype)
    y = b.emit("dequantize", [node.x], node.x.shape, dtype=FLOAT32)
    y.quant = quant
    return y


def _quant(node: OnnxNode, default: np.dtype) -> Quant:
    scale, zero = node.constant(1, "the scale"), node.constant(2, "the zero point")
    dtype = default if zero is None else zero.dtype
    if dtype not in (INT8, UINT8):
        raise UnsupportedNodeError(f"quantised as {dtype}: only int8 and uint8 are supported")
    if scale.size != 1 or (zero is not None and zero.size != 1):
        raise UnsupportedNodeError("a scale for each channel of an activation: only one is supported")
    if not (np.isfinite(scale).all() and (scale >= np.finfo(np.float32).tiny).all()):
        raise UnsupportedNodeError(f"scale {scale.item()}: expected a finite number of at least 2^-126")
    return Quant(np.float64(scale.item()), 0 if zero is None else int(zero.item()), dtype)


TABLE = {"QuantizeLinear": quantize_linear, "DequantizeLinear": dequantize_linear}
