"""The encoding and the pattern in which a target runs a layer fastest, by its costs (python/nnz/costs.py)."""

from __future__ import annotations

from math import prod

import numpy as np

from nnz.costs import CANDIDATES, load_profile, predict, weight_type
from nnz.encodings import ENCODINGS, block_shape, count_blocks

PATTERNS = {"u1": "unstructured", "rb4": "4x1", "f8x1": "8x1"}

NEARLY = 1.05


def choose_encoding(
    kind: str, weights: np.ndarray, pixels: int, target: str = "host", value_bytes: float | None = None
) -> tuple[str, str]:
    """The encoding in which the target runs a layer fastest, and the reason: the candidates' times, fastest first.

    Of encodings within NEARLY of the fastest, which the model cannot tell apart, the one of fewest bytes is taken.

    kind: a key of CANDIDATES; weights: [rows, cols] with zeros where nothing is to be done; pixels: output pixels of a
    convolution, number of vectors of an `fc` or `qfc`; target: see load_profile(); value_bytes: of a weight in the file
    (default: those of the kind's type).
    """
    profile = load_profile(target)
    rows, cols = weights.shape
    nonzero = weights != 0
    dtype = weight_type(kind)
    times, sizes = {}, {}
    for encoding in CANDIDATES[kind]:
        blocks = count_blocks(nonzero, encoding, dtype)
        times[encoding] = predict(profile, kind, encoding, rows, cols, blocks, pixels)
        values = (value_bytes or dtype.itemsize) * prod(block_shape(encoding, dtype))
        sizes[encoding] = blocks * (values + (encoding != "dense"))
    order = sorted(times, key=lambda encoding: times[encoding])
    reason = ", ".join(f"{encoding} {_duration(times[encoding])}" for encoding in order)
    choice = min((e for e in order if times[e] <= NEARLY * times[order[0]]), key=lambda encoding: sizes[encoding])
    return choice, reason if choice == order[0] else f"{reason}; {choice} is nearly as fast and smaller"


def fastest_pattern(kind: str, rows: int, cols: int, pixels: int, sparsity: float, target: str = "host") -> str:
    """The pruning pattern ("unstructured", "4x1", "8x1") whose kernel runs a float layer of `sparsity` fastest on the
    target.
    """
    profile = load_profile(target)

    def time(encoding: str) -> float:
        blocks = round((1 - sparsity) * rows * cols / ENCODINGS[encoding])
        return predict(profile, kind, encoding, rows, cols, blocks, pixels)

    return PATTERNS[min((e for e in CANDIDATES[kind] if e in PATTERNS), key=time)]


def _duration(nanoseconds: float) -> str:
    if nanoseconds < 1e3:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.3g} us"
    return f"{nanoseconds / 1e6:.3g} ms"
