"""Logic on masks, in terms of arithmetic on 0 and 1."""

from __future__ import annotations

import numpy as np

from ..ir import Value
from .builder import Builder, OnnxNode

BOOL = np.dtype(bool)


def _number(b: Builder, x: Value) -> Value:
    return b.constant(x.data, np.float32) if x.constant else b.emit("cast", [x], x.shape, dtype=np.float32)


def _truth(b: Builder, x: Value) -> Value:
    return b.emit("cast", [x], x.shape, dtype=BOOL)


def is_nan(b: Builder, node: OnnxNode) -> Value:
    """A clip to [0, 0] leaves NaN alone, and NaN is not 0."""
    return _truth(b, b.unary(node.x, "clip", 0.0, 0.0))


def not_(b: Builder, node: OnnxNode) -> Value:
    return _truth(b, b.binary("sub", b.constant(1.0, np.float32), _number(b, node.x)))


def _both(function: str):
    def lower(b: Builder, node: OnnxNode) -> Value:
        return _truth(b, b.binary(function, *(_number(b, x) for x in node.inputs)))

    return lower


TABLE = {"IsNaN": is_nan, "Not": not_, "And": _both("min"), "Or": _both("max")}
