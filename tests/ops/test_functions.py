"""Functions of one operand, softmax and casts."""

from math import inf

import numpy as np
import pytest
from one_node import Const
from onnx import TensorProto

TYPES = {
    "float32": TensorProto.FLOAT,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}


@pytest.mark.parametrize("name", ["Relu", "Sigmoid", "Tanh", "HardSwish", "Exp", "Abs", "Neg", "Erf"])
@pytest.mark.parametrize("shape", [(1, 3, 17, 5), (64,), (2, 100)])
def test_function(op, normal, name, shape):
    op(name, normal(*shape) * np.float32(3))


@pytest.mark.parametrize("name", ["Sqrt", "Log", "Reciprocal"])
def test_function_of_positive(op, normal, name):
    op(name, np.abs(normal(3, 40)) + np.float32(0.1))


@pytest.mark.parametrize("attributes", [{}, {"alpha": 0.3}])
def test_leaky_relu(op, normal, attributes):
    op("LeakyRelu", normal(4, 33), **attributes)


@pytest.mark.parametrize("attributes", [{}, {"alpha": 0.5, "beta": 0.25}])
def test_hard_sigmoid(op, normal, attributes):
    op("HardSigmoid", normal(4, 33) * np.float32(4), **attributes)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(op, normal, approximate):
    op("Gelu", normal(4, 33) * np.float32(3), opset=20, approximate=approximate)


@pytest.mark.parametrize("attributes", [{}, {"min": -0.5}, {"max": 0.5}, {"min": 0.0, "max": 6.0}])
def test_clip_attributes(op, normal, attributes):
    op("Clip", normal(4, 33), opset=7, **attributes)


@pytest.mark.parametrize("limits", [(None, None), (-0.5, None), (None, 0.5), (0.0, 6.0), (1.0, -1.0)])
def test_clip_inputs(op, normal, limits):
    op("Clip", normal(4, 33), *(None if n is None else Const(np.float32(n)) for n in limits))


@pytest.mark.parametrize("special", [inf, -inf])
def test_infinities(op, special):
    op("Relu", np.array([[special, 1, -1]], np.float32))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, None])
@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_softmax(op, normal, axis, opset, name):
    op(name, normal(2, 6, 5) * np.float32(3), opset=opset, **({} if axis is None else {"axis": axis}))


@pytest.mark.parametrize("name", ["Identity", "Dropout"])
def test_identity(op, normal, name):
    op(name, normal(2, 5), tolerance=0)


@pytest.mark.parametrize("target", sorted(TYPES))
@pytest.mark.parametrize("source", sorted(TYPES))
def test_cast(op, source, target):
    # Values that every type but bool holds: what lies outside is not defined by ONNX.
    x = np.array([[0, 1, 2, 3.75 if source == "float32" else 3, 100, 0]]).astype(source)
    op("Cast", x, to=TYPES[target], tolerance=0)
