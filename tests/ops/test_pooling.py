"""Pooling and reductions."""

import numpy as np
import pytest
from one_node import Const

WINDOWS = [
    ((1, 3, 8, 8), {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ((2, 4, 9, 11), {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ((1, 3, 9, 9), {"kernel_shape": [3, 2], "strides": [1, 2], "pads": [1, 0, 1, 1]}),
    ((1, 3, 10, 10), {"kernel_shape": [3, 3], "strides": [3, 3], "ceil_mode": 1}),
    ((1, 3, 7, 7), {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 1, 1], "ceil_mode": 1}),
    ((1, 3, 8, 8), {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ((1, 3, 8, 8), {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    ((1, 3, 8, 8), {"kernel_shape": [8, 8]}),
    ((1, 3, 21), {"kernel_shape": [4], "strides": [3], "pads": [1, 2]}),
]


@pytest.mark.parametrize(("x", "attributes"), WINDOWS)
def test_max_pool(op, normal, x, attributes):
    op("MaxPool", normal(*x), tolerance=0, **attributes)


def test_max_pool_dilated(op, normal):
    op("MaxPool", normal(1, 3, 12, 12), kernel_shape=[3, 3], dilations=[2, 2], strides=[2, 1], tolerance=0)


@pytest.mark.parametrize("include", [0, 1])
@pytest.mark.parametrize(("x", "attributes"), WINDOWS)
def test_average_pool(op, normal, x, attributes, include):
    op("AveragePool", normal(*x), count_include_pad=include, **attributes)


@pytest.mark.parametrize("name", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("x", [(1, 5, 7, 9), (2, 64, 3), (1, 3, 1, 1)])
def test_global_pool(op, normal, name, x):
    op(name, normal(*x))


@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axes", [[0], [1], [2, 3], [-1], [1, 3], [0, 1, 2, 3], None])
@pytest.mark.parametrize("name", ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"])
def test_reduce(op, normal, name, axes, keepdims):
    x = normal(2, 3, 5, 17)
    if name == "ReduceSum":
        op(name, x, *([] if axes is None else [Const(np.array(axes, np.int64))]), keepdims=keepdims, opset=13)
    else:
        op(name, x, keepdims=keepdims, opset=13, **({} if axes is None else {"axes": axes}))


def test_reduce_axes_as_input(op, normal):
    op("ReduceMean", normal(2, 3, 5), Const(np.array([1], np.int64)), opset=18)


def test_reduce_nothing(op, normal):
    empty = Const(np.array([], np.int64))
    op("ReduceSum", normal(2, 3), empty, noop_with_empty_axes=1, opset=13)
