"""Encodings of a weight matrix (docs/FORMAT.md section 5): between arrays of [rows, cols] and `Matrix`."""

from __future__ import annotations

import numpy as np

from .narrow import widen
from .records import Matrix

ENCODINGS: dict[str, int] = {"dense": 8, "u1": 1, "rb4": 4, "f8x1": 8}
"""Encodings of weights that are computed with in float32: rows of a block; every block is one column wide."""

INT8_ENCODINGS: dict[str, tuple[int, int]] = {"dense": (8, 4), "u1": (1, 1), "q1x4": (1, 4), "q8x4": (8, 4)}
"""Encodings of int8 weights: rows and columns of a block."""

MAX_KBLOCK = 256


def block_shape(encoding: str, dtype: np.dtype | type | str) -> tuple[int, int]:
    """Rows and columns of a block of weights, int8 or others (as Matrix.dtype says). ValueError where there is no such
    encoding.
    """
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if name == "int8":
        shapes = INT8_ENCODINGS
    else:
        shapes = {name: (rows, 1) for name, rows in ENCODINGS.items()}
    if encoding not in shapes:
        raise ValueError(f"unknown encoding {encoding!r} of {name}: expected one of {', '.join(shapes)}")
    return shapes[encoding]


def encode(weights: np.ndarray, encoding: str) -> Matrix:
    """
    Stores `weights` [rows, cols]: int8 by a key of `INT8_ENCODINGS`, others as float32 by a key of `ENCODINGS`.

    All encodings but "dense" leave out blocks of zeros.
    """
    weights = np.ascontiguousarray(weights, np.int8 if weights.dtype == np.int8 else np.float32)
    if weights.ndim != 2 or 0 in weights.shape:
        raise ValueError(f"weights have shape {list(weights.shape)}: expected [rows, cols], each at least 1")
    rows, cols = weights.shape
    blocks = _blocks(weights, block_shape(encoding, weights.dtype))
    groups, units = blocks.shape[:2]
    nonzeros = int(np.count_nonzero(weights))
    if encoding == "dense":
        return Matrix(encoding, rows, cols, 0, blocks, blocks=groups * units, nonzeros=nonzeros)

    kblock = _kblock(units)
    kblocks = -(-units // kblock)
    present = np.zeros((groups, kblocks * kblock), bool)
    present[:, :units] = blocks.any(axis=2)
    present = present.reshape(groups, kblocks, kblock).transpose(1, 0, 2)
    k, group, unit = np.nonzero(present)
    count = present.sum(axis=2, dtype=np.uint16)
    start = np.zeros(kblocks + 1, np.uint32)
    np.cumsum(count.sum(axis=1, dtype=np.uint32), out=start[1:])
    values = blocks[group, k * kblock + unit]
    return Matrix(encoding, rows, cols, kblock, values, unit.astype(np.uint8), count, start, len(unit), nonzeros)


def decode(matrix: Matrix) -> np.ndarray:
    """The weights [rows, cols] of a matrix, int8, or float32 as they are computed with."""
    return decode_values(matrix, matrix.values if matrix.dtype == "int8" else widen(matrix))


def decode_values(matrix: Matrix, values: np.ndarray) -> np.ndarray:
    """[rows, cols], with `values` in the place of the matrix's own, one for each, and 0 where there is no block."""
    height, width = block_shape(matrix.encoding, matrix.dtype)
    groups, units = -(-matrix.rows // height), -(-matrix.cols // width)
    if matrix.encoding == "dense":
        blocks = values.reshape(groups, units, height * width)
    else:
        assert matrix.index is not None
        k, group = block_positions(matrix)
        blocks = np.zeros((groups, units, height * width), values.dtype)
        blocks[group, k * matrix.kblock + matrix.index] = values.reshape(-1, height * width)
    whole = blocks.reshape(groups, units, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(whole.reshape(groups * height, units * width)[: matrix.rows, : matrix.cols])


def values_at(matrix: Matrix, weights: np.ndarray) -> np.ndarray:
    """What `weights` [rows, cols] are in each block of the matrix: [blocks, B U]."""
    shape = block_shape(matrix.encoding, matrix.dtype)
    blocks = _blocks(weights, shape)
    if matrix.encoding == "dense":
        return blocks.reshape(-1, shape[0] * shape[1])
    assert matrix.index is not None
    k, group = block_positions(matrix)
    return blocks[group, k * matrix.kblock + matrix.index]


def block_positions(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The K-block and the group of each stored block of a sparse matrix."""
    assert matrix.count is not None
    kblocks, groups = matrix.count.shape
    k = np.repeat(np.arange(kblocks), matrix.count.sum(axis=1, dtype=np.intp))
    group = np.repeat(np.tile(np.arange(groups), kblocks), matrix.count.ravel())
    return k, group


def count_blocks(nonzero: np.ndarray, encoding: str, dtype: np.dtype | type = np.float32) -> int:
    """How many blocks `encoding` stores for weights that are nonzero where `nonzero` [rows, cols] is true."""
    blocks = _blocks(nonzero, block_shape(encoding, dtype))
    return blocks.shape[0] * blocks.shape[1] if encoding == "dense" else int(np.count_nonzero(blocks.any(axis=2)))


def _blocks(a: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """[groups, units, B U]: `a` in blocks, with zeros where the last rows and columns are missing."""
    height, width = shape
    rows, cols = (-(-n // d) * d for n, d in zip(a.shape, shape, strict=True))
    if (rows, cols) != a.shape:
        padded = np.zeros((rows, cols), a.dtype)
        padded[: a.shape[0], : a.shape[1]] = a
        a = padded
    blocks = a.reshape(rows // height, height, cols // width, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(blocks.reshape(rows // height, cols // width, height * width))


def _kblock(units: int) -> int:
    """Index units in a K-block: as equal as blocks of at most 256 can be."""
    return -(-units // -(-units // MAX_KBLOCK))
