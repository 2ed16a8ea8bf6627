"""Operators that move elements: reshapes, transposes, slices, concatenations, padding, tiling, depth to space."""

from __future__ import annotations

from math import prod

import numpy as np

from ..ir import Value
from .builder import Builder, OnnxNode, UnsupportedNodeError, check_size, from_front


def reshape(b: Builder, node: OnnxNode) -> Value:
    x = node.x
    wanted = node.ints(1, "shape")
    if not node.attr("allowzero", 0):
        wanted = [x.shape[i] if size == 0 else size for i, size in enumerate(wanted)]
    if -1 in wanted:
        known = prod(size for size in wanted if size != -1)
        wanted[wanted.index(-1)] = x.size // known
    return b.reshape(x, wanted)


def flatten(b: Builder, node: OnnxNode) -> Value:
    shape = node.x.shape
    axis = node.attr("axis", 1)
    axis += len(shape) if axis < 0 else 0
    return b.reshape(node.x, (prod(shape[:axis]), prod(shape[axis:])))


def squeeze(b: Builder, node: OnnxNode) -> Value:
    shape = node.x.shape
    axes = node.ints(1, "axes")
    if axes is None:
        axes = [i for i, size in enumerate(shape) if size == 1]
    gone = {from_front(axis, len(shape)) for axis in axes}
    return b.reshape(node.x, [size for i, size in enumerate(shape) if i not in gone])


def unsqueeze(b: Builder, node: OnnxNode) -> Value:
    axes = node.ints(1, "axes")
    rank = len(node.x.shape) + len(axes)
    new = {from_front(axis, rank) for axis in axes}
    sizes = iter(node.x.shape)
    return b.reshape(node.x, [1 if i in new else next(sizes) for i in range(rank)])


def transpose(b: Builder, node: OnnxNode) -> Value:
    axes = list(range(len(node.x.shape)))
    perm = node.attr("perm", axes[::-1])
    if sorted(perm) != axes:
        raise UnsupportedNodeError(f"perm {perm} is no permutation of {len(axes)} axes")
    return b.transpose(node.x, perm)


def concat(b: Builder, node: OnnxNode) -> Value:
    values = [value for value in node.inputs if 0 not in value.shape]
    return b.concat(values, node.axis(1))


