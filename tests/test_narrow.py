"""Weights stored narrow: rounded as promised, and computed with exactly as Python widens them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnz
from nnz.encodings import ENCODINGS, decode, decode_values, encode, values_at
from nnz.format import Model, Op, Tensor, plain_port, read, write
from nnz.narrow import NARROW, SHARES, block_scales, narrow, restore, widen

PRODUCTS = [*(("conv", e) for e in ("dense", "u1", "rb4")), *(("fc", e) for e in ("dense", "u1", "f8x1"))]
LEVELS = ("scalar", "avx2", "avx512")


def weights_of(rows, cols, density, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, cols)) * (rng.random((rows, cols)) < density)).astype(np.float32)


matrices = st.tuples(
    st.integers(1, 40),
    st.integers(1, 600),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
    st.sampled_from([*ENCODINGS]),
)


@given(matrices)
def test_float16_is_rounded_to_nearest(drawn):
    *shape, encoding = drawn
    weights = weights_of(*shape)
    assert np.array_equal(decode(narrow(encode(weights, encoding), "fp16")), weights.astype(np.float16))


@given(matrices)
def test_int8_is_off_by_half_a_step_of_the_row(drawn):
    *shape, encoding = drawn
    weights = weights_of(*shape)
    step = np.abs(weights).max(axis=1, keepdims=True) / 127
    error = np.abs(decode(narrow(encode(weights, encoding), "int8")) - weights)
    assert (error <= step * (0.5 + 1e-5)).all()


@given(matrices, st.sampled_from(SHARES))
def test_int4_rounds_to_nearest_in_its_share(drawn, share):
    *shape, encoding = drawn
    weights = weights_of(*shape)
    matrix = narrow(encode(weights, encoding), "int4", share)
    scales = np.abs(decode_values(matrix, block_scales(matrix)))
    error = np.abs(decode(matrix) - weights)
    # Inside of the range half a step; what lies outside of it was searched to be little: less than half of the range.
    inside = (np.abs(weights) <= 7 * scales) | (weights == 0)
    assert (error <= scales * (0.5 + 1e-3))[inside].all()
    assert (error <= np.abs(weights).max(initial=0) / 2).all()


def test_a_share_is_a_run_of_blocks_of_one_row():
    weights = np.zeros((2, 40), np.float32)
    weights[0, :35], weights[1, 5:10] = 1, 1000
    matrix = narrow(encode(weights, "u1"), "int4", 16)
    assert matrix.scale.shape == (3 + 1, 1)
    assert np.array_equal(decode(matrix), weights)


def test_four_bit_values_are_packed_from_the_lower_half():
    weights = np.array([[-8, 7, 1]], np.float32)
    matrix = narrow(encode(weights, "u1"), "int4")
    assert float(matrix.scale[0, 0]) == 1
    assert matrix.values.tolist() == [0x78, 0x01]


@pytest.mark.parametrize("way", NARROW)
def test_restore_keeps_what_scales_can_represent(way):
    matrix = narrow(encode(weights_of(9, 70, 0.5), "rb4"), way)
    again = restore(matrix, values_at(matrix, decode(matrix)))
    assert np.array_equal(widen(again), widen(matrix))


def test_errors_say_what_is_expected():
    with pytest.raises(ValueError, match="'int2': expected fp16, int8, int4"):
        narrow(encode(np.ones((2, 2), np.float32), "dense"), "int2")
    with pytest.raises(ValueError, match="group is 24: expected 16, 32, 64, 128, 256"):
        narrow(encode(np.ones((2, 2), np.float32), "dense"), "int4", 24)
    for way, magnitude in (("fp16", 7e4), ("int4", 6e5)):
        with pytest.raises(ValueError, match="do not fit float16"):
            narrow(encode(np.full((2, 2), magnitude, np.float32), "dense"), way)


def product(kind, matrix, columns):
    """A model of one product, over `columns` pixels of a convolution or vectors of an fc."""
    if kind == "conv":
        x, y = Tensor(np.float32, (1, matrix.cols, columns)), Tensor(np.float32, (1, matrix.rows, columns))
        op = Op("conv", [0, None, None, None], [1], [0, *[1] * 6, *[0] * 4])
    else:
        x, y = Tensor(np.float32, (columns, matrix.cols)), Tensor(np.float32, (columns, matrix.rows))
        op = Op("fc", [0, None, None], [1], [0])
    return Model([x, y], [matrix], [op], [plain_port("x", 0, x.dims)], [plain_port("y", 1, y.dims)])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("way", NARROW)
@pytest.mark.parametrize(
    "kind, encoding", [("conv", e) for e in ("dense", "u1", "rb4")] + [("fc", e) for e in ("dense", "u1", "f8x1")]
)
def test_products_are_those_of_the_widened_weights(kind, encoding, way, threads, level, use_level):
    """Pieces, shares and parts of rows: large enough for several of each."""
    use_level(level)
    weights = weights_of(333, 700, 1 if encoding == "dense" else 0.3)
    matrix = narrow(encode(weights, encoding), way, 16)
    model = product(kind, matrix, 20 if kind == "conv" else 2)
    x = np.random.default_rng(1).standard_normal(model.tensors[0].dims, np.float32)
    y = nnz.Session(write(model), threads).run({"x": x})["y"]
    wide = decode(matrix).astype(np.float64)
    expected = wide @ x[0] if kind == "conv" else x @ wide.T
    magnitude = np.abs(wide) @ np.abs(x[0]) if kind == "conv" else np.abs(x) @ np.abs(wide.T)
    assert (np.abs(y.reshape(expected.shape) - expected) <= 2e-6 * magnitude + 1e-7).all()


@pytest.mark.parametrize("way", NARROW)
def test_files_give_back_what_was_written(way):
    matrix = narrow(encode(weights_of(20, 300, 0.4), "u1"), way)
    again = read(write(product("conv", matrix, 5))).matrices[0]
    assert again.dtype == NARROW[way]
    assert np.array_equal(decode(again), decode(matrix))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("way", NARROW)
@pytest.mark.parametrize("encoding", ["dense", "u1", "rb4"])
def test_convolutions_over_planes_are_those_of_the_widened_weights(encoding, way, level, use_level):
    """3x3 over 56 columns: columns are packed once for the three taps of a row, and K-blocks are several."""
    use_level(level)
    dims = (1, 64, 56, 56)
    matrix = narrow(encode(weights_of(64, 64 * 9, 1 if encoding == "dense" else 0.2), encoding), way)
    x = np.random.default_rng(1).standard_normal(dims, np.float32)
    op = Op("conv", [0, None, None, None], [1], [0, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1])
    ports = [plain_port("x", 0, dims)], [plain_port("y", 1, dims)]

    def output(weights):
        content = write(Model([Tensor(np.float32, dims)] * 2, [weights], [op], *ports))
        return nnz.Session(content).run({"x": x})["y"]

    wide = encode(decode(matrix), encoding)
    expected = output(wide)
    assert np.abs(output(matrix) - expected).max() <= 1e-5 * np.abs(expected).max()
