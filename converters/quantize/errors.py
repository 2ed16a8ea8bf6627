"""How much noise quantisation adds to each layer's output, in onnxruntime on calibration data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf, log10

import numpy as np

from ..ir import Graph, Node, Port
from ..reference import Reference
from .export import Exported, run_values, start
from .observe import Samples, Step
from .steps import activation_behind

TINY = 1e-300


@dataclass
class Noise:
    """Energies, summed over samples."""

    signal: float = 0.0
    noise: float = 0.0

    def add(self, expected: np.ndarray, actual: np.ndarray) -> None:
        expected = expected.astype(np.float64)
        self.signal += float((expected**2).sum())
        self.noise += float(((actual - expected) ** 2).sum())

    @property
    def relative(self) -> float:
        """Noise by signal."""
        return self.noise / max(self.signal, TINY)

    @property
    def snr_db(self) -> float:
        """10 log10 of signal by noise; inf without noise."""
        return inf if self.noise == 0 else -10 * log10(self.relative)


@dataclass
class LayerNoise:
    """The noise of a layer's output: in the model quantised as a whole, and where only the layer's weights and its
    output are (its input's noise is that of the layer before it).
    """

    whole: Noise = field(default_factory=Noise)
    own: Noise = field(default_factory=Noise)


def measure_noise(
    reference: Exported, graph: Graph, layers: list[Node], samples: Samples, step: Step
) -> dict[int, LayerNoise]:
    """The noise of each of `layers`, by id(), behind its activation. reference: the graph before it was quantised."""
    found = {id(node): LayerNoise() for node in layers}
    steps = {id(node): [node, *filter(None, [activation_behind(graph, node)])] for node in layers}
    alone = {id(node): _alone(steps[id(node)]) for node in layers}
    results = [steps[id(node)][-1].y for node in layers]
    exact = run_values(reference, [v for node, y in zip(layers, results, strict=True) for v in (node.x, y)], samples)
    rounded = run_values(Exported(graph, rounded=True), results, samples)
    count = len(next(iter(samples.values())))
    for done, (floats, actual) in enumerate(zip(exact, rounded, strict=True), 1):
        for node, x, expected, whole in zip(layers, floats[::2], floats[1::2], actual, strict=True):
            found[id(node)].whole.add(expected, whole)
            found[id(node)].own.add(expected, alone[id(node)].run({"x": x})[0])
        step("noise", done, count)
    return found


def _alone(steps: list[Node]) -> Reference:
    """A quantised layer, and its activation, over an input "x" that is not quantised."""
    layer = steps[0]
    x = replace(layer.x, quant=None)
    exported = Exported(
        Graph([Port("x", x)], [], [replace(layer, inputs=[x, *layer.inputs[1:]]), *steps[1:]]), rounded=True
    )
    return start(exported.model([exported.names[id(steps[-1].y)]]))
