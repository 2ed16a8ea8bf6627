"""Chooses among ranges of a tensor by the error of the model's outputs: its values alone do not tell how much of them
may be clipped.

After Nahshan et al. 2019, "Loss aware post-training quantization" (https://arxiv.org/abs/1911.07190), reduced to one
round over the tensors that matter most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ir import Graph, Value
from .annotation import Quant
from .errors import Noise
from .export import Exported, run_values
from .observe import Samples, Step

MOST_HARMFUL = 8
"""How many tensors are tuned, beside the inputs."""

FEWEST, ELEMENTS = 8, 1 << 26
"""As many samples are used, evenly spread, as have so many elements of activations together; at least FEWEST."""


@dataclass(frozen=True)
class Choice:
    """Values of one scale, annotated, and the annotations to choose from."""

    values: list[Value]
    quants: Sequence[Quant]

    def set(self, quant: Quant | None) -> None:
        for value in self.values:
            value.quant = quant


def tune(graph: Graph, reference: Exported, choices: list[Choice], samples: Samples, step: Step) -> None:
    """Annotates the inputs, and the values that harm the outputs most, with the best of their choices. reference: the
    graph before it was quantised.
    """
    outputs = _Outputs(graph, reference, samples)
    noise = outputs.noise()
    without = []
    for done, choice in enumerate(choices, 1):
        current = choice.values[0].quant
        choice.set(None)
        without.append(outputs.noise())
        choice.set(current)
        step("sensitivity", done, len(choices))
    inputs = [c for c in choices if any(graph.is_input(value) for value in c.values)]
    others = [choices[i] for i in np.argsort(without) if without[i] < noise and choices[i] not in inputs]
    tuned = inputs + others[:MOST_HARMFUL]
    for done, choice in enumerate(tuned, 1):
        best = choice.values[0].quant
        for quant in choice.quants:
            choice.set(quant)
            found = outputs.noise()
            if found < noise:
                noise, best = found, quant
        choice.set(best)
        step("tuning", done, len(tuned))


class _Outputs:
    """What the outputs of the graph are on samples, and what its annotations make of them."""

    def __init__(self, graph: Graph, reference: Exported, samples: Samples):
        count = len(next(iter(samples.values())))
        used = max(ELEMENTS // sum(node.y.size for node in graph.nodes), FEWEST)
        chosen = np.unique(np.linspace(0, count - 1, min(count, used)).round().astype(int))
        self.graph = graph
        self.samples = {name: array[chosen] for name, array in samples.items()}
        self.values = [port.value for port in graph.outputs if not port.value.constant]
        self.expected = list(run_values(reference, self.values, self.samples))

    def noise(self) -> float:
        """The noise of the outputs in parts of their energy, summed over the outputs."""
        noises = [Noise() for _ in self.values]
        actual = run_values(Exported(self.graph, rounded=True), self.values, self.samples)
        for pair in zip(self.expected, actual, strict=True):
            for noise, *arrays in zip(noises, *pair, strict=True):
                noise.add(*arrays)
        return sum(noise.relative for noise in noises)
