"""Rounds weights so that what a layer computes changes little, not the weights themselves.

One column after the other is rounded, and the columns that are still to come, at last the bias, make up for the error
as far as the layer's inputs are correlated. After Frantar et al. 2022, "GPTQ" (https://arxiv.org/abs/2210.17323), with
the bias as one more column that is not rounded.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

DAMPING = 0.01
"""Of the mean power of the inputs: added to each, so that errors do not move onto inputs that are hardly ever used."""

BLOCK = 64

Round = Callable[[np.ndarray, int], np.ndarray]
"""(weights of a column, which) -> the nearest that can be stored"""


def round_weights(weights: np.ndarray, bias: np.ndarray, upper: np.ndarray, round: Round) -> np.ndarray:
    """Rounds `weights` [..., rows, cols] in place, zeros stay zeros; returns the bias [..., rows] that goes with them.

    upper: inverse_factor() of the layer's moment
    """
    cols = weights.shape[-1]
    z = np.concatenate([weights, bias[..., None]], axis=-1).astype(np.float64)
    kept = z != 0
    for begin in range(0, cols, BLOCK):
        end = min(begin + BLOCK, cols)
        errors = np.empty((*z.shape[:-1], end - begin))
        for j in range(begin, end):
            rounded = round(z[..., j], j) * kept[..., j]
            error = (z[..., j] - rounded) / upper[..., j, j, None]
            z[..., j + 1 : end] -= error[..., None] * upper[..., None, j, j + 1 : end]
            z[..., j] = rounded
            errors[..., j - begin] = error
        z[..., end:] -= errors @ upper[..., begin:end, end:]
    weights[:] = z[..., :cols]
    return z[..., cols]


def inverse_factor(moment: np.ndarray) -> np.ndarray:
    """The upper triangular U with U^T U = the inverse of the damped moment: E[z z^T] with z = (x, 1), for each of the
    matrices.
    """
    power = np.diagonal(moment, axis1=-2, axis2=-1)
    damping = DAMPING * power[..., :-1].mean(axis=-1) + 1e-12
    damped = moment + damping[..., None, None] * np.eye(moment.shape[-1])
    return np.linalg.cholesky(np.linalg.inv(damped)).swapaxes(-1, -2)
