"""ONNX models in a few lines, converted without a simplifier that would do the passes' work before them."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import nnz
from nnz.convert.importer import import_model
from nnz.convert.ir import Graph
from nnz.convert.passes import finish, fuse
from nnz.convert.write import write_model
from nnz.format import Model

IR_VERSION = 8


class Onnx:
    """
    g = Onnx(); x = g.input(1, 3, 8, 8); y = g.op("Relu", x); model = g.model(y)

    Arrays among the inputs of an operator become initializers. `g.normal(shape)` gives random ones.
    """

    def __init__(self, opset: int = 13) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.rng = np.random.default_rng(5)

    def normal(self, *shape: int) -> np.ndarray:
        return np.asarray(self.rng.standard_normal(shape, np.float32))

    def input(self, *shape: int | str, dtype: int = TensorProto.FLOAT) -> str:
        name = f"x{len(self.inputs)}"
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def op(self, kind: str, *inputs, outputs: int = 1, **attributes):
        names = [self._name(value) for value in inputs]
        results = [f"{kind.lower()}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, names, results, name=f"{kind}_{len(self.nodes)}", **attributes))
        return results[0] if outputs == 1 else results

    def _name(self, value) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def conv(self, x: str, rows: int, channels: int, kernel: int = 1, bias: bool = True, **attributes) -> str:
        terms = [self.normal(rows)] if bias else []
        return self.op("Conv", x, self.normal(rows, channels, kernel, kernel), *terms, **attributes)

    def model(self, *outputs: str) -> onnx.ModelProto:
        results = [onnx.ValueInfoProto(name=name) for name in outputs]
        graph = helper.make_graph(self.nodes, "graph", self.inputs, results, self.initializers)
        imports = [helper.make_opsetid("", self.opset)]
        model = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)
        return onnx.shape_inference.infer_shapes(model)


def fused(model: onnx.ModelProto) -> Graph:
    """The graph after all fusing passes."""
    graph = import_model(model)
    fuse(graph)
    return graph


def agree(model: onnx.ModelProto, tolerance: float = 1e-5) -> Model:
    """Converts, runs and compares with onnxruntime, relative to each output's largest magnitude."""
    graph = fused(model)
    finish(graph)
    converted, _ = write_model(graph, lambda layers: [("dense", "")] * len(layers))
    rng = np.random.default_rng(9)
    feed = {}
    for value in model.graph.input:
        shape = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        numbers = rng.standard_normal(shape) if dtype == np.float32 else rng.integers(0, 2, shape)
        feed[value.name] = np.asarray(numbers, dtype)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    reference = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    actual = nnz.Session(nnz.format.write(converted)).run(feed)
    for output, expected in zip(reference.get_outputs(), reference.run(None, feed), strict=True):
        assert actual[output.name].shape == expected.shape
        scale = np.abs(expected).max(initial=0)
        np.testing.assert_allclose(actual[output.name], expected, rtol=0, atol=tolerance * scale)
    return converted


def kinds(model: Model) -> list[str]:
    """The operators that do something, in order."""
    return [op.kind for op in model.ops if op.kind != "reshape"]
