"""Real factors as the integers of docs/FORMAT.md section 10.2."""

from __future__ import annotations

import numpy as np

MAX_SHIFT = 15
FACTOR_SHIFT = 32  # says that multipliers are factors
BIAS_LIMIT = 1 << 30
SUM_LIMIT = (1 << 31) - 1
ADD_MULTIPLIER = 1 << 22
ADD_SHIFT = 30


class NotInt8Error(Exception):
    """What a node computes has no int8 form: why, in a few words. It then computes in float."""


def multipliers(factors: np.ndarray) -> tuple[np.ndarray, int]:
    """M (int32, the shape of `factors`) and S with R(acc, M, S) = acc x factor; S is the smallest that all M allow."""
    factors = np.asarray(factors, np.float64)
    for shift in range(MAX_SHIFT + 1):
        scaled = np.rint(np.ldexp(factors, 32 - shift))
        if scaled.max() < 1 << 31:
            return scaled.astype(np.int32), shift
    raise NotInt8Error(f"a factor of {factors.max():.3g} between scales is too large")


def factors(exact: np.ndarray) -> tuple[np.ndarray, int] | None:
    """M and S as multipliers(), of factors in float32 that the product itself is rounded by; None from 1 on."""
    single = np.asarray(exact, np.float32)
    return (single.view(np.int32), FACTOR_SHIFT) if single.max() < 1 else None


def product_factor(a: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    """From a product's integers to its result's, by the scales of the three: rounded to float32 at each step, as they
    are in onnxruntime's QLinearMatMul.
    """
    single = np.float32
    return (np.multiply(a, b, dtype=single) / np.asarray(y, single)).astype(np.float64)


def check_range(bound: np.ndarray, multiplier: np.ndarray, shift: int) -> None:
    """NotInt8Error where sums of magnitude up to `bound` lose their highest bits before they are out of range."""
    saturates = np.ldexp(bound.astype(np.float64), shift) > SUM_LIMIT
    if (saturates & (multiplier < 1024)).any():
        raise NotInt8Error("the scales of its output channels are too different")


def add_parameters(
    factor_a: float, zero_a: int, factor_b: float, zero_b: int, zero_y: int, more: float = 0
) -> tuple[int, ...]:
    """MA, MB, C and S of `qadd`, as precise as there can be, for

    y = factor_a (a - zero_a) + factor_b (b - zero_b) + more
    """
    for shift in range(ADD_SHIFT, -1, -1):
        ma, mb = round(factor_a * 2.0**shift), round(factor_b * 2.0**shift)
        half = 1 << (shift - 1) if shift else 0
        c = (zero_y << shift) + half - ma * zero_a - mb * zero_b + round(more * 2.0**shift)
        small = max(abs(ma), abs(mb)) <= ADD_MULTIPLIER and abs(c) < BIAS_LIMIT
        if small and 128 * (abs(ma) + abs(mb)) + abs(c) <= SUM_LIMIT:
            return ma, mb, c, shift
    raise NotInt8Error("the scales of its operands are too different from its result's")
