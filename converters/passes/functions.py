"""The activations of docs/FORMAT.md section 6.1 on numpy arrays, for what is constant."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, pi, sqrt

import numpy as np

_erf = np.vectorize(erf, otypes=[np.float64])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


_FUNCTIONS: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "none": lambda x, a, b: x,
    "clip": lambda x, a, b: np.minimum(np.maximum(x, a), b),
    "leaky_relu": lambda x, a, b: np.where(x < 0, a * x, x),
    "sigmoid": lambda x, a, b: _sigmoid(x),
    "tanh": lambda x, a, b: np.tanh(x),
    "hard_sigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "hard_swish": lambda x, a, b: x * np.clip(x / 6 + 0.5, 0, 1),
    "exp": lambda x, a, b: np.exp(x),
    "sqrt": lambda x, a, b: np.sqrt(x),
    "abs": lambda x, a, b: np.abs(x),
    "neg": lambda x, a, b: -x,
    "silu": lambda x, a, b: x * _sigmoid(x),
    "erf": lambda x, a, b: _erf(x),
    "gelu": lambda x, a, b: x * (1 + _erf(x / sqrt(2))) / 2,
    "gelu_tanh": lambda x, a, b: x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2,
    "reciprocal": lambda x, a, b: 1 / x,
    "log": lambda x, a, b: np.log(x),
}


def activate(activation: str, act: tuple[float, float], x: np.ndarray) -> np.ndarray:
    """The activation on an array of float64."""
    with np.errstate(all="ignore"):
        return np.asarray(_FUNCTIONS[activation](x, *act), np.float64)


_BINARY: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "min": np.minimum,
    "max": np.maximum,
    "prelu": lambda a, b: np.where(a < 0, a * b, a),
    "pow": np.power,
}


def combine(function: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The function of a binary node on arrays of float64."""
    with np.errstate(all="ignore"):
        return _BINARY[function](a, b)
