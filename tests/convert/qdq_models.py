"""Quantised ONNX models in a few lines, and how far a conversion is from onnxruntime."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx_builder import Onnx

import nnz
from nnz.convert import convert
from nnz.format import Model

INT8, UINT8 = np.int8, np.uint8


class Qdq(Onnx):
    """
    g = Qdq(); x = g.input(1, 4, 8, 8, dtype=TensorProto.INT8); y = g.rounded(g.op("Relu", g.real(x, 0.1)), 0.05)

    real() dequantises, rounded() quantises; weight() gives an int8 constant with its scales, dequantised.
    """

    WEIGHT_SCALE = 0.01

    def real(self, x: str | np.ndarray, scale: float, zero: int = 0, dtype: type = INT8) -> str:
        return self.op("DequantizeLinear", x, np.float32(scale), np.asarray(zero, dtype))

    def rounded(self, x: str, scale: float, zero: int = 0, dtype: type = INT8) -> str:
        return self.op("QuantizeLinear", x, np.float32(scale), np.asarray(zero, dtype))

    def pair(self, x: str, scale: float, zero: int = 0, dtype: type = INT8) -> str:
        """Rounds `x`: a QuantizeLinear and a DequantizeLinear."""
        return self.real(self.rounded(x, scale, zero, dtype), scale, zero, dtype)

    def weight(self, *shape: int, axis: int | None = 0, density: float = 1.0) -> str:
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        data[self.rng.random(shape) >= density] = 0
        if axis is None:
            return self.real(data, self.WEIGHT_SCALE)
        scales = self.rng.uniform(0.002, 0.02, shape[axis]).astype(np.float32)
        return self.op("DequantizeLinear", data, scales, np.zeros(shape[axis], np.int8), axis=axis)

    def bias(self, count: int, scale: float = 0.001) -> str:
        """int32 integers with a scale, dequantised."""
        data = self.rng.integers(-2000, 2000, count).astype(np.int32)
        return self.op("DequantizeLinear", data, np.float32(scale), np.zeros((), np.int32))


def session_of(model: onnx.ModelProto | str, optimised: str = "") -> onnxruntime.InferenceSession:
    """The default session of a model, or of one in a file, with one thread: where there are more, blocks of its sums
    are others. It writes the graph that it computes to the file `optimised`.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.optimized_model_filepath = optimised
    source = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def as_nodes_say() -> onnxruntime.SessionOptions:
    """Beyond this level onnxruntime computes parts of such models in other ways than their nodes say."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return options


def differences(
    model: onnx.ModelProto, samples: int = 20, options: onnxruntime.SessionOptions | None = None
) -> tuple[Model, np.ndarray]:
    """The conversion, and what its first output lacks to onnxruntime's on random inputs over the whole range."""
    result = convert(model, verify=False).model
    session = nnz.Session(nnz.format.write(result))
    options = options or as_nodes_say()
    reference = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(3)
    found = []
    for _ in range(samples):
        feed = {spec.name: _random(rng, spec) for spec in reference.get_inputs()}
        expected = reference.run(None, feed)[0]
        actual = session.run(feed)[session.outputs[0].name]
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
        found.append(actual.astype(np.float64) - expected.astype(np.float64))
    return result, np.stack(found)


def assert_agrees(difference: np.ndarray, unit: float = 1.0) -> None:
    """At least 99 % of values equal and none off by more than one `unit`."""
    assert np.abs(difference).max() <= unit * 1.001
    assert (np.abs(difference) < unit / 2).mean() >= 0.99


def kinds(model: Model) -> Counter:
    return Counter(op.kind for op in model.ops)


def _random(rng: np.random.Generator, spec: onnxruntime.NodeArg) -> np.ndarray:
    if spec.type == "tensor(float)":
        return rng.standard_normal(spec.shape, np.float32)
    limits = np.iinfo(INT8 if spec.type == "tensor(int8)" else UINT8)
    return rng.integers(limits.min, limits.max + 1, spec.shape).astype(limits.dtype)


__all__ = ["INT8", "UINT8", "Qdq", "TensorProto", "assert_agrees", "differences", "helper", "kinds"]
