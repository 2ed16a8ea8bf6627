"""How many blocks each layer loses.

Sparsity is the share of zeros over the weights of all pruned layers together.
"""

from __future__ import annotations

import numpy as np

from .patterns import Blocks

FLOOR = 0.2
"""In ranked(), each layer keeps at least this part of what uniform() would leave it."""


def uniform(layers: list[Blocks], sparsity: float) -> list[np.ndarray]:
    """Which blocks each layer keeps when every layer gets the same sparsity: the ones of most energy per weight."""
    return [_keep_best(_value(layer), layer.weights, round((1 - sparsity) * layer.weights.sum())) for layer in layers]


def ranked(layers: list[Blocks], sparsity: float) -> list[np.ndarray]:
    """Which blocks each layer keeps when the blocks of all layers compete.

    A block's rank is its energy as a part of what its layer still has when all lesser blocks are gone (LAMP,
    https://arxiv.org/abs/2010.07611): layers of any scale compare, and the last blocks of a layer weigh most. Beyond
    that, FLOOR keeps every layer alive.
    """
    floors = []
    values = []
    for layer in layers:
        value = _value(layer)
        share = FLOOR * (1 - sparsity)
        floors.append(_keep_best(value, layer.weights, int(np.ceil(share * layer.weights.sum()))))
        order = np.argsort(value, kind="stable")
        rest = np.cumsum(layer.energy[order][::-1])[::-1]
        relative = np.empty_like(value)
        relative[order] = value[order] / np.maximum(rest, np.finfo(np.float64).tiny)
        values.append(np.where(floors[-1], np.inf, relative))
    weights = np.concatenate([layer.weights for layer in layers])
    keep = _keep_best(np.concatenate(values), weights, round((1 - sparsity) * weights.sum()))
    return np.split(keep, np.cumsum([len(layer.weights) for layer in layers])[:-1])


def _value(layer: Blocks) -> np.ndarray:
    """Energy per weight, so that the smaller blocks at the end of an axis compete fairly."""
    return layer.energy / layer.weights


def _keep_best(value: np.ndarray, weights: np.ndarray, kept: int) -> np.ndarray:
    """The blocks of most value whose weights add up to `kept`, as nearly as whole blocks allow; at least one."""
    order = np.argsort(-value, kind="stable")
    total = np.cumsum(weights[order])
    count = int(np.argmin(np.abs(total - kept))) + 1
    keep = np.zeros(len(value), bool)
    keep[order[:count]] = True
    return keep
