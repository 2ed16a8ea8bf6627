"""Narrow values of a weight matrix (docs/FORMAT.md section 5): from float32 and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .records import Matrix

NARROW: dict[str, str] = {"fp16": "float16", "int8": "scaled8", "int4": "scaled4"}
"""Ways to store weights, and what the values of a matrix are then called."""

SHARES = (16, 32, 64, 128, 256)
"""How many blocks may share the scales of four-bit values."""

DEFAULT_SHARE = 32

INTEGERS = {"scaled8": (-127, 127), "scaled4": (-8, 7)}
"""The smallest and largest integer that rounding gives."""

_SEARCHED = np.linspace(0.7, 1.1, 17)
"""Parts of the largest magnitude that are tried as the range of four-bit values."""


def narrow(matrix: Matrix, way: str, share: int = DEFAULT_SHARE) -> Matrix:
    """A matrix of float32 values with its values stored in the `way` "fp16", "int8" or "int4", rounded to nearest.

    int8 has a scale for each row: its largest magnitude by 127. int4 has one for each `share` blocks of a row, of
    those tried the one with the least squared error. ValueError for float32 values that do not fit float16.
    """
    if way not in NARROW:
        raise ValueError(f"weights are to be stored as {way!r}: expected {', '.join(NARROW)}")
    if way == "int4" and share not in SHARES:
        raise ValueError(f"group is {share}: expected {', '.join(map(str, SHARES))}")
    values = matrix.values.reshape(matrix.blocks, matrix.values.shape[-1])
    limit = float(np.finfo(np.float16).max) * (8 if way == "int4" else 1)
    if way != "int8" and np.abs(values).max(initial=0) > limit:
        raise ValueError(f"weights of magnitude {np.abs(values).max():.3g} do not fit float16")
    if way == "fp16":
        return replace(matrix, values=matrix.values.astype(np.float16))
    empty = replace(matrix, values=matrix.values.astype(np.int8), scale=np.zeros(0, np.float32))
    if way == "int8":
        return _store(replace(empty, scale=_row_scales(matrix, values)), values)
    empty = replace(empty, values=np.zeros(0, np.uint8), share=share)
    return _store(replace(empty, scale=_share_scales(empty, values)), values)


def restore(matrix: Matrix, values: np.ndarray) -> Matrix:
    """The same blocks and scales with other values [blocks, B], rounded to the nearest that can be represented."""
    if matrix.dtype == "float16":
        return replace(matrix, values=values.astype(np.float16).reshape(matrix.values.shape))
    return _store(matrix, values)


def widen(matrix: Matrix) -> np.ndarray:
    """The values of a matrix as float32 [blocks, B], as they are computed with."""
    if matrix.scale is None:
        return matrix.values.reshape(matrix.blocks, matrix.values.shape[-1]).astype(np.float32, copy=False)
    scales = block_scales(matrix)
    values = matrix.values
    if matrix.dtype == "scaled4":
        halves = np.stack([values & 15, values >> 4], axis=-1).reshape(-1)[: scales.size]
        values = (halves.astype(np.int8) ^ 8) - 8
    return values.reshape(scales.shape).astype(np.float32) * scales


def block_scales(matrix: Matrix) -> np.ndarray:
    """The scale of each scaled value: float32 [blocks, B]."""
    assert matrix.scale is not None
    which = _share_of_block(matrix) if matrix.dtype == "scaled4" else _group_of_block(matrix)
    return matrix.scale.astype(np.float32)[which]


def count_shares(matrix: Matrix) -> int:
    """How many shares the runs of a matrix have."""
    return int((-(-_runs(matrix) // matrix.share)).sum())


def _store(matrix: Matrix, values: np.ndarray) -> Matrix:
    scales = block_scales(matrix)
    low, high = INTEGERS[matrix.dtype]
    quotient = np.divide(values, scales, out=np.zeros(values.shape, np.float32), where=scales != 0)
    integers = np.clip(np.rint(quotient), low, high).astype(np.int8)
    if matrix.dtype == "scaled8":
        return replace(matrix, values=integers.reshape(matrix.values.shape))
    halves = np.append(integers.reshape(-1), np.zeros(integers.size % 2, np.int8)).view(np.uint8) & 15
    return replace(matrix, values=halves[::2] | halves[1::2] << 4)


def _runs(matrix: Matrix) -> np.ndarray:
    """The number of blocks of each run."""
    if matrix.count is None:
        return np.full(matrix.blocks // matrix.cols, matrix.cols)
    return matrix.count.reshape(-1).astype(np.intp)


def _group_of_block(matrix: Matrix) -> np.ndarray:
    runs = _runs(matrix)
    groups = len(runs) if matrix.count is None else matrix.count.shape[1]
    return np.repeat(np.arange(len(runs)) % groups, runs)


def _share_of_block(matrix: Matrix) -> np.ndarray:
    runs = _runs(matrix)
    shares = -(-runs // matrix.share)
    position = np.arange(matrix.blocks) - np.repeat(np.cumsum(runs) - runs, runs)
    return np.repeat(np.cumsum(shares) - shares, runs) + position // matrix.share


def _row_scales(matrix: Matrix, values: np.ndarray) -> np.ndarray:
    """[groups, B]: the largest magnitude of each row by 127."""
    which = _group_of_block(matrix)
    height = values.shape[1]
    scale = np.zeros((-(-matrix.rows // height), height), np.float32)
    np.maximum.at(scale, which, np.abs(values))
    return scale / np.float32(127)


def _share_scales(matrix: Matrix, values: np.ndarray) -> np.ndarray:
    """float16 [shares, B]: the value of largest magnitude becomes -8 or 7, or a little less or more than that."""
    if not matrix.blocks:
        return np.zeros((0, values.shape[1]), np.float16)
    which = _share_of_block(matrix)
    begin = np.flatnonzero(np.diff(which, prepend=-1))
    high, low = np.maximum.reduceat(values, begin, axis=0), np.minimum.reduceat(values, begin, axis=0)
    extreme = np.where(high > -low, high, low)
    best = error = None
    for part in _SEARCHED:
        for limit in (-8, 7):
            scale = (extreme * (part / limit)).astype(np.float16)
            spread = scale.astype(np.float32)[which]
            quotient = np.divide(values, spread, out=np.zeros(values.shape, np.float32), where=spread != 0)
            found = np.add.reduceat((np.clip(np.rint(quotient), -8, 7) * spread - values) ** 2, begin, axis=0)
            if best is None:
                best, error = scale, found
            else:
                best, error = np.where(found < error, scale, best), np.minimum(found, error)
    return best
