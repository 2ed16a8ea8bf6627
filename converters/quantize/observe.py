"""What the values of a graph are on calibration data, computed by onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..ir import Graph, Node, Value
from ..statistics import collect_statistics
from .export import Exported, run_values
from .ranges import Histogram

Samples = Mapping[str, np.ndarray]
Step = Callable[[str, int, int], None]


def histograms(graph: Graph, values: list[Value], samples: Samples, step: Step) -> dict[int, Histogram]:
    """The histogram of each value, by id(). Two runs over the samples: one for the bounds, one to count."""
    seen = {id(value): Histogram() for value in values}
    exported = Exported(graph)
    for take, what in ((Histogram.extend, "ranges"), (Histogram.add, "histograms")):
        for arrays in _run(exported, values, samples, step, what):
            for value, array in zip(values, arrays, strict=True):
                take(seen[id(value)], array)
    return seen


def channel_magnitudes(graph: Graph, values: list[Value], samples: Samples, step: Step) -> dict[int, np.ndarray]:
    """The largest magnitude of each channel (axis 1) of each value, by id()."""
    seen = {id(value): np.zeros(value.shape[1]) for value in values}
    for arrays in _run(Exported(graph), values, samples, step, "channels"):
        for value, array in zip(values, arrays, strict=True):
            largest = np.abs(array).max(axis=tuple(axis for axis in range(array.ndim) if axis != 1))
            np.maximum(seen[id(value)], largest, out=seen[id(value)])
    return seen


def input_means(graph: Graph, layers: list[Node], samples: Samples, step: Step) -> dict[int, np.ndarray]:
    """For each layer, by id(), the mean of the input that each weight multiplies, in the shape of the weights."""
    exported = Exported(graph)
    names = {id(node): exported.products[id(node)] for node in layers}
    statistics = collect_statistics(
        exported.model(), samples, names.values(), lambda done, count: step("means", done, count)
    )
    means = {}
    for node in layers:
        known = statistics.get(names[id(node)])
        mean = None if known is None else known.of_weights(known.mean, node.inputs[1].shape)
        if mean is not None:
            means[id(node)] = mean
    return means


def _run(exported: Exported, values: list[Value], samples: Samples, step: Step, what: str):
    count = len(next(iter(samples.values())))
    for done, arrays in enumerate(run_values(exported, values, samples), 1):
        yield arrays
        step(what, done, count)
