"""Steps that compute in float32 between int8 products (a bias for each channel, a residual, a function, a
normalisation) as single operators, `qaffine` and `qlayernorm`. The model's roundings stay where they are; what is saved
is reading and writing memory between the steps.
"""

from __future__ import annotations

import numpy as np

from nnz.format import signed, word

from ..ir import FLOAT32, Graph, Node, Value
from .fixed_point import NotInt8Error
from .forms import PLANES4, Forms

BIAS, RESIDUAL = 1, 2
ABSENT = [0, 0]
EXACT = 1
EXACT_FUNCTIONS = ("none", "clip", "gelu")
FLOAT_STEPS = ("qaffine", "layernorm", "qsoftmax_exact", "qmatmul")


def use_exact_forms(graph: Graph, match: bool) -> None:
    """Rounds as onnxruntime does: by divisions, after float32 steps of which each is given. Unless they are to `match`
    it, convolutional networks, where at most inputs are rounded so, are left as they are: small devices run them.
    """
    if not match and not any(node.kind in FLOAT_STEPS for node in graph.nodes):
        return
    for node in graph.nodes:
        if node.kind == "quantize" or (node.kind == "qaffine" and node.activation in EXACT_FUNCTIONS):
            *params, scale, zero = node.attrs["params"]
            scale = scale if node.y.quant is None else word(float(node.y.quant.scale))
            node.attrs["params"] = [*params, scale, zero, EXACT]


def add_channels(forms: Forms, node: Node, x: Value, bias: np.ndarray) -> None:
    """node.y = activation(x + bias of the channel); x is quantised, y is or is not."""
    before, after = forms.quant(x), node.y.quant
    if len(x.shape) not in (3, 4):
        raise NotInt8Error(f"{list(x.shape)} are no planes")
    terms = Value(f"{node.name}.bias", bias.shape, data=bias.astype(np.float32))
    y = node.y if after is None else forms.new(node.y, PLANES4)
    rounding = ABSENT if after is None else [word(1 / float(after.scale)), signed(after.zero)]
    params = [word(float(before.scale)), signed(before.zero), *ABSENT, *rounding]
    inputs = [forms.stored(x, PLANES4), terms, None]
    forms.nodes.append(Node("qaffine", inputs, [y], {"params": params}, node.name, node.activation, node.act))
    if after is not None:
        forms.define(node.y, y)


def fuse_residuals(graph: Graph) -> None:
    """Sums of two dequantised tensors, for a graph that is lowered."""
    for add in list(graph.nodes):
        if add.kind == "binary" and add.attrs["function"] == "add" and add.y.dtype == FLOAT32:
            a, b = (graph.producer(value) for value in add.inputs)
            for first, other in ((a, b), (b, a)):
                if _open(graph, first, add) and _dequantizes(other) and other.y.shape == add.y.shape:
                    _fuse(graph, first, other, add)
                    break


def _dequantizes(node: Node | None) -> bool:
    return node is not None and node.kind == "dequantize" and node.x.layout == PLANES4


def _open(graph: Graph, node: Node | None, add: Node) -> bool:
    """Whether `add` is all that becomes of a node to which a residual can be added."""
    if node is None or graph.only_consumer(node.y) is not add or node.y.shape != add.y.shape:
        return False
    takes = node.kind == "qaffine" and node.inputs[RESIDUAL] is None and node.activation == "none"
    return takes or _dequantizes(node)


def _fuse(graph: Graph, first: Node, other: Node, add: Node) -> None:
    bias = first.inputs[BIAS] if first.kind == "qaffine" else None
    params = [*first.attrs["params"][:2], *other.attrs["params"], *ABSENT]
    total = Node("qaffine", [first.x, bias, other.x], [add.y], {"params": params}, add.name, add.activation, add.act)
    graph.insert(total, before=add)
    graph.remove(add)
    graph.remove(first)
    graph.remove_dead()


def fuse_layernorms(graph: Graph) -> None:
    """Normalisations over the channels of such sums, and their rounding."""
    for norm in list(graph.nodes):
        if norm.kind == "layernorm" and norm.attrs["axis"] == 1:
            first = graph.producer(norm.x)
            plain = first is not None and first.kind == "qaffine" and first.activation == "none"
            if graph.only_consumer(norm.x) is norm and (plain or _dequantizes(first)):
                _fuse_layernorm(graph, first, norm)
    graph.remove_dead()


def _fuse_layernorm(graph: Graph, first: Node, norm: Node) -> None:
    rounding = graph.only_consumer(norm.y)
    rounds = rounding is not None and rounding.kind == "quantize" and rounding.y.layout == PLANES4
    _, bias, residual = first.inputs if first.kind == "qaffine" else (None, None, None)
    sums = first.attrs["params"][:4] if first.kind == "qaffine" else [*first.attrs["params"], *ABSENT]
    results = rounding.attrs["params"] if rounds else ABSENT
    params = [*sums, *results[:2], word(norm.attrs["epsilon"]), *(first.attrs["params"][6:] or results[2:])]
    y = rounding.y if rounds else norm.y
    inputs = [first.x, bias, residual, *norm.inputs[1:]]
    graph.insert(Node("qlayernorm", inputs, [y], {"params": params}, norm.name), before=norm)
    graph.remove(norm)
    if rounds:
        graph.remove(rounding)
