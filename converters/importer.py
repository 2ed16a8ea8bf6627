"""From an ONNX model to the converter's graph: one pass over its nodes folds what is constant and lowers the rest
(lower/).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import numpy_helper

from .errors import ConvertError, UnsupportedError
from .fold import evaluate
from .ir import WEIGHTED, Graph, Port, Value
from .lower import LOWER, Builder, UnsupportedNodeError, supported
from .lower.builder import OnnxNode, check_size
from .quantize.float32 import mark_types
from .quantize.import_qdq import fold_quantization
from .quantize.qoperator import DYNAMIC, expand_qoperators
from .quantize.weights import WeightScales

DTYPES = tuple(np.dtype(name) for name in ("float32", "int8", "uint8", "int32", "int64", "bool"))


def import_model(model: onnx.ModelProto) -> Graph:
    """The graph of `model`, whose inputs have known shapes. Weights are not yet fused with anything.

    UnsupportedError, listing every node that cannot be converted.
    """
    expanded = expand_qoperators(model)
    return _Import(expanded).run(as_nodes_say=expanded is not model)


class _Import:
    def __init__(self, model: onnx.ModelProto):
        self.model = model
        self.opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
        self.graph = Graph()
        self.values: dict[str, Value | None] = {}
        self.unknown: set[str] = set()
        self.problems: list[tuple[str, str, str]] = []
        self.scales = WeightScales()

    def run(self, as_nodes_say: bool) -> Graph:
        self._constants(self.model.graph.initializer)
        for proto in self.model.graph.input:
            value = Value(proto.name, tuple(d.dim_value for d in proto.type.tensor_type.shape.dim), _dtype(proto))
            try:
                check_size(f"input '{value.name}'", value.shape, value.dtype)
            except UnsupportedNodeError as error:
                raise ConvertError(str(error)) from None
            self.values[proto.name] = value
            self.graph.inputs.append(Port(proto.name, value))
        self._nodes(self.model.graph.node)
        if self.problems:
            raise UnsupportedError(self.problems, supported())
        if not self.model.graph.output:
            raise ConvertError("the model has no output")
        for proto in self.model.graph.output:
            value = self.values[proto.name]
            if value.dtype not in DTYPES:
                raise ConvertError(
                    f"output '{proto.name}' is {value.dtype}: expected one of {', '.join(map(str, DTYPES))}"
                )
            try:
                check_size(f"output '{proto.name}'", value.shape, value.dtype)
            except UnsupportedNodeError as error:
                raise ConvertError(str(error)) from None
            self.graph.outputs.append(Port(proto.name, value))
        self.graph.remove_dead()
        if not as_nodes_say:  # a QLinearConv is one to onnxruntime, whatever its types
            mark_types(self.graph)
        fold_quantization(self.graph)
        self.graph.verify()
        return self.graph

    def _constants(self, tensors: Iterable[onnx.TensorProto]) -> None:
        for tensor in tensors:
            try:
                data = numpy_helper.to_array(tensor)
            except (LookupError, TypeError, ValueError) as error:
                raise ConvertError(f"the constant '{tensor.name}' cannot be read: {_cause(error)}") from error
            self._constant(tensor.name, data)

    def _constant(self, name: str, data: np.ndarray) -> None:
        data = np.asarray(data)
        self.values[name] = Value(name, data.shape, data.dtype, data)

    def _nodes(self, nodes: Iterable[onnx.NodeProto]) -> None:
        for proto in nodes:
            self._node(proto)

    def _node(self, proto: onnx.NodeProto) -> None:
        name = proto.name or next(filter(None, proto.output), proto.op_type)
        node = OnnxNode(proto, name, self.opset, [])
        if any(read in self.unknown for read in proto.input):
            # An operator before it could not be converted: only its type can be judged.
            if node.type not in LOWER and node.type not in ("Shape", "Size", "Constant", "If"):
                self.problems.append((proto.op_type, name, "not supported"))
            self.unknown.update(proto.output)
            return
        if unwritten := [read for read in proto.input if read and read not in self.values]:
            raise ConvertError(f"{node.type} '{name}' reads '{unwritten[0]}', which nothing before it writes")
        node.inputs = [self.values[read] if read else None for read in proto.input]
        try:
            self._convert(proto, node)
        except UnsupportedNodeError as reason:
            self.problems.append((proto.op_type, name, str(reason)))
            self.unknown.update(proto.output)

    def _convert(self, proto: onnx.NodeProto, node: OnnxNode) -> None:
        if node.type == "If":
            return self._branch(proto, node)
        if node.type in ("Shape", "Size"):
            return self._constant(proto.output[0], _shape(node))
        if all(value is None or value.constant for value in node.inputs) and not _has_graph(proto):
            arrays = [None if value is None else value.data for value in node.inputs]
            opsets = self.model.opset_import
            if node.type == "DequantizeLinear":  # since opset 13 the same, but for scales along an axis
                opsets = [onnx.helper.make_opsetid("", max(self.opset, 13))]
            computed = evaluate(proto, arrays, opsets)
            for output, array in zip(proto.output, computed, strict=False):
                if output:
                    self._constant(output, array)
            self.scales.follow(node, computed[0])
            return
        if node.type in DYNAMIC:
            raise UnsupportedNodeError("dynamic quantisation: convert the float model with --quantize int8 instead")
        if node.type not in LOWER:
            raise UnsupportedNodeError("not supported")
        before = len(self.graph.nodes)
        try:
            results = LOWER[node.type](Builder(self.graph, node), node)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # What onnx.checker lets pass: attributes of another length, inputs of another rank.
            raise UnsupportedNodeError(f"its attributes and inputs do not fit together: {_cause(error)}") from error
        results = results if isinstance(results, list) else [results]
        for added in self.graph.nodes[before:]:
            if added.kind in WEIGHTED:
                self.scales.annotate(added)
        made = {id(value) for added in self.graph.nodes[before:] for value in added.outputs}
        for output, value in zip(proto.output, results, strict=False):
            if output and id(value) in made:
                value.name = output
            self.values[output] = value

    def _branch(self, proto: onnx.NodeProto, node: OnnxNode) -> None:
        """An If whose condition is constant is the branch that it takes."""
        if not node.inputs[0].constant:
            raise UnsupportedNodeError("the condition is computed: only constant conditions are supported")
        taken = "then_branch" if node.inputs[0].data.item() else "else_branch"
        branch = next(a.g for a in proto.attribute if a.name == taken)
        self._constants(branch.initializer)
        self._nodes(branch.node)
        for inner, outer in zip(branch.output, proto.output, strict=True):
            if inner.name in self.unknown:
                self.unknown.add(outer)
            else:
                self.values[outer] = self.values[inner.name]


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _shape(node: OnnxNode) -> np.ndarray:
    shape = np.array(node.x.shape, np.int64)
    if node.type == "Size":
        return np.array(np.prod(shape), np.int64)
    return shape[node.attr("start", 0) : node.attr("end", len(shape))]


def _has_graph(proto: onnx.NodeProto) -> bool:
    return any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in proto.attribute)


def _dtype(proto: onnx.ValueInfoProto) -> np.dtype:
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(proto.type.tensor_type.elem_type))
    except KeyError:
        dtype = f"of the unknown element type {proto.type.tensor_type.elem_type}"
    if dtype not in DTYPES:
        raise ConvertError(f"input '{proto.name}' is {dtype}: expected one of {', '.join(map(str, DTYPES))}")
    return dtype
