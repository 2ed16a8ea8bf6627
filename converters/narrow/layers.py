"""What of a graph can be stored narrow, in each of its widths: weights of products, of depthwise layers, and tables."""

from __future__ import annotations

from math import log10

import numpy as np

from nnz.encodings import decode, decode_values, encode, values_at
from nnz.format import Matrix
from nnz.narrow import INTEGERS, block_scales, narrow, restore

from ..ir import Node, Value
from .moments import parts
from .rounding import Round, inverse_factor, round_weights

WIDER: dict[str, str | None] = {"int4": "int8", "int8": "fp16", "fp16": None}
"""Ways to store weights, and the next wider one; None: float32."""

VALUE_BYTES = {"int4": 0.5, "int8": 1.0, "fp16": 2.0, None: 4.0}
"""Of a weight in the file, without its scale."""

LARGEST_HALF = float(np.finfo(np.float16).max)


class Narrow:
    """A constant of `node`. `way` is how it is stored; the graph has it rounded to that, as float32."""

    ways: tuple[str, ...] = ()
    """The ways that there are, narrowest first."""

    def __init__(self, node: Node):
        self.node = node
        self.exact = node.inputs[1]
        self.stored = self.exact.size
        self.way: str | None = None

    def store(self, way: str | None) -> None:
        """Stores the constant in `way`, or in the narrowest that is wide enough for it."""
        while way is not None and (way not in self.ways or not self._rounds(way)):
            way = WIDER[way]
        if way is None:
            self._restore()
        self.way = way

    def wider(self) -> list[str | None]:
        """The ways that the constant can be stored in, from that of the moment to float32."""
        return [*self.ways[self.ways.index(self.way) :], None] if self.way is not None else [None]

    @property
    def bytes(self) -> float:
        """What the values that are stored take in the file."""
        return self.stored * VALUE_BYTES[self.way]

    def finish(self) -> None:
        """Replaces the constant by what will stand in the file."""

    @property
    def noise(self) -> float:
        """The energy of what rounding changes."""
        return float(((self.node.inputs[1].data - self.exact.data.astype(np.float64)) ** 2).sum())

    @property
    def snr_db(self) -> float | None:
        """The energy of the values by that of what rounding changes, in dB; None where it changes nothing."""
        signal = (self.exact.data.astype(np.float64) ** 2).sum()
        return 10 * log10(signal / self.noise) if self.noise else None

    def _rounds(self, way: str) -> bool:
        raise NotImplementedError

    def _restore(self) -> None:
        self.node.inputs[1] = self.exact


class Table(Narrow):
    """The rows that a `gather` picks: float16, or int8 with a scale for each."""

    ways = ("int8", "fp16")

    def _rounds(self, way: str) -> bool:
        if way == "fp16":
            rounded = self.exact.data.astype(np.float16)
            self.node.inputs[1] = self.exact.with_data(rounded.astype(np.float32))
            return bool(np.isfinite(rounded).all())
        self.scale = np.abs(self.exact.data).max(axis=1).astype(np.float32) / np.float32(127)
        spread = self.scale[:, None]
        quotient = np.divide(self.exact.data, spread, out=np.zeros_like(self.exact.data), where=spread > 0)
        self.integers = np.rint(quotient).astype(np.int8)
        self.node.inputs[1] = self.exact.with_data(self.integers.astype(np.float32) * spread)
        return True

    def finish(self) -> None:
        value = self.node.inputs[1]
        if self.way == "fp16":
            self.node.inputs[1] = _halves(value)
        elif self.way == "int8":
            self.node.inputs[1] = Value(value.name, value.shape, self.integers.dtype, self.integers)
            self.node.inputs.append(Value(f"{value.name}.scale", self.scale.shape, self.scale.dtype, self.scale))


class Weighted(Narrow):
    """A layer with a bias, which makes up for a part of what rounding the weights does.

    moments: of the layer, as second_moments() finds them
    """

    def __init__(self, node: Node, moments: list[np.ndarray]):
        super().__init__(node)
        self.factors = [inverse_factor(moment) for moment in moments]
        self.bias = node.inputs[2]
        self.matrix: Matrix | None = None
        self.known: dict[str, tuple[Matrix | None, Value, Value]] = {}

    def _rounds(self, way: str) -> bool:
        if way not in self.known:
            self._restore()
            found = self._rounded(way)
            if found is None:
                return False
            weight, bias = found
            self.node.set_bias(bias)
            self.node.set_weight(weight)
            self.known[way] = self.matrix, self.node.inputs[1], self.node.inputs[2]
        self.matrix, self.node.inputs[1], self.node.inputs[2] = self.known[way]
        return True

    def _rounded(self, way: str) -> tuple[np.ndarray, np.ndarray] | None:
        """The weights and the bias of the node in `way`, and `matrix` that of the file; None where they do not fit."""
        raise NotImplementedError

    def _restore(self) -> None:
        super()._restore()
        self.node.inputs[2] = self.bias


