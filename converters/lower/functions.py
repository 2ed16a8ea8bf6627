"""Elementwise functions of one operand, and Cast."""

from __future__ import annotations

from math import inf

import numpy as np
from onnx import helper

from ..ir import FLOAT32, Value
from .builder import Builder, OnnxNode, UnsupportedNodeError

CASTABLE = tuple(np.dtype(name) for name in ("float32", "int8", "uint8", "int32", "int64", "bool"))


def _function(activation: str, *parameters: tuple[str, float]):
    """An operator that is an activation; `parameters` are its attributes and their defaults."""

    def lower(b: Builder, node: OnnxNode) -> Value:
        return b.unary(node.x, activation, *(float(node.attr(name, default)) for name, default in parameters))

    return lower


def relu(b: Builder, node: OnnxNode) -> Value:
    return b.relu(node.x)


def clip(b: Builder, node: OnnxNode) -> Value:
    low, high = node.constant(1, "min"), node.constant(2, "max")
    low = node.attr("min", -inf) if low is None else low.item()
    high = node.attr("max", inf) if high is None else high.item()
    return b.unary(node.x, "clip", float(min(low, high)), float(high))


def gelu(b: Builder, node: OnnxNode) -> Value:
    return b.unary(node.x, "gelu_tanh" if node.attr("approximate", "none") == "tanh" else "gelu")


def identity(b: Builder, node: OnnxNode) -> Value:
    return node.x


def dropout(b: Builder, node: OnnxNode) -> Value:
    training = node.constant(2, "training_mode")
    if (training is not None and training.item()) or any(node.outputs[1:]):
        raise UnsupportedNodeError("only inference is supported, without the mask")
    return node.x


def cast(b: Builder, node: OnnxNode) -> Value:
    target = np.dtype(helper.tensor_dtype_to_np_dtype(node.attr("to")))
    if node.x.dtype == target:
        return node.x
    if node.x.dtype not in CASTABLE or target not in CASTABLE:
        raise UnsupportedNodeError(
            f"from {node.x.dtype} to {target}: only {', '.join(map(str, CASTABLE))} are supported"
        )
    return b.emit("cast", [node.x], node.x.shape, dtype=target)


def softmax(b: Builder, node: OnnxNode) -> Value:
    x = node.x
    if x.dtype != FLOAT32:
        raise UnsupportedNodeError(f"computes in {x.dtype}: only float32 is supported")
    rank = len(x.shape)
    if node.opset >= 13:
        return b.emit("softmax", [x], x.shape, axis=node.axis(-1))
    # Before opset 13 everything from the axis on is one.
    axis = node.axis(1)
    if all(size == 1 for size in x.shape[axis + 1 :]):
        return b.emit("softmax", [x], x.shape, axis=axis)
    if all(size == 1 for size in x.shape[axis : rank - 1]):
        return b.emit("softmax", [x], x.shape, axis=rank - 1)
    flat = b.reshape(x, [*x.shape[:axis], int(np.prod(x.shape[axis:]))])
    return b.reshape(b.emit("softmax", [flat], flat.shape, axis=axis), x.shape)


def log_softmax(b: Builder, node: OnnxNode) -> Value:
    return b.unary(softmax(b, node), "log")


TABLE = {
    "Relu": relu,
    "Clip": clip,
    "LeakyRelu": _function("leaky_relu", ("alpha", 0.01)),
    "Sigmoid": _function("sigmoid"),
    "Tanh": _function("tanh"),
    "HardSigmoid": _function("hard_sigmoid", ("alpha", 0.2), ("beta", 0.5)),
    "HardSwish": _function("hard_swish"),
    "Exp": _function("exp"),
    "Log": _function("log"),
    "Sqrt": _function("sqrt"),
    "Abs": _function("abs"),
    "Neg": _function("neg"),
    "Reciprocal": _function("reciprocal"),
    "Erf": _function("erf"),
    "Gelu": gelu,
    "Identity": identity,
    "Dropout": dropout,
    "Cast": cast,
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
}
