"""Functions of one and two quantised values: tables, `qadd`, `qmul`, `qsoftmax`."""

from __future__ import annotations

import numpy as np

from nnz.format import signed

from ..ir import Node, Value
from ..passes.functions import activate, combine
from ..passes.scale import constant_operand
from . import affine, attention
from .annotation import UINT8
from .fixed_point import NotInt8Error, add_parameters, multipliers
from .float32 import sum_of_uint8
from .forms import PLAIN, Forms
from .layers import INT32, bounds

SOFTMAX_ONE = 1 << 23
SOFTMAX_MAX_FACTOR = 65536


def unary(forms: Forms, node: Node) -> None:
    _table(forms, node, node.x, lambda x: x)


def round_(forms: Forms, node: Node) -> None:
    if node.x.quant is None:
        forms.quant(node.y)
        forms.define_float(node.y, node.x)
    else:
        unary(forms, node)


def binary(forms: Forms, node: Node) -> None:
    a, b = node.inputs
    function = node.attrs["function"]
    for x, number, first in ((a, b, False), (b, a, True)):
        if number.constant and number.size == 1 and x.shape == node.y.shape:
            c = number.data.astype(np.float64).reshape(-1)
            return _table(forms, node, x, lambda v, c=c, first=first: combine(function, *((c, v) if first else (v, c))))
    operands = constant_operand(node) if function == "add" else None
    if operands is not None:
        x, constant, _ = operands
        return affine.add_channels(forms, node, x, constant)
    if function in ("add", "sub"):
        return _add(forms, node, 1 if function == "add" else -1)
    if function == "mul":
        return _mul(forms, node)
    raise NotInt8Error(f"'{function}' of two tensors has no int8 form")


def softmax(forms: Forms, node: Node) -> None:
    x, y = forms.quant(node.x), forms.quant(node.y)
    if len(node.y.shape) >= 3 and node.attrs["axis"] == len(node.y.shape) - 2:
        return attention.softmax(forms, node)
    if node.attrs["axis"] != len(node.y.shape) - 1:
        raise NotInt8Error("its axis is neither the last nor that before it")
    factor = round(1 / float(y.scale))
    if not 1 <= factor <= SOFTMAX_MAX_FACTOR or abs(factor * float(y.scale) - 1) > 1e-4:
        raise NotInt8Error(f"its output's scale {float(y.scale):.6g} is not one by an integer")
    table = np.rint(SOFTMAX_ONE * np.exp(-float(x.scale) * np.arange(256)))
    constant = Value(f"{node.name}.table", table.shape, INT32, table.astype(np.int32))
    params = [signed(y.zero), factor, signed(-128), signed(127)]
    stored = forms.new(node.y, PLAIN)
    forms.define(node.y, forms.emit("qsoftmax", [forms.stored(node.x, PLAIN), constant], stored, node, params=params))
    return None


def _table(forms: Forms, node: Node, x: Value, function) -> None:
    """y = activation(function(x)), one entry for each of the 256 values that x can have."""
    before, after = forms.quant(x), forms.quant(node.y)
    values = activate(node.activation, node.act, function(before.load(np.arange(-128, 128))))
    layout = forms.best_layout(x)
    stored = forms.stored(x, layout)
    table = after.store(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf))
    same = np.array_equal(table, np.arange(-128, 128))
    forms.define(node.y, stored if same else forms.lookup(stored, table, forms.new(node.y, layout), node))


def _add(forms: Forms, node: Node, sign: int) -> None:
    a, b = node.inputs
    qa, qb, qy = forms.quant(a), forms.quant(b), forms.quant(node.y)
    if a.shape != b.shape:
        raise NotInt8Error(f"it broadcasts {list(a.shape)} and {list(b.shape)}")
    factors = float(qa.scale / qy.scale), sign * float(qb.scale / qy.scale)
    more = 0.0
    if node.attrs.get("type") == UINT8:
        *factors, more = sum_of_uint8(qa, qb, qy)
    ma, mb, c, shift = add_parameters(factors[0], qa.zero, factors[1], qb.zero, qy.zero, more)
    params = [signed(ma), signed(mb), signed(c), shift, *map(signed, bounds(qy, node))]
    layout = forms.best_layout(a, b)
    inputs = [forms.stored(a, layout), forms.stored(b, layout)]
    forms.define(node.y, forms.emit("qadd", inputs, forms.new(node.y, layout), node, params=params))


def _mul(forms: Forms, node: Node) -> None:
    a, b = node.inputs
    if a.shape != node.y.shape:
        a, b = b, a
    qa, qb, qy = forms.quant(a), forms.quant(b), forms.quant(node.y)
    per_plane = len(b.shape) == len(a.shape) == 4 and b.shape == (*a.shape[:2], 1, 1)
    if a.shape != node.y.shape or not (a.shape == b.shape or per_plane):
        raise NotInt8Error(f"it broadcasts {list(a.shape)} and {list(b.shape)}")
    multiplier, shift = multipliers(np.array(float(qa.scale * qb.scale / qy.scale)))
    zeros = (signed(qa.zero), signed(qb.zero), signed(qy.zero))
    params = [*zeros, int(multiplier), shift, *map(signed, bounds(qy, node))]
    layout = forms.best_layout(a) if a.shape == b.shape else forms.best_layout(a, b)
    inputs = [forms.stored(a, layout), forms.stored(b, layout)]
    forms.define(node.y, forms.emit("qmul", inputs, forms.new(node.y, layout), node, params=params))
