"""Cross-layer equalisation: scales the channels between two layers so that they share one int8 scale better.

After Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction"
(https://arxiv.org/abs/1906.04721). There, the weights have one scale a layer, and a channel's factor balances the
weights before it against those behind it. Here each output channel has a scale of its own, which follows any factor;
what is left to balance are the channels of the activation, which share a scale, against the weights behind it.
"""

from __future__ import annotations

import numpy as np

from ..ir import RELU, Graph, Node
from .observe import Samples, Step, channel_magnitudes

LIMIT = 16.0
"""The most that a channel is scaled up: what was small on the calibration data may be larger elsewhere."""


def equalize(graph: Graph, samples: Samples, step: Step) -> int:
    """Equalises in place what can be without any change of the results: a layer without activation or with Relu, which
    only one other layer reads, where one of the two is depthwise. (clip(x, 0, 6) does not commute with a factor.)
    Returns how many such pairs there were.
    """
    pairs = [(node, reader) for node in graph.weighted() if (reader := _reader(graph, node)) is not None]
    if pairs:
        magnitudes = channel_magnitudes(graph, [node.y for node, _ in pairs], samples, step)
        for node, reader in pairs:
            _scale(node, reader, magnitudes[id(node.y)])
    return len(pairs)


def _reader(graph: Graph, node: Node) -> Node | None:
    """The layer that takes the result of `node`, with its channels as they are, if their pair can be equalised."""
    linear = node.activation == "none" or (node.activation, node.act) == RELU
    reader = graph.only_consumer(node.y)
    if not linear or node.inputs[3] is not None or reader is None or reader.x is not node.y:
        return None
    kinds = {node.kind, reader.kind}
    return reader if "depthwise" in kinds and kinds <= {"conv", "depthwise"} and _plain(node, reader) else None


def _plain(*nodes: Node) -> bool:
    return all(node.attrs.get("group", 1) == 1 and node.inputs[4] is None for node in nodes)


def _scale(node: Node, reader: Node, magnitude: np.ndarray) -> None:
    """Divides channel i of the activation by f[i], before it, and multiplies the weights behind it by f[i]."""
    if reader.kind == "depthwise":
        # Each of the reader's channels has a scale of its own, too: those of the activation may become all alike.
        factor = _bounded(magnitude)
        behind = factor.repeat(reader.weight.shape[0] // len(factor))[:, None, None, None]
    else:
        weight = np.abs(reader.inputs[1].data).max(axis=(0, 2, 3))
        factor = _bounded(np.sqrt(np.divide(magnitude, weight, out=np.zeros_like(magnitude), where=weight > 0)))
        behind = factor[None, :, None, None]
    node.set_weight(node.weight / factor[:, None])
    if node.bias is not None:
        node.set_bias(node.bias / factor)
    reader.set_weight(reader.inputs[1].data * behind)


def _bounded(factor: np.ndarray) -> np.ndarray:
    """Factors of at most 1, at least 1 / LIMIT; 1 for channels that are never used."""
    largest = factor.max(initial=0.0)
    return np.where(factor > 0, np.maximum(factor / (largest or 1.0), 1 / LIMIT), 1.0)
