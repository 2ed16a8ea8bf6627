"""Whether two runtimes compute the same."""

from __future__ import annotations

import numpy as np

FLOAT_DIFFERENCE = 1e-4
INT8_DECIBEL = 30.0

Arrays = dict[str, np.ndarray]


def compare(outputs: Arrays, reference: Arrays, int8: bool) -> dict[str, object]:
    """ "difference" or "snr_db" for a table's row, and "problem" where they are not what is wanted."""
    if int8:
        snr = smallest_snr(outputs, reference)
        problem = {} if snr >= INT8_DECIBEL else {"problem": f"outputs have {snr:.1f} dB, less than {INT8_DECIBEL:g}"}
        return {"snr_db": snr, **problem}
    difference = largest_difference(outputs, reference)
    return {
        "difference": difference,
        **({} if difference <= FLOAT_DIFFERENCE else {"problem": f"outputs differ by {difference:.1e}"}),
    }


def largest_difference(outputs: Arrays, reference: Arrays) -> float:
    """Of all outputs, relative to the largest magnitude of each in the reference; infinite where one is missing,
    shaped otherwise or not a number.
    """
    worst = 0.0
    for name, expected in reference.items():
        if not _comparable(outputs.get(name), expected):
            return float("inf")
        scale = max(float(np.abs(expected).max()), np.finfo(np.float32).tiny)
        worst = max(worst, float(np.abs(outputs[name].astype(np.float64) - expected).max()) / scale)
    return worst


def smallest_snr(outputs: Arrays, reference: Arrays) -> float:
    """Of all outputs, signal to noise in dB; minus infinity where one is missing, shaped otherwise or not a number."""
    worst = float("inf")
    for name, expected in reference.items():
        if not _comparable(outputs.get(name), expected):
            return -float("inf")
        signal = float((expected.astype(np.float64) ** 2).sum())
        noise = float(((outputs[name].astype(np.float64) - expected) ** 2).sum())
        if noise:
            worst = min(worst, 10 * np.log10(max(signal, np.finfo(float).tiny) / noise))
    return worst


def _comparable(found: np.ndarray | None, expected: np.ndarray) -> bool:
    return found is not None and found.shape == expected.shape and bool(np.isfinite(found.astype(np.float64)).all())
