"""Widens the weights of the layers that harm the outputs most, until these are near enough to the float model's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ir import Graph
from ..quantize.errors import Noise
from ..quantize.export import Exported, run_values
from ..quantize.observe import Samples, Step
from .layers import WIDER, Narrow


class Outputs:
    """How far the outputs of a graph are from what they were when this was made."""

    def __init__(self, graph: Graph, samples: Samples):
        self.graph = graph
        self.samples = samples
        self.values = [port.value for port in graph.outputs if not port.value.constant]
        self.expected = list(run_values(Exported(graph), self.values, samples))

    def distance(self) -> tuple[float, float]:
        """The largest difference in an output in parts of its largest magnitude, and the noise by the signal."""
        worst = [0.0] * len(self.values)
        noises = [Noise() for _ in self.values]
        for expected, actual in zip(
            self.expected, run_values(Exported(self.graph), self.values, self.samples), strict=True
        ):
            for i, (right, got) in enumerate(zip(expected, actual, strict=True)):
                difference = np.abs(got.astype(np.float64) - right)
                worst[i] = max(worst[i], float(np.nan_to_num(difference, nan=np.inf).max(initial=0)))
                noises[i].add(right, got)
        largest = [max(float(np.abs(arrays[i]).max(initial=0)) for arrays in self.expected) for i in range(len(worst))]
        relative = [error / size if size else error for error, size in zip(worst, largest, strict=True)]
        return max(relative, default=0.0), sum(noise.relative for noise in noises)


def widen(outputs: Outputs, layers: Sequence[Narrow], way: str, limit: float, step: Step) -> None:
    """Widens as few of `layers` as it takes for the outputs to be off by at most `limit`: those first whose widening
    alone helps most, and none twice before each that is as narrow was widened once.
    """
    level: str | None = way
    while level is not None and outputs.distance()[0] > limit:
        _widen_from(outputs, [layer for layer in layers if layer.way == level], WIDER[level], limit, step)
        level = WIDER[level]


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
