"""nnz.spmm and nnz.SparseMatrix against numpy."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import nnz


def operands(m: int, k: int, n: int, density: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    w = (rng.standard_normal((m, k)) * (rng.random((m, k)) < density)).astype(np.float32)
    return w, rng.standard_normal((k, n)).astype(np.float32)


def assert_product(y: np.ndarray, w: np.ndarray, x: np.ndarray) -> None:
    exact = w.astype(np.float64) @ x.astype(np.float64)
    # Each sum errs by at most its length times the unit roundoff times the sum of magnitudes.
    bound = (w.shape[1] + 1) * 2.0**-24 * (np.abs(w).astype(np.float64) @ np.abs(x).astype(np.float64))
    assert y.dtype == np.float32 and y.shape == exact.shape
    assert (np.abs(y - exact) <= bound + 1e-30).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 600),
    st.integers(1, 110),
    st.sampled_from([0.0, 0.05, 0.3, 0.9]),
    st.integers(0, 1000),
    st.sampled_from(["auto", "u1", "rb4", "dense"]),
)
def test_products_of_random_matrices(m, k, n, density, seed, encoding):
    w, x = operands(m, k, n, density, seed)
    matrix = nnz.SparseMatrix(w, encoding)
    assert matrix.shape == (m, k) and matrix.nnz == np.count_nonzero(w)
    assert_product(matrix @ x, w, x)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
def test_scipy_matrices(form):
    w, x = operands(30, 50, 20, 0.1, 0)
    assert_product(nnz.spmm(scipy.sparse.csr_matrix(w).asformat(form), x), w, x)
    assert_product(nnz.spmm(scipy.sparse.csr_array(w), x), w, x)


def test_threads_and_out():
    w, x = operands(64, 128, 300, 0.1, 1)
    out = np.empty((64, 300), np.float32)
    matrix = nnz.SparseMatrix(w)
    assert nnz.spmm(matrix, x, out=out, threads=2) is out
    assert_product(out, w, x)
    assert np.array_equal(nnz.spmm(matrix, x, threads=1), out)


def test_vectors():
    """As in numpy: [M, K] times [K] is [M]."""
    w, x = operands(30, 50, 2, 0.1, 3)
    matrix, out = nnz.SparseMatrix(w), np.empty(30, np.float32)
    for column in x.T:  # not contiguous
        assert nnz.spmm(matrix, column, out=out) is out
        assert_product(out, w, column)
        assert_product(matrix @ column, w, column)


def test_encoding_follows_the_zeros():
    rng = np.random.default_rng(0)
    assert nnz.SparseMatrix(rng.random((64, 64)) + 1).encoding == "dense"
    assert nnz.SparseMatrix(rng.random((64, 64)) < 0.1).encoding == "u1"
    assert nnz.SparseMatrix(np.repeat(rng.random((16, 64)) < 0.1, 4, axis=0)).encoding == "rb4"


def test_many_widths_forget_the_oldest_sessions():
    w, _ = operands(5, 7, 1, 0.5, 2)
    matrix = nnz.SparseMatrix(w)
    for n in [*range(1, 30), 1, 29]:
        x = np.ones((7, n), np.float32)
        assert_product(matrix @ x, w, x)
    assert len(matrix._sessions) <= 8


@pytest.mark.parametrize(
    ("weights", "x", "error", "message"),
    [
        (np.ones((2, 3)), np.ones((4, 1), np.float32), ValueError, r"x has shape \[4, 1\]: expected \[3, N\]"),
        (np.ones((2, 3)), np.ones(2, np.float32), ValueError, r"x has shape \[2\]: expected \[3, N\], .* or \[3\]"),
        (np.ones((2, 3)), np.ones((3, 1)), TypeError, "x is float64: expected float32"),
        (np.ones(3), np.ones((3, 1), np.float32), ValueError, r"weights have shape \[3\]"),
        (np.ones((2, 3), complex), np.ones((3, 1), np.float32), TypeError, "weights are complex128"),
    ],
)
def test_wrong_operands(weights, x, error, message):
    with pytest.raises(error, match=message):
        nnz.spmm(weights, x)


def test_wrong_out_and_encoding():
    w, x = operands(2, 3, 4, 1, 0)
    with pytest.raises(ValueError, match=r"expected C-contiguous float32 \[2, 4\]"):
        nnz.spmm(w, x, out=np.empty((4, 2), np.float32).T)
    with pytest.raises(ValueError, match="encoding is 'f8x1': expected one of auto, dense, u1, rb4"):
        nnz.SparseMatrix(w, "f8x1")


def test_scipy_and_onnx_are_not_imported_unasked():
    code = """
import sys, numpy, nnz
nnz.spmm(numpy.eye(3), numpy.ones((3, 2), "f4"))
print([m for m in ("scipy", "onnx", "onnxruntime", "rich", "nnz.convert") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
