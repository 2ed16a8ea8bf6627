"""Encodings of a weight matrix (docs/FORMAT.md section 5): between arrays of [rows, cols] and `Matrix`."""

from __future__ import annotations

import numpy as np

from .records import Matrix

ENCODINGS: dict[str, int] = {"dense": 8, "u1": 1, "rb4": 4, "f8x1": 8}
"""Rows of a block; every block is one column wide."""

MAX_KBLOCK = 256


def encode(weights: np.ndarray, encoding: str) -> Matrix:
    """Stores `weights` [rows, cols] float32; by a key of `ENCODINGS`; all but "dense" leave out blocks of zeros."""
    weights = np.ascontiguousarray(weights, np.float32)
    if weights.ndim != 2 or 0 in weights.shape:
        raise ValueError(f"weights have shape {list(weights.shape)}: expected [rows, cols], each at least 1")
    block = _block_rows(encoding)
    rows, cols = weights.shape
    grouped = _pad_rows(weights, block).reshape(-1, block, cols)
    nonzeros = int(np.count_nonzero(weights))
    if encoding == "dense":
        values = np.ascontiguousarray(grouped.transpose(0, 2, 1))
        return Matrix(encoding, rows, cols, 0, values, blocks=len(grouped) * cols, nonzeros=nonzeros)

    kblock = _kblock(cols)
    kblocks = -(-cols // kblock)
    present = np.zeros((len(grouped), kblocks * kblock), bool)
    present[:, :cols] = (grouped != 0).any(axis=1)
    present = present.reshape(len(grouped), kblocks, kblock).transpose(1, 0, 2)
    k, group, column = np.nonzero(present)
    count = present.sum(axis=2, dtype=np.uint16)
    start = np.zeros(kblocks + 1, np.uint32)
    np.cumsum(count.sum(axis=1, dtype=np.uint32), out=start[1:])
    values = np.ascontiguousarray(grouped[group, :, k * kblock + column])
    return Matrix(encoding, rows, cols, kblock, values, column.astype(np.uint8), count, start, len(column), nonzeros)


def decode(matrix: Matrix) -> np.ndarray:
    """The weights [rows, cols] float32 of a matrix."""
    block = _block_rows(matrix.encoding)
    groups = -(-matrix.rows // block)
    if matrix.encoding == "dense":
        grouped = matrix.values.reshape(groups, matrix.cols, block).transpose(0, 2, 1)
    else:
        assert matrix.index is not None
        k, group = block_positions(matrix)
        grouped = np.zeros((groups, block, matrix.cols), np.float32)
        grouped[group, :, k * matrix.kblock + matrix.index] = matrix.values.reshape(-1, block)
    return np.ascontiguousarray(grouped.reshape(groups * block, matrix.cols)[: matrix.rows])


def block_positions(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The K-block and the group of each stored block of a sparse matrix."""
    assert matrix.count is not None
    count = np.asarray(matrix.count).reshape(-(-matrix.cols // matrix.kblock), -1)
    kblocks, groups = count.shape
    k = np.repeat(np.arange(kblocks), count.sum(axis=1, dtype=np.int64))
    group = np.repeat(np.tile(np.arange(groups), kblocks), count.ravel())
    return k, group


def count_blocks(nonzero: np.ndarray, encoding: str) -> int:
    """How many blocks `encoding` stores for weights that are nonzero where `nonzero` [rows, cols] is true."""
    block = _block_rows(encoding)
    rows, cols = nonzero.shape
    if encoding == "dense":
        return -(-rows // block) * cols
    if block == 1:
        return int(np.count_nonzero(nonzero))
    return int(np.count_nonzero(_pad_rows(nonzero, block).reshape(-1, block, cols).any(axis=1)))


def _block_rows(encoding: str) -> int:
    if encoding not in ENCODINGS:
        raise ValueError(f"unknown encoding {encoding!r}: expected one of {', '.join(ENCODINGS)}")
    return ENCODINGS[encoding]


def _kblock(cols: int) -> int:
    """Index units in a K-block: as equal as blocks of at most 256 can be."""
    return -(-cols // -(-cols // MAX_KBLOCK))


def _pad_rows(a: np.ndarray, multiple: int) -> np.ndarray:
    missing = -a.shape[0] % multiple
    return np.concatenate([a, np.zeros((missing, a.shape[1]), a.dtype)]) if missing else a