def split(b: Builder, node: OnnxNode) -> list[Value]:
    x, axis = node.x, node.axis(0)
    sizes = node.ints(1, "split")
    if sizes is None:
        count = node.attr("num_outputs", len(node.outputs))
        each = -(-x.shape[axis] // count)
        sizes = [min(each, x.shape[axis] - each * i) for i in range(count)]
    starts = np.cumsum([0, *sizes])
    return [b.slice_axis(x, axis, start, size) for start, size in zip(starts, sizes, strict=False)]


def slice_(b: Builder, node: OnnxNode) -> Value:
    x = node.x
    rank = len(x.shape)
    starts, ends = node.ints(1, "starts"), node.ints(2, "ends")
    axes = node.ints(3, "axes") or list(range(len(starts)))
    steps = node.ints(4, "steps") or [1] * len(starts)
    first, step, shape = [0] * rank, [1] * rank, list(x.shape)
    for start, end, axis, stride in zip(starts, ends, axes, steps, strict=True):
        axis = from_front(axis, rank)
        taken = range(x.shape[axis])[slice(start, end, stride)]
        # Python's slices clamp as ONNX's do, but for an end that counts from before the first element going backwards.
        if stride < 0 and end < -x.shape[axis]:
            taken = range(x.shape[axis])[slice(start, None, stride)]
        shape[axis] = len(taken)
        if taken:
            first[axis], step[axis] = taken[0], stride
    return b.slice(x, first, step, shape)


def gather(b: Builder, node: OnnxNode) -> Value:
    x, axis = node.x, node.axis(0)
    if not node.inputs[1].constant:
        return _rows_of_table(b, x, node.inputs[1], axis)
    indices = node.constant(1, "indices")
    size = x.shape[axis]
    picked = [from_front(i, size, "index") for i in indices.reshape(-1)]
    y = b.concat([b.slice_axis(x, axis, start, length, step) for start, length, step in _runs(picked)], axis)
    return b.reshape(y, (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def _rows_of_table(b: Builder, table: Value, indices: Value, axis: int) -> Value:
    """What embeddings are: rows that computed indices choose, made as planes."""
    if not table.constant or table.dtype != np.float32 or axis != 0:
        raise UnsupportedNodeError("computed indices: only for axis 0 of a constant of float32")
    rows = table.with_data(table.data.reshape(table.shape[0], -1))
    places = b.reshape(indices, (*indices.shape[:-1], indices.shape[-1] if indices.shape else 1))
    *lead, steps = places.shape
    planes = b.emit("gather", [places, rows], (*lead, rows.shape[1], steps), dtype=np.float32)
    rank = len(planes.shape)
    y = b.transpose(planes, (*range(rank - 2), rank - 1, rank - 2))
    return b.reshape(y, (*indices.shape, *table.shape[1:]))


def _runs(indices: list[int]) -> list[tuple[int, int, int]]:
    """Indices as slices (start, length, step)."""
    runs, i = [], 0
    while i < len(indices):
        j = i + 1
        step = indices[j] - indices[i] if j < len(indices) and indices[j] != indices[i] else 1
        while j < len(indices) and indices[j] - indices[j - 1] == step:
            j += 1
        runs.append((indices[i], j - i, step))
        i = j
    return runs


def pad(b: Builder, node: OnnxNode) -> Value:
    x = node.x
    rank = len(x.shape)
    mode = node.attr("mode", "constant")
    amounts = node.ints(1, "pads")
    value = node.constant(2, "constant_value")
    fill = node.attr("value", 0.0) if value is None else value.item()
    axes = node.constant(3, "axes")
    axes = range(rank) if axes is None else [from_front(a, rank) for a in axes]
    before, after = [0] * rank, [0] * rank
    half = len(amounts) // 2
    for axis, first, last in zip(axes, amounts[:half], amounts[half:], strict=True):
        before[axis], after[axis] = first, last
    for axis in range(rank):
        lost = max(-before[axis], 0), max(-after[axis], 0)
        x = b.slice_axis(x, axis, lost[0], x.shape[axis] - sum(lost))
    before, after = [max(n, 0) for n in before], [max(n, 0) for n in after]
    check_size("its result", tuple(map(sum, zip(before, x.shape, after, strict=True))), x.dtype)
    if mode == "constant":
        return b.pad(x, before, after, fill)
    for axis in range(rank):
        if before[axis] or after[axis]:
            x = _extend(b, x, axis, before[axis], after[axis], mode)
    return x


def _extend(b: Builder, x: Value, axis: int, before: int, after: int, mode: str) -> Value:
    size = x.shape[axis]
    if mode == "edge":
        columns = [0] * before + list(range(size)) + [size - 1] * after
    elif mode == "reflect":
        columns = np.pad(np.arange(size), (before, after), mode="reflect").tolist()
    elif mode == "wrap":
        columns = np.pad(np.arange(size), (before, after), mode="wrap").tolist()
    else:
        raise UnsupportedNodeError(f"mode '{mode}': constant, edge, reflect and wrap are supported")
    return b.concat([b.slice_axis(x, axis, start, length, step) for start, length, step in _runs(columns)], axis)


def expand(b: Builder, node: OnnxNode) -> Value:
    shape = np.broadcast_shapes(node.x.shape, tuple(node.ints(1, "shape")))
    return b.expand(node.x, shape)


def tile(b: Builder, node: OnnxNode) -> Value:
    x, repeats = node.x, node.ints(1, "repeats")
    apart = b.reshape(x, [size for dim in x.shape for size in (1, dim)])
    wide = b.expand(apart, [size for n, dim in zip(repeats, x.shape, strict=True) for size in (n, dim)])
    return b.reshape(wide, [n * dim for n, dim in zip(repeats, x.shape, strict=True)])


def depth_to_space(b: Builder, node: OnnxNode) -> Value:
    n, c, h, w = node.x.shape
    s = node.attr("blocksize")
    if node.attr("mode", "DCR") == "DCR":
        apart, perm = (n, s, s, c // (s * s), h, w), (0, 3, 4, 1, 5, 2)
    else:
        apart, perm = (n, c // (s * s), s, s, h, w), (0, 1, 4, 2, 5, 3)
    return b.reshape(b.transpose(b.reshape(node.x, apart), perm), (n, c // (s * s), h * s, w * s))


def space_to_depth(b: Builder, node: OnnxNode) -> Value:
    n, c, h, w = node.x.shape
    s = node.attr("blocksize")
    apart = b.reshape(node.x, (n, c, h // s, s, w // s, s))
    return b.reshape(b.transpose(apart, (0, 3, 5, 1, 2, 4)), (n, c * s * s, h // s, w // s))


TABLE = {
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Concat": concat,
    "Split": split,
    "Slice": slice_,
    "Gather": gather,
    "Pad": pad,
    "Expand": expand,
    "Tile": tile,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}
