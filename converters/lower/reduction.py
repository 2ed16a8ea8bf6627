"""ReduceMean, ReduceSum, ReduceMax, ReduceMin."""

from __future__ import annotations

from ..ir import Value
from .builder import Builder, OnnxNode, from_front


def _reduce(function: str):
    def lower(b: Builder, node: OnnxNode) -> Value:
        x = node.x
        axes = node.ints(1, "axes")
        if not axes:
            if node.attr("noop_with_empty_axes", 0):
                return x
            axes = range(len(x.shape))
        reduced = sorted({from_front(axis, len(x.shape)) for axis in axes})
        keep = bool(node.attr("keepdims", 1))
        shape = [1 if i in reduced else size for i, size in enumerate(x.shape) if keep or i not in reduced]
        return b.emit("reduce", [x], shape, function=function, axes=tuple(reduced), keepdims=keep)

    return lower


TABLE = {
    "ReduceMean": _reduce("mean"),
    "ReduceSum": _reduce("sum"),
    "ReduceMax": _reduce("max"),
    "ReduceMin": _reduce("min"),
}
