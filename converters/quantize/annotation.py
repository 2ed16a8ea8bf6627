"""How a value of the graph is quantised: an annotation on float values, `Value.quant`.

The graph computes with real numbers. A value with an annotation holds only multiples of its scale: what produces it
rounds to them (activations), or its data is rounded to them where it is used (weights). lower.py turns annotated
nodes into int8 operators; what it cannot turn computes in float between `dequantize` and `quantize`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INT8 = np.dtype(np.int8)
UINT8 = np.dtype(np.uint8)


@dataclass(frozen=True, eq=False)
class Quant:
    """Real value = scale x (integer - zero_point), with integers of `dtype`.

    scale        float64, above 0: of shape (), or [M] for weights with a scale for each output channel (axis 0)
    zero_point   in the terms of `dtype`; 0 for weights with a scale for each channel
    dtype        int8 or uint8
    """

    scale: np.ndarray
    zero_point: int = 0
    dtype: np.dtype = INT8

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", np.asarray(self.scale, np.float64))
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        limits = np.iinfo(self.dtype)
        if self.dtype not in (INT8, UINT8):
            raise ValueError(f"quantised as {self.dtype}: expected int8 or uint8")
        if not (np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise ValueError(f"scale {self.scale}: expected finite numbers above 0")
        if not limits.min <= self.zero_point <= limits.max:
            raise ValueError(f"zero point {self.zero_point}: expected {limits.min} to {limits.max}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quant):
            return NotImplemented
        same = self.zero_point == other.zero_point and self.dtype == other.dtype
        return same and np.array_equal(self.scale, other.scale)

    @property
    def zero(self) -> int:
        """The zero point of the tensor as it is stored, -128 to 127: uint8 is stored minus 128."""
        return self.zero_point - self.offset

    @property
    def offset(self) -> int:
        """What a stored value lacks to the integer of `dtype`."""
        return 128 if self.dtype == UINT8 else 0

    def store(self, real: np.ndarray) -> np.ndarray:
        """Real values as int8, as they are stored: rounded half to even, saturated."""
        return np.clip(np.rint(np.asarray(real, np.float64) / self._along(real)) + self.zero, -128, 127).astype(np.int8)

    def load(self, stored: np.ndarray) -> np.ndarray:
        """The real values (float64) of int8 values as they are stored."""
        return (stored.astype(np.float64) - self.zero) * self._along(stored)

    def quantize(self, real: np.ndarray) -> np.ndarray:
        """Real values as integers of `dtype`: rounded half to even, saturated, as ONNX's QuantizeLinear does."""
        return (self.store(real).astype(np.int16) + self.offset).astype(self.dtype)

    def dequantize(self, integers: np.ndarray) -> np.ndarray:
        """The real values (float64) of integers of `dtype`."""
        return (integers.astype(np.float64) - self.zero_point) * self._along(integers)

    def round(self, real: np.ndarray) -> np.ndarray:
        """Real values (float64) rounded to those that can be represented."""
        return self.load(self.store(real))

    def rows(self, count: int) -> np.ndarray:
        """The scale of each of `count` output channels."""
        return np.broadcast_to(self.scale, (count,))

    def take(self, rows: np.ndarray) -> Quant:
        """The annotation of the weights of some output channels (indices or a mask)."""
        return Quant(self.scale[rows], self.zero_point, self.dtype) if self.scale.ndim else self

    def times(self, factor: np.ndarray) -> Quant:
        """The annotation of weights whose output channel m is multiplied by factor[m]; zeros leave scales alone."""
        factor = np.abs(np.asarray(factor, np.float64))
        return Quant(self.scale * np.where(factor > 0, factor, 1.0), self.zero_point, self.dtype)

    def _along(self, values: np.ndarray) -> np.ndarray:
        """The scale, broadcast along axis 0 of `values`."""
        return self.scale.reshape(-1, *(1,) * (np.ndim(values) - 1)) if self.scale.ndim else self.scale
