"""What a lowering function works with: the ONNX node, and a builder that puts nodes into the graph."""

from __future__ import annotations

import math

import numpy as np
import onnx
from onnx import helper

from nnz.records import MAX_BYTES, MAX_RANK

from ..ir import FLOAT32, MOVEMENT, RELU, Graph, Node, Value

ANY_DTYPE = (*MOVEMENT, "cast", "copy", "gather", "where", "dequantize")
COMPARES = ("pool", "reduce")  # with the function "max": quantised integers compare as their real values do
INTEGERS = (np.dtype(np.int8), np.dtype(np.uint8))


class UnsupportedNodeError(Exception):
    """The node at hand cannot be lowered: why, in a few words."""


def check_size(what: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """UnsupportedNodeError where no file can have a tensor of this shape."""
    if len(shape) > MAX_RANK:
        raise UnsupportedNodeError(f"{what} has {len(shape)} dimensions: {MAX_RANK} are supported")
    if min(shape, default=1) < 1:
        raise UnsupportedNodeError(f"{what} has the empty shape {list(shape)}")
    if math.prod(shape) * dtype.itemsize > MAX_BYTES:
        raise UnsupportedNodeError(f"{what} has the shape {list(shape)}: more than 2^31 - 1 bytes")


def from_front(position: int, size: int, what: str = "axis") -> int:
    """An axis, or another position among `size`, where negative ones count from behind."""
    if not -size <= position < size:
        raise UnsupportedNodeError(f"there is no {what} {position} among {size}")
    return int(position) % size


class OnnxNode:
    """An ONNX node with its inputs resolved."""

    def __init__(self, proto: onnx.NodeProto, name: str, opset: int, inputs: list[Value | None]):
        self.type = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
        self.name = name
        self.opset = opset
        self.inputs = inputs
        self.outputs = list(proto.output)
        self.input_names = list(proto.input)
        self._attributes = {a.name: a for a in proto.attribute}

    @property
    def x(self) -> Value:
        return self.inputs[0]

    def attr(self, name: str, default=None):
        """The attribute `name` as a Python value, or `default`."""
        if name not in self._attributes:
            return default
        value = helper.get_attribute_value(self._attributes[name])
        return value.decode() if isinstance(value, bytes) else value

    def input(self, i: int) -> Value | None:
        """Input `i`, or None where it is absent."""
        return self.inputs[i] if i < len(self.inputs) else None

    def constant(self, i: int, what: str) -> np.ndarray | None:
        """The data of input `i`, None where it is absent; UnsupportedNodeError where it is not constant."""
        value = self.input(i)
        if value is not None and not value.constant:
            raise UnsupportedNodeError(f"{what} must be constant")
        return None if value is None else value.data

    def ints(self, i: int, name: str) -> list[int] | None:
        """Integers that older opsets have as attribute `name` and newer ones as input `i`."""
        data = self.constant(i, name)
        values = self.attr(name) if data is None else data.reshape(-1).tolist()
        return None if values is None else [int(v) for v in values]

    def axis(self, default: int, rank: int | None = None) -> int:
        """The attribute `axis`, counted from the front."""
        rank = len(self.x.shape) if rank is None else rank
        return from_front(self.attr("axis", default), max(rank, 1))


class Builder:
    """Adds nodes to a graph in the name of one ONNX node."""

    def __init__(self, graph: Graph, node: OnnxNode):
        self.graph = graph
        self.node = node

    def constant(self, data, dtype=None) -> Value:
        data = np.asarray(data, dtype)
        return Value(f"{self.node.name}.constant", data.shape, data.dtype, data)

    def emit(
        self, kind: str, inputs: list[Value | None], shape, *, dtype=None, activation="none", act=(0.0, 0.0), **attrs
    ) -> Value:
        """Adds a node and returns its output."""
        shape, dtype = tuple(int(dim) for dim in shape), np.dtype(dtype or inputs[0].dtype)
        check_size("its result", shape, dtype)
        if kind not in ANY_DTYPE and not (
            kind in COMPARES and attrs["function"] == "max" and inputs[0].dtype in INTEGERS
        ):
            for value in filter(None, inputs):
                if value.dtype != FLOAT32 and not (value.constant and value.dtype.kind in "fiub"):
                    raise UnsupportedNodeError(f"computes in {value.dtype}: only float32 is supported")
        value = Value(f"{self.node.name}.{kind}", shape, dtype)
        self.graph.nodes.append(Node(kind, inputs, [value], attrs, self.node.name, activation, act))
        return value

    def unary(self, x: Value, activation: str, *act: float) -> Value:
        return self.emit("unary", [x], x.shape, activation=activation, act=(*act, 0.0, 0.0)[:2])

    def relu(self, x: Value) -> Value:
        return self.unary(x, RELU[0], *RELU[1])

    def binary(self, function: str, a: Value, b: Value) -> Value:
        try:
            shape = np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            raise UnsupportedNodeError(f"the shapes {list(a.shape)} and {list(b.shape)} do not broadcast") from None
        return self.emit("binary", [a, b], shape, dtype=FLOAT32, function=function)

    def reshape(self, x: Value, shape) -> Value:
        shape = tuple(int(dim) for dim in shape)
        if math.prod(shape) != x.size:
            raise UnsupportedNodeError(f"{list(x.shape)} cannot be reshaped to {list(shape)}")
        return x if shape == x.shape else self.emit("reshape", [x], shape)

    def transpose(self, x: Value, perm) -> Value:
        perm = tuple(int(axis) for axis in perm)
        return self.emit("transpose", [x], [x.shape[axis] for axis in perm], perm=perm)

    def slice(self, x: Value, starts, steps, shape) -> Value:
        if tuple(shape) == x.shape and all(step == 1 for step in steps):
            return x
        return self.emit("slice", [x], shape, starts=tuple(map(int, starts)), steps=tuple(map(int, steps)))

    def slice_axis(self, x: Value, axis: int, start: int, size: int, step: int = 1) -> Value:
        """`size` elements of one axis, from `start`."""
        starts, steps, shape = [0] * len(x.shape), [1] * len(x.shape), list(x.shape)
        starts[axis], steps[axis], shape[axis] = start, step, size
        return self.slice(x, starts, steps, shape)

    def concat(self, values: list[Value], axis: int) -> Value:
        shape = list(values[0].shape)
        shape[axis] = sum(value.shape[axis] for value in values)
        return values[0] if len(values) == 1 else self.emit("concat", values, shape, axis=axis)

    def pad(self, x: Value, before, after, value: float = 0.0) -> Value:
        shape = [b + size + a for b, size, a in zip(before, x.shape, after, strict=True)]
        return x if tuple(shape) == x.shape else self.emit("pad", [x], shape, before=tuple(before), value=value)

    def expand(self, x: Value, shape) -> Value:
        return x if tuple(shape) == x.shape else self.emit("expand", [x], shape)
