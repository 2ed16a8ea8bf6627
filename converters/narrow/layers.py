"""What of a graph can be stored narrow, in each of its widths: weights of products, of depthwise layers, and tables."""

from __future__ import annotations

from math import log10

import numpy as np

from nnz.encodings import decode, decode_values, encode, values_at
from nnz.format import Matrix
from nnz.narrow import INTEGERS, block_scales, narrow, restore

from ..ir import Node, Value
from .moments import parts
from .rounding import Round, round_weights

WIDER: dict[str, str | None] = {"int4": "int8", "int8": "fp16", "fp16": None}
"""Ways to store weights, and the next wider one; None: float32."""


class Narrow:
    """A constant of `node`. `way` is how it is stored; the graph has it rounded to that, as float32."""

    ways: tuple[str, ...] = ()
    """The ways that there are, narrowest first."""

    def __init__(self, node: Node):
        self.node = node
        self.exact = node.inputs[1]
        self.way: str | None = None

    def store(self, way: str | None) -> None:
        """Stores the constant in `way`, or in the narrowest that is wide enough for it."""
        while way is not None and (way not in self.ways or not self._rounds(way)):
            way = WIDER[way]
        if way is None:
            self._restore()
        self.way = way

    def finish(self) -> None:
        """Replaces the constant by what will stand in the file."""

    @property
    def snr_db(self) -> float | None:
        """The energy of the values by that of what rounding changes, in dB; None where it changes nothing."""
        exact = self.exact.data.astype(np.float64)
        noise = ((self.node.inputs[1].data - exact) ** 2).sum()
        return 10 * log10((exact**2).sum() / noise) if noise else None

    def _rounds(self, way: str) -> bool:
        raise NotImplementedError

    def _restore(self) -> None:
        self.node.inputs[1] = self.exact


class Halves(Narrow):
    """The weights of a depthwise layer: so few that float16 is narrow enough."""

    ways = ("fp16",)

    def _rounds(self, way: str) -> bool:
        rounded = self.exact.data.astype(np.float16)
        self.node.inputs[1] = self.exact.with_data(rounded.astype(np.float32))
        return bool(np.isfinite(rounded).all())

    def finish(self) -> None:
        if self.way == "fp16":
            value = self.node.inputs[1]
            self.node.inputs[1] = Value(value.name, value.shape, np.dtype(np.float16), value.data.astype(np.float16))


class Table(Halves):
    """The rows that a `gather` picks: float16, or int8 with a scale for each."""

    ways = ("int8", "fp16")

    def _rounds(self, way: str) -> bool:
        if way == "fp16":
            return super()._rounds(way)
        self.scale = np.abs(self.exact.data).max(axis=1).astype(np.float32) / np.float32(127)
        spread = self.scale[:, None]
        quotient = np.divide(self.exact.data, spread, out=np.zeros_like(self.exact.data), where=spread > 0)
        self.integers = np.rint(quotient).astype(np.int8)
        self.node.inputs[1] = self.exact.with_data(self.integers.astype(np.float32) * spread)
        return True

    def finish(self) -> None:
        super().finish()
        if self.way == "int8":
            value = self.node.inputs[1]
            self.node.inputs[1] = Value(value.name, value.shape, self.integers.dtype, self.integers)
            self.node.inputs.append(Value(f"{value.name}.scale", self.scale.shape, self.scale.dtype, self.scale))


class Product(Narrow):
    """The weights of a convolution or of a fully connected layer, in an encoding."""

    ways = ("int4", "int8", "fp16")

    def __init__(self, node: Node, encoding: str, share: int, moments: list[list[np.ndarray]]):
        super().__init__(node)
        self.share = share
        self.moments = moments
        self.bias = node.inputs[2]
        self.float = self.matrix = encode(node.matrix, encoding)
        self.known: dict[str, tuple[Matrix, Value, Value]] = {}

    def _rounds(self, way: str) -> bool:
        if way not in self.known:
            try:
                nearest = narrow(self.float, way, self.share)
            except ValueError:
                return False
            self._restore()
            self.matrix, bias = _compensated(self.node, nearest, self.moments)
            self.node.set_bias(bias)
            self.node.set_weight(_diagonal(self.node, decode(self.matrix)))
            self.known[way] = self.matrix, self.node.inputs[1], self.node.inputs[2]
        self.matrix, self.node.inputs[1], self.node.inputs[2] = self.known[way]
        return True

    def _restore(self) -> None:
        self.node.inputs[1], self.node.inputs[2], self.matrix = self.exact, self.bias, self.float


def _compensated(node: Node, nearest: Matrix, moments: list[list[np.ndarray]]) -> tuple[Matrix, np.ndarray]:
    """The matrix with the scales of `nearest` and the weights that serve the layer best, and its bias."""
    full = node.matrix.copy()
    rows, cols = full.shape[0] // len(moments), full.shape[1] // len(moments)
    bias = np.zeros(full.shape[0]) if node.bias is None else node.bias.astype(np.float64)
    scales = decode_values(nearest, block_scales(nearest)) if nearest.scale is not None else None
    for g, group in enumerate(moments):
        own = slice(g * rows, (g + 1) * rows)
        for part, moment in zip(parts(cols), group, strict=True):
            columns = slice(g * cols + part.start, g * cols + part.stop)
            nearest_of = _rounding(nearest, None if scales is None else scales[own, columns])
            bias[own] = round_weights(full[own, columns], bias[own], moment, nearest_of)
    return restore(nearest, values_at(nearest, full)), bias


def _rounding(matrix: Matrix, scales: np.ndarray | None) -> Round:
    if scales is None:
        limit = float(np.finfo(np.float16).max)
        return lambda weights, j: np.clip(weights, -limit, limit).astype(np.float16).astype(np.float64)
    low, high = INTEGERS[matrix.dtype]
    divisors = np.where(scales == 0, np.inf, scales.astype(np.float64))
    return lambda weights, j: np.clip(np.rint(weights / divisors[:, j]), low, high) * scales[:, j]


def _diagonal(node: Node, full: np.ndarray) -> np.ndarray:
    """The weights of a grouped convolution out of its matrix (Node.matrix)."""
    groups = node.attrs.get("group", 1)
    rows, cols = full.shape[0] // groups, full.shape[1] // groups
    return np.concatenate([full[g * rows : (g + 1) * rows, g * cols : (g + 1) * cols] for g in range(groups)])
