"""Operators that work on the user's own arrays, without a copy in the arena: at any address, and never beyond them."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
import pytest

import nnz
from nnz import format
from nnz.encodings import encode

LEVELS = ("scalar", "avx2", "avxvnni", "avx512", "avx512vnni")
PROT_NONE, PROT_READ_WRITE = 0, mmap.PROT_READ | mmap.PROT_WRITE


@pytest.fixture(params=LEVELS)
def level(request, use_level) -> str:
    use_level(request.param)
    return request.param


class Guarded:
    """Arrays of float32 that end where the process may not read any more."""

    def __init__(self) -> None:
        self.maps: list[tuple[mmap.mmap, int]] = []
        self.protect = ctypes.CDLL(None, use_errno=True).mprotect
        self.protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int

    def array(self, values: np.ndarray) -> np.ndarray:
        size = -(-values.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
        memory = mmap.mmap(-1, size + mmap.PAGESIZE)
        guard = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + size
        assert self.protect(guard, mmap.PAGESIZE, PROT_NONE) == 0
        self.maps.append((memory, guard))
        found = np.frombuffer(memory, np.float32, values.size, size - values.nbytes).reshape(values.shape)
        found[...] = values
        return found

    def close(self) -> None:
        for _, guard in self.maps:
            self.protect(guard, mmap.PAGESIZE, PROT_READ_WRITE)


@pytest.fixture
def guarded():
    memory = Guarded()
    yield memory
    memory.close()


def convolution(weights: np.ndarray, encoding: str, side: int) -> bytes:
    """y = W x with a residual, over planes of side x side, padded to keep their size."""
    rows, channels, kernel, _ = weights.shape
    x, y, residual = (format.Tensor(np.float32, (1, n, side, side)) for n in (channels, rows, rows))
    pad = kernel // 2
    op = format.Op("conv", [0, None, 2, None], [1], [0, kernel, kernel, 1, 1, 1, 1, pad, pad, pad, pad])
    matrix = encode(weights.reshape(rows, -1), encoding)
    inputs = [format.plain_port("x", 0, x.dims), format.plain_port("residual", 2, y.dims)]
    return format.write(format.Model([x, y, residual], [matrix], [op], inputs, [format.plain_port("y", 1, y.dims)]))


def random(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def expected(weights: np.ndarray, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
    pad = weights.shape[2] // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x[0].astype(np.float64), ((0, 0), (pad, pad), (pad, pad))), weights.shape[2:], (1, 2)
    )
    return np.einsum("mckl,cyxkl->myx", weights, windows)[None] + residual


@pytest.mark.parametrize("encoding", ["dense", "u1", "rb4"])
@pytest.mark.parametrize(("kernel", "side"), [(1, 4), (1, 8), (1, 7), (1, 20), (3, 4), (3, 9)])
@pytest.mark.parametrize("density", [0.02, 0.5])
def test_nothing_beyond_the_arrays_is_touched(level, guarded, encoding, kernel, side, density):
    keep = np.random.default_rng(1).random((10, 70, kernel, kernel)) < density
    weights = random((10, 70, kernel, kernel), 0) * keep
    x, residual = guarded.array(random((1, 70, side, side), 2)), guarded.array(random((1, 10, side, side), 3))
    out = guarded.array(np.full((1, 10, side, side), np.nan, np.float32))
    before = x.copy(), residual.copy()
    session = nnz.Session(convolution(weights, encoding, side), threads=2)
    y = session.run({"x": x, "residual": residual}, {"y": out})["y"]
    assert y is out
    np.testing.assert_allclose(y, expected(weights, x, residual), rtol=1e-4, atol=1e-5)
    assert np.array_equal(x, before[0]) and np.array_equal(residual, before[1])
    again = session.run({"x": before[0], "residual": before[1]})["y"]
    assert again.tobytes() == y.tobytes()


def test_arrays_may_lie_at_any_address():
    weights = random((10, 70, 1, 1), 0) * (np.arange(70)[:, None, None] % 20 == 0)
    session = nnz.Session(convolution(weights, "u1", 8))
    x, residual = random((1, 70, 8, 8), 2), random((1, 10, 8, 8), 3)
    y = session.run({"x": x, "residual": residual})["y"]
    for offset in (1, 2, 4, 60):

        def moved(values: np.ndarray, offset: int = offset) -> np.ndarray:
            memory = np.zeros(values.nbytes + 64, np.uint8)
            found = memory[offset : offset + values.nbytes].view(np.float32).reshape(values.shape)
            found[...] = values
            return found

        out = {"y": moved(np.zeros_like(y))}
        assert session.run({"x": moved(x), "residual": moved(residual)}, out)["y"].tobytes() == y.tobytes()


def test_an_output_shares_no_memory_with_an_input():
    session = nnz.Session(convolution(random((10, 10, 1, 1), 0), "dense", 8))
    x, residual = random((1, 10, 8, 8), 2), random((1, 10, 8, 8), 3)
    with pytest.raises(ValueError, match="out: output 'y' shares memory with input 'residual'"):
        session.run({"x": x, "residual": residual}, {"y": residual})
    memory = np.zeros(2 * x.size, np.float32)
    with pytest.raises(ValueError, match="shares memory with input 'x'"):
        first, overlapping = memory[: x.size].reshape(x.shape), memory[x.size - 1 : -1].reshape(x.shape)
        session.run({"x": first, "residual": residual}, {"y": overlapping})
    first, behind = memory[: x.size].reshape(x.shape), memory[x.size :].reshape(x.shape)
    assert session.run({"x": first, "residual": residual}, {"y": behind})["y"] is behind


def test_an_input_that_is_also_an_output_is_copied():
    x, y = (format.Tensor(np.float32, (1, 3, 16)) for _ in range(2))
    op = format.Op("conv", [0, None, None, None], [1], [0, *[1] * 6, *[0] * 4])
    ports = [format.plain_port("y", 1, y.dims), format.plain_port("same", 0, x.dims)]
    content = format.write(
        format.Model(
            [x, y], [encode(np.eye(3, dtype=np.float32), "dense")], [op], [format.plain_port("x", 0, x.dims)], ports
        )
    )
    given = random((1, 3, 16), 0)
    results = nnz.Session(content).run({"x": given})
    assert np.array_equal(results["y"], given) and np.array_equal(results["same"], given)
