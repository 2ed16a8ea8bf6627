"""A model of one ONNX node, converted, run, and compared with onnxruntime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

import nnz
from nnz.convert import convert
from nnz.format import Model

IR_VERSION = 8


@dataclass(frozen=True)
class Const:
    """An input of the node that is an initializer of the model."""

    data: np.ndarray


def one_node_model(op: str, inputs: list, opset: int, outputs: int, attributes: dict) -> onnx.ModelProto:
    """`inputs`: arrays (of which only shape and type matter), Const, or None for an absent one."""
    names = ["" if array is None else f"x{i}" for i, array in enumerate(inputs)]
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="node", **attributes)
    arguments, constants = [], []
    for name, array in zip(names, inputs, strict=True):
        if isinstance(array, Const):
            constants.append(numpy_helper.from_array(array.data, name))
        elif array is not None:
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            arguments.append(helper.make_tensor_value_info(name, kind, array.shape))
    results = [onnx.ValueInfoProto(name=name) for name in node.output]
    graph = helper.make_graph([node], "one", arguments, results, constants)
    imports = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)
    return onnx.shape_inference.infer_shapes(model)


class OneOp:
    """op("Relu", x) converts and compares; returns the converted model."""

    def __call__(
        self, op: str, *inputs, opset: int = 17, outputs: int = 1, tolerance: float = 1e-5, **attributes
    ) -> Model:
        """`tolerance` is relative to the largest magnitude of each output; 0 means equal."""
        model = one_node_model(op, list(inputs), opset, outputs, attributes)
        return self.compare(model, inputs, tolerance)

    def compare(self, model: onnx.ModelProto, inputs, tolerance: float = 1e-5) -> Model:
        feed = {f"x{i}": array for i, array in enumerate(inputs) if isinstance(array, np.ndarray)}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        reference = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        expected = reference.run(None, feed)
        converted = convert(model, verify=False).model
        actual = nnz.Session(nnz.format.write(converted)).run(feed)
        for output, right in zip(reference.get_outputs(), expected, strict=True):
            ours = actual[output.name]
            assert ours.shape == right.shape and ours.dtype == right.dtype
            scale = np.abs(right[np.isfinite(right)]).max(initial=0) if right.dtype.kind == "f" else 0
            np.testing.assert_allclose(ours, right, rtol=0, atol=tolerance * scale)
        return converted
