"""QOperator models (QLinearConv, QLinearMatMul, QGemm, ...) as QDQ models: each such operator is the float one between
DequantizeLinear and QuantizeLinear.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..errors import ConvertError

DYNAMIC = (
    "DynamicQuantizeLinear",
    "ConvInteger",
    "MatMulInteger",
    "com.microsoft.DynamicQuantizeMatMul",
    "com.microsoft.MatMulIntegerToFloat",
)
"""Operators of dynamic quantisation, whose scales are computed at run time: they cannot be converted."""

_BINARY = {"QLinearAdd": "Add", "QLinearMul": "Mul"}
_UNARY = {
    "QLinearSigmoid": "Sigmoid",
    "QLinearLeakyRelu": "LeakyRelu",
    "QLinearSoftmax": "Softmax",
    "QLinearAveragePool": "AveragePool",
    "QLinearGlobalAveragePool": "GlobalAveragePool",
}
_MICROSOFT = "com.microsoft"

STANDARD = ("QLinearConv", "QLinearMatMul")
CONTRIBUTED = ("QGemm", "QLinearConcat", "QuantizeLinear", "DequantizeLinear", *_BINARY, *_UNARY)
"""The operators that are expanded: of ONNX itself, and of onnxruntime's domain com.microsoft."""


def expand_qoperators(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` itself where it has no such operators, else a copy of it in the QDQ form."""
    if not any(_is_quantized(node) for node in model.graph.node):
        return model
    expanded = onnx.ModelProto()
    expanded.CopyFrom(model)
    del expanded.graph.node[:]
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if not _is_quantized(node):
            expanded.graph.node.append(node)
            continue
        expansion = _Expansion(node, constants)
        expanded.graph.node.extend(expansion.nodes())
        expanded.graph.initializer.extend(expansion.initializers)
    return expanded


def _is_quantized(node: onnx.NodeProto) -> bool:
    return node.op_type in STANDARD or (node.domain == _MICROSOFT and node.op_type in CONTRIBUTED)


class _Expansion:
    """The nodes that one QOperator becomes."""

    def __init__(self, node: onnx.NodeProto, constants: dict[str, np.ndarray]):
        self.node = node
        self.constants = constants
        self.made: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def nodes(self) -> list[onnx.NodeProto]:
        kind, inputs = self.node.op_type, list(self.node.input)
        if kind in ("QuantizeLinear", "DequantizeLinear"):
            self._add(kind, inputs, self.node.output[0], self._attributes())
        elif kind == "QLinearConv":
            x, weight = self._real(inputs[0:3]), self._real(inputs[3:6], axis=0)
            bias = [self._bias(inputs[8], inputs[1], inputs[4])] if len(inputs) > 8 and inputs[8] else []
            self._result("Conv", [x, weight, *bias], inputs[6:8])
        elif kind == "QLinearMatMul":
            self._result("MatMul", [self._real(inputs[0:3]), self._real(inputs[3:6], axis=-1)], inputs[6:8])
        elif kind == "QGemm":
            self._gemm(inputs)
        elif kind in _BINARY:
            self._result(_BINARY[kind], [self._real(inputs[0:3]), self._real(inputs[3:6])], inputs[6:8])
        elif kind == "QLinearConcat":
            parts = [self._real(inputs[i : i + 3]) for i in range(2, len(inputs), 3)]
            self._result("Concat", parts, inputs[0:2])
        else:
            attributes = self._attributes()
            if attributes.pop("channels_last", 0):
                raise ConvertError(f"{kind} '{self.node.name}': channels_last is not supported")
            attributes.pop("opset", None)
            self._result(_UNARY[kind], [self._real(inputs[0:3])], inputs[3:5], attributes)
        return self.made

    def _gemm(self, inputs: list[str]) -> None:
        attributes = self._attributes()
        x = self._real(inputs[0:3])
        weight = self._real(inputs[3:6], axis=0 if attributes.get("transB", 0) else 1)
        operands = [x, weight]
        if len(inputs) > 6 and inputs[6]:
            operands.append(self._bias(inputs[6], inputs[1], inputs[4], attributes.get("alpha", 1.0)))
        self._result("Gemm", operands, inputs[7:9], attributes)

    def _attributes(self) -> dict:
        return {a.name: helper.get_attribute_value(a) for a in self.node.attribute}

    def _add(self, kind: str, inputs: list[str], output: str, attributes: dict) -> str:
        name = self.node.name or self.node.output[0]
        self.made.append(helper.make_node(kind, inputs, [output], name))
        self.made[-1].attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        return output

    def _real(self, quantized: list[str], axis: int | None = None) -> str:
        """The real values of [tensor, scale, zero point]; `axis` is that of the scales of a weight."""
        per_channel = axis is not None and self.constants.get(quantized[1], np.zeros(1)).size > 1
        name = f"{self.node.output[0]}.{len(self.made)}.{quantized[0]}"
        inputs = [name for name in quantized if name]
        return self._add("DequantizeLinear", inputs, name, {"axis": axis} if per_channel else {})

    def _bias(self, bias: str, x_scale: str, weight_scale: str, alpha: float = 1.0) -> str:
        """The real values of an int32 bias, whose scale is the product of input's and weight's."""
        name = f"{self.node.output[0]}.bias"
        unknown = [given for given in (bias, x_scale, weight_scale) if given not in self.constants]
        if unknown:
            raise ConvertError(f"{self.node.op_type} '{self.node.name}': '{unknown[0]}' must be an initializer")
        scale = self.constants[x_scale].astype(np.float64) * self.constants[weight_scale].astype(np.float64) * alpha
        real = self.constants[bias].astype(np.float64) * scale.reshape(-1)
        self.initializers.append(numpy_helper.from_array(real.astype(np.float32), name))
        return name

    def _result(self, kind: str, inputs: list[str], quantization: list[str], attributes: dict | None = None) -> None:
        real = f"{self.node.output[0]}.real"
        self._add(kind, inputs, real, self._attributes() if attributes is None else attributes)
        self._add("QuantizeLinear", [real, *filter(None, quantization)], self.node.output[0], {})
