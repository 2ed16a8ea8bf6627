"""Convolutions whose plan orders their weights (pairs.c and walks.c in runtime/src/ops), beside double precision."""

import numpy as np
import pytest

import nnz
from nnz import format
from nnz.encodings import encode

RNG = np.random.default_rng(5)


def convolution(weights: np.ndarray, side: int, encoding: str = "u1") -> bytes:
    """y = max(W x + bias + residual, 0), planes of side x side padded to keep their size."""
    rows, channels, kernel, _ = weights.shape
    tensors = [format.Tensor(np.float32, (1, n, side, side)) for n in (channels, rows, rows)]
    bias = RNG.standard_normal(rows).astype(np.float32)
    tensors.append(format.Tensor(np.float32, (rows,), bias))
    window = [kernel, kernel, 1, 1, 1, 1, *[kernel // 2] * 4]
    op = format.Op("conv", [0, 3, 2, None], [1], [0, *window], "clip", (0.0, np.inf))
    matrix = encode(weights.reshape(rows, -1), encoding)
    inputs = [format.plain_port("x", 0, tensors[0].dims), format.plain_port("residual", 2, tensors[2].dims)]
    return format.write(format.Model(tensors, [matrix], [op], inputs, [format.plain_port("y", 1, tensors[1].dims)]))


def expected(weights: np.ndarray, bias: np.ndarray, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
    kernel, side = weights.shape[2], x.shape[2]
    padded = np.pad(x[0].astype(np.float64), ((0, 0), *[(kernel // 2,) * 2] * 2))
    y = residual[0] + bias[:, None, None].astype(np.float64)
    for i in range(kernel):
        for j in range(kernel):
            y += np.tensordot(weights[:, :, i, j].astype(np.float64), padded[:, i : i + side, j : j + side], 1)
    return np.maximum(y, 0)[None]


@pytest.mark.parametrize("level", ["avx2", "avx512"])
@pytest.mark.parametrize("side", [7, 9, 14, 28, 56])
@pytest.mark.parametrize(
    ("rows", "channels", "kernel"),
    [(33, 40, 3), (64, 147, 1), (17, 300, 1), (40, 700, 1), (1, 64, 1), (300, 32, 3)],
)
@pytest.mark.parametrize(("encoding", "height"), [("u1", 1), ("rb4", 4)])
def test_weights_in_another_order(encoding, height, rows, channels, kernel, side, level, use_level):
    use_level(level)
    shape = (rows, channels, kernel, kernel)
    there = np.repeat(RNG.random((-(-rows // height), *shape[1:])) < 0.15, height, axis=0)[:rows]
    weights = (RNG.standard_normal(shape) * there).astype(np.float32)
    weights[:height] = 0
    content = convolution(weights, side, encoding)
    x, residual = (RNG.standard_normal((1, n, side, side)).astype(np.float32) for n in (channels, rows))
    session = nnz.Session(content, threads=1)
    y = session.run({"x": x, "residual": residual})["y"]
    bias = format.read(content).tensors[3].data
    np.testing.assert_allclose(y, expected(weights, bias, x, residual), rtol=1e-4, atol=1e-4)
    for threads in (2, 3):
        again = nnz.Session(content, threads=threads).run({"x": x, "residual": residual})["y"]
        assert again.tobytes() == y.tobytes()


def kernel_of(rows: int, channels: int, side: int, density: float = 0.2) -> str:
    weights = (RNG.standard_normal((rows, channels, 1, 1)) * (RNG.random((rows, channels, 1, 1)) < density)).astype(
        np.float32
    )
    return nnz.Session(convolution(weights, side)).profile()[0].kernel


def test_what_is_taken_in_pairs(use_level):
    use_level("avx512")
    pairs, rows = "spmm_f32_u1_pairs_avx512", "spmm_f32_u1_avx512"
    assert kernel_of(128, 256, 14) == pairs
    assert kernel_of(16, 600, 28) == pairs  # planes where they are, but many columns
    assert kernel_of(16, 64, 28) == rows  # planes where they are
    assert kernel_of(128, 256, 5) == rows  # few pixels
    assert kernel_of(128, 256, 8) == pairs  # planes where they are, in one tile
    assert kernel_of(128, 2000, 14, 0.005) == rows  # a row has next to none in a K-block
    use_level("avx2")
    pairs, rows = "spmm_f32_u1_pairs_avx2", "spmm_f32_u1_avx2"
    assert kernel_of(128, 256, 14) == pairs
    assert kernel_of(128, 256, 11) == pairs  # several tiles, and rows that are used often
    assert kernel_of(16, 64, 28) == rows  # planes where they are
