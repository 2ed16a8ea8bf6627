"""Resize and Upsample: each output row and column is a weighted sum of a few input rows and columns, listed in tables.

The tables follow the ONNX specification of Resize. Coordinates are computed in float32, but for `asymmetric` ones, so
that ties of nearest neighbours fall as they do in onnxruntime.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..ir import Value
from .builder import Builder, OnnxNode, UnsupportedNodeError, check_size, from_front

F = np.float32


def resize(b: Builder, node: OnnxNode) -> Value:
    x = node.x
    old = node.type == "Upsample" or node.opset == 10
    scales, sizes, roi = _arguments(node, old)
    moved = [i for i, (n, s) in enumerate(zip(x.shape, scales, strict=True)) if s != 1 or sizes[i] != n]
    if not moved:
        return x
    if len(moved) > 2:
        raise UnsupportedNodeError(f"axes {moved} are resized: at most two are supported")
    check_size("its result", tuple(sizes), x.dtype)
    tables = []
    for axis in moved:
        index, weight = table(node, old, x.shape[axis], sizes[axis], scales[axis], roi[axis])
        tables.append((index, weight))
    if len(moved) == 1:
        tables.insert(0, (np.zeros((1, 1), np.int32), np.ones((1, 1), F)))
    taps = max(index.shape[1] for index, _ in tables)
    constants = []
    for index, weight in tables:
        spare = ((0, 0), (0, taps - index.shape[1]))
        constants += [b.constant(np.pad(index, spare), np.int32), b.constant(np.pad(weight, spare), F)]

    # The two axes go last, the others become channels.
    rest = [i for i in range(len(x.shape)) if i not in moved]
    perm = rest + moved
    planes = b.transpose(x, perm) if perm != sorted(perm) else x
    lead = [x.shape[i] for i in rest]
    lead = lead if len(lead) == 2 else [1, prod(lead)]
    inner = [x.shape[i] for i in moved] if len(moved) == 2 else [1, x.shape[moved[0]]]
    outer = [sizes[i] for i in moved] if len(moved) == 2 else [1, sizes[moved[0]]]
    y = b.emit("resize", [b.reshape(planes, (*lead, *inner)), *constants], (*lead, *outer))
    y = b.reshape(y, [sizes[i] for i in perm])
    return b.transpose(y, np.argsort(perm)) if perm != sorted(perm) else y


def _arguments(node: OnnxNode, old: bool) -> tuple[list[float], list[int], list[tuple[float, float]]]:
    """For each axis of the input: scale, output size, region of interest."""
    shape = node.x.shape
    rank = len(shape)
    axes = [from_front(a, rank) for a in node.attr("axes", range(rank))]
    if old:
        given = node.constant(1, "scales")
        given = node.attr("scales") if given is None else given
        scales = [float(s) for s in given]
        return scales, [int(np.floor(F(n) * F(s))) for n, s in zip(shape, scales, strict=True)], [(0.0, 1.0)] * rank
    region, given, wanted = node.constant(1, "roi"), node.constant(2, "scales"), node.constant(3, "sizes")
    scales, sizes, roi = [1.0] * rank, list(shape), [(0.0, 1.0)] * rank
    if node.attr("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize":
        if region is None or region.size != 2 * len(axes):
            raise UnsupportedNodeError("tf_crop_and_resize needs a roi")
        for i, axis in enumerate(axes):
            roi[axis] = (float(region[i]), float(region[len(axes) + i]))
    if wanted is not None and wanted.size:
        factors = [int(size) / shape[axis] for axis, size in zip(axes, wanted, strict=True)]
        policy = node.attr("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            factor = min(factors) if policy == "not_larger" else max(factors)
            factors = [factor] * len(axes)
            wanted = [int(np.floor(factor * shape[axis] + 0.5)) for axis in axes]
        for axis, factor, size in zip(axes, factors, wanted, strict=True):
            scales[axis], sizes[axis] = factor, int(size)
    elif given is not None and given.size:
        for axis, factor in zip(axes, given, strict=True):
            scales[axis] = float(factor)
            sizes[axis] = int(np.floor(F(shape[axis]) * F(factor)))
    else:
        raise UnsupportedNodeError("neither scales nor sizes are given")
    return scales, sizes, roi


def table(
    node: OnnxNode, old: bool, n: int, m: int, scale: float, roi: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Index [m, taps] and weight [m, taps] of the elements of an axis of n that make each of m."""
    mode = node.attr("mode", "nearest")
    if node.attr("antialias", 0) and scale < 1 and mode != "nearest":
        raise UnsupportedNodeError("antialias is not supported")
    transform = "asymmetric" if old else node.attr("coordinate_transformation_mode", "half_pixel")
    x = _coordinates(transform, n, m, scale, roi)
    if transform == "tf_crop_and_resize" and (x.min() < 0 or x.max() > n - 1):
        raise UnsupportedNodeError("tf_crop_and_resize reaches outside the input")
    if mode == "nearest":
        index = _nearest("floor" if old else node.attr("nearest_mode", "round_prefer_floor"), x)
        return _clamp(index[:, None], n), np.ones((m, 1), F)
    if mode in ("linear", "bilinear"):
        x = np.clip(x, 0, n - 1)
        low = np.floor(x)
        part = (x - low).astype(F)
        return _clamp(np.stack([low, low + 1], 1), n), np.stack([1 - part, part], 1).astype(F)
    if mode == "cubic":
        return _cubic(x, n, node.attr("cubic_coeff_a", -0.75), bool(node.attr("exclude_outside", 0)))
    raise UnsupportedNodeError(f"mode '{mode}': nearest, linear and cubic are supported")


