"""How much each weight matters: the root of the output energy that is lost with it, up to a factor of the layer.

Arrays are [groups, rows, channels, taps].
"""

from __future__ import annotations

import numpy as np


def magnitude(weights: np.ndarray) -> np.ndarray:
    """|W|: needs no data."""
    return np.abs(weights).astype(np.float64)


def wanda(weights: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """|W| times the norm of the input that it multiplies, after Sun et al., "A simple and effective pruning approach
    for large language models" (https://arxiv.org/abs/2306.11695), with two differences.

    The norm is taken about the input's mean: what a weight adds on average, bias correction gives back. And the
    weights of a whole layer compete, not those of each output: on convolutional networks neither is better for
    unstructured pruning, but a layer can be ranked for blocks over several outputs and against other layers.

    variance: of the input that each weight multiplies, in the shape of `weights`.
    """
    return np.abs(weights) * np.sqrt(variance)
