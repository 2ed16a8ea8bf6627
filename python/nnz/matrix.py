"""The sparse matrix product by itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from .encodings import ENCODINGS, count_blocks, encode
from .errors import ArgumentError, DTypeError
from .narrow import DEFAULT_SHARE, narrow
from .records import Matrix, Model, Op, Tensor, plain_port
from .session import Session
from .writer import write

_PRODUCT_ENCODINGS = ("dense", "u1", "rb4")
_CACHED_SESSIONS = 8


class SparseMatrix:
    """
    Weights prepared for many products: `matrix @ x`, or `nnz.spmm(matrix, x)`.

    `weights` is a 2-D array of [M, K], or any scipy sparse matrix; it is stored as float32. `encoding` is "u1"
    (single weights), "rb4" (blocks of four rows by one column), "dense", or "auto": dense where more than half of the
    weights are nonzero, else blocks where they are at least half full. `values` is "fp32", or "fp16", "int8" or "int4":
    weights are stored in fewer bits, rounded to nearest, and computed with in float32; `group` is how many int4 weights
    of a row share a scale. A matrix keeps the sessions of the widths and thread counts last used.
    """

    def __init__(self, weights: Any, encoding: str = "auto", values: str = "fp32", group: int = DEFAULT_SHARE) -> None:
        dense = _as_dense(weights)
        if encoding == "auto":
            encoding = _choose(dense != 0)
        if encoding not in _PRODUCT_ENCODINGS:
            expected = ", ".join(("auto", *_PRODUCT_ENCODINGS))
            raise ArgumentError(f"encoding is {encoding!r}: expected one of {expected}")
        self._matrix: Matrix = encode(dense, encoding)
        if values != "fp32":
            try:
                self._matrix = narrow(self._matrix, values, group)
            except ValueError as error:
                raise ArgumentError(str(error)) from None
        self._sessions: OrderedDict[tuple[int, int], Session] = OrderedDict()

    @property
    def shape(self) -> tuple[int, int]:
        return self._matrix.rows, self._matrix.cols

    @property
    def encoding(self) -> str:
        return self._matrix.encoding

    @property
    def nnz(self) -> int:
        """The number of weights that are not zero."""
        return self._matrix.nonzeros

    @property
    def nbytes(self) -> int:
        return self._matrix.nbytes

    def __matmul__(self, x: np.ndarray) -> np.ndarray:
        return spmm(self, x)

    def __repr__(self) -> str:
        rows, cols = self.shape
        return f"<nnz.SparseMatrix {rows} x {cols}, {self.nnz} nonzeros, {self.encoding}>"

    def session(self, columns: int, threads: int) -> Session:
        """A session that computes W x for x of [1, K, columns]."""
        key = columns, threads
        session = self._sessions.get(key)
        if session is None:
            session = self._sessions[key] = Session(write(self._model(columns)), threads, profile=False)
            if len(self._sessions) > _CACHED_SESSIONS:
                self._sessions.popitem(last=False)
        else:
            self._sessions.move_to_end(key)
        return session

    def _model(self, columns: int) -> Model:
        rows, cols = self.shape
        x, y = Tensor(np.float32, (1, cols, columns)), Tensor(np.float32, (1, rows, columns))
        product = Op("conv", [0, None, None, None], [1], params=[0, *[1] * 6, *[0] * 4])
        return Model([x, y], [self._matrix], [product], [plain_port("x", 0, x.dims)], [plain_port("y", 1, y.dims)])


def spmm(weights: Any, x: np.ndarray, out: np.ndarray | None = None, threads: int = 1) -> np.ndarray:
    """
    `weights @ x`: weights of [M, K] times x of [K, N] or [K], float32, giving [M, N] or [M].

    `weights` is a SparseMatrix, or what one is made of (then it is prepared anew in each call). `out`, if given, is a
    C-contiguous float32 array of the result's shape to be written, which shares no memory with `x`.
    """
    matrix = weights if isinstance(weights, SparseMatrix) else SparseMatrix(weights)
    x = np.asarray(x)
    rows, cols = matrix.shape
    if x.ndim not in (1, 2) or x.shape[0] != cols or 0 in x.shape:
        raise ArgumentError(f"x has shape {list(x.shape)}: expected [{cols}, N], N at least 1, or [{cols}]")
    if x.dtype != np.float32:
        raise DTypeError(f"x is {x.dtype}: expected float32")
    shape, columns = (rows, *x.shape[1:]), x.size // cols
    if out is None:
        out = np.empty(shape, np.float32)
    elif out.shape != shape or out.dtype != np.float32 or not out.flags.c_contiguous:
        raise ArgumentError(f"out is {out.dtype} {list(out.shape)}: expected C-contiguous float32 {list(shape)}")
    operands, result = {"x": x.reshape(1, cols, columns)}, {"y": out.reshape(1, rows, columns)}
    matrix.session(columns, threads).run(operands, out=result)
    return out


def _as_dense(weights: Any) -> np.ndarray:
    """Arrays and scipy's sparse matrices (which know how to become arrays) as float32 [M, K]."""
    dense = weights.toarray() if hasattr(weights, "toarray") else np.asarray(weights)
    if dense.ndim != 2 or 0 in dense.shape:
        raise ArgumentError(f"weights have shape {list(dense.shape)}: expected [M, K], each at least 1")
    if dense.dtype.kind not in "fiub":
        raise DTypeError(f"weights are {dense.dtype}: expected real numbers")
    return dense.astype(np.float32, copy=False)


def _choose(nonzero: np.ndarray) -> str:
    """Blocks cost about half of what their four weights would cost one by one."""
    singles = count_blocks(nonzero, "u1")
    if 2 * singles > nonzero.size:
        return "dense"
    return "rb4" if count_blocks(nonzero, "rb4") * ENCODINGS["rb4"] <= 2 * singles else "u1"
