"""Shapes of an ONNX model's values, inferred before anything computes them: a few numbers can ask for any amount of
memory (ConstantOfShape, Expand, Range).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import onnx

FEW = 64
"""Elements of a constant that may be a shape or a range, so that its numbers are needed."""


def inferred_shapes(
    model: onnx.ModelProto, constants: Iterable[onnx.TensorProto]
) -> Iterator[tuple[str, list[int], int]]:
    """Name, shape (0 where a dimension is not known) and element type of the values of `model`, in which `constants`
    stand for its initializers; nothing where the model contradicts itself.
    """
    known = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    known.graph.node.extend(model.graph.node)
    known.graph.input.extend(model.graph.input)
    known.graph.output.extend(model.graph.output)
    for tensor in constants:
        if math.prod(tensor.dims) <= FEW:
            known.graph.initializer.append(tensor)
        else:
            known.graph.initializer.add(name=tensor.name, dims=tensor.dims, data_type=tensor.data_type)
    try:
        graph = onnx.shape_inference.infer_shapes(known).graph
    except Exception:  # onnx raises several; the error is told by the node that it is in, when that is converted
        return
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        yield value.name, [dim.dim_value for dim in kind.shape.dim], kind.elem_type
