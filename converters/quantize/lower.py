"""From the annotated graph to int8 operators: nodes whose operands and result are quantised and that have an int8 form
(the other files of this folder, one a family). All others compute in float, between `dequantize` and `quantize`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import FLOAT32, Graph, Node, Port, Value
from . import affine, attention, elementwise, layers, movement, pooling
from .annotation import INT8, UINT8
from .epilogue import fuse_epilogues
from .fixed_point import NotInt8Error
from .float32 import computes_in_float32, in_order
from .forms import PLAIN, PLANES4, Forms
from .ports import planes_view

LOWER = {
    "conv": layers.conv,
    "depthwise": layers.depthwise,
    "fc": layers.fully_connected,
    "unary": elementwise.unary,
    "binary": elementwise.binary,
    "softmax": elementwise.softmax,
    "matmul": attention.matmul,
    "rescale": attention.rescale,
    "round": elementwise.round_,
    "pool": pooling.pool,
    "reduce": pooling.reduce,
    "copy": movement.copy,
    "reshape": movement.reshape,
}
PLANE_READERS = ("conv", "depthwise", "pool", "reduce", "unary", "binary")
INTEGERS = (INT8, UINT8)


@dataclass(frozen=True)
class FloatNode:
    """A node of a quantised graph that computes in float, and why."""

    name: str
    kind: str
    reason: str


def make_ports_integer(graph: Graph) -> None:
    """Float inputs and outputs that are quantised become int8: the user quantises and dequantises."""
    for port in (*graph.inputs, *graph.outputs):
        if port.value.quant is not None and port.dtype == FLOAT32:
            port.dtype = INT8


def lower_quantized(graph: Graph, as_onnxruntime: bool = False, match: bool = False) -> list[FloatNode]:
    """Replaces what is quantised in a graph of the kinds of docs/FORMAT.md by int8 operators; returns what is not.

    `as_onnxruntime`: operators round as onnxruntime's, in float32, where there is such a form; small levels have none.
    `match`: besides, what onnxruntime computes in float32 does so, in its order (float32.py).
    """
    attention.rescale_products(graph)
    _inherit(graph)
    if not any(value.quant is not None and not value.constant for value in graph.values()):
        return []
    forms = Forms(graph, as_onnxruntime, match)
    kept: list[FloatNode] = []
    for port in graph.inputs:
        _input(forms, port)
    for node in graph.nodes:
        try:
            if node.kind not in LOWER:
                raise NotInt8Error(f"'{node.kind}' has no int8 form")
            if match and computes_in_float32(node):
                raise NotInt8Error("onnxruntime computes it in float32")
            LOWER[node.kind](forms, node)
        except NotInt8Error as reason:
            _in_float(forms, node)
            if any(value.quant is not None for value in (node.y, *_activations(node))):
                kept.append(FloatNode(node.name, node.kind, str(reason)))
    for port in graph.outputs:
        _output(forms, port)
    graph.nodes = forms.nodes
    graph.remove_dead()
    fuse_epilogues(graph)
    affine.fuse_residuals(graph)
    if as_onnxruntime:
        affine.use_exact_forms(graph, match)
    affine.fuse_layernorms(graph)
    names = {(node.name, node.kind) for node in graph.nodes}
    return [node for node in kept if (node.name, node.kind) in names]


def _activations(node: Node) -> list[Value]:
    return [value for value in node.inputs if value is not None and not value.constant]


def _inherit(graph: Graph) -> None:
    """Values that are moved elements of quantised ones are quantised like them, and the other way round."""
    moving = [node for node in graph.nodes if node.kind in ("reshape", "copy")]
    for node in reversed(moving):
        for x in node.inputs:
            if x.quant is None and node.y.quant is not None and graph.only_consumer(x) is node and not x.constant:
                x.quant = node.y.quant
    for node in moving:
        quants = [x.quant for x in node.inputs]
        if node.y.quant is None and quants[0] is not None and all(quant == quants[0] for quant in quants):
            node.y.quant = quants[0]


def _input(forms: Forms, port: Port) -> None:
    value = port.value
    if value.quant is None:
        return
    if port.dtype not in INTEGERS:
        forms.define_float(value, value)
        return
    readers = forms.graph.consumers(value)
    planes = len(value.shape) in (3, 4) and readers and all(node.kind in PLANE_READERS for node in readers)
    few = planes and value.shape[1] <= layers.FIRST_CHANNELS and all(node.kind == "conv" for node in readers)
    view = planes_view(port, value.shape) if planes and not few else None
    stored = forms.new(value, PLAIN if view is None else PLANES4)
    if view is not None:
        port.view, port.strides = view
    port.value = stored
    forms.define(value, stored)


def _output(forms: Forms, port: Port) -> None:
    value = port.value
    if port.dtype not in INTEGERS or value.quant is None:
        port.value = forms.real(value)
        return
    view = planes_view(port, value.shape) if forms.has(value, PLANES4) else None
    port.value = forms.stored(value, PLAIN if view is None else PLANES4)
    if view is not None:
        port.view, port.strides = view


def _in_float(forms: Forms, node: Node) -> None:
    inputs = [forms.real(value) for value in node.inputs]
    y = node.y
    if y.quant is not None:
        y = Value(f"{y.name}.unrounded", y.shape, FLOAT32)
        forms.define_float(node.y, y)
    computed = _like(node, inputs, y)
    in_turn = forms.match and node.kind == "conv" and computes_in_float32(node)
    forms.nodes.extend(in_order(computed) if in_turn else [computed])


def _like(node: Node, inputs: list[Value | None], y: Value) -> Node:
    if node.kind == "round":
        raise AssertionError(f"{node} cannot be rounded")
    return Node(
        node.kind, inputs, [y, *node.outputs[1:]], node.attrs, node.name, node.activation, node.act, node.origin
    )
