"""The scales of weights that a model stores as integers: DequantizeLinear of constants is computed, as the graph is one
of real numbers, and the layer's weight remembers its scales, so that its integers can be had again exactly.
"""

from __future__ import annotations

import numpy as np

from ..ir import Node
from ..lower.builder import OnnxNode
from .annotation import INT8, UINT8, Quant

_SAME_ELEMENTS = ("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten")


class WeightScales:
    """For constants of an ONNX graph by name, what each element is a multiple of, broadcastable to the constant."""

    def __init__(self) -> None:
        self._scales: dict[str, np.ndarray] = {}

    def follow(self, node: OnnxNode, result: np.ndarray) -> None:
        """Notes the scales of the result of a node that was computed from constants."""
        name = node.outputs[0]
        if node.type == "DequantizeLinear" and node.x.dtype in (INT8, UINT8):
            scale = _broadcastable(node, result)
            if scale is not None:
                self._scales[name] = scale
            return
        known = self._scales.get(node.input_names[0]) if node.input_names else None
        if known is None:
            return
        if node.type == "Transpose":
            self._scales[name] = known.transpose(node.attr("perm"))
        elif node.type in _SAME_ELEMENTS and known.size == 1:
            self._scales[name] = known.reshape((1,) * result.ndim)

    def annotate(self, layer: Node) -> None:
        """Gives the weight of a layer its `quant`, where it has one scale for each output channel and fits int8."""
        weight, origin = layer.inputs[1], layer.origin
        if origin is None or origin.weight not in self._scales or not weight.constant:
            return
        # Where each weight of the layer is in the ONNX tensor: restore() only moves elements, or scales them (Gemm).
        place = origin.restore(np.arange(weight.size, dtype=np.float64).reshape(weight.shape))
        scale = np.broadcast_to(self._scales[origin.weight], place.shape).reshape(-1).astype(np.float64)
        order = place.reshape(-1).astype(np.int64)
        if not np.array_equal(np.sort(order), np.arange(weight.size)):
            return
        scales = np.empty(weight.size)
        scales[order] = scale
        rows = scales.reshape(weight.shape[0], -1)
        if (rows != rows[:, :1]).any():
            return
        quant = Quant(rows[0, 0] if (rows == rows[0, 0]).all() else rows[:, 0].copy())
        integers = np.rint(weight.data.reshape(rows.shape) / rows)
        if integers.min() >= -128 and integers.max() <= 127:
            weight.quant = quant


def _broadcastable(node: OnnxNode, result: np.ndarray) -> np.ndarray | None:
    """The scale of a DequantizeLinear along its axis; None where scales are not usable or those of blocks."""
    scale = node.inputs[1].data
    if not (np.isfinite(scale).all() and (scale > 0).all()) or node.attr("block_size", 0):
        return None
    if scale.size == 1:
        return scale.reshape((1,) * result.ndim)
    axis = node.axis(1, result.ndim)
    return scale.reshape([scale.size if i == axis else 1 for i in range(result.ndim)])
