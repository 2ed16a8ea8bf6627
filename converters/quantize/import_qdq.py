"""Turns `quantize` and `dequantize` nodes of an imported model into annotations: the graph then computes with real
numbers, and `Value.quant` says which of them are rounded to what.

Between a `quantize` and a `dequantize`, elements may be moved and compared: that is the same in real numbers. Where a
value is needed both rounded and not, or rounded twice, a node `round` stays.
"""

from __future__ import annotations

from ..errors import ConvertError
from ..ir import FLOAT32, MOVEMENT, Graph, Node, Value
from .annotation import INT8, UINT8, Quant

INTEGERS = (INT8, UINT8)


def fold_quantization(graph: Graph) -> None:
    while _spread(graph):
        pass
    for node in graph.nodes:
        _check(graph, node)
    for value in list(graph.values()):
        if value.dtype in INTEGERS and value.quant is not None:
            _to_real(value)
    for node in list(graph.nodes):
        if node.kind == "pad" and node.y.quant is not None and node.x.quant is not None:
            node.attrs["value"] = float(node.x.quant.scale * (node.attrs["value"] - node.x.quant.zero_point))
    for node in list(graph.nodes):
        if node.kind == "dequantize":
            for reader in graph.consumers(node.y):
                if reader.kind == "pool":
                    reader.attrs["float32"] = True
            graph.replace_uses(node.y, node.x)
            graph.remove(node)
    for node in list(graph.nodes):
        if node.kind == "quantize" and node in graph.nodes:
            _merge(graph, node)
    graph.remove_dead()


def moves(node: Node) -> bool:
    """Whether a node only moves elements, or takes the largest of some: rounding before and after it are the same."""
    return node.kind in MOVEMENT or (node.kind in ("pool", "reduce") and node.attrs["function"] == "max")


def _spread(graph: Graph) -> bool:
    """Carries annotations of integers through what moves them, forth and back; whether any was new."""
    changed = False
    for node in graph.nodes:
        if moves(node) and node.y.dtype in INTEGERS and node.y.quant is None:
            quants = [value.quant for value in node.inputs if not value.constant]
            if quants and all(quant is not None and quant == quants[0] for quant in quants):
                node.y.quant = quants[0]
                changed = True
    for node in reversed(graph.nodes):
        if (moves(node) or node.kind == "dequantize") and node.y.quant is not None:
            for value in node.inputs:
                if value.dtype in INTEGERS and value.quant is None:
                    value.quant = node.y.quant
                    changed = True
    return changed


def _check(graph: Graph, node: Node) -> None:
    if node.kind == "quantize":
        return
    for value in node.inputs:
        if value is None or value.dtype not in INTEGERS:
            continue
        if node.kind == "dequantize" or moves(node):
            if value.quant is None:
                if node.kind in MOVEMENT:
                    continue
                raise ConvertError(
                    f"'{node.name}' computes with the {value.dtype} tensor '{value.name}' without a scale"
                )
            if value.quant != node.y.quant:
                raise ConvertError(
                    f"'{node.name}' reads '{value.name}' with another scale or zero point than it was written with"
                )
        elif value.quant is not None:
            raise ConvertError(
                f"'{node.name}' computes with the integers of the quantised tensor '{value.name}': "
                f"expected only DequantizeLinear and operators that move elements to read it"
            )


def _to_real(value: Value) -> None:
    if value.constant:
        value.data = value.quant.dequantize(value.data).astype("float32")
    value.dtype = FLOAT32


def _merge(graph: Graph, node: Node) -> None:
    """Rounds what makes the input, where nobody needs that unrounded; else the node stays, as `round`."""
    x, quant = node.x, node.y.quant
    users = graph.consumers(x)
    same = all(user.kind == "quantize" and user.y.quant == quant for user in users)
    if x.quant == quant or (x.quant is None and same and not graph.is_output(x) and _round_maker(graph, x, quant)):
        for user in users if same else [node]:
            graph.replace_uses(user.y, x)
            graph.remove(user)
    else:
        node.kind = "round"


def _round_maker(graph: Graph, x: Value, quant: Quant) -> bool:
    """Annotates what computes x, before any movement of it; whether that could be."""
    chain = [x]
    while (before := graph.producer(chain[-1])) is not None and len(before.inputs) == 1 and moves(before):
        if before.x.quant not in (None, quant) and before.kind not in MOVEMENT:
            break
        if before.x.quant is None and graph.only_consumer(before.x) is not before:
            return False
        chain.append(before.x)
    if chain[-1].constant or any(value.quant not in (None, quant) for value in chain):
        return False
    for value in chain:
        value.quant = quant
    return True