class Depthwise(Weighted):
    """So few weights that float16 is narrow enough."""

    ways = ("fp16",)

    def _rounded(self, way: str) -> tuple[np.ndarray, np.ndarray] | None:
        weight, bias = self.node.weight.copy(), _bias(self.node)
        if np.abs(weight).max(initial=0) > LARGEST_HALF:
            return None
        channels = len(self.factors[0])
        weight, bias = weight.reshape(channels, -1, weight.shape[1]), bias.reshape(channels, -1)
        for part, factor in zip(parts(weight.shape[2]), self.factors, strict=True):
            bias = round_weights(weight[..., part], bias, factor, _nearest_half)
        return weight.reshape(-1, weight.shape[2]), bias.reshape(-1)

    def finish(self) -> None:
        if self.way == "fp16":
            self.node.inputs[1] = _halves(self.node.inputs[1])


class Product(Weighted):
    """The weights of a convolution or of a fully connected layer, in an encoding."""

    ways = ("int4", "int8", "fp16")

    def __init__(self, node: Node, encoding: str, share: int, moments: list[np.ndarray]):
        super().__init__(node, moments)
        self.share = share
        self.float = self.matrix = encode(node.matrix, encoding)
        self.stored = self.float.values.size

    def _rounded(self, way: str) -> tuple[np.ndarray, np.ndarray] | None:
        try:
            nearest = narrow(self.float, way, self.share)
        except ValueError:
            return None
        self.matrix, bias = _compensated(self.node, nearest, self.factors)
        return _diagonal(self.node, decode(self.matrix)), bias

    def _restore(self) -> None:
        super()._restore()
        self.matrix = self.float


def _compensated(node: Node, nearest: Matrix, factors: list[np.ndarray]) -> tuple[Matrix, np.ndarray]:
    """The matrix with the scales of `nearest` and the weights that serve the layer best, and its bias."""
    full = node.matrix.copy()
    groups = len(factors[0])
    rows, cols = full.shape[0] // groups, full.shape[1] // groups
    bias = _bias(node)
    scales = decode_values(nearest, block_scales(nearest)) if nearest.scale is not None else None
    for g in range(groups):
        own = slice(g * rows, (g + 1) * rows)
        for part, factor in zip(parts(cols), factors, strict=True):
            columns = slice(g * cols + part.start, g * cols + part.stop)
            nearest_of = _rounding(nearest, None if scales is None else scales[own, columns])
            bias[own] = round_weights(full[own, columns], bias[own], factor[g], nearest_of)
    return restore(nearest, values_at(nearest, full)), bias


def _rounding(matrix: Matrix, scales: np.ndarray | None) -> Round:
    if scales is None:
        return _nearest_half
    low, high = INTEGERS[matrix.dtype]
    divisors = np.where(scales == 0, np.inf, scales.astype(np.float64))
    return lambda weights, j: np.clip(np.rint(weights / divisors[:, j]), low, high) * scales[:, j]


def _nearest_half(weights: np.ndarray, j: int) -> np.ndarray:
    return np.clip(weights, -LARGEST_HALF, LARGEST_HALF).astype(np.float16).astype(np.float64)


def _halves(value: Value) -> Value:
    return Value(value.name, value.shape, np.dtype(np.float16), value.data.astype(np.float16))


def _bias(node: Node) -> np.ndarray:
    return np.zeros(node.inputs[1].shape[0]) if node.bias is None else node.bias.astype(np.float64)


def _diagonal(node: Node, full: np.ndarray) -> np.ndarray:
    """The weights of a grouped convolution out of its matrix (Node.matrix)."""
    groups = node.attrs.get("group", 1)
    rows, cols = full.shape[0] // groups, full.shape[1] // groups
    return np.concatenate([full[g * rows : (g + 1) * rows, g * cols : (g + 1) * cols] for g in range(groups)])
