"""Real numbers as small integers, and back: real = scale x (integer - zero_point). docs/FORMAT.md section 10."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .errors import ArgumentError


def quantize(array: ArrayLike, scale: float, zero_point: int = 0, dtype: DTypeLike = np.int8) -> np.ndarray:
    """Real numbers, as float32, as integers of `dtype` (int8 or uint8): divided by `scale`, rounded half to even and
    saturated; NaN as 0.0. The same as nnz_quantize() in C.

    For an input of a model, `scale`, `zero_point` and `dtype` are those of its port:

        port = session.inputs[0]
        x = nnz.quantize(real, port.scale, port.zero_point, port.dtype)
    """
    limits, scale = _limits(scale, zero_point, dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        steps = np.asarray(array).astype(np.float32) / scale
    steps = np.rint(np.clip(np.nan_to_num(steps, nan=0.0), -_FAR, _FAR))
    return np.clip(steps.astype(np.int32) + zero_point, limits.min, limits.max).astype(dtype)


def dequantize(array: ArrayLike, scale: float, zero_point: int = 0) -> np.ndarray:
    """Integers (int8 or uint8) as the real numbers that they stand for, in float32, as nnz_dequantize() gives them."""
    array = np.asarray(array)
    _, scale = _limits(scale, zero_point, array.dtype)
    with np.errstate(over="ignore", under="ignore"):
        return (array.astype(np.int32) - zero_point).astype(np.float32) * scale


_FAR = np.float32(1024)
"""Steps beyond both ranges from any zero point."""


def _limits(scale: float, zero_point: int, dtype: DTypeLike) -> tuple[np.iinfo, np.float32]:
    """The range of `dtype`, and the scale in float32."""
    dtype = np.dtype(dtype)
    if dtype not in (np.int8, np.uint8):
        raise ArgumentError(f"integers of {dtype}: expected int8 or uint8")
    with np.errstate(over="ignore", under="ignore"):
        scale32 = np.float32(scale)
    if not (np.isfinite(scale32) and scale32 > 0):
        raise ArgumentError(f"scale {scale}: expected a finite float32 above 0 (0 is that of a float port)")
    limits = np.iinfo(dtype)
    if not limits.min <= zero_point <= limits.max:
        raise ArgumentError(f"zero point {zero_point}: expected {limits.min} to {limits.max}, as {dtype} has")
    return limits, scale32
