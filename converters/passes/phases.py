"""Turns a transposed convolution into one convolution and a depth to space.

With strides (SH, SW), output row SH q + p of a transposed convolution is a sum over the taps k with k DH = p mod SH
alone, at input rows q - (k DH - p) / SH, and columns likewise. So each of the SH x SW *phases* p of each output channel
is a convolution of its own: they become the rows of one, each over the union of their windows, and their pixels
interleave to the output.
"""

from __future__ import annotations

import numpy as np

from ..ir import Graph, Node, Value


def lower_transposed(graph: Graph) -> None:
    for node in list(graph.nodes):
        if node.kind == "conv_transpose":
            _lower(graph, node)


class _Axis:
    """One axis: which tap of which phase each kernel element is, and where the output lies among the phases' pixels."""

    def __init__(self, size: int, out: int, kernel: int, stride: int, dilation: int, pad: int):
        self.taps = (kernel - 1) * dilation // stride + 1
        self.place = [(k * dilation % stride, self.taps - 1 - k * dilation // stride) for k in range(kernel)]
        # Pixel q of a phase reads inputs q - taps + 1 to q. It runs over what the output needs, and so far that no
        # padding is negative.
        first = min(pad // stride, self.taps - 1)
        last = max((pad + out - 1) // stride, size - 1)
        self.pads = (self.taps - 1 - first, last - size + 1)
        self.pixels = last - first + 1
        self.crop = pad - first * stride


def _lower(graph: Graph, node: Node) -> None:
    rows, channels, kh, kw = node.inputs[1].shape
    sh, sw = node.attrs["strides"]
    n, spatial, out = node.x.shape[0], node.x.shape[2:], node.y.shape[2:]
    flat = len(spatial) == 1
    size, target = ((1, *spatial), (1, *out)) if flat else (spatial, out)
    top, left = node.attrs["pads"][:2]
    v = _Axis(size[0], target[0], kh, sh, node.attrs["dilations"][0], top)
    h = _Axis(size[1], target[1], kw, sw, node.attrs["dilations"][1], left)

    weight = np.zeros((rows, sh, sw, channels, v.taps, h.taps), np.float32)
    for ky, (py, ty) in enumerate(v.place):
        for kx, (px, tx) in enumerate(h.place):
            weight[:, py, px, :, ty, tx] = node.inputs[1].data[:, :, ky, kx]
    weight = weight.reshape(rows * sh * sw, channels, v.taps, h.taps)

    phases = sh * sw
    pixels = (h.pixels,) if flat else (v.pixels, h.pixels)
    y = Value(f"{node.y.name}.phases", (n, rows * phases, *pixels))
    vectors = [None if c is None else c.with_data(np.repeat(c.data, phases)) for c in (node.inputs[2], node.inputs[4])]
    inputs = [node.x, node.inputs[1].with_data(weight), vectors[0], None, vectors[1]]
    attrs = {"strides": (1, 1), "dilations": (1, 1), "pads": (v.pads[0], h.pads[0], v.pads[1], h.pads[1])}
    group = node.attrs["group"]
    depthwise = group == node.x.shape[1] and group > 1
    conv = Node(
        "depthwise" if depthwise else "conv", inputs, [y], attrs, node.name, node.activation, node.act, node.origin
    )
    if not depthwise:
        attrs["group"] = group
    graph.insert(conv, before=node)

    def move(kind: str, x: Value, shape: tuple[int, ...], **attrs) -> Value:
        value = Value(f"{node.y.name}.{kind}", shape)
        graph.insert(Node(kind, [x], [value], attrs, node.name), before=node)
        return value

    apart = move("reshape", y, (n, rows, sh, sw, v.pixels, h.pixels))
    mixed = move("transpose", apart, (n, rows, v.pixels, sh, h.pixels, sw), perm=(0, 1, 4, 2, 5, 3))
    whole = move("reshape", mixed, (n, rows, v.pixels * sh, h.pixels * sw))
    starts = (0, 0, v.crop, h.crop)
    cropped = move("slice", whole, (n, rows, *target), starts=starts, steps=(1, 1, 1, 1))
    node.kind, node.inputs, node.attrs = "reshape", [cropped], {}
    node.activation, node.act = "none", (0.0, 0.0)
