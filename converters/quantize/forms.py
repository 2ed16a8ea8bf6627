"""The forms that a value takes in a graph that is being lowered: float, and int8 in the layouts plain and planes4.

Conversions between them are nodes, put in where a form is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from nnz.format import signed, word

from ..ir import Graph, Node, Value
from ..passes.pieces import Piece
from .annotation import INT8, Quant
from .fixed_point import NotInt8Error

PLAIN, PLANES4 = "plain", "planes4"


class Forms:
    """`nodes` are those of the new graph, in execution order; `as_onnxruntime`, `match`: see lower_quantized()."""

    def __init__(self, graph: Graph, as_onnxruntime: bool, match: bool):
        self.graph = graph
        self.as_onnxruntime = as_onnxruntime
        self.match = match
        self.nodes: list[Node] = []
        self._int8: dict[int, dict[str, Value]] = {}
        self._float: dict[int, Value] = {}  # of quantised values: before their rounding
        self._rounded: dict[int, Value] = {}  # and after
        self._reshaped: dict[int, Value] = {}
        self._kept: list[Value] = []  # so that the ids above stay those of living objects

    def quant(self, value: Value) -> Quant:
        """The annotation of an activation; NotInt8Error where it has none."""
        if value.constant:
            raise NotInt8Error(f"an operand, '{value.name}', is a constant")
        if value.quant is None:
            raise NotInt8Error(f"'{value.name}' is not quantised")
        return value.quant

    def emit(self, kind: str, inputs: list[Value | None], y: Value, like: Node | None = None, **attrs) -> Value:
        """Adds a node that writes `y`; name and origin are those of `like`."""
        node = Node(kind, inputs, [y], attrs, like.name if like else y.name, origin=like.origin if like else None)
        self.nodes.append(node)
        return y

    def define(self, value: Value, stored: Value) -> None:
        """Says that `stored` is the int8 form of `value`."""
        self._kept.append(value)
        self._int8.setdefault(id(value), {})[stored.layout] = stored

    def define_float(self, value: Value, computed: Value) -> None:
        """Says that `computed` is `value` before its rounding."""
        self._kept.append(value)
        self._float[id(value)] = computed

    def define_reshaped(self, value: Value, x: Value) -> None:
        """Says that `value` is `x` under another shape."""
        self._kept.append(value)
        self._reshaped[id(value)] = x

    def new(self, value: Value, layout: str, suffix: str = "") -> Value:
        """An int8 tensor for `value`."""
        return Value(value.name + suffix, value.shape, INT8, quant=value.quant, layout=layout)

    def source(self, value: Value) -> Value:
        """What `value` is a reshaped form of, or itself."""
        *_, value = self._before(value)
        return value

    def _before(self, value: Value) -> Iterator[Value]:
        """`value`, what it is a reshaped form of, and so on."""
        yield value
        while id(value) in self._reshaped:
            value = self._reshaped[id(value)]
            yield value

    def has(self, value: Value, layout: str) -> bool:
        """Whether the form is there without a conversion."""
        return layout in self._int8.get(id(value), ())

    def best_layout(self, *values: Value) -> str:
        """The layout in which an elementwise operator takes `values`: planes4, unless all are plain already."""
        if len(values[0].shape) not in (3, 4) or all(self.has(value, PLAIN) for value in values):
            return PLAIN
        return PLANES4

    def stored(self, value: Value, layout: str) -> Value:
        """The int8 form of a quantised value."""
        forms = self._int8.setdefault(id(value), {})
        self._kept.append(value)
        if layout not in forms:
            forms[layout] = self._convert(value, layout)
        return forms[layout]

    def real(self, value: Value | None) -> Value | None:
        """The float form of any value, rounded where it is quantised."""
        if value is None or value.constant or value.quant is None:
            return value
        if id(value) not in self._rounded:
            self._kept.append(value)
            x = self.stored(value, PLANES4 if self.has(value, PLANES4) else PLAIN)
            params = [word(float(value.quant.scale)), signed(value.quant.zero)]
            y = Value(f"{value.name}.float", value.shape)
            self._rounded[id(value)] = self.emit("dequantize", [x], y, params=params)
        return self._rounded[id(value)]

    def requantized(self, value: Value, quant: Quant) -> Value:
        """`value` with another scale and zero point."""
        if value.quant == quant:
            return value
        result = Value(f"{value.name}.rescaled", value.shape, quant=quant)
        layout = self.best_layout(value)
        table = quant.store(value.quant.load(np.arange(-128, 128)))
        self.define(result, self.lookup(self.stored(value, layout), table, self.new(result, layout)))
        return result

    def lookup(self, x: Value, table: np.ndarray, y: Value, like: Node | None = None) -> Value:
        """y = table[x + 128]"""
        constant = Value(f"{y.name}.table", table.shape, INT8, table)
        return self.emit("qlut", [x, constant], y, like, params=[])

    def _convert(self, value: Value, layout: str) -> Value:
        forms = self._int8[id(value)]
        y = self.new(value, layout, f".{layout}" if forms else "")
        if forms:
            return self._change_layout(next(iter(forms.values())), y)
        if id(value) in self._reshaped:
            return self._reshape(value, y)
        params = [word(1 / float(value.quant.scale)), signed(value.quant.zero)]
        return self.emit("quantize", [self._float[id(value)]], y, params=params)

    def _reshape(self, value: Value, y: Value) -> Value:
        for x in self._before(value):
            for layout in (PLANES4, PLAIN):
                there = self.has(x, layout) or (id(x) in self._float and not self._int8.get(id(x)))
                if there and _same_memory(x.shape, layout, y.shape, y.layout):
                    return self.emit("reshape", [self.stored(x, layout)], y)
        if y.layout == PLANES4:
            return self._change_layout(self.stored(value, PLAIN), y)
        return self.emit("reshape", [self.stored(self._reshaped[id(value)], PLAIN)], y)

    def _change_layout(self, x: Value, y: Value) -> Value:
        if y.layout == PLAIN:
            return self.emit("copy", [x], y, pieces=_planes(y.shape, to_planes=False), fill=None)
        return self.emit("copy", [x], y, pieces=_planes(y.shape, to_planes=True), fill=0 if y.shape[1] % 4 else None)


def _same_memory(old: tuple[int, ...], old_layout: str, new: tuple[int, ...], new_layout: str) -> bool:
    if old_layout == new_layout == PLANES4:
        return old[:2] == new[:2] or (prod(old[2:]) == prod(new[2:]) and old[1] % 4 == new[1] % 4 == 0)
    if old_layout == new_layout:
        return True
    shape = old if old_layout == PLANES4 else new
    return shape[1] % 4 == 0 and prod(shape[2:]) == 1


def _planes(shape: tuple[int, ...], to_planes: bool) -> list[Piece]:
    """The pieces of a copy between [N, C, ...] in rows and in planes of four channels."""
    n, channels, pixels = shape[0], shape[1], prod(shape[2:])
    planes, rest = divmod(channels, 4)
    image, stored = channels * pixels, -(-channels // 4) * 4 * pixels
    pieces = []
    for dims, start in (((n, planes, pixels, 4), 0), ((n, 1, pixels, rest), planes * 4 * pixels)):
        if 0 in dims:
            continue
        rows, interleaved = (image, 4 * pixels, 1, pixels), (stored, 4 * pixels, 4, 1)
        source, target = (rows, interleaved) if to_planes else (interleaved, rows)
        order = sorted(range(4), key=lambda axis: -target[axis])
        taken = [tuple(axes[i] for i in order) for axes in (dims, source, target)]
        pieces.append(Piece(0, taken[0], start, taken[1], start, taken[2]))
    return pieces
