"""How an array of the user's lies in a tensor of planes."""

from __future__ import annotations

from ..ir import Port


def planes_view(port: Port, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The port's view and strides with the axes of `shape`, as planes of channels need them; None where an axis of
    `shape` runs over axes of the user's array that are not neighbours.
    """
    left = [(n, stride) for n, stride in zip(port.view, port.strides, strict=True) if n > 1]
    strides = []
    for dim in shape:
        if dim == 1:
            strides.append(0)
            continue
        n, stride = left.pop(0)
        while n < dim:
            inner, step = left.pop(0)
            if stride != inner * step:
                return None
            n, stride = n * inner, step
        if n % dim:
            return None
        strides.append(stride * (n // dim))
        if n > dim:
            left.insert(0, (n // dim, stride))
    return shape, tuple(strides)
