"""Cross-layer equalisation: exact, and only where it is."""

import numpy as np
import pytest
from onnx_builder import Onnx, fused

from nnz.convert.quantize.equalize import LIMIT, equalize
from nnz.convert.quantize.export import Exported, run_values
from nnz.convert.quantize.observe import channel_magnitudes


def no_step(what, done, count):
    pass


def network(act=lambda g, x: g.op("Relu", x), uneven=8.0):
    """Pointwise, depthwise, pointwise; the channels of the first are unlike each other."""
    g = Onnx()
    x = g.input(1, 3, 6, 6)
    scale = np.geomspace(1, uneven, 8).astype(np.float32)
    y = act(g, g.op("Conv", x, g.normal(8, 3, 1, 1) * scale[:, None, None, None], g.normal(8) * scale))
    z = act(g, g.op("Conv", y, g.normal(8, 1, 3, 3), g.normal(8), group=8, pads=[1, 1, 1, 1]))
    samples = {"x0": g.normal(5, 1, 3, 6, 6)}
    return g, y, z, samples


def outputs(graph, samples):
    return np.stack([found[0] for found in run_values(Exported(graph), [graph.outputs[0].value], samples)])


def relu6(g, x):
    return g.op("Clip", x, np.float32(0), np.float32(6))


def test_results_stay_and_channels_become_alike():
    g, _, z, samples = network()
    graph = fused(g.model(g.conv(z, 4, 8)))
    before = outputs(graph, samples)
    first = graph.nodes[0].y
    spread = channel_magnitudes(graph, [first], samples, no_step)[id(first)]
    assert equalize(graph, samples, no_step) == 2
    np.testing.assert_allclose(outputs(graph, samples), before, rtol=1e-4, atol=1e-4)
    even = channel_magnitudes(graph, [first], samples, no_step)[id(first)]
    assert spread.max() / spread.min() > 4
    np.testing.assert_allclose(even, even.max(), rtol=1e-4)


def test_a_channel_is_scaled_up_by_no_more_than_the_limit():
    g, _, z, samples = network(uneven=1e4)
    graph = fused(g.model(g.conv(z, 4, 8)))
    first = graph.nodes[0]
    weight = first.weight
    equalize(graph, samples, no_step)
    factor = (first.weight / weight)[:, 0]
    assert factor.max() == pytest.approx(LIMIT, rel=1e-5) and factor.min() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("why", ["relu6", "read twice", "an output", "no depthwise"])
def test_left_alone(why):
    g, y, z, samples = network(relu6 if why == "relu6" else lambda g, x: g.op("Relu", x))
    results = [g.conv(z, 4, 8)]
    if why == "read twice":
        results += [g.op("Exp", y), g.op("Exp", z)]
    elif why == "an output":
        results += [y, z]
    elif why == "no depthwise":
        g = Onnx()
        results = [g.conv(g.op("Relu", g.conv(g.input(1, 3, 6, 6), 8, 3)), 4, 8)]
    graph = fused(g.model(*results))
    before = [node.weight for node in graph.weighted()]
    assert equalize(graph, samples, no_step) == 0
    for node, weight in zip(graph.weighted(), before, strict=True):
        np.testing.assert_array_equal(node.weight, weight)
