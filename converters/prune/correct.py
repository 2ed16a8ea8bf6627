"""Bias correction after pruning, from the statistics of calibration data."""

from __future__ import annotations

import numpy as np


def bias_shift(before: np.ndarray, after: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """What to add to the bias [M] so that every output keeps its mean: E[(W - W') x].

    before, after: weights [groups, rows, channels, taps] before and after pruning; mean: of the input that each
    multiplies.
    """
    return ((before.astype(np.float64) - after) * mean).sum((2, 3)).ravel()