def _coordinates(transform: str, n: int, m: int, factor: float, roi: tuple[float, float]) -> np.ndarray:
    """Where each output element lies on the input axis."""
    if transform == "asymmetric":
        return np.arange(m) / factor
    scale = F(factor)
    i = np.arange(m, dtype=F)
    half = F(0.5)
    if transform == "half_pixel" or (transform == "pytorch_half_pixel" and m > 1):
        return (i + half) / scale - half
    if transform == "half_pixel_symmetric":
        center = F(n) / 2
        offset = center * (1 - F(m) / (scale * F(n)))
        return offset + (i + half) / scale - half
    if transform == "align_corners" and m > 1:
        return i * F(n - 1) / F(m - 1)
    if transform == "tf_half_pixel_for_nn":
        return (i + half) / scale
    if transform == "tf_crop_and_resize":
        start, end = F(roi[0]), F(roi[1])
        if m == 1:
            return half * (start + end) * F(n - 1) + i
        return start * F(n - 1) + i * (end - start) * F(n - 1) / F(m - 1)
    if transform in ("pytorch_half_pixel", "align_corners"):
        return i * 0
    raise UnsupportedNodeError(f"coordinate_transformation_mode '{transform}'")


def _nearest(mode: str, x: np.ndarray) -> np.ndarray:
    if mode == "round_prefer_floor":
        return np.ceil(x - F(0.5))
    if mode == "round_prefer_ceil":
        return np.floor(x + F(0.5))
    if mode == "floor":
        return np.floor(x)
    if mode == "ceil":
        return np.ceil(x)
    raise UnsupportedNodeError(f"nearest_mode '{mode}'")


def _cubic(x: np.ndarray, n: int, a: float, exclude_outside: bool) -> tuple[np.ndarray, np.ndarray]:
    low = np.floor(x)
    part = (x - low).astype(np.float64)
    index = low[:, None] + np.arange(-1, 3)
    distance = np.abs(part[:, None] - np.arange(-1, 3))
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    weight = np.where(distance <= 1, near, np.where(distance < 2, far, 0))
    if exclude_outside:
        weight = np.where((index >= 0) & (index < n), weight, 0)
        weight /= weight.sum(1, keepdims=True)
    return _clamp(index, n), weight.astype(F)


def _clamp(index: np.ndarray, n: int) -> np.ndarray:
    return np.clip(index, 0, n - 1).astype(np.int32)


TABLE = {"Resize": resize, "Upsample": resize}
