"""Convolutions with one output pixel are matrix-vector products."""

import pytest
from onnx_builder import Onnx, agree, kinds


@pytest.mark.parametrize(
    ("x", "kernel", "attributes", "expected"),
    [
        ((1, 4, 1, 1), 1, {}, "fc"),
        ((3, 4, 1, 1), 1, {}, "fc"),
        ((1, 4, 5, 5), 5, {}, "fc"),
        ((1, 4, 1, 1), 3, {"pads": [1, 1, 1, 1]}, "fc"),
        ((1, 4, 2, 2), 3, {"pads": [1, 1, 0, 0]}, "fc"),
        ((1, 4, 6, 6), 5, {"strides": [2, 2]}, "conv"),
        ((1, 4, 5, 5), 4, {}, "conv"),
    ],
)
def test_one_pixel(x, kernel, attributes, expected):
    g = Onnx()
    y = g.conv(g.input(*x), 6, 4, kernel, **attributes)
    assert kinds(agree(g.model(g.op("Relu", y)))) == [expected]


def test_groups():
    g = Onnx()
    y = g.op("Conv", g.input(1, 6, 3, 3), g.normal(4, 3, 3, 3), g.normal(4), group=2)
    assert kinds(agree(g.model(y))) == ["fc"]
