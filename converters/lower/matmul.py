"""Gemm and MatMul, most of them with a constant operand.

A vector, or a few of them, times a matrix is an `fc`. A sequence [N, S, K] is taken as S pixels of K channels, that
is as a 1x1 convolution over [N, K, S]: the transposes around it cancel with its neighbours' (passes/transposes.py).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from ..ir import Value
from .attention import product
from .builder import Builder, OnnxNode, UnsupportedNodeError
from .convolution import set_origin

SEQUENCE = 8  # rows of a Gemm from which on they are taken as a sequence

Restore = Callable[[np.ndarray], np.ndarray]


def gemm(b: Builder, node: OnnxNode) -> Value:
    x, other = node.x, node.inputs[1]
    alpha, beta = node.attr("alpha", 1.0), node.attr("beta", 1.0)
    trans_a, trans_b = node.attr("transA", 0), node.attr("transB", 0)
    if not other.constant:
        return _computed(b, node, trans_a, trans_b, alpha, beta)
    if trans_a:
        x = b.transpose(x, (1, 0))
    weight = _scaled(other.data if trans_b else other.data.T, alpha)
    c = node.constant(2, "C")
    rows = weight.shape[0]
    bias = None
    if c is not None and beta != 0:
        c = (c * np.float32(beta)).astype(np.float32)
        if c.size == 1 or (c.size == rows and c.shape[-1] == rows):
            bias = b.constant(np.broadcast_to(c.reshape(-1), (rows,)).copy())

    def restore(new: np.ndarray) -> np.ndarray:
        flat = new.reshape(weight.shape) / np.float32(alpha)
        return flat if trans_b else flat.T

    y = _rows(b, node, x, weight, bias, restore)
    return y if c is None or beta == 0 or bias is not None else b.binary("add", y, b.constant(c))


def _computed(b: Builder, node: OnnxNode, trans_a: int, trans_b: int, alpha: float, beta: float) -> Value:
    a, c = (b.transpose(x, (1, 0)) if turned else x for x, turned in zip(node.inputs, (trans_a, trans_b), strict=False))
    y = product(b, a, c, alpha)
    term = node.input(2)
    if term is None or beta == 0:
        return y
    if beta != 1:
        term = b.binary("mul", term, b.constant(beta, np.float32))
    return b.binary("add", y, term)


def matmul(b: Builder, node: OnnxNode) -> Value:
    a, c = node.inputs
    if c.constant and prod(c.shape[:-2]) == 1:
        return _times_constant(b, node, a, c.data)
    if a.constant and len(a.shape) == 2 and len(c.shape) >= 2:
        return _constant_times(b, node, a.data, c)
    return product(b, a, c)


def _times_constant(b: Builder, node: OnnxNode, x: Value, matrix: np.ndarray) -> Value:
    """x [..., S, K] times [K, M]."""
    vector = matrix.ndim == 1
    plain = matrix.reshape(matrix.shape[-2:]) if matrix.ndim >= 2 else matrix.reshape(-1, 1)
    k, rows = plain.shape
    if x.shape[-1:] != (k,):
        raise UnsupportedNodeError(f"a matrix of {k} rows does not fit an input of shape {list(x.shape)}")
    weight = _scaled(plain.T, 1.0)

    def restore(new: np.ndarray) -> np.ndarray:
        return new.reshape(rows, k).T.reshape(matrix.shape)

    lead = (1,) * (matrix.ndim - max(len(x.shape), 2)) + x.shape[:-1]
    shape = lead if vector else (*lead, rows)
    steps = x.shape[-2] if len(x.shape) > 2 else 1
    if steps == 1:
        return b.reshape(_rows(b, node, b.reshape(x, (x.size // k, k)), weight, None, restore), shape)
    sequence = b.reshape(x, (x.size // (steps * k), steps, k))
    return b.reshape(_sequence(b, node, sequence, weight, None, restore), shape)


def _constant_times(b: Builder, node: OnnxNode, matrix: np.ndarray, x: Value) -> Value:
    """[M, K] times x [..., K, S]: planes as they are."""
    k, steps = x.shape[-2:]
    planes = b.reshape(x, (x.size // (k * steps), k, steps))
    y = _planes(b, node, planes, _scaled(matrix, 1.0), None, lambda new: new.reshape(matrix.shape), position=0)
    return b.reshape(y, (*x.shape[:-2], matrix.shape[0], steps))


def _rows(b: Builder, node: OnnxNode, x: Value, weight: np.ndarray, bias: Value | None, restore: Restore) -> Value:
    """x [N, K] times weight [M, K]: N vectors, or one sequence of N."""
    n, k = x.shape
    if k != weight.shape[1]:
        raise UnsupportedNodeError(f"a matrix of {weight.shape[1]} rows does not fit an input of shape {list(x.shape)}")
    if n >= SEQUENCE:
        y = _sequence(b, node, b.reshape(x, (1, n, k)), weight, bias, restore)
        return b.reshape(y, (n, weight.shape[0]))
    value = Value(node.input_names[1], weight.shape, weight.dtype, weight)
    y = b.emit("fc", [x, value, bias, None, None], (n, weight.shape[0]))
    set_origin(b, node, restore)
    return y


def _sequence(b: Builder, node: OnnxNode, x: Value, weight: np.ndarray, bias: Value | None, restore: Restore) -> Value:
    """x [N, S, K] times weight [M, K]."""
    planes = _planes(b, node, b.transpose(x, (0, 2, 1)), weight, bias, restore)
    return b.transpose(planes, (0, 2, 1))


def _planes(
    b: Builder,
    node: OnnxNode,
    x: Value,
    weight: np.ndarray,
    bias: Value | None,
    restore: Restore,
    position: int = 1,
) -> Value:
    """weight [M, K] times planes x [N, K, S]; `position` is the ONNX node's input that the weight comes from."""
    if x.shape[1] != weight.shape[1]:
        raise UnsupportedNodeError(f"a matrix of {weight.shape[1]} rows does not fit an input of {x.shape[1]} columns")
    shape = (*weight.shape, 1, 1)
    value = Value(node.input_names[position], shape, weight.dtype, weight.reshape(shape))
    window = {"strides": (1, 1), "dilations": (1, 1), "pads": (0, 0, 0, 0), "group": 1}
    y = b.emit("conv", [x, value, bias, None, None], (x.shape[0], weight.shape[0], x.shape[2]), **window)
    set_origin(b, node, restore, position)
    return y


def _scaled(matrix: np.ndarray, alpha: float) -> np.ndarray:
    if matrix.dtype != np.float32:
        raise UnsupportedNodeError(f"a matrix of {matrix.dtype}: only float32 is supported")
    return np.ascontiguousarray(matrix if alpha == 1 else matrix * np.float32(alpha))


TABLE = {"Gemm": gemm, "MatMul": matmul}
