"""Turns everything that moves elements (transposes, slices, concatenations, ...) into as few copies as there can be.

The result of a chain of such nodes is a list of *pieces*: boxes of elements of other values, with strides on both
sides. A chain that moves nothing becomes a `reshape`, which is free; one that permutes a whole input or output becomes
part of its record, as the user's array is copied anyway; the rest becomes one `copy` for a whole chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..ir import MOVEMENT, Graph, Node, Value, row_major


@dataclass(frozen=True)
class Piece:
    """A box of elements: from `source` at offset + sum of index x stride to the destination likewise, in elements."""

    source: Value | int
    dims: tuple[int, ...]
    source_offset: int
    source_strides: tuple[int, ...]
    offset: int
    strides: tuple[int, ...]


@dataclass(frozen=True)
class View:
    """A value as pieces of others; where no piece writes, it is `fill` (None: pieces write everything)."""

    pieces: tuple[Piece, ...]
    fill: float | None = None


class UntraceableError(Exception):
    """A movement that pieces cannot say in terms of the pieces before it: those need a copy of their own."""


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
    pieces = [_along_axes(piece, shape) for piece in views[0].pieces]
    fill = views[0].fill
    if node.kind == "pad":
        value = node.attrs["value"]
        if fill not in (None, value):
            raise UntraceableError
        return View(tuple(_placed(p, shape, node.y.shape, node.attrs["before"]) for p in pieces), value)
    if node.kind == "transpose":
        perm = node.attrs["perm"]
        back = {axis: i for i, axis in enumerate(perm)}
        return View(tuple(_moved(p, shape, node.y.shape, back) for p in pieces), fill)
    if node.kind == "expand":
        lead = len(node.y.shape) - len(shape)
        back = {axis: axis + lead for axis in range(len(shape))}
        pieces = [_moved(p, shape, node.y.shape, back) for p in pieces]
        return View(tuple(_repeated(p, (1,) * lead + shape, node.y.shape) for p in pieces), fill)
    cut = [_cut(p, shape, node.y.shape, node.attrs["starts"], node.attrs["steps"]) for p in pieces]
    return View(tuple(piece for piece in cut if piece), fill)


def _concat(node: Node, views: list[View]) -> View:
    fills = {view.fill for view in views if view.fill is not None}
    if len(fills) > 1:
        raise UntraceableError
    pieces, start = [], 0
    for value, view in zip(node.inputs, views, strict=True):
        before = [0] * len(value.shape)
        before[node.attrs["axis"]] = start
        start += value.shape[node.attrs["axis"]]
        pieces += [_placed(_along_axes(p, value.shape), value.shape, node.y.shape, before) for p in view.pieces]
    return View(tuple(pieces), fills.pop() if fills else None)


def _along_axes(piece: Piece, shape: tuple[int, ...]) -> Piece:
    """The piece with each dimension along one axis of a destination of `shape`; UntraceableError if that cannot be."""
    steps = row_major(shape)
    dims, sources, strides = [], [], []
    todo = list(zip(piece.dims, piece.source_strides, piece.strides, strict=True))
    while todo:
        n, source, stride = todo.pop(0)
        if n == 1:
            continue
        axis = _axis(stride, shape, steps)
        room = shape[axis] * steps[axis]
        if (n - 1) * stride < room:
            dims.append(n)
            sources.append(source)
            strides.append(stride)
            continue
        inner = room // stride
        if room % stride or n % inner:
            raise UntraceableError
        todo[:0] = [(n // inner, source * inner, room), (inner, source, stride)]
    # Within each axis, offset and dimensions together must stay inside it.
    for axis in range(len(shape)):
        start = piece.offset // steps[axis] % shape[axis]
        reach = sum(
            (n - 1) * s // steps[axis] for n, s in zip(dims, strides, strict=True) if _axis(s, shape, steps) == axis
        )
        if start + reach >= shape[axis]:
            raise UntraceableError
    return replace(piece, dims=tuple(dims), source_strides=tuple(sources), strides=tuple(strides))


def _axis(stride: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> int:
    """The axis of `shape` along which a destination stride steps."""
    for axis, step in enumerate(steps):
        if shape[axis] > 1 and stride % step == 0 and stride < step * shape[axis]:
            return axis
    raise UntraceableError


def _start(piece: Piece, shape: tuple[int, ...]) -> list[int]:
    return [int(i) for i in np.unravel_index(piece.offset, shape)] if shape else []


def _offset(start: list[int], shape: tuple[int, ...]) -> int:
    return sum(i * step for i, step in zip(start, row_major(shape), strict=True))


def _moved(piece: Piece, old: tuple[int, ...], new: tuple[int, ...], to: dict[int, int]) -> Piece:
    """The piece when axis a of `old` becomes axis to[a] of `new`."""
    old_steps, new_steps = row_major(old), row_major(new)
    strides = []
    for stride in piece.strides:
        axis = _axis(stride, old, old_steps)
        strides.append(stride // old_steps[axis] * new_steps[to[axis]])
    offset = sum(i * new_steps[to[axis]] for axis, i in enumerate(_start(piece, old)))
    return replace(piece, offset=offset, strides=tuple(strides))


def _placed(piece: Piece, old: tuple[int, ...], new: tuple[int, ...], before) -> Piece:
    """The piece when `old` lies in `new`, `before` elements from its start along each axis."""
    moved = _moved(piece, old, new, {axis: axis for axis in range(len(old))})
    return replace(moved, offset=moved.offset + _offset(before, new))


def _repeated(piece: Piece, old: tuple[int, ...], new: tuple[int, ...]) -> Piece:
    """The piece, already with the offsets of `new`, repeated along the axes that are 1 in `old` and longer in `new`."""
    steps = row_major(new)
    extra = [axis for axis in range(len(new)) if old[axis] == 1 and new[axis] > 1]
    return replace(
        piece,
        dims=(*(new[axis] for axis in extra), *piece.dims),
        source_strides=(*(0 for _ in extra), *piece.source_strides),
        strides=(*(steps[axis] for axis in extra), *piece.strides),
    )


def _cut(piece: Piece, old, new, starts, steps) -> Piece | None:
    """The part of the piece that a slice takes; None where it takes nothing of it."""
    old_steps, new_steps = row_major(old), row_major(new)
    start = _start(piece, old)
    offset, source_offset = 0, piece.source_offset
    dims, sources, strides = list(piece.dims), list(piece.source_strides), list(piece.strides)
    axes = [_axis(stride, old, old_steps) for stride in strides]
    for axis, size in enumerate(old):
        along = [i for i, a in enumerate(axes) if a == axis]
        first, step, count = starts[axis], steps[axis], new[axis]
        if count == size and step == 1:
            offset += start[axis] * new_steps[axis]
            for i in along:
                strides[i] = strides[i] // old_steps[axis] * new_steps[axis]
            continue
        if len(along) > 1:
            raise UntraceableError
        pace = strides[along[0]] // old_steps[axis] if along else 1
        length = dims[along[0]] if along else 1
        # Elements start + pace j of the axis, and first + step i of the slice: which i and j meet?
        meets = [
            (i, (first + step * i - start[axis]) // pace)
            for i in range(count)
            if (first + step * i - start[axis]) % pace == 0
        ]
        meets = [(i, j) for i, j in meets if 0 <= j < length]
        if not meets:
            return None
        offset += meets[0][0] * new_steps[axis]
        if along:
            source_offset += meets[0][1] * sources[along[0]]
            apart = (meets[1][0] - meets[0][0], meets[1][1] - meets[0][1]) if len(meets) > 1 else (1, 1)
            dims[along[0]] = len(meets)
            sources[along[0]] *= apart[1]
            strides[along[0]] = apart[0] * new_steps[axis]
    kept = [i for i, n in enumerate(dims) if n > 1]
    dims, sources, strides = (tuple(values[i] for i in kept) for values in (dims, sources, strides))
    return Piece(piece.source, dims, source_offset, sources, offset, strides)


def merged(piece: Piece) -> Piece:
    """The same piece in as few dimensions as there can be, longest destination stride first."""
    axes = sorted(
        (a for a in zip(piece.strides, piece.source_strides, piece.dims, strict=True) if a[2] > 1), reverse=True
    )
    out: list[tuple[int, int, int]] = []
    for stride, source, n in axes:
        if out and out[-1][0] == stride * n and out[-1][1] == source * n:
            out[-1] = (stride, source, out[-1][2] * n)
        else:
            out.append((stride, source, n))
    out = out or [(1, 1, 1)]
    strides, sources, dims = zip(*out, strict=True)
    return replace(piece, dims=dims, source_strides=sources, strides=strides)


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
    """Puts a node that makes `value`, a movement's result, as its view says, before `reader` (None: at the end)."""
    view = views.pop(id(value), None)
    if view is None:
        return
    old = graph.producer(value)
    if old is not None:
        graph.remove(old)
    graph.insert(_node(view, value, old.name if old else value.name), before=reader)


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
    pieces = [node.attrs["pieces"] for node in readers]
    permuted = [
        _permutation(View((replace(p[0], source=port.value),)), port.value) if len(p) == 1 else None for p in pieces
    ]
    if permuted[0] is None or any(piece != permuted[0] for piece in permuted[1:]):
        return
    stored = readers[0].y
    port.view, port.strides = permuted[0].dims, permuted[0].source_strides
    port.value = stored
    for node in readers:
        if node.y is stored:
            graph.remove(node)
        else:
            node.kind, node.attrs, node.inputs = "reshape", {}, [stored]


def _drop_trivial_reshapes(graph: Graph) -> None:
    for node in [node for node in graph.nodes if node.kind == "reshape" and node.x.shape == node.y.shape]:
        graph.replace_uses(node.y, node.x)
        graph.remove(node)
