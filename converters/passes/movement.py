"""Turns everything that moves elements (transposes, slices, concatenations, ...) into as few copies as there can be.

The result of a chain of such nodes is a list of pieces (pieces.py) of other values. A chain that moves nothing becomes
a `reshape`, which is free; one that permutes a whole input or output becomes part of its record, as the user's array
is copied anyway; the rest becomes one `copy` for a whole chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..ir import MOVEMENT, Graph, Node, Value, row_major
from .pieces import Piece, UntraceableError, along_axes, cut, merged, moved_axes, placed, repeated


@dataclass(frozen=True)
class View:
    """A value as pieces of others; where no piece writes, it is `fill` (None: pieces write everything)."""

    pieces: tuple[Piece, ...]
    fill: float | None = None


def fold_movement(graph: Graph) -> None:
    views: dict[int, View] = {}
    for node in list(graph.nodes):
        if node.kind in MOVEMENT:
            try:
                views[id(node.y)] = _trace(node, [_view(views, value) for value in node.inputs])
            except UntraceableError:
                for value in node.inputs:
                    _realise(graph, views, value, node)
                views[id(node.y)] = _trace(node, [_whole(value) for value in node.inputs])
    for node in [node for node in graph.nodes if node.kind not in MOVEMENT]:
        for value in node.inputs:
            if value is not None and id(value) in views:
                _realise(graph, views, value, node)
    for port in graph.outputs:
        _output(graph, views, port)
    graph.remove_dead()
    for port in graph.inputs:
        _input(graph, port)
    _drop_trivial_reshapes(graph)


def _whole(value: Value) -> View:
    strides = row_major(value.shape)
    return View((Piece(value, value.shape, 0, strides, 0, strides),))


def _view(views: dict[int, View], value: Value) -> View:
    return views.get(id(value)) or _whole(value)


def _trace(node: Node, views: list[View]) -> View:
    """The view of a movement node's result, from those of its inputs."""
    if node.kind == "reshape":
        return views[0]
    if node.kind == "concat":
        return _concat(node, views)
    shape = node.x.shape
    pieces = [along_axes(piece, shape) for piece in views[0].pieces]
    fill = views[0].fill
    if node.kind == "pad":
        value = node.attrs["value"]
        if fill not in (None, value):
            raise UntraceableError
        return View(tuple(placed(p, shape, node.y.shape, node.attrs["before"]) for p in pieces), value)
    if node.kind == "transpose":
        perm = node.attrs["perm"]
        back = {axis: i for i, axis in enumerate(perm)}
        return View(tuple(moved_axes(p, shape, node.y.shape, back) for p in pieces), fill)
    if node.kind == "expand":
        lead = len(node.y.shape) - len(shape)
        back = {axis: axis + lead for axis in range(len(shape))}
        pieces = [moved_axes(p, shape, node.y.shape, back) for p in pieces]
        return View(tuple(repeated(p, (1,) * lead + shape, node.y.shape) for p in pieces), fill)
    cuts = (cut(p, shape, node.y.shape, node.attrs["starts"], node.attrs["steps"]) for p in pieces)
    return View(tuple(part for parts in cuts for part in parts), fill)


def _concat(node: Node, views: list[View]) -> View:
    fills = {view.fill for view in views if view.fill is not None}
    if len(fills) > 1:
        raise UntraceableError
    pieces, start = [], 0
    for value, view in zip(node.inputs, views, strict=True):
        before = [0] * len(value.shape)
        before[node.attrs["axis"]] = start
        start += value.shape[node.attrs["axis"]]
        pieces += [placed(along_axes(p, value.shape), value.shape, node.y.shape, before) for p in view.pieces]
    return View(tuple(pieces), fills.pop() if fills else None)


def _permutation(view: View, value: Value) -> Piece | None:
    """The one merged piece of a view that is a permutation of a whole other value; else None."""
    if len(view.pieces) != 1:
        return None
    piece = merged(view.pieces[0])
    strides = sorted(zip(piece.source_strides, piece.dims, strict=True))
    expected = 1
    for stride, n in strides:
        if stride != expected and n > 1:
            return None
        expected *= n
    whole = piece.source.size == value.size and expected == value.size and piece.offset == piece.source_offset == 0
    return piece if whole and piece.source.dtype == value.dtype else None


def _realise(graph: Graph, views: dict[int, View], value: Value, reader: Node | None) -> None:
    """Puts a node that makes `value`, a movement's result, as its view says, before `reader` (None: at the end); a
    reshape right behind what it reads, so that it stands between no two operators that the runtime can chain."""
    view = views.pop(id(value), None)
    if view is None:
        return
    old = graph.producer(value)
    if old is not None:
        graph.remove(old)
    node = _node(view, value, old.name if old else value.name)
    if node.kind == "reshape":
        graph.insert_after(node, graph.producer(node.x))
    else:
        graph.insert(node, before=reader)


def _node(view: View, value: Value, name: str) -> Node:
    piece = _permutation(view, value)
    if piece is not None and len(piece.dims) == 1:
        return Node("reshape", [piece.source], [value], {}, name)
    inputs: list[Value] = []
    pieces = []
    for piece in map(merged, view.pieces):
        position = next((i for i, known in enumerate(inputs) if known is piece.source), len(inputs))
        if position == len(inputs):
            inputs.append(piece.source)
        pieces.append(replace(piece, source=position))
    covered = sum(int(np.prod(piece.dims)) for piece in pieces) == value.size
    return Node("copy", inputs, [value], {"pieces": pieces, "fill": None if covered else view.fill}, name)


def _output(graph: Graph, views: dict[int, View], port) -> None:
    view = views.get(id(port.value))
    if view is None:
        return
    piece = _permutation(view, port.value)
    if piece is None:
        _realise(graph, views, port.value, None)
        return
    # Element by element of the source, in its order: where it is in the user's array.
    axes = sorted(zip(piece.source_strides, piece.dims, piece.strides, strict=True), reverse=True)
    port.value = piece.source
    port.view = tuple(n for _, n, _ in axes)
    port.strides = tuple(stride for _, _, stride in axes)


def _input(graph: Graph, port) -> None:
    """An input that is read through one permutation alone is stored permuted."""
    readers = graph.consumers(port.value)
    if not readers or graph.is_output(port.value) or any(node.kind != "copy" for node in readers):
        return
    permuted = [_reading(node, port.value) for node in readers]
    if permuted[0] is None or any(piece != permuted[0] for piece in permuted[1:]):
        return
    stored = readers[0].y
    if stored.quant is None:
        stored.quant = port.value.quant
    port.view, port.strides = permuted[0].dims, permuted[0].source_strides
    port.value = stored
    for node in readers:
        if node.y is stored:
            graph.remove(node)
        else:
            node.kind, node.attrs, node.inputs = "reshape", {}, [stored]


def _reading(copy: Node, value: Value) -> Piece | None:
    """How a copy reads `value`, if it is a permutation of it."""
    pieces = tuple(replace(piece, source=value) for piece in copy.attrs["pieces"])
    return _permutation(View(pieces), copy.y) if copy.inputs == [value] else None


def _drop_trivial_reshapes(graph: Graph) -> None:
    for node in [node for node in graph.nodes if node.kind == "reshape" and node.x.shape == node.y.shape]:
        graph.replace_uses(node.y, node.x)
        graph.remove(node)
