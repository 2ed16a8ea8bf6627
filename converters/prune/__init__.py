"""Pruning after training: chooses weights by what the layers see on calibration data, sets them to zero, and corrects
the biases.

The arithmetic (saliency, patterns, budget, correct) works on arrays [groups, rows, channels, taps] and knows no
graph; select.py and this file know the converter's graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..cost import fastest_pattern
from ..ir import Graph, Node
from ..statistics import Statistics
from .budget import ranked, uniform
from .correct import bias_shift
from .patterns import Pattern, blocks, expand, keep_n_of_m, parse_pattern
from .saliency import magnitude, wanda
from .select import select_layers

METHODS = ("magnitude", "wanda")


@dataclass(frozen=True)
class Layer:
    """What was decided for a weighted node. `pattern` is "none" and `excluded` says why where it was left alone."""

    node: Node
    pattern: str
    excluded: str | None = None


def prune_graph(
    graph: Graph,
    sparsity: float | None,
    *,
    pattern: str = "auto",
    method: str = "wanda",
    statistics: Mapping[str, Statistics] | None = None,
    compete: bool = False,
    include: str | None = None,
    exclude: str | None = None,
    target: str = "host",
    int8: bool = False,
) -> list[Layer]:
    """Prunes the weights of `graph` in place; returns what was decided for each weighted node, in execution order.

    sparsity      share of zeros, 0 to below 1, over the weights of the layers not excluded; None where the pattern
                  (N:M) says it
    pattern       see parse_pattern(); "auto" is for each layer the one that `target` runs fastest
    method        "wanda" needs statistics; a layer without any is pruned by magnitude. With statistics, biases are
                  corrected under either method
    statistics    what collect_statistics() returns for the nodes' origins
    compete       layers share one budget (--global) instead of all getting the same sparsity
    include, exclude    see select_layers()
    int8          layers will be quantised: "auto" is then a block of the int8 encodings. Those of a quantised model are

    ValueError for whatever of these is out of range.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method '{method}': expected {' or '.join(METHODS)}")
    if method == "wanda" and not statistics:
        raise ValueError("method 'wanda' needs calibration data: give --calibration FILE.npz, or --method magnitude")
    fixed = None if pattern == "auto" else parse_pattern(pattern)
    sparsity = _sparsity(sparsity, fixed)
    selected = select_layers(graph, include, exclude)
    nodes = [node for node, reason in selected if reason is None]
    if not nodes:
        reasons = ", ".join(f"{node.name} ({reason})" for node, reason in selected)
        raise ValueError(f"no layer to prune: {reasons or 'the model has no weights'}; --include REGEX takes layers in")

    patterns = [fixed or _fastest(node, sparsity, target, int8) for node in nodes]
    moments = [_moments(node, statistics or {}) for node in nodes]
    saliencies = [
        wanda(grouped(node), known[1]) if method == "wanda" and known else magnitude(grouped(node))
        for node, known in zip(nodes, moments, strict=True)
    ]
    for node, known, keep in zip(nodes, moments, _masks(saliencies, patterns, sparsity, compete), strict=True):
        before = grouped(node)
        after = np.where(keep, before, np.float32(0))
        if known:
            bias = 0 if node.bias is None else node.bias
            node.set_bias(bias + bias_shift(before, after, known[0]))
        node.set_weight(after.reshape(node.inputs[1].shape))
    chosen = {id(node): str(p) for node, p in zip(nodes, patterns, strict=True)}
    return [Layer(node, chosen.get(id(node), "none"), reason) for node, reason in selected]


def grouped(node: Node) -> np.ndarray:
    """The weights of a weighted node as [groups, rows, channels, taps]."""
    weights = node.inputs[1].data
    groups = node.x.shape[1] if node.kind == "depthwise" else node.attrs.get("group", 1)
    return weights.reshape(groups, weights.shape[0] // groups, weights.shape[1], -1)


def _masks(saliencies: list[np.ndarray], patterns: list[Pattern], sparsity: float, compete: bool) -> list[np.ndarray]:
    if patterns[0].keep:
        return [keep_n_of_m(s, p) for s, p in zip(saliencies, patterns, strict=True)]
    layers = [blocks(s, p) for s, p in zip(saliencies, patterns, strict=True)]
    kept = (ranked if compete else uniform)(layers, sparsity)
    return [expand(k, s.shape, p) for k, s, p in zip(kept, saliencies, patterns, strict=True)]


def _sparsity(sparsity: float | None, pattern: Pattern | None) -> float:
    implied = pattern.sparsity if pattern else None
    if implied is not None:
        if sparsity is not None and abs(sparsity - implied) > 0.005:
            raise ValueError(
                f"pattern {pattern} means a sparsity of {implied:.3g}, not {sparsity:g}: leave one of them out"
            )
        return implied
    if sparsity is None or not 0 <= sparsity < 1:
        raise ValueError(f"sparsity {sparsity}: expected at least 0 and below 1")
    return sparsity


def _fastest(node: Node, sparsity: float, target: str, int8: bool) -> Pattern:
    if node.kind == "conv_transpose":
        return Pattern()  # passes/phases.py spreads each output over several rows: blocks would not stay together
    if int8 or (node.inputs[1].quant is not None and node.x.quant is not None):
        return parse_pattern("8x4" if node.kind == "fc" else "1x4")
    kind = "fc" if node.kind == "fc" else "conv"
    return parse_pattern(fastest_pattern(kind, *node.weight.shape, node.pixels, sparsity, target))


def _moments(node: Node, statistics: Mapping[str, Statistics]) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and variance of the input that each weight of `node` multiplies, in the form of grouped()."""
    known = statistics.get(node.origin.output) if node.origin else None
    if known is None:
        return None
    # Where each weight stands in the ONNX tensor: layouts may have moved it. Gemm's alpha, a factor, is divided out.
    weights = grouped(node)
    numbers = np.arange(weights.size, dtype=np.float64).reshape(node.inputs[1].shape)
    moved = np.rint(node.origin.restore(numbers) / node.origin.restore(np.ones_like(numbers)))
    mean, variance = (known.of_weights(columns, moved.shape) for columns in (known.mean, known.variance))
    if mean is None:
        return None
    back = np.argsort(moved, axis=None)
    return mean.ravel()[back].reshape(weights.shape), variance.ravel()[back].reshape(weights.shape)
