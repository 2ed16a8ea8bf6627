"""Real numbers as small integers, and back: real = scale x (integer - zero_point)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .errors import ArgumentError


def quantize(array: ArrayLike, scale: float, zero_point: int = 0, dtype: DTypeLike = np.int8) -> np.ndarray:
    """Real numbers as integers of `dtype` (int8 or uint8), rounded half to even and saturated; NaN as 0.0.

    For an input of a model, `scale`, `zero_point` and `dtype` are those of its port:

        port = session.inputs[0]
        x = nnz.quantize(real, port.scale, port.zero_point, port.dtype)
    """
    limits = _limits(scale, zero_point, dtype)
    steps = np.nan_to_num(np.asarray(array, np.float64) / scale, nan=0.0)
    return np.clip(np.rint(steps) + zero_point, limits.min, limits.max).astype(dtype)


def dequantize(array: ArrayLike, scale: float, zero_point: int = 0) -> np.ndarray:
    """Integers (int8 or uint8) as the real numbers that they stand for, in float32."""
    array = np.asarray(array)
    _limits(scale, zero_point, array.dtype)
    return ((array.astype(np.float64) - zero_point) * scale).astype(np.float32)


def _limits(scale: float, zero_point: int, dtype: DTypeLike) -> np.iinfo:
    dtype = np.dtype(dtype)
    if dtype not in (np.int8, np.uint8):
        raise ArgumentError(f"integers of {dtype}: expected int8 or uint8")
    if not (np.isfinite(scale) and scale > 0):
        raise ArgumentError(f"scale {scale}: expected a finite number above 0 (0 is that of a float port)")
    limits = np.iinfo(dtype)
    if not limits.min <= zero_point <= limits.max:
        raise ArgumentError(f"zero point {zero_point}: expected {limits.min} to {limits.max}, as {dtype} has")
    return limits
