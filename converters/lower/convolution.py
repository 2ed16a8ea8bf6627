"""Conv and ConvTranspose."""

from __future__ import annotations

import numpy as np

from ..ir import Origin, Value
from .builder import Builder, OnnxNode, UnsupportedNodeError
from .window import window


def conv(b: Builder, node: OnnxNode) -> Value:
    x, group = node.x, node.attr("group", 1)
    weight = node.constant(1, "the weight")
    if weight is None or weight.dtype != np.float32:
        raise UnsupportedNodeError("the weight must be float32")
    n, channels = x.shape[:2]
    rows = weight.shape[0]
    kernel = tuple(node.attr("kernel_shape", weight.shape[2:]))
    if kernel != weight.shape[2:]:
        raise UnsupportedNodeError(f"a weight of shape {list(weight.shape)} has no kernel_shape {list(kernel)}")
    if weight.shape[1] * group != channels:
        raise UnsupportedNodeError(
            f"a weight of shape {list(weight.shape)} in {group} group(s) does not fit {channels} channels"
        )
    w = window(node, kernel)
    out = w.out if len(x.shape) == 4 else w.out[1:]
    depthwise = group == channels and group > 1
    shape = (rows, weight.shape[1], *w.kernel)
    inputs = [x, _constant(node, 1, weight.reshape(shape)), _bias(node, rows), None, None]
    attrs = {"strides": w.strides, "dilations": w.dilations, "pads": w.pads}
    if not depthwise:
        attrs["group"] = group
    y = b.emit("depthwise" if depthwise else "conv", inputs, (n, rows, *out), **attrs)
    set_origin(b, node, lambda new: new.reshape(weight.shape))
    return y


def conv_transpose(b: Builder, node: OnnxNode) -> Value:
    x, group = node.x, node.attr("group", 1)
    weight = node.constant(1, "the weight")
    if weight is None or weight.dtype != np.float32:
        raise UnsupportedNodeError("the weight must be float32")
    n, channels = x.shape[:2]
    size = x.shape[2:]
    rank = len(size)
    if rank not in (1, 2) or weight.shape[0] != channels:
        raise UnsupportedNodeError(
            f"a weight of shape {list(weight.shape)} does not fit an input of shape {list(x.shape)}"
        )
    columns = weight.shape[1]
    kernel = weight.shape[2:]
    strides = tuple(node.attr("strides", [1] * rank))
    dilations = tuple(node.attr("dilations", [1] * rank))
    pads, out = _transposed_size(node, size, kernel, strides, dilations)
    if rank == 1:
        kernel, strides, dilations, pads = (1, *kernel), (1, *strides), (1, *dilations), (0, pads[0], 0, pads[1])

    # ONNX has [C, M / group, ...], we have an output channel a row: [M, C / group, KH, KW].
    split = (group, channels // group, columns, *kernel)
    rows = np.ascontiguousarray(weight.reshape(split).swapaxes(1, 2)).reshape(
        group * columns, channels // group, *kernel
    )
    inputs = [x, _constant(node, 1, rows), _bias(node, len(rows)), None, None]
    y = b.emit(
        "conv_transpose",
        inputs,
        (n, group * columns, *out),
        strides=strides,
        dilations=dilations,
        pads=tuple(pads),
        group=group,
    )
    turned = (group, columns, channels // group, *kernel)
    set_origin(b, node, lambda new: new.reshape(turned).swapaxes(1, 2).reshape(weight.shape))
    return y


def _transposed_size(node: OnnxNode, size, kernel, strides, dilations) -> tuple[list[int], list[int]]:
    """Padding (begins, then ends) and output size."""
    rank = len(size)
    extra = node.attr("output_padding", [0] * rank)
    full = [
        (n - 1) * s + d * (k - 1) + 1 + e for n, k, s, d, e in zip(size, kernel, strides, dilations, extra, strict=True)
    ]
    mode = node.attr("auto_pad", "NOTSET")
    wanted = node.attr("output_shape")
    if wanted is not None or mode in ("SAME_UPPER", "SAME_LOWER"):
        out = wanted[-rank:] if wanted is not None else [n * s for n, s in zip(size, strides, strict=True)]
        total = [max(f - o, 0) for f, o in zip(full, out, strict=True)]
        if any(o > f for f, o in zip(full, out, strict=True)):
            raise UnsupportedNodeError(f"output_shape {list(out)} is larger than the {full} that the kernel reaches")
        begins = [t // 2 if mode == "SAME_UPPER" else t - t // 2 for t in total]
        return begins + [t - first for t, first in zip(total, begins, strict=True)], list(out)
    pads = [0] * 2 * rank if mode == "VALID" else list(node.attr("pads", [0] * 2 * rank))
    return pads, [f - pads[i] - pads[rank + i] for i, f in enumerate(full)]


def _bias(node: OnnxNode, rows: int) -> Value | None:
    bias = node.constant(2, "the bias")
    if bias is not None and bias.shape != (rows,):
        raise UnsupportedNodeError(f"a bias of shape {list(bias.shape)} does not fit {rows} channels")
    return node.input(2)


def _constant(node: OnnxNode, i: int, data: np.ndarray) -> Value:
    return Value(node.input_names[i], data.shape, data.dtype, data)


def set_origin(b: Builder, node: OnnxNode, restore, weight: int = 1) -> None:
    """Says of the node just emitted what it is in the ONNX model; input `weight` of that is the weight."""
    names = node.input_names
    b.graph.nodes[-1].origin = Origin(node.outputs[0], names[1 - weight], names[weight], restore)


TABLE = {"Conv": conv, "ConvTranspose": conv_transpose}
