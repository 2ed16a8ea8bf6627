"""Products of two computed matrices (MatMul and Gemm come here from matmul.py), and choices by a mask."""

from __future__ import annotations

import numpy as np

from ..ir import FLOAT32, Value
from .builder import Builder, OnnxNode, UnsupportedNodeError


def product(b: Builder, x: Value, other: Value, scale: float = 1.0) -> Value:
    """x times other, as numpy.matmul, both computed or stacks of matrices.

    It is made as the transpose of (other^T x^T): between layers that keep tokens last all of these transposes cancel
    (passes/transposes.py), and Softmax runs across planes.
    """
    rank = max(len(x.shape), len(other.shape), 2)
    first = b.reshape(x, (*(1,) * (rank - max(len(x.shape), 2)), *((1,) if len(x.shape) == 1 else ()), *x.shape))
    column = (*other.shape, 1) if len(other.shape) == 1 else other.shape
    second = b.reshape(other, (*(1,) * (rank - len(column)), *column))
    if first.shape[-1] != second.shape[-2]:
        raise UnsupportedNodeError(f"{list(x.shape)} times {list(other.shape)}: the matrices do not fit each other")
    lead = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    turned = (*lead, second.shape[-1], first.shape[-2])
    perm = (*range(rank - 2), rank - 1, rank - 2)
    operands = [b.transpose(second, perm), b.transpose(first, perm)]
    attrs = {"transpose_a": False, "transpose_b": False, "scale": scale}
    y = b.transpose(b.emit("matmul", operands, turned, dtype=FLOAT32, **attrs), perm)
    rows = () if len(x.shape) == 1 else (first.shape[-2],)
    columns = () if len(other.shape) == 1 else (second.shape[-1],)
    return b.reshape(y, (*lead, *rows, *columns))


def where(b: Builder, node: OnnxNode) -> Value:
    condition, x, other = node.inputs
    if x.dtype != FLOAT32:
        raise UnsupportedNodeError(f"chooses among {x.dtype}: only float32 is supported")
    shape = np.broadcast_shapes(condition.shape, x.shape, other.shape)
    return b.emit("where", [condition, x, other], shape, dtype=FLOAT32)


TABLE = {"Where": where}
