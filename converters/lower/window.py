"""Kernel, strides, dilations and padding of ONNX convolutions and pools, always as two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from .builder import OnnxNode, UnsupportedNodeError


@dataclass(frozen=True)
class Window:
    """A window over [height, width], 1-D ones over height 1. `pads`: top, left, bottom, right; `out`: output size."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int, int, int]
    out: tuple[int, int]


def window(node: OnnxNode, kernel: tuple[int, ...], ceil: bool = False) -> Window:
    """The window of a node over its first input [N, C, H, W] or [N, C, L]."""
    size = node.x.shape[2:]
    if len(size) not in (1, 2):
        raise UnsupportedNodeError(f"{len(size)} spatial dimensions: only 1 and 2 are supported")
    rank = len(size)
    strides = tuple(node.attr("strides", [1] * rank))
    dilations = tuple(node.attr("dilations", [1] * rank))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = _pads(node, size, reach, strides)
    if min(*strides, *dilations) < 1 or min(pads) < 0:
        raise UnsupportedNodeError("strides and dilations must be at least 1, padding not negative")
    out = []
    for i in range(rank):
        span = size[i] + pads[i] + pads[rank + i] - reach[i]
        if span < 0:
            raise UnsupportedNodeError(
                f"the kernel reaches over {reach[i]} of {span + reach[i]} padded elements of axis {i + 2}"
            )
        steps = -(-span // strides[i]) if ceil else span // strides[i]
        if ceil and steps * strides[i] >= size[i] + pads[i]:
            steps -= 1  # a window that begins beyond the input is none
        out.append(steps + 1)
    if rank == 1:
        flat = (0, pads[0], 0, pads[1])
        return Window((1, *kernel), (1, *strides), (1, *dilations), flat, (1, *out))
    return Window(tuple(kernel), strides, dilations, tuple(pads), tuple(out))


def _pads(node: OnnxNode, size, reach, strides) -> list[int]:
    rank = len(size)
    mode = node.attr("auto_pad", "NOTSET")
    if mode == "NOTSET":
        return list(node.attr("pads", [0] * 2 * rank))
    if mode == "VALID":
        return [0] * 2 * rank
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise UnsupportedNodeError(f"auto_pad {mode!r} is unknown")
    begin, end = [], []
    for n, r, s in zip(size, reach, strides, strict=True):
        total = max((-(-n // s) - 1) * s + r - n, 0)
        half = total // 2
        begin.append(half if mode == "SAME_UPPER" else total - half)
        end.append(total - begin[-1])
    return begin + end
