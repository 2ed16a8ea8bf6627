"""From what a tensor holds on calibration data to the range of real values that its 256 int8 values span.

A range [low, high] contains zero. RANGES is the table of methods; each takes a Histogram.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LEVELS = 256
BINS = 2048
CANDIDATES = 64
"""How many ends of a range `mse` and `entropy` try on each side of zero."""

EMPTY = 1e-12
"""The probability that `entropy` takes for what the int8 values never stand for."""

Range = tuple[float, float]


class Histogram:
    """Counts of values in BINS equal bins between `low` and `high`, which contain zero: all data go through extend(),
    and then through add(), so that memory is bounded.
    """

    def __init__(self) -> None:
        self.low = self.high = 0.0
        self.counts = np.zeros(BINS, np.int64)

    def extend(self, values: np.ndarray) -> None:
        """Widens the bounds so that they hold `values`."""
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))

    def add(self, values: np.ndarray) -> None:
        """Counts values, which lie inside the bounds."""
        width = (self.high - self.low) / BINS or 1.0
        bins = ((values.ravel() - self.low) / width).astype(np.int64)
        self.counts += np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)

    @property
    def centers(self) -> np.ndarray:
        return self.low + (np.arange(BINS) + 0.5) * (self.high - self.low) / BINS


def minmax(seen: Histogram) -> Range:
    """Everything that was seen."""
    return seen.low, seen.high


def percentile(seen: Histogram, share: float = 0.9999) -> Range:
    """All but the outermost values: a share of (1 - `share`) / 2 is cut off at each end, to the width of a bin.

    McKinstry et al. 2018, "Discovering low-precision networks close to full-precision networks for efficient embedded
    inference" (https://arxiv.org/abs/1809.04191), who found 99.99 % to serve 8 bits.
    """
    below = np.cumsum(seen.counts) / seen.counts.sum()
    tail = (1 - share) / 2
    edges = np.linspace(seen.low, seen.high, BINS + 1)
    return float(edges[np.searchsorted(below, tail, "right")]), float(edges[np.searchsorted(below, 1 - tail) + 1])


def mse(seen: Histogram) -> Range:
    """The range of least mean squared error of the rounded and clipped values.

    Nagel et al. 2021, "A white paper on neural network quantization" (https://arxiv.org/abs/2106.08295), section 3.1.
    """
    return _best(seen, _squared_error)


def entropy(seen: Histogram) -> Range:
    """The range whose rounded and clipped values lose the least information: the least Kullback-Leibler divergence of
    their distribution from that of the values.

    Migacz 2017, "8-bit inference with TensorRT", GPU Technology Conference, taken to ranges that are not symmetric.
    """
    return _best(seen, _divergence)


RANGES: dict[str, Callable[[Histogram], Range]] = {
    "minmax": minmax,
    "percentile": percentile,
    "mse": mse,
    "entropy": entropy,
}


def grid(low: float, high: float) -> tuple[float, int]:
    """Scale and zero point of int8 values that span [low, high], widened to contain zero.

    Zero is exactly one of the values, so that padding is exact: Jacob et al. 2018, "Quantization and training of neural
    networks for efficient integer-arithmetic-only inference" (https://arxiv.org/abs/1712.05877), section 2.1.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float(np.float32((high - low) / (LEVELS - 1)))
    if scale < np.finfo(np.float32).tiny:
        return 1.0, 0
    return scale, int(np.clip(np.round(-LEVELS // 2 - low / scale), -LEVELS // 2, LEVELS // 2 - 1))


def _best(seen: Histogram, loss: Callable[[Histogram, float, float], float]) -> Range:
    """The range of least loss: its two ends shrink in turn, twice, from what was seen towards zero."""
    low, high = lowest, highest = seen.low, seen.high
    parts = np.arange(CANDIDATES, 0, -1) / CANDIDATES
    for _ in range(2):
        high = float(min(highest * parts, key=lambda end: loss(seen, low, end))) if highest else highest
        low = float(min(lowest * parts, key=lambda end: loss(seen, end, high))) if lowest else lowest
    return low, high


def _levels(seen: Histogram, low: float, high: float) -> tuple[np.ndarray, float, float]:
    """The int8 value (0 to 255) of each bin's center, the step and the value of zero."""
    step = (high - low) / (LEVELS - 1)
    zero = np.round(-low / step)
    return np.clip(np.round(seen.centers / step) + zero, 0, LEVELS - 1), step, zero


def _squared_error(seen: Histogram, low: float, high: float) -> float:
    levels, step, zero = _levels(seen, low, high)
    return float((seen.counts * ((levels - zero) * step - seen.centers) ** 2).sum())


def _divergence(seen: Histogram, low: float, high: float) -> float:
    levels = _levels(seen, low, high)[0].astype(np.int64)
    # Zero is exact in every range. Left in, the zeros behind a Relu would speak for bins that hold nothing else.
    counts = np.where(np.abs(seen.centers) <= (seen.high - seen.low) / BINS, 0, seen.counts)
    inside = (seen.centers >= low) & (seen.centers <= high)
    kept = np.where(inside, counts, 0).astype(np.float64)
    # What is clipped counts as the outermost value that is not.
    clipped = kept.copy()
    first, last = np.flatnonzero(inside)[[0, -1]]
    clipped[first] += counts[:first].sum()
    clipped[last] += counts[last + 1 :].sum()
    # Each int8 value stands for all of its bins that are not empty, alike.
    filled = kept > 0
    mass = np.bincount(levels, kept, LEVELS)
    bins = np.bincount(levels, filled, LEVELS)
    spread = np.where(filled, (mass / np.maximum(bins, 1))[levels], 0.0)
    p, q = clipped / max(clipped.sum(), 1.0), np.maximum(spread / max(spread.sum(), 1.0), EMPTY)
    return float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum())
