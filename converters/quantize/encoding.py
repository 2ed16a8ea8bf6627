"""The encoding of int8 weights, from how many blocks it would store."""

from __future__ import annotations

import numpy as np

from nnz.encodings import count_blocks

BLOCKS = {"qconv": "q1x4", "qfc": "q8x4"}
SHARE = 0.6
"""Blocks are worth their index where fewer than this share of them is stored."""


def choose_int8_encoding(kind: str, weights: np.ndarray) -> tuple[str, str]:
    """The encoding of a `qconv` or `qfc` with `weights` [rows, cols], and the reason."""
    encoding = BLOCKS[kind]
    nonzero = weights != 0
    stored = count_blocks(nonzero, encoding, np.int8)
    possible = count_blocks(np.ones_like(nonzero), encoding, np.int8)
    ones = int(np.count_nonzero(nonzero))
    reason = f"{stored / possible:.0%} of {encoding} blocks are not zero"
    if stored < SHARE * possible:
        if ones <= stored * (8 if encoding == "q8x4" else 1):
            return "u1", f"{reason}, with one value each"
        return encoding, reason
    return "dense", f"{reason}: blocks pay below {SHARE:.0%}"
