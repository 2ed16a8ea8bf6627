"""MaxPool, AveragePool and their global forms."""

from __future__ import annotations

from ..ir import Value
from .builder import Builder, OnnxNode, UnsupportedNodeError
from .window import window


def _pool(function: str):
    def lower(b: Builder, node: OnnxNode) -> Value:
        if any(node.outputs[1:]):
            raise UnsupportedNodeError("the indices of the maxima are not supported")
        x = node.x
        w = window(node, tuple(node.attr("kernel_shape")), bool(node.attr("ceil_mode", 0)))
        name = function
        if function == "average" and node.attr("count_include_pad", 0):
            name = "average_padded"
        out = w.out if len(x.shape) == 4 else w.out[1:]
        whole = w.kernel[1 - (len(x.shape) - 3) :] == x.shape[2:]
        if whole and all(pad == 0 for pad in w.pads) and all(size == 1 for size in out) and not _quantized(b, x):
            return _global(function)(b, node)
        attrs = {"kernel": w.kernel, "strides": w.strides, "dilations": w.dilations, "pads": w.pads}
        return b.emit("pool", [x], (*x.shape[:2], *out), function=name, **attrs)

    return lower


def _quantized(b: Builder, x: Value) -> bool:
    """Then the order in which a window's elements are added may show (quantize/pooling.py)."""
    producer = b.graph.producer(x)
    return producer is not None and producer.kind == "dequantize"


def _global(function: str):
    def lower(b: Builder, node: OnnxNode) -> Value:
        x = node.x
        axes = tuple(range(2, len(x.shape)))
        shape = (*x.shape[:2], *(1 for _ in axes))
        return b.emit(
            "reduce", [x], shape, function="mean" if function == "average" else "max", axes=axes, keepdims=True
        )

    return lower


TABLE = {
    "MaxPool": _pool("max"),
    "AveragePool": _pool("average"),
    "GlobalMaxPool": _global("max"),
    "GlobalAveragePool": _global("average"),
}
