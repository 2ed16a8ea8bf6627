"""Chooses the encoding and the pruning pattern of a layer by the costs of a target (python/nnz/costs.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from nnz.costs import CANDIDATES, Stored, is_filtered, load_profile, predict, weight_type
from nnz.encodings import ENCODINGS, block_shape

from .ir import Node

PATTERNS = {"u1": "unstructured", "rb4": "4x1", "f8x1": "8x1"}

NEARLY = 1.05
"""Times that differ by less count as equal."""

ENCODING_CHOICES = ("auto", "dense")
"""Whether a layer's encoding is chosen by time and size, or given."""

SIZE_WORTH = 10
"""A file smaller by a tenth is worth a hundredth of the time."""


class Product(NamedTuple):
    """What a layer multiplies: see candidates()."""

    kind: str
    weights: np.ndarray
    pixels: int
    filtered: bool = False


@dataclass(frozen=True)
class Candidates:
    """What a layer takes in each encoding that comes into question: nanoseconds, and bytes of blocks and indices."""

    times: dict[str, float]
    sizes: dict[str, float]

    @property
    def order(self) -> list[str]:
        """Fastest first."""
        return sorted(self.times, key=lambda encoding: self.times[encoding])

    @property
    def choice(self) -> str:
        """The fastest; of those within NEARLY of it, which the model cannot tell apart, the one of fewest bytes."""
        limit = NEARLY * self.times[self.order[0]]
        return min((e for e in self.order if self.times[e] <= limit), key=lambda encoding: self.sizes[encoding])

    @property
    def compact(self) -> str:
        """That of the least product of time and bytes, where both are worth the same."""
        return min(self.order, key=lambda encoding: self.times[encoding] * self.sizes[encoding])

    def reason(self, choice: str, given: bool = False) -> str:
        """The candidates' times, fastest first, and why not the fastest."""
        times = ", ".join(f"{encoding} {_duration(self.times[encoding])}" for encoding in self.order)
        if given:
            return f"{times}; {choice} is asked for"
        if choice == self.order[0]:
            return times
        near = self.times[choice] <= NEARLY * self.times[self.order[0]]
        return f"{times}; {choice} is " + ("nearly as fast and smaller" if near else "worth its time by its size")


def takes_filtering(node: Node) -> bool:
    """Whether a node runs by minimal filtering if its weights are dense and not narrow."""
    if node.kind != "conv" or len(node.y.shape) != 4:
        return False
    channels, *kernel = (node.x.shape[1], *node.inputs[1].shape[2:])
    strides, dilations = node.attrs["strides"], node.attrs["dilations"]
    if len({*kernel}) > 1 or len({*strides}) > 1 or {*dilations} != {1}:
        return False
    return is_filtered(node.y.shape[1], channels, kernel[0], int(strides[0]), *node.y.shape[2:])


def candidates(
    kind: str,
    weights: np.ndarray,
    pixels: int,
    target: str = "host",
    value_bytes: float | None = None,
    filtered: bool = False,
) -> Candidates:
    """kind: a key of CANDIDATES; weights: [rows, cols] with zeros where nothing is to be done; pixels: output pixels of
    a convolution, number of vectors of an `fc` or `qfc`; target: see load_profile(); value_bytes: of a weight in the
    file (default: those of the kind's type); filtered: see takes_filtering().
    """
    profile = load_profile(target)
    nonzero = weights != 0
    dtype = weight_type(kind)
    stored = {encoding: Stored.of(nonzero, kind, encoding) for encoding in CANDIDATES[kind]}
    times, sizes = {}, {}
    for encoding, what in stored.items():
        shape = block_shape(encoding, dtype)
        nearly_all = what.blocks * NEARLY >= stored["dense"].blocks
        if encoding != "dense" and shape == block_shape("dense", dtype) and nearly_all:
            continue  # it would do what dense does, and look up each block's place
        times[encoding] = predict(profile, kind, encoding, what, pixels, filtered)
        sizes[encoding] = what.blocks * ((value_bytes or dtype.itemsize) * prod(shape) + (encoding != "dense"))
    return Candidates(times, sizes)


def choose_encoding(
    kind: str,
    weights: np.ndarray,
    pixels: int,
    target: str = "host",
    value_bytes: float | None = None,
    encoding: str = "auto",
    filtered: bool = False,
) -> tuple[str, str]:
    """The encoding of a layer by itself, and the reason. Arguments: see candidates(); `encoding` is one of
    ENCODING_CHOICES. Where `value_bytes` says that weights are stored narrow, which is done for few bytes, these are
    worth as much as time.
    """
    layer = candidates(kind, weights, pixels, target, value_bytes, filtered)
    if encoding != "auto":
        return encoding, layer.reason(encoding, given=True)
    choice = layer.choice if value_bytes is None else layer.compact
    return choice, layer.reason(choice)


def choose_encodings(layers: Sequence[Product], target: str = "host", encoding: str = "auto") -> list[tuple[str, str]]:
    """The encodings of a model's layers, and the reasons: `encoding` for all, or by auto:

    Each is the choice of the layer by itself, unless a smaller one makes the model's weights smaller by a share that is
    at least SIZE_WORTH times the share by which it makes the model slower.
    """
    if encoding != "auto":
        return [
            choose_encoding(kind, weights, pixels, target, encoding=encoding, filtered=filtered)
            for kind, weights, pixels, filtered in layers
        ]
    found = [candidates(kind, weights, pixels, target, filtered=filtered) for kind, weights, pixels, filtered in layers]
    time = sum(layer.times[layer.choice] for layer in found)
    size = sum(layer.sizes[layer.choice] for layer in found)

    def settle(layer: Candidates) -> str:
        def pays(encoding: str) -> bool:
            saved = layer.sizes[layer.choice] - layer.sizes[encoding]
            lost = layer.times[encoding] - layer.times[layer.choice]
            return saved > 0 and saved * time >= SIZE_WORTH * lost * size

        return min(filter(pays, layer.order), key=lambda encoding: layer.sizes[encoding], default=layer.choice)

    return [(choice, layer.reason(choice)) for layer in found for choice in [settle(layer)]]


def fastest_pattern(kind: str, rows: int, cols: int, pixels: int, sparsity: float, target: str = "host") -> str:
    """The pruning pattern ("unstructured", "4x1", "8x1") whose kernel runs a float layer of `sparsity` fastest on the
    target.
    """
    profile = load_profile(target)

    def time(encoding: str) -> float:
        blocks = round((1 - sparsity) * rows * cols / ENCODINGS[encoding])
        return predict(profile, kind, encoding, Stored(rows, cols, blocks), pixels)

    return PATTERNS[min((e for e in CANDIDATES[kind] if e in PATTERNS), key=time)]


def _duration(nanoseconds: float) -> str:
    if nanoseconds < 1e3:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.3g} us"
    return f"{nanoseconds / 1e6:.3g} ms"
