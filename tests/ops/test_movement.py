"""Operators that move elements. They must be exact."""

import numpy as np
import pytest
from one_node import Const

LARGEST = np.iinfo(np.int64).max


def ints(*values):
    return Const(np.array(values, np.int64))


@pytest.mark.parametrize("shape", [(6, 20), (-1,), (2, 0, -1), (1, 2, 3, 4, 5)])
def test_reshape(op, normal, shape):
    op("Reshape", normal(2, 3, 4, 5), ints(*shape), tolerance=0)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_flatten(op, normal, axis):
    op("Flatten", normal(2, 3, 4), axis=axis, tolerance=0)


@pytest.mark.parametrize("axes", [[0], [0, 2], [-1], None])
def test_squeeze(op, normal, axes):
    op("Squeeze", normal(1, 3, 1, 4, 1), *([] if axes is None else [ints(*axes)]), tolerance=0)


def test_squeeze_attribute(op, normal):
    op("Squeeze", normal(1, 3, 1), axes=[2], opset=11, tolerance=0)


@pytest.mark.parametrize("axes", [[0], [1, 3], [-1]])
def test_unsqueeze(op, normal, axes):
    op("Unsqueeze", normal(3, 4), ints(*axes), tolerance=0)


@pytest.mark.parametrize("perm", [[0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 2, 3], None])
def test_transpose(op, normal, perm):
    op("Transpose", normal(2, 3, 4, 5), tolerance=0, **({} if perm is None else {"perm": perm}))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_concat(op, normal, axis):
    shapes = [[2, 3, 4] for _ in range(3)]
    for i, shape in enumerate(shapes):
        shape[axis] += i
    op("Concat", *(normal(*shape) for shape in shapes), axis=axis, tolerance=0)


def test_concat_with_constant(op, normal):
    op("Concat", normal(2, 3), Const(normal(2, 2)), axis=1, tolerance=0)


def test_concat_of_integers(op):
    op("Concat", np.arange(4), np.arange(3), axis=0, tolerance=0)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_split(op, normal, axis):
    op("Split", normal(6, 6, 6), ints(1, 3, 2), axis=axis, outputs=3, tolerance=0)


def test_split_evenly(op, normal):
    op("Split", normal(2, 6), axis=1, outputs=3, tolerance=0)


def test_split_in_parts(op, normal):
    op("Split", normal(2, 7), axis=1, num_outputs=3, outputs=3, opset=18, tolerance=0)


@pytest.mark.parametrize(
    ("starts", "ends", "axes", "steps"),
    [
        ([1], [3], [0], [1]),
        ([1, 0], [LARGEST, 4], [1, 2], [2, 3]),
        ([-3], [-1], [2], [1]),
        ([-1], [-LARGEST], [1], [-1]),
        ([5], [0], [1], [-2]),
        ([100], [-100], [2], [-3]),
        ([0, 1, 2], [4, 6, 7], [0, 1, 2], [1, 1, 1]),
    ],
)
def test_slice(op, normal, starts, ends, axes, steps):
    op("Slice", normal(4, 6, 7), ints(*starts), ints(*ends), ints(*axes), ints(*steps), tolerance=0)


def test_slice_attributes(op, normal):
    op("Slice", normal(4, 6), starts=[1, 2], ends=[3, LARGEST], opset=9, tolerance=0)


@pytest.mark.parametrize("indices", [2, [1], [0, 2, 4], [4, 3, 1], [[0, 1], [5, 5]], -1])
@pytest.mark.parametrize("axis", [0, 1])
def test_gather(op, normal, indices, axis):
    op("Gather", normal(6, 6, 2), Const(np.array(indices, np.int64)), axis=axis, tolerance=0)


@pytest.mark.parametrize("pads", [[0, 0, 1, 2, 0, 0, 3, 4], [1, 0, 0, 0, 0, 2, 0, 0], [0, 0, -1, 0, 0, 0, -2, 1]])
@pytest.mark.parametrize("value", [None, 1.5])
def test_pad(op, normal, pads, value):
    fill = [] if value is None else [Const(np.float32(value))]
    op("Pad", normal(1, 2, 6, 7), ints(*pads), *fill, tolerance=0)


@pytest.mark.parametrize("mode", ["reflect", "edge", "wrap"])
@pytest.mark.parametrize("pads", [[0, 0, 1, 2, 0, 0, 3, 4], [0, 1, 5, 0, 0, 0, 0, 6]])
def test_pad_mode(op, normal, mode, pads):
    op("Pad", normal(1, 2, 6, 7), ints(*pads), mode=mode, opset=19, tolerance=0)


def test_pad_attributes(op, normal):
    op("Pad", normal(2, 3), pads=[0, 1, 2, 0], value=-2.0, opset=9, tolerance=0)


def test_pad_axes(op, normal):
    op("Pad", normal(2, 3, 4), ints(1, 2), Const(np.float32(7)), ints(-1), opset=18, tolerance=0)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_pad_integers(op, dtype):
    if dtype is np.uint8:
        fill = 200
    else:
        fill = -5
    op("Pad", np.arange(6, dtype=dtype).reshape(2, 3), ints(1, 0, 0, 2), Const(np.array(fill, dtype)), tolerance=0)


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 2, 3, 4), (2, 1, 1)])
def test_expand(op, normal, shape):
    op("Expand", normal(2, 1, 4), ints(*shape), tolerance=0)


@pytest.mark.parametrize("repeats", [[1, 1, 1], [2, 1, 3], [1, 4, 1]])
def test_tile(op, normal, repeats):
    op("Tile", normal(2, 3, 4), ints(*repeats), tolerance=0)


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
@pytest.mark.parametrize("size", [2, 3])
def test_depth_to_space(op, normal, mode, size):
    op("DepthToSpace", normal(2, 2 * size * size, 3, 4), blocksize=size, mode=mode, tolerance=0)


def test_space_to_depth(op, normal):
    op("SpaceToDepth", normal(2, 3, 4, 6), blocksize=2, tolerance=0)


def test_batch_normalization(op, normal):
    scale, shift, mean = (Const(normal(5)) for _ in range(3))
    op("BatchNormalization", normal(2, 5, 6, 7), scale, shift, mean, Const(np.abs(normal(5))), epsilon=1e-3)
