"""What each kind of int8 operator demands of its inputs, outputs and parameters (docs/FORMAT.md section 10)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

import numpy as np

from .operators import View, as_signed, images, output_window, pool_window, require
from .records import Op, Tensor

INT8, INT32 = np.dtype("int8"), np.dtype("int32")
MAX_SHIFT, FACTOR_SHIFT, MAX_FACTOR = 15, 32, 0x3F7FFFFF
MAX_BIAS = 2**30 - 1
MAX_TERMS = 65536
MAX_DEPTH = 32768
EXACT_FUNCTIONS = ("none", "clip", "gelu")
ONE = 2**23
"""What stands for 1 in the table of qsoftmax."""

PLANES4_KINDS = {
    "copy", "reshape", "qconv", "qdepthwise", "qfc", "qadd", "qmul", "qpool", "qlut", "quantize", "dequantize",
    "qmatmul", "qsoftmax_planes", "qaffine", "qaverage", "qlayernorm", "qsoftmax_exact",
}  # fmt: skip
"""The operators that take tensors of that layout."""


SHIFTS = {"qconv": 15, "qfc": 4, "qmatmul": 5}
"""Where the parameters of products that take factors have their shift."""


INEXACT = {"quantize": 2, "qaffine": 6, "qlayernorm": 7}
"""How many parameters operators have that have an exact form."""


def needs_a_host(op: Op) -> bool:
    """Whether an operator computes in a way that builds for small devices leave out."""
    exact = op.kind == "qsoftmax_exact" or (op.kind in INEXACT and is_exact(op, INEXACT[op.kind]))
    return exact or (op.kind in SHIFTS and op.params[SHIFTS[op.kind]] == FACTOR_SHIFT)


def is_exact(op: Op, params: int) -> bool:
    """Whether a word 1 behind the `params` of the other form says that an operator takes the exact one."""
    return list(op.params[params:]) == [1]


def _int8(x: Tensor, what: str) -> Tensor:
    require(x.dtype == INT8, f"{what} is {x.dtype}, not int8")
    return x


def _planes4(x: Tensor, what: str) -> Tensor:
    require(x.layout == "planes4", f"{what} has the layout {x.layout}, not planes4")
    return x


def _real(word: int) -> float:
    (value,) = struct.unpack("<f", struct.pack("<I", word))
    return value


def _within(what: str, value: int, low: int, high: int) -> None:
    require(low <= value <= high, f"{what} is {value}, not {low} to {high}")


def _values(v: View, i: int, count: int, low: int, high: int) -> np.ndarray:
    values = v.constant(i, (count,), INT32).ravel()
    require(bool(((values >= low) & (values <= high)).all()), f"input {i} has values outside {low} to {high}")
    return values


def _zero_point(what: str, word: int) -> None:
    _within(what, as_signed(word), -128, 127)


def _scale(word: int) -> None:
    scale = _real(word)
    require(0 < scale < math.inf, f"the scale is {scale}, not finite and above 0")


def _clamp(lo: int, hi: int) -> None:
    lo, hi = as_signed(lo), as_signed(hi)
    require(-128 <= lo <= hi <= 127, f"clamps to {lo} to {hi}, not inside -128 to 127")


def _takes_factors(shift: int) -> int:
    """The largest multiplier beside a shift, FACTOR_SHIFT among them."""
    if shift == FACTOR_SHIFT:
        return MAX_FACTOR
    _within("the shift", shift, 0, MAX_SHIFT)
    return 2**31 - 1


def _requantized(v: View, words: list[int], bias: int, channels: int) -> None:
    """`words`: ZY, lo, hi, S; inputs `bias` and the next are the bias and multiplier of each channel."""
    zero, lo, hi, shift = words
    _zero_point("the zero point of the output", zero)
    _clamp(lo, hi)
    most = _takes_factors(shift)
    _values(v, bias, channels, -MAX_BIAS, MAX_BIAS)
    _values(v, bias + 1, channels, 0, most)


def _same_shape(v: View, x: Tensor) -> None:
    _int8(x, "an input")
    _int8(v.y, "the output")
    same = x.layout == v.y.layout and x.dims == v.y.dims
    require(same, f"input is {x.layout} {list(x.dims)}, output {v.y.layout} {list(v.y.dims)}")


def _add(words: list[int]) -> None:
    """`words`: MA, MB, C, S, lo, hi."""
    for i in (0, 1):
        _within(f"multiplier {i}", as_signed(words[i]), -(2**22), 2**22)
    _within("the constant", as_signed(words[2]), -MAX_BIAS, MAX_BIAS)
    _within("the shift", words[3], 0, 30)
    _clamp(*words[4:])


def _epilogue(v: View, residual: int, params: int) -> None:
    """Inputs `residual` and the next are the residual and the table; the words of the addition follow `params`."""
    adds = len(v.inputs) > residual and v.inputs[residual] is not None
    v.counts(residual + 2, params + (6 if adds else 0))
    if adds:
        _same_shape(v, v.present(residual))
        _add(v.op.params[params:])
    if v.inputs[residual + 1] is not None:
        v.constant(residual + 1, (256,), INT8)


def _qconv(v: View) -> None:
    _epilogue(v, 3, 16)
    v.no_activation()
    x = _int8(v.present(0), "input 0")
    _planes4(v.y, "the output")
    rows, cols = v.matrix(("dense", "u1", "q1x4"), int8=True)
    c, taps = images(x, (3, 4))[1], math.prod(v.op.params[1:3])
    channels = -(-c // 4) * 4 if x.layout == "planes4" else c
    require(cols == channels * taps, f"the matrix has {cols} columns, x needs {channels * taps}")
    require(cols <= MAX_TERMS, f"the matrix has {cols} columns, more than {MAX_TERMS}")
    output_window(v, v.op.params[1:11], x, rows)
    _zero_point("the zero point of x", v.op.params[11])
    _requantized(v, v.op.params[12:16], 1, rows)


def _qdepthwise(v: View) -> None:
    _epilogue(v, 4, 15)
    v.no_activation()
    x = _planes4(v.present(0), "input 0")
    _planes4(v.y, "the output")
    taps = math.prod(v.op.params[:2])
    require(taps <= MAX_TERMS, f"the kernel has {taps} elements, more than {MAX_TERMS}")
    output_window(v, v.op.params[:10], x, x.dims[1])
    v.constant(1, (-(-x.dims[1] // 4), taps, 4), INT8)
    _zero_point("the zero point of x", v.op.params[10])
    _within("the shift", v.op.params[14], 0, MAX_SHIFT)
    _requantized(v, v.op.params[11:15], 2, x.dims[1])


def _qfc(v: View) -> None:
    v.counts(3, 5)
    v.no_activation()
    x, y = _int8(v.present(0), "input 0"), _int8(v.y, "the output")
    require(y.layout == "plain", "the output is not plain")
    rows, cols = v.matrix(("dense", "u1", "q8x4"), int8=True)
    n = x.dims[0] if len(x.dims) > 1 else 1
    size = x.nbytes // n
    fits = cols == size or (x.layout == "plain" and cols == -(-size // 4) * 4)
    require(fits, f"the matrix has {cols} columns, a vector of x {size} bytes")
    require(cols <= MAX_TERMS, f"the matrix has {cols} columns, more than {MAX_TERMS}")
    require(n == 1 or size % 4 == 0, f"{n} vectors of {size} bytes, which is no multiple of 4")
    require(y.elements == n * rows, f"output {list(y.dims)} is not {n} vectors of {rows}")
    _requantized(v, v.op.params[1:], 1, rows)


def _qadd(v: View) -> None:
    v.counts(2, 6)
    v.no_activation()
    for i in (0, 1):
        _same_shape(v, v.present(i))
    _add(v.op.params)


def _qmul(v: View) -> None:
    v.counts(2, 7)
    v.no_activation()
    a, b = v.present(0), _int8(v.present(1), "input 1")
    _same_shape(v, a)
    per_plane = len(a.dims) == 4 and b.dims == (*a.dims[:2], 1, 1)
    fits = b.layout == a.layout and (b.dims == a.dims or per_plane)
    require(fits, f"input 1 is {b.layout} {list(b.dims)}, input 0 {a.layout} {list(a.dims)}")
    for i, what in enumerate(("a", "b", "the output")):
        _zero_point(f"the zero point of {what}", v.op.params[i])
    _within("the multiplier", as_signed(v.op.params[3]), 0, 2**31 - 1)
    _within("the shift", v.op.params[4], 0, MAX_SHIFT)
    _clamp(*v.op.params[5:])


def _windows(v: View) -> int:
    """The elements of a pooling window. Params: function, window, zero points of x and y, lo, hi."""
    v.no_activation()
    x, y = _planes4(v.present(0), "input 0"), _planes4(v.y, "the output")
    window = v.op.params[1:11]
    same = len(y.dims) == len(x.dims) and y.dims[:2] == x.dims[:2]
    require(same, f"input {list(x.dims)} and output {list(y.dims)} differ in N or C")
    pool_window(window, x, y)
    taps = math.prod(window[:2])
    require(taps <= MAX_TERMS, f"the kernel has {taps} elements, more than {MAX_TERMS}")
    zero_x, zero_y, lo, hi = v.op.params[11:15]
    _zero_point("the zero point of x", zero_x)
    _zero_point("the zero point of the output", zero_y)
    _clamp(lo, hi)
    return taps


def _qpool(v: View) -> None:
    v.counts(2, 16)
    taps, function = _windows(v), v.op.params[0]
    require(function <= 2, f"unknown function {function}")
    _within("the shift", v.op.params[15], 0, MAX_SHIFT)
    if function == 0:
        require(v.inputs[1] is None, "a maximum takes no multipliers")
    else:
        _values(v, 1, taps + 1, 0, 2**31 - 1)


def _qaverage(v: View) -> None:
    v.counts(1, 17)
    _windows(v)
    require(v.op.params[0] in (1, 2), f"unknown function {v.op.params[0]}")
    for word in v.op.params[15:]:
        _scale(word)


def _qlut(v: View) -> None:
    v.counts(2, 0)
    v.no_activation()
    _same_shape(v, v.present(0))
    v.constant(1, (256,), INT8)


def _qsoftmax(v: View) -> None:
    v.counts(2, 4)
    v.no_activation()
    x = v.present(0)
    _same_shape(v, x)
    require(len(x.dims) > 0 and x.dims[-1] <= MAX_TERMS, f"the last axis of {list(x.dims)} is not 1 to {MAX_TERMS}")
    table = _values(v, 1, 256, 0, ONE)
    require(table[0] == ONE, f"the table begins with {table[0]}, not {ONE}")
    zero, q, lo, hi = v.op.params
    _zero_point("the zero point of the output", zero)
    _within("Q", q, 1, 65536)
    _clamp(lo, hi)


def _converted(v: View, real: Tensor, quantized: Tensor) -> None:
    """Both are one tensor, as float32 and as int8; params are a scale and a zero point."""
    v.no_activation()
    require(real.dtype == np.float32, f"the real side is {real.dtype}, not float32")
    _int8(quantized, "the quantised side")
    require(real.dims == quantized.dims, f"{list(real.dims)} and {list(quantized.dims)} differ")
    _scale(v.op.params[0])
    _zero_point("the zero point", v.op.params[1])


def _quantize(v: View) -> None:
    v.counts(1, 2 + is_exact(v.op, 2))
    _converted(v, v.present(0), v.y)


def _dequantize(v: View) -> None:
    v.counts(1, 2)
    _converted(v, v.y, v.present(0))


def _qmatmul(v: View) -> None:
    v.counts(2, 8)
    v.no_activation()
    tensors = [_planes4(v.present(0), "input 0"), _planes4(v.present(1), "input 1"), _planes4(v.y, "the output")]
    a, b, y = (t.dims for t in tensors)
    require(len(a) == len(b) == len(y) == 3, f"{list(a)}, {list(b)} and {list(y)} are not all of rank 3")
    transposed, za, zb, zy, multiplier, shift, lo, hi = v.op.params
    require(transposed <= 1, f"the transposition is {transposed}, not 0 or 1")
    (n, depth, pixels), (_, rows, _) = b, y
    fits = a == ((n, depth, rows) if transposed else (n, rows, depth)) and y == (n, rows, pixels)
    require(fits, f"matrices {list(a)} and {list(b)} do not give {list(y)}")
    require(depth <= MAX_DEPTH, f"the sums are of {depth} products, more than {MAX_DEPTH}")
    for word, what in ((za, "a"), (zb, "b"), (zy, "the output")):
        _zero_point(f"the zero point of {what}", word)
    _within("the multiplier", as_signed(multiplier), 0, _takes_factors(shift))
    _clamp(lo, hi)


def _qsoftmax_planes(v: View) -> None:
    v.counts(2, 4)
    v.no_activation()
    x = _planes4(v.present(0), "input 0")
    _same_shape(v, x)
    require(x.dims[1] <= MAX_TERMS, f"{x.dims[1]} channels, more than {MAX_TERMS}")
    table = v.constant(1, (32,)).ravel()
    valid = bool(((table >= 0) & (table <= 1)).all()) and table[0] == table[16] == 1
    require(valid, "both halves of the table must be in [0, 1] and begin with 1")
    q, zero, lo, hi = v.op.params
    factor = _real(q)
    require(0 < factor <= 65536, f"Q is {factor}, not above 0 and at most 65536")
    _zero_point("the zero point of the output", zero)
    _clamp(lo, hi)


def _sum(v: View) -> None:
    """The inputs and parameters that qaffine and qlayernorm begin with."""
    x, residual = _planes4(v.present(0), "input 0"), v.inputs[2]
    v.bias(1, x.dims[1])
    if residual is not None:
        _planes4(residual, "the residual")
    for dims in (v.y.dims, residual.dims if residual else x.dims):
        require(dims == x.dims, f"{list(dims)} and {list(x.dims)} differ")
    require(v.y.layout == "planes4" or v.y.dtype == np.float32, "the output is neither planes4 nor float32")
    used = (True, residual is not None, v.y.dtype == INT8)
    for present, word, zero in zip(used, v.op.params[:6:2], v.op.params[1:6:2], strict=True):
        scale = _real(word)
        valid = 0 < scale < math.inf if present else word == zero == 0
        require(valid, f"a scale is {scale}, not finite and above 0, or 0 with its zero point if unused")
        _zero_point("a zero point", zero)


def _qaffine(v: View) -> None:
    exact = is_exact(v.op, 6)
    v.counts(3, 6 + exact)
    v.activation()
    if exact:
        function = v.op.activation
        require(function in EXACT_FUNCTIONS, f"the exact form has no {function}, only {', '.join(EXACT_FUNCTIONS)}")
    _sum(v)


def _qlayernorm(v: View) -> None:
    v.counts(5, 7 + is_exact(v.op, 7))
    v.no_activation()
    _sum(v)
    for i in (3, 4):
        v.bias(i, v.inputs[0].dims[1])
    epsilon = _real(v.op.params[6])
    require(0 <= epsilon < math.inf, f"epsilon {epsilon} is not finite and at least 0")


def _qsoftmax_exact(v: View) -> None:
    v.counts(1, 4)
    v.no_activation()
    x = _planes4(v.present(0), "input 0")
    _same_shape(v, x)
    require(x.dims[1] <= MAX_TERMS, f"{x.dims[1]} channels, more than {MAX_TERMS}")
    scale_x, zero_x, scale_y, zero_y = v.op.params
    require(2**-60 <= _real(scale_x) <= 2**60, f"the scale of x is {_real(scale_x)}, not in [2^-60, 2^60]")
    require(2**-16 <= _real(scale_y) <= 1, f"the scale of the output is {_real(scale_y)}, not in [2^-16, 1]")
    _zero_point("the zero point of x", zero_x)
    _zero_point("the zero point of the output", zero_y)


CHECKS: dict[str, Callable[[View], None]] = {
    "qconv": _qconv,
    "qdepthwise": _qdepthwise,
    "qfc": _qfc,
    "qadd": _qadd,
    "qmul": _qmul,
    "qpool": _qpool,
    "qlut": _qlut,
    "qsoftmax": _qsoftmax,
    "quantize": _quantize,
    "dequantize": _dequantize,
    "qmatmul": _qmatmul,
    "qsoftmax_planes": _qsoftmax_planes,
    "qaffine": _qaffine,
    "qaverage": _qaverage,
    "qlayernorm": _qlayernorm,
    "qsoftmax_exact": _qsoftmax_exact,
}
