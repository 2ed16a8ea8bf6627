"""Which weights are pruned together.

Weights are arrays [groups, rows, channels, taps]: a convolution's outputs in each group, input channels of a group,
and kernel positions; a matrix is [1, M, K, 1]. A block spans neighbouring outputs and neighbouring input channels of
one tap and never crosses groups; the last block of an axis that is no multiple is smaller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pattern:
    """Blocks of `rows` outputs by `channels` inputs are kept or pruned as a whole; or, where `keep` is not 0, of each
    `channels` inputs of an output and tap at most `keep` are kept (N:M, with N = keep and M = channels)."""

    rows: int = 1
    channels: int = 1
    keep: int = 0

    def __str__(self) -> str:
        if self.keep:
            return f"{self.keep}:{self.channels}"
        return "unstructured" if self.rows == self.channels == 1 else f"{self.rows}x{self.channels}"

    @property
    def sparsity(self) -> float | None:
        """The sparsity that the pattern itself fixes, or None."""
        return 1 - self.keep / self.channels if self.keep else None


def parse_pattern(text: str) -> Pattern:
    """ "unstructured", "OxI" (O outputs by I inputs: 4x1, 1x4, 8x1) or "N:M" (at most N of M neighbouring inputs).
    ValueError for other text.
    """
    if text == "unstructured":
        return Pattern()
    if match := re.fullmatch(r"(\d+)x(\d+)", text):
        rows, channels = map(int, match.groups())
        if 1 <= rows <= 64 and 1 <= channels <= 64:
            return Pattern(rows, channels)
    if match := re.fullmatch(r"(\d+):(\d+)", text):
        keep, channels = map(int, match.groups())
        if 1 <= keep < channels <= 64:
            return Pattern(1, channels, keep)
    raise ValueError(
        f"unknown pattern '{text}': expected auto, unstructured, a block of outputs x inputs (4x1, 1x4, 8x1), "
        "or N:M with N of M inputs kept (2:4)"
    )


@dataclass(frozen=True)
class Blocks:
    """What pruning each block costs and saves: flat arrays. `energy`: sum of squared saliencies; `weights`: how many
    weights it has.
    """

    energy: np.ndarray
    weights: np.ndarray


def blocks(saliency: np.ndarray, pattern: Pattern) -> Blocks:
    """The blocks of a layer whose weights have `saliency` [groups, rows, channels, taps]."""
    energy = _cut(saliency.astype(np.float64) ** 2, pattern).sum((2, 4))
    weights = _cut(np.ones(saliency.shape, np.int64), pattern).sum((2, 4))
    return Blocks(energy.ravel(), weights.ravel())


def expand(keep: np.ndarray, shape: tuple[int, int, int, int], pattern: Pattern) -> np.ndarray:
    """From whether each block is kept (in the order of blocks()) to whether each weight is: bool of `shape`."""
    groups, rows, channels, taps = shape
    keep = keep.reshape(groups, -(-rows // pattern.rows), -(-channels // pattern.channels), taps)
    keep = keep.repeat(pattern.rows, axis=1)[:, :rows]
    return keep.repeat(pattern.channels, axis=2)[:, :, :channels]


def keep_n_of_m(saliency: np.ndarray, pattern: Pattern) -> np.ndarray:
    """Whether each weight is kept under an N:M pattern: the N most salient of each M."""
    cut = _cut(saliency, pattern, fill=-1)  # what fills the last M up loses against every weight
    order = np.argsort(-cut, axis=4, kind="stable")
    keep = np.zeros(cut.shape, bool)
    np.put_along_axis(keep, order[:, :, :, :, : pattern.keep], True, axis=4)
    groups, rows, channels, taps = saliency.shape
    return keep.reshape(groups, rows, -1, taps)[:, :, :channels]


def _cut(a: np.ndarray, pattern: Pattern, fill: float = 0) -> np.ndarray:
    """[groups, rows, channels, taps] as [groups, row blocks, rows of one, channel blocks, channels of one, taps],
    filled up.
    """
    groups, rows, channels, taps = a.shape
    missing = ((0, 0), (0, -rows % pattern.rows), (0, -channels % pattern.channels), (0, 0))
    a = np.pad(a, missing, constant_values=fill)
    return a.reshape(groups, a.shape[1] // pattern.rows, pattern.rows, -1, pattern.channels, taps)
