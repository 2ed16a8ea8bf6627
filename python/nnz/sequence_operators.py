"""What the operators of transformers demand of their inputs, outputs and parameters (docs/FORMAT.md section 9)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import numpy as np

from .errors import FormatError
from .operators import View, require

_INTEGERS = (np.dtype("int32"), np.dtype("int64"))


def _float(word: int) -> float:
    return struct.unpack("<f", struct.pack("<I", word))[0]


def _broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise FormatError(f"{', '.join(str(list(shape)) for shape in shapes)} do not broadcast") from None


def _matmul(v: View) -> None:
    v.counts(2, 3)
    v.no_activation()
    a, b, y = v.float(0).dims, v.float(1).dims, v.float_output().dims
    require(2 <= len(a) == len(b) == len(y), f"ranks {len(a)}, {len(b)} and {len(y)} differ, or are below 2")
    turn_a, turn_b, scale = v.op.params
    require(turn_a <= 1 and turn_b <= 1, f"transpositions {turn_a} and {turn_b}: each is 0 or 1")
    require(math.isfinite(_float(scale)), f"scale {_float(scale)} is not finite")
    m, k = a[-2:] if turn_a == 0 else a[:-3:-1]
    depth, n = b[-2:] if turn_b == 0 else b[:-3:-1]
    require(k == depth, f"{k} columns meet {depth} rows")
    dims = (*_broadcast(a[:-2], b[:-2]), m, n)
    require(y == dims, f"output is {list(y)}, not {list(dims)}")


def _layernorm(v: View) -> None:
    v.counts(3, 2)
    v.no_activation()
    x, y = v.float(0), v.float_output()
    axis, epsilon = v.op.params
    require(x.dims == y.dims, f"output is {list(y.dims)}, not {list(x.dims)}")
    require(axis < len(x.dims), f"axis {axis} of rank {len(x.dims)}")
    require(0 <= _float(epsilon) < math.inf, f"epsilon {_float(epsilon)} is not finite and at least 0")
    v.bias(1, x.dims[axis])
    v.bias(2, x.dims[axis])


def _gather(v: View) -> None:
    scaled = len(v.inputs) == 3
    v.counts(3 if scaled else 2, 1)
    v.no_activation()
    indices, table, y = v.present(0), v.present(1) if scaled else v.weights(1), v.float_output()
    require(indices.dtype in _INTEGERS, f"indices are {indices.dtype}, not int32 or int64")
    require(table.data is not None and len(table.dims) == 2, "the table is not a constant of rank 2")
    if scaled:
        require(table.dtype == np.int8, f"the table has scales, but is {table.dtype}")
        require(bool(np.isfinite(v.constant(2, table.dims[:1])).all()), "a scale of the table is not finite")
    require(v.op.params[0] <= 1, f"planes is {v.op.params[0]}, not 0 or 1")
    require(1 <= len(indices.dims) <= 7, f"indices of rank {len(indices.dims)}, not 1 to 7")
    row = (indices.dims[-1], table.dims[1])
    dims = (*indices.dims[:-1], *(row[::-1] if v.op.params[0] else row))
    require(y.dims == dims, f"output is {list(y.dims)}, not {list(dims)}")


def _where(v: View) -> None:
    v.counts(3, 0)
    v.no_activation()
    condition, a, b = v.present(0), v.float(1), v.float(2)
    require(condition.dtype == np.bool_, f"the condition is {condition.dtype}, not bool")
    dims = _broadcast(condition.dims, a.dims, b.dims)
    require(v.float_output().dims == dims, f"output is {list(v.y.dims)}, not {list(dims)}")


CHECKS: dict[str, Callable[[View], None]] = {
    "matmul": _matmul,
    "layernorm": _layernorm,
    "gather": _gather,
    "where": _where,
}
