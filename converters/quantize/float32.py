"""What onnxruntime computes in float32 in a quantised model, and in which order it adds: for `--match onnxruntime`.

That is its default session on x86 with one thread (1.32; on ARM it takes int8 as it is). A DequantizeLinear, Conv,
QuantizeLinear is a QLinearConv to it where input and output are uint8; an addition or a product of two tensors has an
integer form where all three have one type; the rest computes in float32, as the nodes say. What a model has in int8 has
become uint8 by then if one QuantizeLinear writes it and one DequantizeLinear reads it. It is still int8 at inputs and
outputs of the model, where several nodes read it, and where its integers are moved.

Products with a vector add in an order of their own: fully connected layers, depthwise ones, and convolutions of one
pixel keep to int8 here, and so do those along one axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from ..ir import FLOAT32, MOVEMENT, Graph, Node, Value
from ..passes.pieces import Piece
from .annotation import INT8, UINT8, Quant

COLUMNS, PIXELS, FEWEST_PIXELS = 128, 128, 16  # of a block in onnxruntime's matrix products
UINT8_OFFSET = 128


def mark_types(graph: Graph) -> None:
    """Gives nodes the attribute `type`: in what onnxruntime computes them. `quantize`, `dequantize` are nodes yet."""
    for node in graph.nodes:
        if node.kind == "conv" and _has_rows_and_columns(node):
            node.attrs["type"] = _common(_types(graph, node.y, node.x), UINT8)
        elif node.kind == "binary" and not any(value.constant for value in node.inputs):
            has_integers = node.attrs["function"] in ("add", "mul")
            types = _types(graph, node.y, *node.inputs)
            node.attrs["type"] = _common(types, UINT8, INT8) if has_integers else FLOAT32


def computes_in_float32(node: Node) -> bool:
    return node.attrs.get("type") == FLOAT32


def _common(types: set[np.dtype], *integers: np.dtype) -> np.dtype:
    """The one of `integers` that `types` are, or float32."""
    return next((dtype for dtype in integers if types == {dtype}), FLOAT32)


def _has_rows_and_columns(conv: Node) -> bool:
    """Whether it is one over planes, with more than one channel in a group, and more than one pixel."""
    return len(conv.y.shape) == 4 and conv.inputs[1].shape[0] > conv.attrs["group"] and conv.pixels > conv.y.shape[0]


def _types(graph: Graph, y: Value, *operands: Value) -> set[np.dtype]:
    """What onnxruntime stores a node's result and operands in."""
    return {_written_type(graph, y), *(_read_type(graph, value) for value in operands)}


def _read_type(graph: Graph, value: Value) -> np.dtype:
    maker = graph.producer(value)
    while maker is not None and maker.kind in MOVEMENT:
        maker = graph.producer(maker.x)
    if maker is None or maker.kind != "dequantize":
        return FLOAT32
    return _stored_type(graph, maker.x, maker.y.quant)


def _written_type(graph: Graph, y: Value) -> np.dtype:
    reader = graph.only_consumer(y)
    if reader is not None and reader.kind == "unary" and reader.activation == "clip":
        clip, reader = reader, graph.only_consumer(reader.y)
        if reader is None or reader.kind != "quantize" or tuple(reader.y.quant.store(clip.act)) != (-128, 127):
            return FLOAT32  # rounding saturates later than the clip
    if reader is None or reader.kind != "quantize":
        return FLOAT32
    return _stored_type(graph, reader.y, reader.y.quant)


def _stored_type(graph: Graph, integers: Value, quant: Quant) -> np.dtype:
    maker, readers = graph.producer(integers), graph.consumers(integers)
    moved = any(node is None or node.kind not in ("quantize", "dequantize") for node in (maker, *readers))
    if moved or graph.is_output(integers) or sum(len(graph.consumers(reader.y)) for reader in readers) != 1:
        return quant.dtype
    return UINT8


def sum_of_uint8(a: Quant, b: Quant, y: Quant) -> tuple[float, float, float]:
    """Of onnxruntime's addition in uint8, y = factor_a a + factor_b b + constant: the factors, and what the constant,
    y's zero point less the factors times those of a and b, gains by being rounded to float32.
    """
    factor_a, factor_b = (np.float32(x.scale) / np.float32(y.scale) for x in (a, b))
    zero_a, zero_b, zero_y = (x.zero + UINT8_OFFSET for x in (a, b, y))
    exact = zero_y - float(factor_a) * zero_a - float(factor_b) * zero_b
    rounded = np.float32(zero_y) - np.float32(float(factor_a) * zero_a + float(factor_b * np.float32(zero_b)))
    return float(factor_a), float(factor_b), float(rounded) - exact


def in_order(conv: Node) -> list[Node]:
    """A float convolution as nodes that add as onnxruntime does: one product after the other, from zero on; the columns
    of the weights in blocks, whose sums are added one after the other; at last the bias. Convolutions among them have
    the attribute `in_order`: no encoding may have their products added in another order.
    """
    conv.attrs = {**conv.attrs, "in_order": True}
    if any(value is not None for value in conv.inputs[3:]):
        return [conv]
    nodes: list[Node] = []
    bias, y = conv.inputs[2], conv.y

    def then(kind: str, inputs: list[Value | None], attrs: dict, shape: tuple[int, ...] = y.shape) -> Value:
        result = Value(f"{y.name}.{len(nodes)}", shape)
        nodes.append(Node(kind, inputs, [result], attrs, conv.name, origin=conv.origin))
        return result

    total = None
    for channels, weight in _parts(conv):
        x = conv.x
        if channels is not None:
            shape = (x.shape[0], len(channels), *x.shape[2:])
            x = then("copy", [x], {"pieces": [_neighbours(x.shape, channels)], "fill": None}, shape)
        result = then("conv", [x, weight, None, None, None], conv.attrs)
        total = result if total is None else then("binary", [total, result], {"function": "add"})
    if bias is not None:
        terms = bias.data.reshape(-1, *(1,) * (len(y.shape) - 2))
        then("binary", [total, Value(bias.name, terms.shape, data=terms)], {"function": "add"})
    nodes[-1].outputs, nodes[-1].activation, nodes[-1].act = conv.outputs, conv.activation, conv.act
    return nodes


def _parts(conv: Node) -> Iterator[tuple[range | None, Value]]:
    """The channels that each block of columns reads, None for all, and their weights."""
    weight, pixels = conv.inputs[1], conv.y.size // (conv.y.shape[0] * conv.y.shape[1])
    channels, taps = weight.shape[1], prod(weight.shape[2:])
    block = _block(channels * taps, pixels)
    for first in range(0, channels * taps, block):
        inside = np.zeros(channels * taps, bool)
        inside[first : first + block] = True
        part = np.where(inside.reshape(weight.shape[1:]), weight.data, 0)
        read = range(first // taps, min(-(-(first + block) // taps), channels))
        if len(read) == channels or conv.attrs["group"] > 1:
            yield None, weight.with_data(part)
        else:
            yield read, weight.with_data(part[:, read])


def _neighbours(shape: tuple[int, ...], channels: range) -> Piece:
    """Some channels of a tensor."""
    plane = prod(shape[2:])
    image, taken = shape[1] * plane, len(channels) * plane
    return Piece(0, (shape[0], taken), channels.start * plane, (image, 1), 0, (taken, 1))


def _block(columns: int, pixels: int) -> int:
    """How many columns onnxruntime's matrix products take at a time: more where there are few pixels."""
    block, width = COLUMNS, PIXELS
    while pixels < columns and width > FEWEST_PIXELS and width // 2 >= pixels:
        block, width = 2 * block, width // 2
    return block
