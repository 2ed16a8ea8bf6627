"""Conv and ConvTranspose: kernels, strides, dilations, groups, padding, one and two dimensions, dense and sparse."""

import numpy as np
import pytest
from one_node import Const

import nnz


def sparse(rng, shape, density):
    weight = rng.standard_normal(shape, np.float32)
    return Const(weight * (rng.random(shape) < density).astype(np.float32))


@pytest.mark.parametrize("density", [1.0, 0.4, 0.1])
@pytest.mark.parametrize(
    ("x", "weight", "attributes"),
    [
        ((1, 3, 8, 9), (16, 3, 3, 3), {}),
        ((1, 16, 12, 12), (24, 16, 1, 1), {}),
        ((2, 8, 9, 7), (5, 8, 3, 3), {"pads": [1, 1, 1, 1]}),
        ((1, 8, 17, 19), (12, 8, 3, 3), {"strides": [2, 2], "pads": [0, 0, 1, 1]}),
        ((1, 4, 12, 12), (8, 4, 3, 3), {"dilations": [2, 3], "pads": [2, 3, 2, 3]}),
        ((1, 6, 10, 11), (10, 6, 2, 5), {"strides": [1, 2], "pads": [1, 0, 0, 3]}),
        ((1, 8, 9, 9), (12, 4, 3, 3), {"group": 2, "pads": [1, 1, 1, 1]}),
        ((1, 9, 6, 6), (18, 3, 1, 1), {"group": 3}),
        ((1, 8, 11, 11), (8, 1, 3, 3), {"group": 8, "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ((1, 6, 9, 9), (12, 1, 5, 5), {"group": 6, "pads": [2, 2, 2, 2]}),
        ((1, 300, 5, 5), (20, 300, 3, 3), {"pads": [1, 1, 1, 1]}),
        ((1, 4, 5, 5), (7, 4, 5, 5), {}),
        ((1, 4, 1, 1), (7, 4, 3, 3), {"pads": [1, 1, 1, 1]}),
        ((1, 3, 130, 32), (10, 3, 7, 7), {"strides": [2, 2], "pads": [3, 3, 3, 3]}),  # from here: rows shared
        ((2, 40, 33, 40), (9, 40, 3, 3), {"pads": [1, 1, 1, 1]}),
        ((1, 11, 34, 16), (7, 11, 5, 2), {"strides": [3, 1], "dilations": [1, 8], "pads": [1, 4, 1, 4]}),
        ((1, 5, 30, 24), (6, 5, 3, 3), {"dilations": [3, 1], "pads": [3, 1, 3, 1]}),
        ((1, 5, 40, 24), (6, 5, 4, 3), {"strides": [2, 1], "dilations": [3, 1], "pads": [3, 1, 3, 1]}),
        ((1, 3, 40), (8, 3, 7), {"strides": [2], "pads": [3, 3]}),
        ((2, 6, 33), (6, 1, 3), {"group": 6, "dilations": [2]}),
    ],
)
def test_conv(op, rng, normal, x, weight, attributes, density):
    op("Conv", normal(*x), sparse(rng, weight, density), Const(normal(weight[0])), **attributes)


@pytest.mark.parametrize(
    ("x", "kernel"),
    [
        ((1, 1400, 16, 16), 1),  # planes of x in place, several steps of K-blocks
        ((1, 1400, 8, 16), 1),  # and all pixels in one tile
        ((1, 150, 17, 16), 3),  # packed, the last tile not full
    ],
)
@pytest.mark.parametrize(("block_rows", "density", "encoding"), [(1, 1.0, "dense"), (1, 0.3, "u1"), (4, 0.3, "rb4")])
def test_conv_larger_than_caches(op, rng, normal, x, kernel, block_rows, density, encoding):
    shape = (512, x[1], kernel, kernel)
    kept = rng.random((shape[0] // block_rows, *shape[1:])) < density
    weight = Const(normal(*shape) * np.repeat(kept, block_rows, axis=0))
    data = normal(*x)
    model = op("Conv", data, weight, Const(normal(512)), pads=[kernel // 2] * 4)
    assert [m.encoding for m in model.matrices] == [encoding]
    one, three = (nnz.Session(nnz.format.write(model), threads=n).run({"x0": data})["y0"] for n in (1, 3))
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize(
    ("x", "weight", "attributes"),
    [
        ((1, 3, 64, 50), (64, 3, 7, 7), {"strides": [2, 2], "pads": [3, 3, 3, 3]}),
        ((2, 16, 19, 23), (67, 16, 3, 3), {"pads": [1, 0, 2, 1]}),
        ((1, 150, 17, 16), (72, 150, 3, 3), {"pads": [1, 1, 1, 1]}),
        ((1, 12, 20, 150), (64, 12, 4, 4), {"pads": [5, 6, 7, 8]}),  # tiles of padding alone
        ((1, 5, 40, 37), (64, 5, 5, 5), {"strides": [2, 2], "pads": [2, 2, 2, 2]}),
        ((3, 4, 41, 38), (80, 4, 6, 6), {"strides": [2, 2], "pads": [0, 1, 2, 0]}),
        ((1, 3, 51, 52), (64, 3, 8, 8), {"strides": [2, 2]}),
    ],
)
def test_conv_minimal_filtering(op, normal, x, weight, attributes):
    """Dense windows that are run by Winograd's transforms: with any number of threads, the same bytes."""
    weights = normal(*weight) / np.float32(np.sqrt(np.prod(weight[1:])))
    data = normal(*x)
    model = op("Conv", data, Const(weights), Const(normal(weight[0])), tolerance=3e-6, **attributes)
    file = nnz.format.write(model)
    one, two, three = (nnz.Session(file, threads=n).run({"x0": data})["y0"] for n in (1, 2, 3))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_conv_auto_pad(op, normal, auto_pad, stride):
    weight = Const(normal(5, 3, 4, 3))
    op("Conv", normal(1, 3, 13, 14), weight, auto_pad=auto_pad, strides=[stride, stride])


def test_conv_of_zeros(op, normal):
    op("Conv", normal(1, 3, 4, 4), Const(np.zeros((4, 3, 1, 1), np.float32)), Const(normal(4)))


@pytest.mark.parametrize(
    ("x", "weight", "attributes"),
    [
        ((1, 4, 5, 6), (4, 3, 2, 2), {"strides": [2, 2]}),
        ((1, 4, 5, 6), (4, 3, 3, 3), {}),
        ((1, 4, 5, 6), (4, 3, 3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ((2, 4, 5, 5), (4, 2, 3, 4), {"strides": [2, 3], "pads": [1, 0, 0, 2], "output_padding": [1, 2]}),
        ((1, 4, 6, 6), (4, 2, 3, 3), {"dilations": [2, 2], "strides": [2, 2]}),
        ((1, 4, 6, 6), (4, 2, 3, 3), {"dilations": [2, 2], "strides": [3, 3], "pads": [2, 2, 2, 2]}),
        ((1, 6, 4, 4), (6, 2, 3, 3), {"group": 2, "strides": [2, 2]}),
        ((1, 6, 4, 4), (6, 1, 4, 4), {"group": 6, "strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ((1, 6, 4, 4), (6, 2, 4, 4), {"group": 6, "strides": [2, 2], "pads": [3, 3, 3, 3]}),
        ((1, 4, 5, 5), (4, 3, 2, 2), {"strides": [3, 3]}),
        ((1, 4, 5, 5), (4, 3, 3, 3), {"strides": [2, 2], "output_shape": [9, 10]}),
        ((1, 4, 5, 5), (4, 3, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        ((1, 4, 5, 5), (4, 3, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
        ((1, 4, 9), (4, 3, 4), {"strides": [2], "pads": [1, 1]}),
        ((1, 1, 1, 1), (1, 3, 5, 5), {"strides": [2, 2], "pads": [2, 2, 2, 2]}),
    ],
)
@pytest.mark.parametrize("density", [1.0, 0.2])
def test_conv_transpose(op, rng, normal, x, weight, attributes, density):
    rows = weight[1] * attributes.get("group", 1)
    op("ConvTranspose", normal(*x), sparse(rng, weight, density), Const(normal(rows)), **attributes)
