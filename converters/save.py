"""Writes pruned weights and corrected biases back into the ONNX model that they came from."""

from __future__ import annotations

import io
import os

import numpy as np
import onnx
from onnx import helper, numpy_helper

from nnz.format import replace_file

from .ir import Node, Value


def save_onnx(model: onnx.ModelProto, before: list[tuple[Node, Value, Value | None]], path: str | os.PathLike) -> None:
    """Saves a copy of `model` with the weights and biases of the graph's weighted nodes.

    before: the nodes, with the weight and bias that they had when they were imported from `model`.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    writers = {output: node for node in copy.graph.node for output in node.output}
    for node, weight, bias in before:
        if node.origin is None:
            continue
        onnx_node = writers[node.origin.output]
        if node.inputs[1] is not weight:
            data = node.origin.restore(node.inputs[1].data)
            position = list(onnx_node.input).index(node.origin.weight)
            onnx_node.input[position] = _add(copy.graph, f"{node.origin.weight}_pruned_{node.name}", data)
        if node.inputs[2] is not bias:
            _set_bias(copy.graph, onnx_node, node, bias)
    _drop_unused(copy.graph)
    content = io.BytesIO()
    onnx.save(copy, content)
    replace_file(path, content.getvalue())


def _set_bias(graph: onnx.GraphProto, onnx_node: onnx.NodeProto, node: Node, before: Value | None) -> None:
    name = f"{node.name}_corrected_bias"
    bias = node.bias
    if onnx_node.op_type in ("Conv", "ConvTranspose", "Gemm") and (before is not None or len(onnx_node.input) < 3):
        if onnx_node.op_type == "Gemm":
            bias = bias / next((a.f for a in onnx_node.attribute if a.name == "beta"), 1.0)
        del onnx_node.input[2:]
        onnx_node.input.append(_add(graph, name, bias.astype(np.float32)))
        return
    # No place for a bias: a term behind the node, in the shape of its rows.
    first = node.origin.weight == onnx_node.input[0]
    term = _add(graph, name, bias.reshape(-1, 1) if first else bias)
    output = onnx_node.output[0]
    onnx_node.output[0] = f"{output}_uncorrected"
    add = helper.make_node("Add", [onnx_node.output[0], term], [output], name=f"{node.name}_correction")
    graph.node.insert(list(graph.node).index(onnx_node) + 1, add)


def _add(graph: onnx.GraphProto, name: str, data: np.ndarray) -> str:
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(data, np.float32), name))
    return name


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Removes the initializers, and the nodes that computed weights, that nothing reads any more."""
    outputs = {value.name for value in graph.output}
    while True:
        used = outputs.union(*(_reads(node) for node in graph.node))
        dead = [node for node in graph.node if not used.intersection(node.output)]
        for node in dead:
            graph.node.remove(node)
        if not dead:
            break
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _reads(node: onnx.NodeProto) -> set[str]:
    """The tensors that a node reads, in its subgraphs too."""
    names = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            names |= _reads(inner)
        names |= {value.name for value in attribute.g.output}
    return names
