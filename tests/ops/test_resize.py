"""Resize and Upsample: modes, coordinate transformations, which axes."""

import numpy as np
import pytest
from one_node import Const

TRANSFORMS = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
NONE = Const(np.array([], np.float32))


def scales(*values):
    return Const(np.array(values, np.float32))


def sizes(*values):
    return Const(np.array(values, np.int64))


@pytest.mark.parametrize("transform", [*TRANSFORMS, "half_pixel_symmetric"])
@pytest.mark.parametrize("factors", [(2.0, 2.0), (3.0, 1.0), (0.5, 0.7), (1.6, 2.3)])
def test_linear(op, normal, transform, factors):
    attributes = {"mode": "linear", "coordinate_transformation_mode": transform}
    op("Resize", normal(1, 3, 7, 9), None, scales(1, 1, *factors), opset=19, **attributes)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("rounding", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
@pytest.mark.parametrize("out", [(14, 18), (21, 9), (4, 5), (11, 20)])
def test_nearest(op, normal, transform, rounding, out):
    attributes = {"mode": "nearest", "coordinate_transformation_mode": transform, "nearest_mode": rounding}
    op("Resize", normal(2, 3, 7, 9), None, None, sizes(2, 3, *out), opset=13, tolerance=1e-6, **attributes)


@pytest.mark.parametrize("exclude", [0, 1])
@pytest.mark.parametrize("transform", ["half_pixel", "align_corners", "asymmetric"])
def test_cubic(op, normal, transform, exclude):
    attributes = {"mode": "cubic", "coordinate_transformation_mode": transform, "exclude_outside": exclude}
    op("Resize", normal(1, 2, 7, 9), None, scales(1, 1, 2, 1.5), opset=13, cubic_coeff_a=-0.5, **attributes)


def test_crop_and_resize(op, normal):
    roi = Const(np.array([0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9], np.float32))
    attributes = {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize"}
    op("Resize", normal(1, 2, 9, 9), roi, None, sizes(1, 2, 6, 14), opset=13, **attributes)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_channels_last(op, normal, mode):
    attributes = {"mode": mode, "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    op("Resize", normal(1, 6, 5, 3), None, scales(1, 2, 2, 1), opset=13, **attributes)


def test_one_dimension(op, normal):
    op("Resize", normal(1, 4, 9), None, scales(1, 1, 2), mode="linear", opset=13)


def test_axes(op, normal):
    op("Resize", normal(1, 4, 5, 6), None, scales(2, 3), axes=[2, 3], mode="linear", opset=18)


@pytest.mark.parametrize("policy", ["not_larger", "not_smaller"])
def test_aspect_ratio(op, normal, policy):
    attributes = {"mode": "linear", "keep_aspect_ratio_policy": policy, "axes": [2, 3]}
    op("Resize", normal(1, 2, 6, 8), None, None, sizes(12, 12), opset=18, **attributes)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_opset_10(op, normal, mode):
    op("Resize", normal(1, 3, 5, 6), scales(1, 1, 2, 3), mode=mode, opset=10)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_upsample(op, normal, mode):
    op("Upsample", normal(1, 3, 5, 6), scales(1, 1, 2, 2), mode=mode, opset=9)


def test_upsample_attribute(op, normal):
    op("Upsample", normal(1, 3, 5, 6), scales=[1.0, 1.0, 2.0, 3.0], mode="nearest", opset=7)
