"""Widens the weights of layers that harm the outputs, until these are near enough to the float model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..ir import Graph, Value
from ..quantize.errors import Noise
from ..quantize.export import Exported, run_values
from ..quantize.observe import Samples, Step
from .layers import Narrow

MARGIN = 0.4
"""The part of a limit that may be used up on the samples at hand: other data will have larger errors."""

SPREAD = 32.0
"""What a softmax takes lies no further apart than this; where it does on random samples, noise is larger than usual."""


@dataclass
class _Output:
    """An output over the samples, or what its softmax along `axis` takes."""

    value: Value
    axis: int | None
    noise: Noise = field(default_factory=Noise)
    largest: float = 0.0
    worst: float = 0.0

    def add(self, expected: np.ndarray, actual: np.ndarray) -> None:
        difference = np.nan_to_num(actual.astype(np.float64) - expected, nan=np.inf)
        self.noise.add(expected, actual)
        self.largest = max(self.largest, self._size(expected))
        self.worst = max(self.worst, self._size(difference))

    def _size(self, array: np.ndarray) -> float:
        return float((np.abs(array) if self.axis is None else np.ptp(array, axis=self.axis)).max(initial=0))

    @property
    def error(self) -> float:
        """The largest difference in parts of the largest magnitude, as it may be on other data.

        Before a softmax, what becomes of it where two probabilities are 1/2: there they depend most on it.
        """
        if self.axis is not None:
            return self.worst / 2 * min(1.0, SPREAD / (self.largest or SPREAD))
        return self.worst / (self.largest or 1.0) / MARGIN


class Outputs:
    """How far the outputs of a graph are from what they were when this was made.

    worst: whether the worst is assumed of a softmax: random samples do not say how near probabilities get to each other
    """

    def __init__(self, graph: Graph, samples: Samples, worst: bool):
        self.graph = graph
        self.samples = samples
        results = [port.value for port in graph.outputs if not port.value.constant]
        self.values = [_before_softmax(graph, value) if worst else (value, None) for value in results]
        self.expected = list(run_values(Exported(graph), [value for value, _ in self.values], samples))

    def distance(self) -> tuple[float, float]:
        """The largest error of an output, and the noise of all by their signals."""
        outputs = [_Output(*value) for value in self.values]
        actual = run_values(Exported(self.graph), [value for value, _ in self.values], self.samples)
        for pair in zip(self.expected, actual, strict=True):
            for output, *arrays in zip(outputs, *pair, strict=True):
                output.add(*arrays)
        return max((output.error for output in outputs), default=0.0), sum(output.noise.relative for output in outputs)


def _before_softmax(graph: Graph, value: Value) -> tuple[Value, int | None]:
    """What the softmax that an output is the result of takes, and its axis; or the output, and None."""
    node = graph.producer(value)
    while node is not None and node.kind == "reshape":
        node = graph.producer(node.x)
    return (node.x, node.attrs["axis"]) if node is not None and node.kind == "softmax" else (value, None)


def widen(outputs: Outputs, layers: Sequence[Narrow], limit: float, step: Step) -> None:
    """Stores some of `layers` wider than they are, float32 at most, until the outputs are off by at most `limit`.

    A step makes one layer wider. It takes bytes, and takes away some of the noise that the outputs have where the layer
    alone is rounded; what is left is in proportion to that of the weights. The steps that take most noise away for
    their bytes are made, as few of them as suffice.
    """
    if outputs.distance()[0] <= limit:
        return
    narrow = [layer.way for layer in layers]
    steps = _steps(outputs, layers, step)

    def error(count: int) -> float:
        for layer, way in zip(layers, narrow, strict=True):
            layer.store(way)
        for layer, way in steps[:count]:
            layer.store(way)
        return outputs.distance()[0]

    few, enough = 0, len(steps)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if error(middle) <= limit else (middle, enough)
    error(enough)


def _steps(outputs: Outputs, layers: Sequence[Narrow], step: Step) -> list[tuple[Narrow, str | None]]:
    """(layer, way): what to store wider, and how wide; that of most use for its bytes first."""
    ways = [layer.wider() for layer in layers]
    for layer in layers:
        layer.store(None)
    steps = []
    for done, (layer, wider) in enumerate(zip(layers, ways, strict=True), 1):
        layer.store(wider[0])
        noise = outputs.distance()[1] / (layer.noise or 1.0)
        left = []
        for way in wider:
            layer.store(way)
            left.append((way, layer.bytes, noise * layer.noise))
        steps += [(gain, layer, way) for gain, way in _worth(left)]
        step("widths", done, len(layers))
    steps.sort(key=lambda entry: -entry[0])
    return [(layer, way) for _, layer, way in steps]


def _worth(left: list[tuple[str | None, float, float]]) -> list[tuple[float, str | None]]:
    """(noise that goes for each byte, way) of the widths (way, bytes, noise left) of a layer behind its first: each a
    step from the one before it, and worth less. Widths that are passed by are left out.
    """
    steps = []
    while len(left) > 1:
        _, size, noise = left[0]
        gains = [(noise - remaining) / (wider - size) for _, wider, remaining in left[1:]]
        best = int(np.argmax(gains))
        steps.append((gains[best], left[best + 1][0]))
        left = left[best + 1 :]
    return steps
