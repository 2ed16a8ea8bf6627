"""Encodings store exactly the weights they are given, in the order of docs/FORMAT.md."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnz.encodings import ENCODINGS, INT8_ENCODINGS, count_blocks, decode, encode


def sparse_weights(rows: int, cols: int, density: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, cols)) * (rng.random((rows, cols)) < density)).astype(np.float32)


@given(
    st.integers(1, 40), st.integers(1, 600), st.floats(0, 1), st.integers(0, 2**32 - 1), st.sampled_from([*ENCODINGS])
)
def test_decode_gives_back_what_was_encoded(rows, cols, density, seed, encoding):
    weights = sparse_weights(rows, cols, density, seed)
    matrix = encode(weights, encoding)
    assert np.array_equal(decode(matrix), weights)
    assert matrix.nonzeros == np.count_nonzero(weights)
    assert matrix.blocks == count_blocks(weights != 0, encoding)


@given(
    st.integers(1, 40),
    st.integers(1, 1300),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
    st.sampled_from([*INT8_ENCODINGS]),
)
def test_decode_gives_back_int8(rows, cols, density, seed, encoding):
    weights = (sparse_weights(rows, cols, density, seed) * 100).astype(np.int8)
    matrix = encode(weights, encoding)
    again = decode(matrix)
    assert again.dtype == np.int8 and np.array_equal(again, weights)
    assert matrix.nonzeros == np.count_nonzero(weights)
    assert matrix.blocks == count_blocks(weights != 0, encoding, np.int8)


def test_int8_blocks_are_four_columns_wide():
    weights = np.zeros((9, 1030), np.int8)
    weights[8, 1029], weights[0, 2], weights[0, 3], weights[7, 600] = 1, 2, 3, 4
    single = encode(weights, "q1x4")
    assert single.kblock == 129
    assert single.values.tolist() == [[0, 0, 2, 3], [4, 0, 0, 0], [0, 1, 0, 0]]
    assert single.index.tolist() == [0, 150 - 129, 257 - 129]
    assert single.start.tolist() == [0, 1, 3]
    eight = encode(weights, "q8x4")
    assert eight.values.shape == (3, 32)
    assert eight.values[0, :4].tolist() == [0, 0, 2, 3] and eight.values[1, 28] == 4 and eight.values[2, 1] == 1
    dense = encode(weights, "dense")
    assert dense.blocks == 2 * 258 and dense.values[1, 257, 1] == 1


def test_blocks_are_ordered_by_kblock_then_group_then_column():
    weights = np.zeros((2, 300), np.float32)
    for value, (row, col) in enumerate([(0, 3), (0, 149), (1, 0), (0, 150), (1, 299)], 1):
        weights[row, col] = value
    matrix = encode(weights, "u1")
    assert matrix.kblock == 150
    assert matrix.values.ravel().tolist() == [1, 2, 3, 4, 5]
    assert matrix.index.tolist() == [3, 149, 0, 0, 149]
    assert matrix.count.tolist() == [[2, 1], [1, 1]]
    assert matrix.start.tolist() == [0, 3, 5]


def test_blocks_of_four_rows_carry_their_zeros():
    weights = np.zeros((6, 5), np.float32)
    weights[1, 2], weights[3, 2], weights[5, 4] = 1, 2, 3
    matrix = encode(weights, "rb4")
    assert matrix.values.tolist() == [[0, 1, 0, 2], [0, 3, 0, 0]]
    assert matrix.index.tolist() == [2, 4]
    assert matrix.count.tolist() == [[1, 1]]
    assert matrix.nbytes == 2 * 16 + 2 + 2 * 2 + 2 * 4


def test_dense_is_grouped_by_eight_rows():
    weights = np.arange(9 * 2, dtype=np.float32).reshape(9, 2)
    matrix = encode(weights, "dense")
    assert matrix.values.shape == (2, 2, 8)
    assert matrix.values[0, 1].tolist() == weights[:8, 1].tolist()
    assert matrix.values[1, 0].tolist() == [16, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("shape", [(3,), (0, 3), (3, 0), (1, 1, 1)])
def test_weights_must_be_a_matrix(shape):
    with pytest.raises(ValueError, match="rows, cols"):
        encode(np.zeros(shape, np.float32), "u1")


def test_unknown_encodings_are_named():
    with pytest.raises(ValueError, match=r"'csr'.*dense, u1, rb4, f8x1"):
        encode(np.ones((1, 1), np.float32), "csr")
