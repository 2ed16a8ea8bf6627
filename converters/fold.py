"""Evaluating one ONNX node on constants, by onnxruntime: it knows every version of every standard operator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from nnz.records import MAX_BYTES

from .lower.builder import UnsupportedNodeError
from .sizes import FEW, inferred_shapes

IR_VERSION = 8  # old enough for any onnxruntime; operators do not depend on it


def evaluate(
    node: onnx.NodeProto,
    inputs: list[np.ndarray | None],
    opsets: Iterable[onnx.OperatorSetIdProto],
) -> list[np.ndarray | None]:
    """The outputs of `node` for the constant `inputs` (None: an absent one); None where an output has no name."""
    feeds = {name: array for name, array in zip(node.input, inputs, strict=True) if name}
    arguments = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in feeds.items()
    ]
    results = [onnx.ValueInfoProto(name=name) for name in node.output if name]
    graph = helper.make_graph([node], "constant", arguments, results)
    model = helper.make_model(graph, opset_imports=list(opsets), ir_version=IR_VERSION)
    _refuse_large(model, feeds)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        values = iter(session.run(None, feeds))
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise UnsupportedNodeError(f"cannot be computed from its constants: {error}") from error
    return [np.asarray(next(values)) if name else None for name in node.output]


def _refuse_large(model: onnx.ModelProto, feeds: Mapping[str, np.ndarray]) -> None:
    few = [numpy_helper.from_array(array, name) for name, array in feeds.items() if array.size <= FEW]
    results = {result.name for result in model.graph.output}
    for name, shape, element in inferred_shapes(model, few):
        size = math.prod(shape) * helper.tensor_dtype_to_np_dtype(element or onnx.TensorProto.FLOAT).itemsize
        if name in results and size > MAX_BYTES:
            raise UnsupportedNodeError(f"its result has the shape {shape}: more than 2^31 - 1 bytes")
