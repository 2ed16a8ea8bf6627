"""docs/FORMAT.md section 10 in numpy: one function for each int8 operator, on arrays of int64 in the logical dims."""

from __future__ import annotations

import struct

import numpy as np

from nnz.encodings import decode
from nnz.format import Model, Op


def signed(word: int) -> int:
    return word - 2**32 if word >= 2**31 else word


def real(word: int) -> np.float32:
    return np.float32(struct.unpack("<f", struct.pack("<I", word))[0])


def requantize(acc: np.ndarray, multiplier: np.ndarray | int, shift: int) -> np.ndarray:
    if shift == 32:
        return np.rint(acc.astype(np.float32) * np.asarray(multiplier, np.int32).view(np.float32)).astype(np.int64)
    t = np.clip(acc * 2**shift, -(2**31), 2**31 - 1)
    return (t * multiplier + 2**31) // 2**32


def finish(acc: np.ndarray, multiplier: np.ndarray | int, words: list[int]) -> np.ndarray:
    """`words`: ZY, lo, hi, S."""
    zero, lo, hi, shift = words
    return np.clip(signed(zero) + requantize(acc, multiplier, shift), signed(lo), signed(hi))


def windows(x: np.ndarray, words: list[int], outside: int, out: tuple[int, int] | None = None) -> np.ndarray:
    """[N, C, KH KW, OH, OW]: what each tap sees, `outside` where that is padding."""
    kh, kw, sh, sw, dh, dw, pt, pl, pb, pr = words
    h, w = x.shape[2:]
    oh, ow = out or ((h + pt + pb - dh * (kh - 1) - 1) // sh + 1, (w + pl + pr - dw * (kw - 1) - 1) // sw + 1)
    taps = np.full((*x.shape[:2], kh * kw, oh, ow), outside, np.int64)
    for ky, kx, oy, ox in np.ndindex(kh, kw, oh, ow):
        iy, ix = oy * sh + ky * dh - pt, ox * sw + kx * dw - pl
        if 0 <= iy < h and 0 <= ix < w:
            taps[:, :, ky * kw + kx, oy, ox] = x[:, :, iy, ix]
    return taps


def in_planes(x: np.ndarray) -> np.ndarray:
    """[N, C, ...] with the channels that the last plane of four lacks, as zeros: weights for them are zero."""
    return np.pad(x, [(0, 0), (0, -x.shape[1] % 4), *[(0, 0)] * (x.ndim - 2)])


def epilogue(v: np.ndarray, residual: np.ndarray | None, table: np.ndarray | None, words: list[int]) -> np.ndarray:
    """`words`: those of the addition, if there is a residual."""
    if residual is not None:
        v = add(v, residual, words)
    return v if table is None else table[v + 128]


def qconv(
    model: Model,
    op: Op,
    x: np.ndarray,
    bias: np.ndarray,
    multiplier: np.ndarray,
    residual: np.ndarray | None,
    table: np.ndarray | None,
) -> np.ndarray:
    weights = decode(model.matrices[op.params[0]]).astype(np.int64)
    taps = windows(x if x.ndim == 4 else x[:, :, None], op.params[1:11], signed(op.params[11]))
    n, c, k, oh, ow = taps.shape
    if model.tensors[op.inputs[0]].layout == "planes4":
        taps = in_planes(taps).reshape(n, -(-c // 4), 4, k, oh, ow).transpose(0, 1, 3, 2, 4, 5)
    acc = np.einsum("mk,nkyx->nmyx", weights, taps.reshape(n, -1, oh, ow)) + bias[:, None, None]
    v = finish(acc, multiplier[:, None, None], op.params[12:16]).reshape(model.tensors[op.outputs[0]].dims)
    return epilogue(v, residual, table, op.params[16:])


def qdepthwise(
    model: Model,
    op: Op,
    x: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    multiplier: np.ndarray,
    residual: np.ndarray | None,
    table: np.ndarray | None,
) -> np.ndarray:
    c, k = x.shape[1], op.params[0] * op.params[1]
    by_channel = weights.reshape(-1, k, 4).transpose(0, 2, 1).reshape(-1, k)[:c]
    acc = np.einsum("ck,nckyx->ncyx", by_channel, windows(x, op.params[:10], signed(op.params[10])))
    v = finish(acc + bias[:, None, None], multiplier[:, None, None], op.params[11:15])
    return epilogue(v, residual, table, op.params[15:])


def qfc(model: Model, op: Op, x: np.ndarray, bias: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    weights = decode(model.matrices[op.params[0]]).astype(np.int64)
    if model.tensors[op.inputs[0]].layout == "planes4":
        x = in_planes(x)
        x = x.reshape(len(x), x.shape[1] // 4, 4, -1).transpose(0, 1, 3, 2)
    acc = x.reshape(len(x), -1) @ weights.T + bias
    return finish(acc, multiplier, op.params[1:])


def add(a: np.ndarray, b: np.ndarray, words: list[int]) -> np.ndarray:
    ma, mb, c, shift, lo, hi = words
    return np.clip((a * signed(ma) + b * signed(mb) + signed(c)) // 2**shift, signed(lo), signed(hi))


def qadd(model: Model, op: Op, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return add(a, b, op.params)


def qmul(model: Model, op: Op, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    za, zb, zy, m, shift, lo, hi = op.params
    return finish((a - signed(za)) * (b - signed(zb)), m, [zy, lo, hi, shift])


def padded_count(x: np.ndarray, window: list[int], out: tuple[int, int]) -> np.ndarray:
    """The elements of each window inside the padded input."""
    pt, pl, pb, pr = window[6:]
    padded = np.ones((*x.shape[:2], x.shape[2] + pt + pb, x.shape[3] + pl + pr), np.int64)
    return windows(padded, [*window[:6], 0, 0, 0, 0], 0, out).sum(axis=2)


def qpool(model: Model, op: Op, x: np.ndarray, multiplier: np.ndarray | None) -> np.ndarray:
    function, window, (zx, zy, lo, hi, shift) = op.params[0], op.params[1:11], op.params[11:]
    out = model.tensors[op.outputs[0]].dims[2:]
    taps, inside = windows(x, window, 0, out), windows(np.ones_like(x), window, 0, out)
    if multiplier is None:
        return np.clip(np.where(inside, taps, -128).max(axis=2), signed(lo), signed(hi))
    count = inside.sum(axis=2) if function == 1 else padded_count(x, window, out)
    sums = ((taps - signed(zx)) * inside).sum(axis=2)
    return finish(sums, multiplier[count], [zy, lo, hi, shift])


def qaverage(model: Model, op: Op, x: np.ndarray) -> np.ndarray:
    function, window, (zx, zy, lo, hi, sx, sy) = op.params[0], op.params[1:11], op.params[11:]
    out = model.tensors[op.outputs[0]].dims[2:]
    taps, inside = windows(x, window, 0, out), windows(np.ones_like(x), window, 0, out)
    terms = real(sx) * ((taps - signed(zx)) * inside).astype(np.float32)
    sums = np.zeros(terms[:, :, 0].shape, np.float32)
    for tap in range(terms.shape[2]):
        sums = sums + terms[:, :, tap]
    count = inside.sum(axis=2) if function == 1 else padded_count(x, window, out)
    means = sums / count.astype(np.float32) / real(sy)
    return np.clip(signed(zy) + np.rint(means), signed(lo), signed(hi))


def qlut(model: Model, op: Op, x: np.ndarray, table: np.ndarray) -> np.ndarray:
    return table[x + 128]


def qsoftmax(model: Model, op: Op, x: np.ndarray, table: np.ndarray) -> np.ndarray:
    zy, q, lo, hi = op.params
    e = table[x.max(axis=-1, keepdims=True) - x]
    total = e.sum(axis=-1, keepdims=True)
    return np.clip(signed(zy) + (e * q + total // 2) // total, signed(lo), signed(hi))


def qmatmul(model: Model, op: Op, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    transposed, za, zb, zy, multiplier, shift, lo, hi = op.params
    a = a.swapaxes(1, 2) if transposed else a
    return finish((a - signed(za)) @ (b - signed(zb)), multiplier, [zy, lo, hi, shift])


def qsoftmax_planes(model: Model, op: Op, x: np.ndarray, table: np.ndarray) -> np.ndarray:
    q, zy, lo, hi = op.params
    d = x.max(axis=1, keepdims=True) - x
    e = table[d // 16] * table[16 + d % 16]
    sums = np.zeros((4, len(x), *x.shape[2:]), np.float32)
    for c in range(x.shape[1]):
        sums[c % 4] += e[:, c]
    factor = real(q) / ((sums[0] + sums[1]) + (sums[2] + sums[3]))
    return np.clip(signed(zy) + np.rint(e * factor[:, None]), signed(lo), signed(hi))


def channels(terms: np.ndarray, x: np.ndarray) -> np.ndarray:
    return terms.reshape(-1, *(1,) * (x.ndim - 2))


def sums(op: Op, x: np.ndarray, bias: np.ndarray | None, residual: np.ndarray | None) -> np.ndarray:
    sx, zx, sr, zr = op.params[:4]
    v = real(sx) * (x - signed(zx)).astype(np.float32)
    v = v if bias is None else v + channels(bias, x)
    return v if residual is None else v + real(sr) * (residual - signed(zr)).astype(np.float32)


def fma(a: np.ndarray, b: np.ndarray | float, c: np.ndarray | float) -> np.ndarray:
    """Rounded once, but for one case in 2^29 or so: double precision holds the product."""
    return (a.astype(np.float64) * np.float32(b) + np.float32(c)).astype(np.float32)


def polynomial(x: np.ndarray, coefficients: str) -> np.ndarray:
    first, *others = map(float.fromhex, coefficients.split())
    sums = np.full(x.shape, first, np.float32)
    for other in others:
        sums = fma(sums, x, other)
    return sums


NEAR = "-0x1.3a1a82p-11 0x1.473f48p-8 -0x1.b68bd2p-6 0x1.ce1a46p-4 -0x1.8126ep-2 0x1.06eba6p-3"
FAR = "0x1.2229p-16 -0x1.91d2ccp-12 0x1.fd1336p-9 -0x1.8d63p-6 0x1.b55cbp-4 0x1.450aap-1 0x1.079d0cp-3"
EXP_OF_ERF = "0x1.6a98dap-10 0x1.1272cap-7 0x1.555a2p-5 0x1.55542ep-3 0x1.fffff6p-2 1 1"
EXP = "0x1.694p-10 0x1.125edcp-7 0x1.555b5ap-5 0x1.55545p-3 0x1.fffff6p-2 1 1"


def exact_exp(x: np.ndarray, coefficients: str) -> np.ndarray:
    n = np.rint(x.astype(np.float64) * np.float32(1.4426950408889634))
    f = fma(n, float.fromhex("-0x1.7f7d1cp-20"), fma(n, float.fromhex("-0x1.62e4p-1"), x))
    return np.ldexp(polynomial(f, coefficients), n.astype(int))


def exact_gelu(x: np.ndarray) -> np.ndarray:
    t = x * np.float32(0.5**0.5)
    a = np.minimum(np.abs(t), np.float32(3.925))
    far = 1 - exact_exp(-fma(polynomial(a, FAR), a, a), EXP_OF_ERF)
    erf = np.where(a < np.float32(0.921875), fma(polynomial(a * a, NEAR), a, a), far)
    return x * np.float32(0.5) * (np.copysign(erf, t) + 1)


def rounded(model: Model, op: Op, v: np.ndarray, exact: bool) -> np.ndarray:
    ry, zy = op.params[4:6]
    if model.tensors[op.outputs[0]].dtype == np.float32:
        return v
    if exact:
        return np.clip(np.rint(v / real(ry)) + signed(zy), -128, 127)
    return np.clip(np.rint(v * real(ry)) + signed(zy), -128, 127)


def qaffine(model: Model, op: Op, x: np.ndarray, bias: np.ndarray | None, residual: np.ndarray | None) -> np.ndarray:
    v = sums(op, x, bias, residual)
    v = np.clip(v, *map(np.float32, op.act)) if op.activation == "clip" else v
    return rounded(model, op, exact_gelu(v) if op.activation == "gelu" else v, len(op.params) == 7)


def qlayernorm(
    model: Model,
    op: Op,
    x: np.ndarray,
    bias: np.ndarray | None,
    residual: np.ndarray | None,
    gamma: np.ndarray | None,
    beta: np.ndarray | None,
) -> np.ndarray:
    v = sums(op, x, bias, residual)
    if len(op.params) == 8:
        return rounded(model, op, exact_norm(op, v, gamma, beta), True)
    v = v.astype(np.float64)
    y = (v - v.mean(axis=1, keepdims=True)) / np.sqrt(v.var(axis=1, keepdims=True) + real(op.params[6]))
    y = y if gamma is None else y * channels(gamma, x)
    y = y if beta is None else y + channels(beta, x)
    return rounded(model, op, y.astype(np.float32), False)


def exact_norm(op: Op, v: np.ndarray, gamma: np.ndarray | None, beta: np.ndarray | None) -> np.ndarray:
    mean, squares = np.zeros((2, len(v), 1, *v.shape[2:]), np.float32)
    for c in range(v.shape[1]):
        d = v[:, c : c + 1] - mean
        mean = mean + d / np.float32(c + 1)
        squares = squares + d * (v[:, c : c + 1] - mean)
    y = (v - mean) / np.sqrt(squares / np.float32(v.shape[1]) + real(op.params[6]))
    y = y if gamma is None else y * channels(gamma, v)
    return y if beta is None else y + channels(beta, v)


def qsoftmax_exact(model: Model, op: Op, x: np.ndarray) -> np.ndarray:
    sx, zx, sy, zy = op.params
    v = real(sx) * (x - signed(zx)).astype(np.float32)
    e = exact_exp(np.maximum(v - v.max(axis=1, keepdims=True), np.float32(-86)), EXP)
    sums = np.zeros((16, len(x), *x.shape[2:]), np.float32)
    for c in range(x.shape[1]):
        sums[c % 16] += e[:, c]
    sums = sums[:8] + sums[8:]
    while len(sums) > 1:
        sums = sums[::2] + sums[1::2]
    return np.clip(signed(zy) + np.rint(e * (1 / sums[0])[:, None] / real(sy)), -128, 127)


def quantize(model: Model, op: Op, x: np.ndarray) -> np.ndarray:
    scale = real(op.params[0])
    product = x.astype(np.float32) / scale if len(op.params) == 3 else x.astype(np.float32) * scale
    return np.clip(np.rint(np.nan_to_num(product, posinf=1e6, neginf=-1e6)) + signed(op.params[1]), -128, 127)


def dequantize(model: Model, op: Op, x: np.ndarray) -> np.ndarray:
    return real(op.params[0]) * (x - signed(op.params[1])).astype(np.float32)


OPERATORS = {
    f.__name__: f
    for f in (
        qconv, qdepthwise, qfc, qadd, qmul, qpool, qlut, qsoftmax, qmatmul, qsoftmax_planes, qsoftmax_exact, qaffine,
        qaverage, qlayernorm, quantize, dequantize,
    )
}  # fmt: skip


def run_specification(model: Model, x: np.ndarray) -> list[np.ndarray]:
    """What the outputs of a model with one input must be."""
    values: dict[int | None, np.ndarray | None] = {None: None}
    for i, tensor in enumerate(model.tensors):
        if tensor.data is not None:
            values[i] = tensor.data if tensor.dtype == np.float32 else tensor.data.astype(np.int64)
    port = model.inputs[0]
    if port.unsigned:
        x = x.astype(np.int64) - 128
    at_user = np.empty(port.view, np.int64)  # where the elements of the tensor are
    for index in np.ndindex(*port.view):
        at_user[index] = sum(i * s for i, s in zip(index, port.strides, strict=True))
    values[port.tensor] = x.ravel()[at_user].reshape(model.tensors[port.tensor].dims)
    for op in model.ops:
        y = OPERATORS[op.kind](model, op, *(values[i] for i in op.inputs))
        values[op.outputs[0]] = y if model.tensors[op.outputs[0]].dtype == np.float32 else y.astype(np.int64)
    outputs = []
    for port in model.outputs:
        y, dtype = values[port.tensor], model.tensors[port.tensor].dtype
        outputs.append((y + 128).astype(np.uint8) if port.unsigned else y.astype(dtype))
    return outputs
