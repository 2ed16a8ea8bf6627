"""Pools and means over whole maps as `qpool` and `qaverage`."""

from __future__ import annotations

from math import prod

import numpy as np

from nnz.format import signed, word

from ..ir import Node, Value
from .fixed_point import NotInt8Error, multipliers
from .forms import PLANES4, Forms
from .layers import INT32, bounds

FUNCTIONS = ("max", "average", "average_padded")
MAX_TAPS = 65536


def pool(forms: Forms, node: Node) -> None:
    attrs = node.attrs
    window = [int(n) for name in ("kernel", "strides", "dilations", "pads") for n in attrs[name]]
    _pool(forms, node, attrs["function"], window, node.y)


def reduce(forms: Forms, node: Node) -> None:
    """Over all pixels of each channel."""
    x, function = node.x, {"mean": "average", "max": "max"}.get(node.attrs["function"])
    if function is None or len(x.shape) not in (3, 4) or tuple(node.attrs["axes"]) != tuple(range(2, len(x.shape))):
        raise NotInt8Error("only the mean and the maximum over all pixels have an int8 form")
    kernel = x.shape[2:] if len(x.shape) == 4 else (1, x.shape[2])
    whole = Value(f"{node.y.name}.pooled", (*x.shape[:2], *(1 for _ in x.shape[2:])), quant=node.y.quant)
    y = node.y if node.y.shape == whole.shape else whole
    _pool(forms, node, function, [*kernel, 1, 1, 1, 1, 0, 0, 0, 0], y)
    if y is whole:
        forms.define_reshaped(node.y, whole)


def _pool(forms: Forms, node: Node, function: str, window: list[int], y: Value) -> None:
    before, after = forms.quant(node.x), forms.quant(node.y)
    taps = prod(window[:2])
    if taps > MAX_TAPS:
        raise NotInt8Error(f"its window has {taps} elements: at most {MAX_TAPS} have an int8 form")
    x = forms.requantized(node.x, after) if function == "max" else node.x
    numbers = [signed(number) for number in (x.quant.zero, after.zero, *bounds(after, node))]
    params, inputs = [FUNCTIONS.index(function), *window, *numbers], [forms.stored(x, PLANES4)]
    result = Value(y.name, y.shape, np.dtype(np.int8), quant=after, layout=PLANES4)
    if node.attrs.get("float32") and before.scale == after.scale and _may_tie(function, window):
        params += [word(float(before.scale)), word(float(after.scale))]
        forms.define(y, forms.emit("qaverage", inputs, result, node, params=params))
        return
    multiplier, shift = None, 0
    if function != "max":
        factors = float(before.scale / after.scale) / np.maximum(np.arange(taps + 1), 1)
        factors[0] = 0
        values, shift = multipliers(factors)
        multiplier = Value(f"{node.name}.multiplier", values.shape, INT32, values)
    forms.define(y, forms.emit("qpool", [*inputs, multiplier], result, node, params=[*params, shift]))


def _may_tie(function: str, window: list[int]) -> bool:
    """Whether an average, of integers of one scale, may lie between two of them: then float32's rounding decides."""
    padded = any(window[6:])
    return function != "max" and (prod(window[:2]) % 2 == 0 or padded)
