"""The converter's graph: operators of docs/FORMAT.md section 9 over statically shaped values, in execution order.

Weighted nodes (`conv`, `depthwise`, `fc`) have five inputs, of which all but the first two may be None:

    x, weight, bias [M], residual (y's shape), slope [M] (PRelu)

    conv       weight [M, C / group, KH, KW]; attrs strides (SH, SW), dilations (DH, DW), pads (top, left, bottom,
               right), group. x is [N, C, H, W], or [N, C, L], which is taken as [N, C, 1, L]
    depthwise  weight [M, 1, KH, KW], M a multiple of C; attrs as conv without group
    fc         weight [M, K]
    conv_transpose
               weight [M, C / group, KH, KW] (ONNX has its first two axes the other way round); attrs as conv; no
               residual. passes/phases.py turns it into a conv and a depth to space

Other kinds:

    binary     a, b; attrs function ("add" "sub" "mul" "div" "min" "max" "prelu" "pow")
    unary      x; `activation` is the function
    softmax    attrs axis
    matmul     a, b; attrs transpose_a, transpose_b (of the last two axes), scale
    layernorm  x, gamma [n] or None, beta [n] or None; attrs axis, epsilon
    gather     indices [..., S], table [rows, n]; the result is [..., n, S]
    where      condition (bool), a, b
    pool       attrs function ("max", "average", "average_padded"), kernel, strides, dilations, pads
    reduce     attrs function ("mean", "sum", "max", "min"), axes, keepdims
    resize     x [N, C, H, W], row index, row weight, column index, column weight
    cast       the output's dtype
    round      x, rounded to what the output's `quant` says
    rescale    x times a number above 0: its integers, under another scale
    reshape    the output's shape
    copy       attrs pieces (list of pieces.Piece, `source` a position among the inputs), fill (number or None)

Of a quantised model, a pool has the attribute `float32` where its average is one of float32 in the source; conv and
binary have `type`, in what onnxruntime computes them (quantize/float32.py).

And, until passes/movement.py has turned them into views and copies:

    transpose  attrs perm
    slice      attrs starts, steps (for each axis; a negative step starts at its highest element)
    concat     attrs axis
    pad        attrs before (for each axis), value; the output's shape says the rest
    expand     the output's shape (numpy broadcasting)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from math import inf, prod

import numpy as np

from .quantize.annotation import Quant

WEIGHTED = ("conv", "depthwise", "fc", "conv_transpose")
MOVEMENT = ("transpose", "slice", "concat", "pad", "expand", "reshape")
RELU = ("clip", (0.0, inf))
FLOAT32 = np.dtype(np.float32)

NEAR = 8
"""Nodes before the last producer that was found, where the search for the next begins."""


@dataclass(eq=False)
class Value:
    """A tensor; a constant where `data` is not None.

    `quant` says that its real values are rounded to those of int8 or uint8 (quantize/annotation.py). A result of
    moving elements that has no `quant` of its own has that of what is moved. `layout` is "planes4" for some int8
    activations (docs/FORMAT.md section 10.1).
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype = FLOAT32
    data: np.ndarray | None = None
    quant: Quant | None = None
    layout: str = "plain"

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def constant(self) -> bool:
        return self.data is not None

    def with_data(self, data: np.ndarray) -> Value:
        """A constant of the same name, dtype and quantisation with other data."""
        data = np.require(data, self.dtype, "C")
        return Value(self.name, data.shape, self.dtype, data, self.quant)

    def __repr__(self) -> str:
        return f"{self.name}{list(self.shape)}{'=' if self.constant else ''}"


@dataclass(frozen=True)
class Origin:
    """Where a weighted node comes from: the ONNX node that writes tensor `output` from `input` and weights `weight`.

    restore(w) brings weights of the node's weight shape into the shape of the ONNX tensor `weight`, which is an
    initializer or computed from initializers alone.
    """

    output: str
    input: str
    weight: str
    restore: Callable[[np.ndarray], np.ndarray]


