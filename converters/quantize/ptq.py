"""Post-training quantisation: annotates a float graph with the scales of its int8 tensors, from calibration data.

Activations have one scale and zero point a tensor, weights a scale for each output channel and are symmetric, so that
a zero stays a zero and whole blocks of them stay whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isinf

import numpy as np

from ..errors import ConvertError
from ..ir import WEIGHTED, Graph, Node
from ..names import matching
from ..prune import grouped
from ..prune.correct import bias_shift
from .annotation import Quant
from .equalize import equalize
from .errors import LayerNoise, measure_noise
from .export import Exported
from .observe import Samples, Step, histograms, input_means
from .ranges import RANGES, Range, grid
from .split import split_steps
from .steps import computes, int8_nodes, int8_values, useful_range
from .tune import Choice, tune

DEFAULT_RANGE = "mse"
"""The method of RANGES for activations, unless told otherwise. tune.py then improves on it."""

SHRUNK = (0.8, 0.6, 0.4)
"""Parts of a range that are tried beside those of all methods."""

WORST_SNR = 10.0
"""A layer that alone makes more noise than this (dB below its signal) stays float."""

FIXED: dict[str, Range] = {"sigmoid": (0.0, 255 / 256), "tanh": (-1.0, 127 / 128), "softmax": (0.0, 255 / 256)}
"""The ranges of results that are known, with scales that are powers of two."""

BIAS_LIMIT = 2.0**29
"""Integer biases stay below 2^30 with the input's zero point taken in (docs/FORMAT.md, `qconv`)."""

LEAST_MULTIPLIER = 2.0**-20
"""What requantisation multiplies with, at least: a 31-bit multiplier then has 12 bits that count."""


@dataclass(frozen=True)
class QuantizedLayer:
    """What was decided for a layer. `reason` says why it stays float; None: it is int8."""

    node: Node
    reason: str | None
    noise: LayerNoise


def quantize_graph(
    graph: Graph, samples: Samples, step: Step, method: str | None = None, float_layers: str | None = None
) -> list[QuantizedLayer]:
    """Annotates `graph`, whose values then say how they are quantised; returns what was decided for each layer.

    The graph has been fused and has no transposed convolutions; movement of elements is still in it as such.

    samples         as load_samples() returns them
    method          how activations get their ranges, one of RANGES; None: see DEFAULT_RANGE
    float_layers    a regular expression on the names of layers that stay float

    ConvertError where `float_layers` is none or matches nothing, and where the model is quantised already.
    """
    if any(value.quant is not None and not value.constant for value in graph.values()):
        raise ConvertError("the model is quantised already: leave --quantize out")
    reasons = dict.fromkeys(matching(graph.weighted(), float_layers, "--float"), f"--float {float_layers}")
    split_steps(graph)
    for node in graph.weighted():
        node.inputs[1].quant = None  # equalisation changes the weights, and so their scales
    for node in graph.weighted():
        if not computes(node):
            reasons.setdefault(id(node), "no int8 operator computes it")
    equalize(graph, samples, step)
    reference = Exported(graph)
    plan = _Plan(graph, samples, step, method)
    plan.annotate(set(reasons))
    if method is None:
        plan.tune(reference, samples, step)
        plan.annotate(set(reasons))
    noise = measure_noise(reference, graph, graph.weighted(), samples, step)
    bad = {key: found.own.snr_db for key, found in noise.items() if found.own.snr_db < WORST_SNR and key not in reasons}
    if bad:
        reasons.update({key: f"int8 leaves {snr:.1f} dB, less than {WORST_SNR:.0f}" for key, snr in bad.items()})
        plan.annotate(set(reasons))
        noise = measure_noise(reference, graph, graph.weighted(), samples, step)
    return [QuantizedLayer(node, reasons.get(id(node)), noise[id(node)]) for node in graph.weighted()]


