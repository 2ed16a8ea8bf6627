"""Widens the weights of the layers that harm the outputs most, until these are near enough to the float model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..ir import Graph, Value
from ..quantize.errors import Noise
from ..quantize.export import Exported, run_values
from ..quantize.observe import Samples, Step
from .layers import WIDER, Narrow

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

    likely: whether the samples are like what the model is for. Random ones do not say how near to each other
    probabilities get, so that the worst is assumed of them.
    """

    def __init__(self, graph: Graph, samples: Samples, likely: bool):
        self.graph = graph
        self.samples = samples
        results = [port.value for port in graph.outputs if not port.value.constant]
        self.values = [(value, None) if likely else _before_softmax(graph, value) for value in results]
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


def widen(outputs: Outputs, layers: Sequence[Narrow], way: str, limit: float, step: Step) -> None:
    """Widens as few of `layers` as it takes for the outputs to be off by at most `limit`: those first whose widening
    alone helps most, and none twice before each that is as narrow was widened once. To float16 at most: its errors are
    spread so evenly over the layers that half as many would take three quarters of these.
    """
    level = way
    while level != "fp16" and outputs.distance()[0] > limit:
        _widen_from(outputs, [layer for layer in layers if layer.way == level], WIDER[level], limit, step)
        level = WIDER[level] or "fp16"


def _widen_from(outputs: Outputs, layers: Sequence[Narrow], wider: str | None, limit: float, step: Step) -> None:
    left = []
    for done, layer in enumerate(layers, 1):
        narrow = layer.way
        layer.store(wider)
        left.append(outputs.distance()[1])
        layer.store(narrow)
        step("widths", done, len(layers))
    order = [layers[i] for i in np.argsort(left, kind="stable")]
    narrow = [layer.way for layer in order]

    def error(count: int) -> float:
        for i, layer in enumerate(order):
            layer.store(wider if i < count else narrow[i])
        return outputs.distance()[0]

    few, enough = 0, len(order)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if error(middle) <= limit else (middle, enough)
    error(enough)