@dataclass(eq=False)
class Node:
    """An operator. `name` is its ONNX node's; `activation` and `act` are as in docs/FORMAT.md section 6.1."""

    kind: str
    inputs: list[Value | None]
    outputs: list[Value]
    attrs: dict = field(default_factory=dict)
    name: str = ""
    activation: str = "none"
    act: tuple[float, float] = (0.0, 0.0)
    origin: Origin | None = None

    @property
    def x(self) -> Value:
        """The first input."""
        return self.inputs[0]

    @property
    def y(self) -> Value:
        """The first output."""
        return self.outputs[0]

    @property
    def weight(self) -> np.ndarray:
        """The weights as a matrix [M, K]: one row an output channel, K = (C / group, KH, KW) in row-major order."""
        data = self.inputs[1].data
        return data.reshape(data.shape[0], -1)

    @property
    def matrix(self) -> np.ndarray:
        """The matrix [M, C KH KW] that multiplies a column of the whole input: groups are blocks on its diagonal."""
        groups = self.attrs.get("group", 1)
        weight = self.weight
        if groups == 1:
            return weight
        rows, cols = weight.shape[0] // groups, weight.shape[1]
        full = np.zeros((weight.shape[0], cols * groups), weight.dtype)
        for g in range(groups):
            full[g * rows : (g + 1) * rows, g * cols : (g + 1) * cols] = weight[g * rows : (g + 1) * rows]
        return full

    @property
    def bias(self) -> np.ndarray | None:
        return None if self.inputs[2] is None else self.inputs[2].data

    @property
    def pixels(self) -> int:
        """Output pixels of a weighted node: how many vectors its matrix is multiplied with."""
        return self.y.size // (self.y.shape[1] if self.kind not in ("fc", "qfc") else self.inputs[1].shape[0])

    def set_weight(self, weight: np.ndarray) -> None:
        """Replaces the weights by a matrix [M, K] or an array of the weight's own shape."""
        old = self.inputs[1]
        self.inputs[1] = old.with_data(weight.reshape((weight.shape[0], *old.shape[1:])))

    def set_bias(self, bias: np.ndarray) -> None:
        """Gives a weighted node the bias [M]."""
        data = np.ascontiguousarray(bias, np.float32)
        name = f"{self.name}.bias" if self.inputs[2] is None else self.inputs[2].name
        self.inputs[2] = Value(name, data.shape, data.dtype, data)

    def __repr__(self) -> str:
        act = "" if self.activation == "none" else f" {self.activation}{self.act}"
        return f"{self.outputs} = {self.kind}{self.inputs}{self.attrs or ''}{act}"


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The stride of each axis, in elements."""
    strides, step = [], 1
    for dim in reversed(shape):
        strides.append(step)
        step *= dim
    return tuple(reversed(strides))


@dataclass(eq=False)
class Port:
    """An input or output of the model: the user sees `dims` of `dtype`; `view` and `strides` as in docs/FORMAT.md
    section 7.
    """

    name: str
    value: Value
    dims: tuple[int, ...] = ()
    view: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    dtype: np.dtype | None = None

    def __post_init__(self) -> None:
        self.dtype = self.dtype or self.value.dtype
        if not self.strides:
            self.dims = self.view = self.value.shape
            self.strides = row_major(self.dims)


@dataclass
class Graph:
    """`nodes` stand in execution order: a value is produced before it is used. Inputs are not constants."""

    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    _found: int = field(default=0, init=False, repr=False, compare=False)
    """Where the last producer was: passes ask for those of one node after the other, and there may be thousands."""

    def weighted(self) -> list[Node]:
        """The nodes with weights, in execution order."""
        return [node for node in self.nodes if node.kind in WEIGHTED]

    def producer(self, value: Value | None) -> Node | None:
        """The node that writes `value`; None for inputs and constants."""
        if value is None or value.constant:
            return None
        begin = max(0, min(self._found, len(self.nodes)) - NEAR)
        for i in chain(range(begin, len(self.nodes)), range(begin)):
            for out in self.nodes[i].outputs:
                if out is value:
                    self._found = i
                    return self.nodes[i]
        return None

    def consumers(self, value: Value) -> list[Node]:
        """The nodes that read `value`, each once, in execution order."""
        found = []
        for node in self.nodes:
            for read in node.inputs:
                if read is value:
                    found.append(node)
                    break
        return found

    def is_output(self, value: Value) -> bool:
        return any(port.value is value for port in self.outputs)

    def is_input(self, value: Value) -> bool:
        return any(port.value is value for port in self.inputs)

    def only_consumer(self, value: Value) -> Node | None:
        """The one node that reads `value`, where nothing else needs it; else None.

        A quantised value is needed for itself: its rounding is part of the model.
        """
        users = self.consumers(value)
        if value.quant is not None or len(users) != 1:
            return None
        if self.is_output(value) or sum(read is value for read in users[0].inputs) != 1:
            return None
        return users[0]

    def insert(self, node: Node, before: Node | None = None) -> Node:
        """Puts `node` before another one, or at the end."""
        self.nodes.insert(len(self.nodes) if before is None else self.position(before), node)
        return node

    def insert_after(self, node: Node, other: Node | None) -> Node:
        """Puts `node` after another one, or at the start."""
        self.nodes.insert(0 if other is None else self.position(other) + 1, node)
        return node

    def position(self, node: Node) -> int:
        return self.nodes.index(node)  # nodes are equal only to themselves

    def remove(self, node: Node) -> None:
        del self.nodes[self.position(node)]

    def replace_uses(self, old: Value, new: Value, outputs: bool = True) -> None:
        """Makes every reader of `old` (and, unless told otherwise, the graph's outputs) take `new`."""
        for node in self.nodes:
            node.inputs = [new if read is old else read for read in node.inputs]
        if outputs:
            for port in self.outputs:
                port.value = new if port.value is old else port.value

    def values(self) -> Iterator[Value]:
        """Every value once: inputs, then those of nodes in execution order."""
        seen: set[int] = set()
        read_or_written = (v for n in self.nodes for v in (*n.inputs, *n.outputs) if v)
        for value in [*(p.value for p in self.inputs), *read_or_written, *(p.value for p in self.outputs)]:
            if id(value) not in seen:
                seen.add(id(value))
                yield value

    def remove_dead(self) -> int:
        """Removes nodes whose results nobody reads; returns how many."""
        needed = {id(port.value) for port in self.outputs}
        alive = []
        for node in reversed(self.nodes):
            if any(id(out) in needed for out in node.outputs):
                needed.update(id(read) for read in node.inputs if read)
                alive.append(node)
        removed = len(self.nodes) - len(alive)
        self.nodes = alive[::-1]
        return removed

    def verify(self) -> None:
        """Raises AssertionError where the graph breaks its own rules: a bug in a pass."""
        known = {id(port.value) for port in self.inputs}
        for node in self.nodes:
            for value in node.inputs:
                assert value is None or value.constant or id(value) in known, (
                    f"{node}: {value} is read before it is written"
                )
            for value in node.outputs:
                assert id(value) not in known, f"{node}: {value} is written twice"
                assert not value.constant, f"{node} writes the constant {value}"
                known.add(id(value))
        for value in self.values():
            assert all(dim >= 1 for dim in value.shape), f"{value} is empty"
            assert value.data is None or value.data.shape == value.shape, f"{value}: data of shape {value.data.shape}"
        for port in self.outputs:
            assert port.value.constant or id(port.value) in known, f"output {port.name} is never written"
