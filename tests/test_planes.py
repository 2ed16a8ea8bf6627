"""Planes that begin with cache lines, so that convolutions read them where they are, hold what packed ones hold."""

import numpy as np
import pytest

import nnz
from nnz.format import Model, write
from small_models import F32, Builder

RELU6 = {"activation": "clip", "act": (0.0, 6.0)}


def window(kernel: int) -> list[int]:
    return [kernel, kernel, 1, 1, 1, 1, *[kernel // 2] * 4]


def residuals(encoding: str, way: str | None, size: tuple[int, int], watched: bool) -> Model:
    """Convolutions with residuals from planes that lie as theirs do, and as theirs do not, in place where they may be.

    watched: all activations are outputs too, whose planes follow each other.
    """
    b = Builder(16)
    dims = (2, 24, *size)
    between = []

    def conv(x: int, kernel: int, residual: int | None = None) -> int:
        matrix = b.matrix(24, 24 * kernel * kernel, encoding, way=way)
        y = b.op("conv", [x, b.random(24), residual, None], dims, [matrix, *window(kernel)], **RELU6)
        between.append(y)
        return y

    x = b.input("x", dims)
    a = conv(x, 1)
    c = b.op("depthwise", [a, b.random(24, 3, 3), b.random(24), x, None], dims, window(3), **RELU6)
    between.append(c)
    d = conv(c, 1, c)
    e = conv(d, 1)
    f = conv(e, 1, d)
    g = conv(f, 1)
    h = b.op("depthwise", [g, b.random(24, 3, 3), b.random(24), f, None], dims, window(3), **RELU6)
    between.append(h)
    i = conv(conv(h, 1), 1, h)
    y = conv(i, 3, x)
    return b.finish(y, *(between[:-1] if watched else ()))


def run(session: nnz.Session) -> np.ndarray:
    rng = np.random.default_rng(12)
    return session.run({port.name: rng.standard_normal(port.shape).astype(F32) for port in session.inputs})["y0"]


@pytest.mark.parametrize("size", [(7, 7), (14, 14), (5, 3), (1, 45)])
@pytest.mark.parametrize(("encoding", "way"), [("dense", None), ("u1", None), ("rb4", None), ("rb4", "fp16")])
def test_bytes_are_those_of_planes_that_follow_each_other(size, encoding, way):
    follow = run(nnz.Session(write(residuals(encoding, way, size, True))))
    model = residuals(encoding, way, size, False)
    for threads in (1, 3):
        np.testing.assert_array_equal(run(nnz.Session(write(model), threads=threads)), follow)


def pointwise(pixels: int) -> bytes:
    b = Builder(17)
    first = b.op(
        "conv",
        [b.input("x", (1, 8, 1, pixels)), None, None, None],
        (1, 64, 1, pixels),
        [b.matrix(64, 8, "rb4"), *window(1)],
    )
    second = b.op("conv", [first, None, None, None], (1, 64, 1, pixels), [b.matrix(64, 64, "rb4"), *window(1)])
    return write(
        b.finish(b.op("conv", [second, None, None, None], (1, 8, 1, pixels), [b.matrix(8, 64, "rb4"), *window(1)]))
    )


@pytest.mark.skipif(nnz.Session(pointwise(49)).isa == "scalar", reason="memory is dear to it")
def test_planes_of_49_pixels_are_read_where_they_are_as_those_of_64():
    packs_nothing = nnz.Session(pointwise(64), threads=1).arena_bytes
    assert nnz.Session(pointwise(49), threads=1).arena_bytes <= packs_nothing