class _Plan:
    """What annotations need to know, whichever layers get one: scales of activations, biases, means of inputs."""

    def __init__(self, graph: Graph, samples: Samples, step: Step, method: str | None):
        self.graph = graph
        methods = RANGES if method is None else {method: RANGES[method]}
        nodes = int8_nodes(graph, set())
        groups = int8_values(graph, nodes)
        seen = histograms(graph, [value for group in groups for value in group], samples, step)
        fixed = {id(node.y): _fixed(node) for node in nodes}
        self.scales: dict[int, Quant] = {}
        self.choices: list[Choice] = []
        for group in groups:
            useful = useful_range(graph, group)
            known = [fixed[id(value)] for value in group if fixed.get(id(value))]
            found = [seen[id(value)] for value in group if not fixed.get(id(value))]
            spans = {name: _cut([*known, *map(find, found)], useful) for name, find in methods.items()}
            low, high = spans[method or DEFAULT_RANGE]
            self.scales.update(dict.fromkeys(map(id, group), Quant(*grid(low, high))))
            if not known:
                tried = [*spans.values(), *((low * part, high * part) for part in SHRUNK)]
                self.choices.append(Choice(group, [Quant(*grid(*span)) for span in tried]))
        layers = [node for node in nodes if node.kind in WEIGHTED]
        self.biases = {id(node): node.inputs[2] for node in layers}
        self.means = input_means(graph, [node for node in layers if _mean_matters(graph, node)], samples, step)

    def annotate(self, excluded: set[int]) -> None:
        """Annotates all but the layers `excluded`, by id(), anew."""
        for value in self.graph.values():
            value.quant = None
        nodes = int8_nodes(self.graph, excluded)
        for group in int8_values(self.graph, nodes):
            for value in group:
                value.quant = self.scales[id(value)]
        for node in self.graph.weighted():
            if id(node) in self.biases:
                node.inputs[2] = self.biases[id(node)]
        for node in nodes:
            if node.kind in WEIGHTED:
                self._layer(node)

    def tune(self, reference: Exported, samples: Samples, step: Step) -> None:
        """Takes for some of the activations that are annotated, and from then on, other scales."""
        annotated = [choice for choice in self.choices if choice.values[0].quant is not None]
        tune(self.graph, reference, annotated, samples, step)
        self.scales.update((id(value), value.quant) for choice in annotated for value in choice.values)

    def _layer(self, node: Node) -> None:
        """Annotates the weights of a layer and corrects its bias for what rounding does to them on average."""
        weight = node.inputs[1]
        node.inputs[1] = replace(weight, quant=Quant(_weight_scale(node)))
        mean = self.means.get(id(node))
        if mean is not None:
            before = grouped(node)
            after = node.inputs[1].quant.round(weight.data).reshape(before.shape)
            bias = 0 if node.bias is None else node.bias
            node.set_bias(bias + bias_shift(before, after, mean.reshape(before.shape)))


def _mean_matters(graph: Graph, node: Node) -> bool:
    """Not so where a function that is flat on both sides follows: most of what it takes may be far outside."""
    return any(map(isinf, useful_range(graph, [node.y])))


def _cut(ranges: list[Range], useful: Range) -> Range:
    """The range that holds all of `ranges`, as far as it is useful."""
    return max(min(low for low, _ in ranges), useful[0]), min(max(high for _, high in ranges), useful[1])


def _fixed(node: Node) -> Range | None:
    return FIXED.get("softmax" if node.kind == "softmax" else node.activation)


def _weight_scale(node: Node) -> np.ndarray:
    """The scale of each output channel: that of its largest weight, unless bias or requantisation need a larger one."""
    x, y = float(node.x.quant.scale), float(node.y.quant.scale)
    largest = np.abs(node.weight).max(axis=1).astype(np.float64) / 127
    bias = 0.0 if node.bias is None else np.abs(node.bias) / (x * BIAS_LIMIT)
    return np.maximum(np.maximum(largest, bias), LEAST_MULTIPLIER * y / x)
