"""Pieces: boxes of elements that are taken from one place and put to another, with strides on both sides.

A piece of a value of some shape can be followed through what happens to that value: each function here gives the piece,
or the parts of it, in the value after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..ir import Value, row_major


@dataclass(frozen=True)
class Piece:
    """A box of elements: from `source` at offset + sum of index x stride to the destination likewise, in elements."""

    source: Value | int
    dims: tuple[int, ...]
    source_offset: int
    source_strides: tuple[int, ...]
    offset: int
    strides: tuple[int, ...]


class UntraceableError(Exception):
    """A movement that pieces cannot say in terms of the pieces before it: those need a copy of their own."""


def along_axes(piece: Piece, shape: tuple[int, ...]) -> Piece:
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


def moved_axes(piece: Piece, old: tuple[int, ...], new: tuple[int, ...], to: dict[int, int]) -> Piece:
    """The piece when axis a of `old` becomes axis to[a] of `new`."""
    old_steps, new_steps = row_major(old), row_major(new)
    strides = []
    for stride in piece.strides:
        axis = _axis(stride, old, old_steps)
        strides.append(stride // old_steps[axis] * new_steps[to[axis]])
    offset = sum(i * new_steps[to[axis]] for axis, i in enumerate(_start(piece, old)))
    return replace(piece, offset=offset, strides=tuple(strides))


def placed(piece: Piece, old: tuple[int, ...], new: tuple[int, ...], before) -> Piece:
    """The piece when `old` lies in `new`, `before` elements from its start along each axis."""
    moved = moved_axes(piece, old, new, {axis: axis for axis in range(len(old))})
    return replace(moved, offset=moved.offset + _offset(before, new))


def repeated(piece: Piece, old: tuple[int, ...], new: tuple[int, ...]) -> Piece:
    """The piece, already with the offsets of `new`, repeated along the axes that are 1 in `old` and longer in `new`."""
    steps = row_major(new)
    extra = [axis for axis in range(len(new)) if old[axis] == 1 and new[axis] > 1]
    return replace(
        piece,
        dims=(*(new[axis] for axis in extra), *piece.dims),
        source_strides=(*(0 for _ in extra), *piece.source_strides),
        strides=(*(steps[axis] for axis in extra), *piece.strides),
    )


def cut(piece: Piece, old, new, starts, steps) -> list[Piece]:
    """The parts of the piece that a slice takes, one axis after the other."""
    pieces, shape = [piece], tuple(old)
    for axis, (first, step) in enumerate(zip(starts, steps, strict=True)):
        if new[axis] == shape[axis] and step == 1:
            continue
        after = (*shape[:axis], new[axis], *shape[axis + 1 :])
        take = _cut_range if step == 1 else _cut_strided
        pieces = [part for piece in pieces for part in take(piece, shape, after, axis, first, step)]
        shape = after
    return pieces


def _along(piece: Piece, shape: tuple[int, ...], axis: int) -> list[int]:
    """The piece's dimensions along an axis, longest stride first."""
    steps = row_major(shape)
    found = [i for i, stride in enumerate(piece.strides) if _axis(stride, shape, steps) == axis]
    return sorted(found, key=lambda i: -piece.strides[i])


def _cut_range(piece: Piece, old, new, axis: int, first: int, step: int) -> list[Piece]:
    """The parts with new[axis] neighbouring elements of an axis, from the first."""
    shift = first * row_major(new)[axis]
    same = {i: i for i in range(len(old))}
    moved = [moved_axes(part, old, new, same) for part in _inside(piece, old, axis, first, first + new[axis])]
    return [replace(part, offset=part.offset - shift) for part in moved]


def _inside(piece: Piece, shape: tuple[int, ...], axis: int, first: int, end: int) -> list[Piece]:
    """The parts with coordinates from `first` to before `end` on an axis."""
    start = _start(piece, shape)[axis]
    along = _along(piece, shape, axis)
    if not along:
        return [piece] if first <= start < end else []
    pace = [piece.strides[i] // row_major(shape)[axis] for i in along]
    reach = sum((piece.dims[i] - 1) * step for i, step in zip(along[1:], pace[1:], strict=True))
    lowest = [start + j * pace[0] for j in range(piece.dims[along[0]])]
    whole = [j for j, low in enumerate(lowest) if first <= low and low + reach < end]
    partly = [j for j, low in enumerate(lowest) if low < end and low + reach >= first and j not in whole]
    parts = [_range_of(piece, along[0], whole[0], len(whole))] if whole else []
    for j in partly:
        parts += _inside(_range_of(piece, along[0], j, 1), shape, axis, first, end)
    return parts


def _range_of(piece: Piece, dim: int, start: int, count: int) -> Piece:
    """The piece with `count` elements of a dimension, from `start`; a dimension of one disappears."""
    keep = [i for i in range(len(piece.dims)) if i != dim or count > 1]
    return Piece(
        piece.source,
        tuple(count if i == dim else piece.dims[i] for i in keep),
        piece.source_offset + start * piece.source_strides[dim],
        tuple(piece.source_strides[i] for i in keep),
        piece.offset + start * piece.strides[dim],
        tuple(piece.strides[i] for i in keep),
    )


def _cut_strided(piece: Piece, old, new, axis: int, first: int, step: int) -> list[Piece]:
    """The part with every step-th element of an axis, from the first, on which the piece has one dimension at most."""
    along = _along(piece, old, axis)
    if len(along) > 1:
        raise UntraceableError
    start, steps = _start(piece, old)[axis], row_major(new)
    pace = piece.strides[along[0]] // row_major(old)[axis] if along else 1
    length = piece.dims[along[0]] if along else 1
    # Elements start + pace j of the axis, and first + step i of the slice: which i and j meet?
    distances = [(i, first + step * i - start) for i in range(new[axis])]
    meets = [(i, d // pace) for i, d in distances if d % pace == 0 and 0 <= d // pace < length]
    if not meets:
        return []
    moved = moved_axes(piece, old, new, {i: i for i in range(len(old))})
    moved = replace(moved, offset=moved.offset + (meets[0][0] - start) * steps[axis])
    if not along:
        return [moved]
    apart = (meets[1][0] - meets[0][0], meets[1][1] - meets[0][1]) if len(meets) > 1 else (1, 1)
    picked = _range_of(
        replace(moved, offset=moved.offset - meets[0][1] * moved.strides[along[0]]), along[0], meets[0][1], 1
    )
    dims = (len(meets), *picked.dims)
    sources = (piece.source_strides[along[0]] * apart[1], *picked.source_strides)
    return [replace(picked, dims=dims, source_strides=sources, strides=(apart[0] * steps[axis], *picked.strides))]


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
