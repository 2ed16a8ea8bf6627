"""Gemm and MatMul with a constant operand.

A vector (or a batch of them) times a matrix is an `fc`. A sequence [N, S, K] is taken as S pixels of K channels, that
is as a 1x1 convolution over [N, K, S]: the transposes around it cancel with its neighbours' (passes/transposes.py).
"""

from __future__ import annotations

import numpy as np

from ..ir import Value
from .builder import Builder, OnnxNode, UnsupportedNodeError
from .convolution import set_origin


def gemm(b: Builder, node: OnnxNode) -> Value:
    x, other = node.x, node.inputs[1]
    alpha, beta = node.attr("alpha", 1.0), node.attr("beta", 1.0)
    trans_a, trans_b = node.attr("transA", 0), node.attr("transB", 0)
    if not other.constant:
        raise UnsupportedNodeError(
            "both matrices are computed: one must be constant" if not x.constant else "A is constant"
        )
    if trans_a:
        x = b.transpose(x, (1, 0))
    weight = _scaled(other.data if trans_b else other.data.T, alpha)
    c = node.constant(2, "C")
    rows = weight.shape[0]
    bias = None
    if c is not None and beta != 0:
        c = (c * np.float32(beta)).astype(np.float32)
        if c.size in (1, rows) and c.shape[-1:] in ((), (1,), (rows,)):
            bias = b.constant(np.broadcast_to(c.reshape(-1), (rows,)).copy())
    y = _fc(b, node, x, weight, bias)
    set_origin(b, node, lambda new: (new if trans_b else new.T) / np.float32(alpha))
    return y if c is None or beta == 0 or bias is not None else b.binary("add", y, b.constant(c))


def matmul(b: Builder, node: OnnxNode) -> Value:
    a, c = node.inputs
    if c.constant and not a.constant:
        return _times_constant(b, node, a, c.data)
    if a.constant:
        return _constant_times(b, node, a.data, c)
    raise UnsupportedNodeError("both matrices are computed: one must be constant")


def _times_constant(b: Builder, node: OnnxNode, x: Value, matrix: np.ndarray) -> Value:
    """x [..., S, K] times [K, M]."""
    if any(dim != 1 for dim in matrix.shape[:-2]):
        raise UnsupportedNodeError(f"a stack of constant matrices {list(matrix.shape)}: only one is supported")
    vector = matrix.ndim == 1
    plain = matrix.reshape(matrix.shape[-2:]) if matrix.ndim >= 2 else matrix.reshape(-1, 1)
    k, rows = plain.shape
    weight = _scaled(plain.T, 1.0)

    def restore(new: np.ndarray) -> np.ndarray:
        return new.reshape(rows, k).T.reshape(matrix.shape)

    lead = (1,) * (matrix.ndim - max(len(x.shape), 2)) + x.shape[:-1]
    shape = lead if vector else (*lead, rows)
    steps = x.shape[-2] if len(x.shape) > 2 else 1
    if steps == 1:
        y = _fc(b, node, b.reshape(x, (x.size // k, k)), weight, None)
        set_origin(b, node, restore)
        return b.reshape(y, shape)
    planes = b.transpose(b.reshape(x, (x.size // (steps * k), steps, k)), (0, 2, 1))
    y = _planes(b, planes, weight, node.input_names[1])
    set_origin(b, node, restore)
    return b.reshape(b.transpose(y, (0, 2, 1)), shape)


def _constant_times(b: Builder, node: OnnxNode, matrix: np.ndarray, x: Value) -> Value:
    """[M, K] times x [..., K, S]: planes as they are."""
    if matrix.ndim != 2 or len(x.shape) < 2:
        raise UnsupportedNodeError(f"a constant of shape {list(matrix.shape)} times {list(x.shape)}")
    k, steps = x.shape[-2:]
    y = _planes(b, b.reshape(x, (x.size // (k * steps), k, steps)), _scaled(matrix, 1.0), node.input_names[0])
    set_origin(b, node, lambda new: new.reshape(matrix.shape), weight=0)
    return b.reshape(y, (*x.shape[:-2], matrix.shape[0], steps))


def _fc(b: Builder, node: OnnxNode, x: Value, weight: np.ndarray, bias: Value | None) -> Value:
    if x.shape[-1] != weight.shape[1]:
        raise UnsupportedNodeError(f"a matrix of {weight.shape[1]} rows does not fit an input of shape {list(x.shape)}")
    value = Value(node.input_names[1], weight.shape, weight.dtype, weight)
    return b.emit("fc", [x, value, bias, None, None], (x.shape[0], weight.shape[0]))


def _planes(b: Builder, x: Value, weight: np.ndarray, name: str) -> Value:
    shape = (*weight.shape, 1, 1)
    value = Value(name, shape, weight.dtype, weight.reshape(shape))
    window = {"strides": (1, 1), "dilations": (1, 1), "pads": (0, 0, 0, 0), "group": 1}
    return b.emit("conv", [x, value, None, None, None], (x.shape[0], weight.shape[0], x.shape[2]), **window)


def _scaled(matrix: np.ndarray, alpha: float) -> np.ndarray:
    if matrix.dtype != np.float32:
        raise UnsupportedNodeError(f"a matrix of {matrix.dtype}: only float32 is supported")
    return np.ascontiguousarray(matrix if alpha == 1 else matrix * np.float32(alpha))


TABLE = {"Gemm": gemm, "MatMul": matmul}
