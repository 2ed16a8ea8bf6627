"""What each kind of float operator demands of its inputs, outputs and parameters (docs/FORMAT.md section 9)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .errors import FormatError
from .records import MAX_RANK, Model, Op, Tensor

FLOAT32 = np.dtype("float32")
FLOAT16 = np.dtype("float16")
MAX_WINDOW = 65535
PADDED_PIXELS_END = 2**28
_CASTABLE = {np.dtype(t) for t in ("float32", "int8", "uint8", "int32", "int64", "bool")}
_ACT_PARAMETERS = {"clip": 2, "leaky_relu": 1, "hard_sigmoid": 2}


def require(condition: bool | np.bool_, what: str) -> None:
    """Raises FormatError(what) unless `condition` holds."""
    if not condition:
        raise FormatError(what)


class View:
    """An operator with its tensors at hand."""

    def __init__(self, op: Op, model: Model) -> None:
        self.op = op
        self.model = model
        self.inputs: list[Tensor | None] = [None if t is None else model.tensors[t] for t in op.inputs]
        self.y = model.tensors[op.outputs[0]]

    def counts(self, inputs: int, params: int | None) -> None:
        require(len(self.inputs) == inputs, f"{len(self.inputs)} inputs instead of {inputs}")
        require(len(self.op.outputs) == 1, f"{len(self.op.outputs)} outputs instead of 1")
        if params is not None:
            require(len(self.op.params) == params, f"{len(self.op.params)} parameters instead of {params}")

    def present(self, i: int) -> Tensor:
        x = self.inputs[i]
        if x is None:
            raise FormatError(f"input {i} is absent")
        return x

    def float(self, i: int) -> Tensor:
        x = self.present(i)
        require(x.dtype == FLOAT32, f"input {i} is {x.dtype}, not float32")
        return x

    def weights(self, i: int) -> Tensor:
        """A constant of float32 or float16."""
        x = self.present(i)
        require(x.data is not None, f"input {i} is not a constant")
        require(x.dtype in (FLOAT32, FLOAT16), f"input {i} is {x.dtype}, not float32 or float16")
        return x

    def float_output(self) -> Tensor:
        require(self.y.dtype == FLOAT32, f"the output is {self.y.dtype}, not float32")
        return self.y

    def constant(self, i: int, dims: tuple[int, ...], dtype: np.dtype = FLOAT32) -> np.ndarray:
        x = self.present(i)
        if x.data is None:
            raise FormatError(f"input {i} is not a constant")
        same = x.dtype == dtype and x.elements == math.prod(dims)
        require(same, f"input {i} is {x.dtype} {list(x.dims)}, not {dtype} {list(dims)}")
        return x.data

    def bias(self, i: int, channels: int) -> None:
        if self.inputs[i] is not None:
            self.constant(i, (channels,))

    def activation(self) -> None:
        """The fused activation is valid."""
        a, b = self.op.act
        used = _ACT_PARAMETERS.get(self.op.activation, 0)
        unused = (used >= 1 or a == 0) and (used >= 2 or b == 0)
        require(unused, f"{self.op.activation} takes {used} parameters, act is {a}, {b}")
        require(self.op.activation != "clip" or a <= b, f"clip from {a} to {b}")

    def no_activation(self) -> None:
        require(self.op.activation == "none" and tuple(self.op.act) == (0, 0), "takes no activation")

    def slope(self, i: int, channels: int) -> None:
        if self.inputs[i] is not None:
            self.constant(i, (channels,))
            require(self.op.activation == "none", "has both a slope and an activation")

    def residual(self, i: int) -> None:
        if self.inputs[i] is not None:
            x = self.float(i)
            same = x.elements == self.y.elements
            require(same, f"residual {list(x.dims)} differs in size from the output {list(self.y.dims)}")

    def reads_activation(self) -> None:
        require(self.present(0).data is None, "input 0 is a constant")

    def same_elements(self) -> None:
        x = self.present(0)
        require(x.elements == self.y.elements, f"input {list(x.dims)} and output {list(self.y.dims)} differ in size")

    def matrix(self, encodings: tuple[str, ...], int8: bool = False) -> tuple[int, int]:
        """Rows and columns of the matrix that params[0] names, which is of int8 or of what float32 is made of."""
        i = self.op.params[0]
        require(i < len(self.model.matrices), f"there is no matrix {i}")
        m = self.model.matrices[i]
        require(m.encoding in encodings, f"cannot use encoding {m.encoding}, only {', '.join(encodings)}")
        require((m.dtype == "int8") == int8, f"the matrix is {m.dtype}, {'not' if int8 else 'for'} int8 operators")
        return m.rows, m.cols


def images(x: Tensor, ranks: tuple[int, ...]) -> tuple[int, int, int, int]:
    require(len(x.dims) in ranks, f"input 0 has rank {len(x.dims)}, not {' or '.join(map(str, ranks))}")
    n, c, *space = x.dims
    h, w = [1] * (2 - len(space)) + space
    return n, c, h, w


def check_window(words: list[int]) -> None:
    """`words`: KH, KW, SH, SW, DH, DW, PT, PL, PB, PR."""
    require(min(words[:6]) >= 1, f"kernel, strides and dilations {words[:6]}: each must be at least 1")
    require(max(words) <= MAX_WINDOW, f"kernel, strides, dilations and padding {words}: at most {MAX_WINDOW}")


def output_window(v: View, words: list[int], x: Tensor, channels: int) -> None:
    """The output of a convolution has the right dims. `words` as in check_window()."""
    _, _, h, w = images(x, (2, 3, 4))
    check_window(words)
    kh, kw, sh, sw, dh, dw, pt, pl, pb, pr = words
    padded = (h + pt + pb) * (w + pl + pr)
    require(padded < PADDED_PIXELS_END, f"the padded input has {padded} pixels, not fewer than {PADDED_PIXELS_END}")
    require(h + pt + pb > dh * (kh - 1) and w + pl + pr > dw * (kw - 1), "the kernel is larger than its padded input")
    oh, ow = (h + pt + pb - dh * (kh - 1) - 1) // sh + 1, (w + pl + pr - dw * (kw - 1) - 1) // sw + 1
    rank = len(x.dims)
    holds = (rank > 3 or oh == 1) and (rank > 2 or ow == 1)
    require(holds, f"the output has {oh} x {ow} pixels, more than rank {rank} holds")
    dims = (x.dims[0], channels, oh, ow)[:2] + (oh, ow)[4 - rank :]
    require(v.y.dims == dims, f"output is {list(v.y.dims)}, not {list(dims)}")


def _conv(v: View) -> None:
    v.counts(4, 11)
    x = v.float(0)
    v.float_output()
    rows, cols = v.matrix(("dense", "u1", "rb4"))
    _, c, _, _ = images(x, (2, 3, 4))
    kh, kw = v.op.params[1:3]
    require(cols == c * kh * kw, f"the matrix has {cols} columns, {c} channels of {kh} x {kw} need {c * kh * kw}")
    output_window(v, v.op.params[1:], x, rows)
    v.bias(1, rows)
    v.residual(2)
    v.slope(3, rows)
    v.activation()


def _depthwise(v: View) -> None:
    v.counts(5, 10)
    x = v.float(0)
    _, c, _, _ = images(x, (3, 4))
    v.float_output()
    weights = v.weights(1)
    rows = weights.dims[0] if weights.dims else 0
    require(rows >= c and rows % c == 0, f"{rows} output channels are no multiple of {c}")
    v.constant(1, (rows, *v.op.params[:2]), weights.dtype)
    output_window(v, v.op.params, x, rows)
    v.bias(2, rows)
    v.residual(3)
    v.slope(4, rows)
    v.activation()


def _fc(v: View) -> None:
    v.counts(3, 1)
    x = v.float(0)
    rows, cols = v.matrix(("dense", "u1", "f8x1"))
    n = x.dims[0] if len(x.dims) > 1 else 1
    require(x.elements == n * cols, f"input {list(x.dims)} is not {n} vectors of {cols}")
    require(v.float_output().elements == n * rows, f"output {list(v.y.dims)} is not {n} vectors of {rows}")
    v.bias(1, rows)
    v.slope(2, rows)
    v.activation()


def _binary(v: View) -> None:
    v.counts(2, 1)
    a, b = v.float(0), v.float(1)
    require(v.op.params[0] <= 7, f"unknown function {v.op.params[0]}")
    try:
        dims = np.broadcast_shapes(a.dims, b.dims)
    except ValueError:
        raise FormatError(f"{list(a.dims)} and {list(b.dims)} do not broadcast") from None
    require(v.float_output().dims == dims, f"output is {list(v.y.dims)}, not {list(dims)}")
    v.activation()


def _unary(v: View) -> None:
    v.counts(1, 0)
    v.float(0)
    v.reads_activation()
    v.float_output()
    v.same_elements()
    require(v.op.activation != "none", "has no function")
    v.activation()


def _softmax(v: View) -> None:
    v.counts(1, 1)
    x = v.float(0)
    require(v.float_output().dims == x.dims, f"output is {list(v.y.dims)}, not {list(x.dims)}")
    require(v.op.params[0] < len(x.dims), f"axis {v.op.params[0]} of rank {len(x.dims)}")
    v.no_activation()


def _pool(v: View) -> None:
    v.counts(1, 11)
    x = v.float(0)
    n, c, _, _ = images(x, (3, 4))
    function = v.op.params[0]
    require(function <= 2, f"unknown function {function}")
    y = v.float_output()
    require(len(y.dims) == len(x.dims) and y.dims[:2] == (n, c), f"output is {list(y.dims)}, not [{n}, {c}, ...]")
    pool_window(v.op.params[1:], x, y)
    v.activation()


def pool_window(words: list[int], x: Tensor, y: Tensor) -> None:
    """The output of pooling has the right height and width, and every window meets the input."""
    check_window(words)
    kh, kw, sh, sw, dh, dw, pt, pl, pb, pr = words
    (_, _, h, w), (_, _, oh, ow) = images(x, (3, 4)), images(y, (3, 4))
    _pool_axis("height", h, oh, kh, sh, dh, pt, pb)
    _pool_axis("width", w, ow, kw, sw, dw, pl, pr)


def _pool_axis(
    what: str, size: int, out: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    span = size + before + after - dilation * (kernel - 1) - 1
    require(span >= 0, f"the kernel is larger than the padded {what}")
    low, high = span // stride + 1, -(-span // stride) + 1
    require(low <= out <= high, f"output {what} is {out}, not {low} to {high}")
    # Taps further apart than the input is long may step over it in any window, of which there are then fewer than 2^18;
    # else the first and the last window tell.
    windows = np.arange(out, dtype=np.int64) if dilation > size else np.array([0, out - 1])
    first = windows * stride - before
    inside = first + np.maximum(0, -(first // dilation)) * dilation
    meets = (inside < size) & (inside <= first + dilation * (kernel - 1))
    require(bool(meets.all()), f"a window misses the input's {what}")


def _reduce(v: View) -> None:
    v.counts(1, 2)
    x, y = v.float(0), v.float_output()
    function, axes = v.op.params
    require(function <= 3, f"unknown function {function}")
    require(axes < 1 << len(x.dims), f"axes {axes:#b} of rank {len(x.dims)}")
    kept = tuple(1 if axes >> i & 1 else d for i, d in enumerate(x.dims))
    dropped = tuple(d for i, d in enumerate(x.dims) if not axes >> i & 1)
    require(y.dims in (kept, dropped), f"output is {list(y.dims)}, not {list(kept)} or {list(dropped)}")
    v.activation()


def _copy(v: View) -> None:
    v.counts(len(v.inputs), None)
    v.no_activation()
    words = list(v.op.params)
    require(len(words) >= 3 and words[0] <= 1, "parameters do not begin with flags, fill and pieces")
    at, moved, elements = 3, 0, v.y.stored_elements
    for piece in range(words[2]):
        what = f"piece {piece}"
        require(at + 4 <= len(words), f"{what} exceeds the parameters")
        source, rank, *offsets = words[at : at + 4]
        require(1 <= rank <= MAX_RANK, f"{what} has rank {rank}")
        require(at + 4 + 3 * rank <= len(words), f"{what} exceeds the parameters")
        dims, source_strides, strides = (words[at + 4 + i * rank : at + 4 + (i + 1) * rank] for i in range(3))
        require(source < len(v.inputs), f"{what} reads input {source} of {len(v.inputs)}")
        x = v.present(source)
        require(x.dtype == v.y.dtype, f"input {source} is {x.dtype}, the output {v.y.dtype}")
        require(min(dims) >= 1, f"{what} has dims {dims}")
        _check_box(f"{what} reads", dims, offsets[0], source_strides, x.stored_elements)
        _check_box(f"{what} writes", dims, offsets[1], strides, v.y.stored_elements)
        require(_writes_once(dims, strides), f"{what} writes an element twice")
        moved += math.prod(dims)
        require(moved <= elements, f"pieces write {moved} elements, the output has {elements}")
        at += 4 + 3 * rank
    require(at == len(words), f"{len(words) - at} parameters follow the pieces")
    require(words[0] == 1 or moved == elements, f"pieces write {moved} of {elements} elements")


def _writes_once(dims: list[int], strides: list[int]) -> bool:
    """Each axis steps over all that the ones inside it reach."""
    reach = 0
    for step, d in sorted((abs(as_signed(s)), d) for s, d in zip(strides, dims, strict=True) if d > 1):
        if step <= reach:
            return False
        reach += (d - 1) * step
    return True


def as_signed(word: int) -> int:
    return word - 2**32 if word >= 2**31 else word


def _check_box(what: str, dims: list[int], offset: int, strides: list[int], elements: int) -> None:
    reach = [(d - 1) * as_signed(s) for d, s in zip(dims, strides, strict=True)]
    low, high = offset + sum(min(r, 0) for r in reach), offset + sum(max(r, 0) for r in reach)
    require(0 <= low and high < elements, f"{what} elements {low} to {high} of {elements}")


def _reshape(v: View) -> None:
    v.counts(1, 0)
    v.reads_activation()
    require(v.present(0).dtype == v.y.dtype, f"input is {v.present(0).dtype}, output {v.y.dtype}")
    v.same_elements()
    require(v.present(0).nbytes == v.y.nbytes, f"input has {v.present(0).nbytes} bytes, output {v.y.nbytes}")
    v.no_activation()


def _resize(v: View) -> None:
    v.counts(5, 1)
    x, y = v.float(0), v.float_output()
    taps = v.op.params[0]
    require(1 <= taps <= 16, f"{taps} taps, not 1 to 16")
    fit = len(x.dims) == len(y.dims) == 4 and x.dims[:2] == y.dims[:2]
    require(fit, f"input {list(x.dims)} and output {list(y.dims)} do not fit")
    for axis, i in ((2, 1), (3, 3)):
        index = v.constant(i, (y.dims[axis], taps), np.dtype("int32"))
        v.constant(i + 1, (y.dims[axis], taps))
        inside = bool(((index >= 0) & (index < x.dims[axis])).all())
        require(inside, f"an index of input {i} is not inside 0 to {x.dims[axis] - 1}")
    v.no_activation()


def _cast(v: View) -> None:
    v.counts(1, 0)
    x = v.present(0)
    require(x.dtype in _CASTABLE and v.y.dtype in _CASTABLE, f"cannot cast {x.dtype} to {v.y.dtype}")
    v.same_elements()
    v.no_activation()


CHECKS: dict[str, Callable[[View], None]] = {
    "conv": _conv,
    "depthwise": _depthwise,
    "fc": _fc,
    "binary": _binary,
    "unary": _unary,
    "softmax": _softmax,
    "pool": _pool,
    "reduce": _reduce,
    "copy": _copy,
    "reshape": _reshape,
    "resize": _resize,
    "cast": _cast,
}
