"""BatchNormalization: a factor and a term for each channel; passes/scale.py folds them into convolutions."""

from __future__ import annotations

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


TABLE = {"BatchNormalization": batch_norm}
