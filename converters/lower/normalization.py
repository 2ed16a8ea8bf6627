"""BatchNormalization: a factor and a term for each channel, which passes/scale.py folds into convolutions. And
LayerNormalization."""

from __future__ import annotations

from math import prod

import numpy as np

from ..ir import Value
from .builder import Builder, OnnxNode, UnsupportedNodeError


def batch_norm(b: Builder, node: OnnxNode) -> Value:
    if node.attr("training_mode", 0) or node.attr("spatial", 1) != 1 or any(node.outputs[1:]):
        raise UnsupportedNodeError("only inference is supported, with statistics for each channel")
    names = ("scale", "B", "mean", "var")
    scale, shift, mean, var = (node.constant(i + 1, name).astype(np.float64) for i, name in enumerate(names))
    factor = scale / np.sqrt(var + node.attr("epsilon", 1e-5))
    shape = (-1, *(1,) * (len(node.x.shape) - 2))
    y = b.binary("mul", node.x, b.constant(factor.reshape(shape), np.float32))
    return b.binary("add", y, b.constant((shift - mean * factor).reshape(shape), np.float32))


def layer_norm(b: Builder, node: OnnxNode) -> Value:
    if any(node.outputs[1:]):
        raise UnsupportedNodeError("only the normalised output is supported")
    x, axis = node.x, node.axis(-1)
    size = prod(x.shape[axis:])
    terms = [node.constant(i, name) for i, name in ((1, "Scale"), (2, "B"))]
    if any(data is not None and data.size not in (1, size) for data in terms):
        raise UnsupportedNodeError("Scale and B must have the shape of what is normalised, or be scalars")
    terms = [
        data if data is None else b.constant(np.broadcast_to(data.reshape(-1), size), np.float32) for data in terms
    ]
    flat = b.reshape(x, (*x.shape[:axis], size))
    y = b.emit("layernorm", [flat, *terms], flat.shape, axis=axis, epsilon=node.attr("epsilon", 1e-5))
    return b.reshape(y, x.shape)


TABLE = {"BatchNormalization": batch_norm, "LayerNormalization": layer_norm}
