"""Small models made from the format alone: together they use every operator, encoding and element type."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnz.encodings import INT8_ENCODINGS, encode
from nnz.format import Model, Op, Port, Tensor, plain_port, signed, word
from nnz.narrow import NARROW, narrow

F32 = np.float32
WINDOW_3X3 = [3, 3, 1, 1, 1, 1, 1, 1, 1, 1]  # kernel, strides, dilations, padding
WINDOW_1X1 = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
WINDOW_2X2 = [2, 2, 2, 2, 1, 1, 0, 0, 0, 0]


class Builder:
    """Numbers tensors as docs/FORMAT.md wants them: activations as they are written, constants behind them."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.activations: list[Tensor] = []
        self.constants: list[Tensor] = []
        self.model = Model([], [], [], [], [])

    def input(self, name: str, dims: tuple[int, ...], dtype=F32, layout: str = "plain", unsigned: bool = False) -> int:
        self.activations.append(Tensor(np.dtype(dtype), dims, name=name, layout=layout))
        self.model.inputs.append(plain_port(name, len(self.activations) - 1, dims, unsigned))
        return len(self.activations) - 1

    def constant(self, array: np.ndarray) -> int:
        """A negative id, which finish() turns into the number behind the activations."""
        self.constants.append(Tensor(array.dtype, array.shape, np.ascontiguousarray(array)))
        return -len(self.constants)

    def random(self, *dims: int) -> int:
        return self.constant(self.rng.standard_normal(dims).astype(F32))

    def matrix(self, rows: int, cols: int, encoding: str, density: float = 0.4, way: str | None = None) -> int:
        weights = self.rng.standard_normal((rows, cols)) * (self.rng.random((rows, cols)) < density)
        matrix = encode(weights.astype(F32), encoding)
        self.model.matrices.append(narrow(matrix, way, 16) if way else matrix)
        return len(self.model.matrices) - 1

    def matrix_s8(self, rows: int, cols: int, encoding: str, density: float = 0.4, planes_of: int = 0) -> int:
        """Whole blocks of int8 weights are there or not; for x of `planes_of` channels in planes, the others are 0."""
        height, width = INT8_ENCODINGS[encoding]
        blocks = self.rng.random((-(-rows // height), -(-cols // width))) < density
        there = blocks.repeat(height, 0).repeat(width, 1)[:rows, :cols]
        if planes_of:
            units = np.arange(cols).reshape(-(-planes_of // 4), -1, 4)
            there[:, units[-1, :, (planes_of - 1) % 4 + 1 :].ravel()] = False
        self.model.matrices.append(
            encode((self.rng.integers(-128, 128, (rows, cols)) * there).astype(np.int8), encoding)
        )
        return len(self.model.matrices) - 1

    def channels(self, count: int, terms: int) -> list[int]:
        """Bias and multiplier of an int8 product over `terms` terms, with shift 2: results spread over int8."""
        multiplier = self.rng.integers(1, 2**31 // max(64, 32 * int(terms**0.5)), count)
        bias = self.rng.integers(-1000, 1000, count)
        return [self.constant(a.astype(np.int32)) for a in (bias, multiplier)]

    def op(
        self, kind: str, inputs: list, dims: tuple[int, ...], params: list[int], dtype=F32, layout="plain", **fields
    ) -> int:
        self.activations.append(Tensor(np.dtype(dtype), dims, layout=layout))
        output = len(self.activations) - 1
        self.model.ops.append(Op(kind, inputs, [output], params, name=f"{kind}_{len(self.model.ops)}", **fields))
        return output

    def finish(self, *outputs: int | Port) -> Model:
        count = len(self.activations)
        for op in self.model.ops:
            op.inputs = [count - 1 - i if i is not None and i < 0 else i for i in op.inputs]
        self.model.tensors = self.activations + self.constants
        for i, output in enumerate(outputs):
            port = output if isinstance(output, Port) else plain_port(f"y{i}", output, self.activations[output].dims)
            self.model.outputs.append(port)
        return self.model


def conv(encoding: str) -> Model:
    """3 x 3 with bias, residual and clip, then 1 x 1 with a slope; 270 columns are two K-blocks."""
    b = Builder(1)
    x = b.input("x", (1, 30, 4, 5))
    y = b.op("conv", [x, b.random(6), None, None], (1, 6, 4, 5), [b.matrix(6, 270, encoding, 0.1), *WINDOW_3X3])
    z = b.op(
        "conv",
        [y, None, y, None],
        (1, 6, 4, 5),
        [b.matrix(6, 6, encoding), *WINDOW_1X1],
        activation="clip",
        act=(-1.0, 6.0),
    )
    return b.finish(b.op("conv", [z, None, None, b.random(5)], (1, 5, 4, 5), [b.matrix(5, 6, encoding), *WINDOW_1X1]))


def fc(encoding: str) -> Model:
    b = Builder(2)
    x = b.input("x", (2, 30))
    h = b.op("fc", [x, b.random(19), None], (2, 19), [b.matrix(19, 30, encoding)], activation="hard_swish")
    return b.finish(b.op("softmax", [h], (2, 19), [1]))


def feature_maps() -> Model:
    """NHWC input, depthwise, pooling, resizing, elementwise operators, a reduction."""
    b = Builder(3)
    x = b.input("x", (1, 4, 6, 6))
    b.model.inputs[0] = Port("x", x, (1, 6, 6, 4), (1, 4, 6, 6), (0, 1, 24, 4))
    d = b.op("depthwise", [x, b.random(8, 3, 3), b.random(8), None, None], (1, 8, 6, 6), WINDOW_3X3, activation="tanh")
    p = b.op("pool", [d], (1, 8, 3, 3), [0, *WINDOW_2X2])
    q = b.op("pool", [d], (1, 8, 6, 6), [1, *WINDOW_3X3])
    rows = b.constant(np.repeat(np.arange(3, dtype=np.int32), 2).reshape(6, 1))
    ones = b.constant(np.ones((6, 1), F32))
    r = b.op("resize", [p, rows, ones, rows, ones], (1, 8, 6, 6), [1])
    s = b.op("binary", [r, q], (1, 8, 6, 6), [0], activation="sigmoid")
    t = b.op("binary", [s, b.random(8, 1, 1)], (1, 8, 6, 6), [2])
    u = b.op("unary", [t], (1, 8, 6, 6), [], activation="exp")
    m = b.op("reduce", [u], (1, 8, 1, 1), [0, 0b1100])
    return b.finish(u, b.op("reshape", [m], (1, 8), []))


def movement() -> Model:
    """Concatenation with a transposed piece, a filled border, integers and a cast."""
    b = Builder(4)
    x = b.input("x", (2, 3), np.int32)
    f = b.op("cast", [x], (2, 3), [])
    piece = [0, 2, 0, 0, 2, 3, signed(3), signed(1), signed(1), signed(2)]
    second = [1, 1, 0, 6, 6, signed(1), signed(1)]
    c = b.op("copy", [f, f], (4, 3), [0, 0, 2, *piece, *second])
    border = [0, 2, 0, 6, 4, 3, signed(3), signed(1), signed(5), signed(1)]
    return b.finish(b.op("copy", [c], (6, 5), [1, word(0.5), 1, *border]))


def requantized(zero: int, lo: int = -128, hi: int = 127, shift: int = 2) -> list[int]:
    """The last words of int8 products: ZY, lo, hi, S."""
    return [signed(zero), signed(lo), signed(hi), shift]


ADDITION = [signed(700_000), signed(-300_000), signed(-5_000_000), 20, signed(-128), 127]
"""MA, MB, C, S, lo, hi."""


def int8_table() -> np.ndarray:
    return np.clip(np.arange(-128, 128) * 3 // 4 + 5, -128, 127).astype(np.int8)


def int8_conv(encoding: str) -> Model:
    """uint8 images of 3 channels, NHWC; 3 x 3 over plain x, with a table, then over planes with stride and dilation,
    then 1 x 1, and again with a residual and with both.
    """
    b = Builder(5)
    planes = {"dtype": np.int8, "layout": "planes4"}
    x = b.input("x", (1, 3, 6, 7), np.int8)
    b.model.inputs[0] = Port("x", x, (1, 6, 7, 3), (1, 3, 6, 7), (0, 1, 21, 3), unsigned=True)
    first = [b.matrix_s8(10, 27, encoding, 0.7), *WINDOW_3X3, signed(-5), *requantized(3)]
    table = b.constant(int8_table())
    y = b.op("qconv", [x, *b.channels(10, 27), None, table], (1, 10, 6, 7), first, **planes)
    window = [3, 3, 2, 1, 1, 2, 1, 2, 1, 2]
    second = [b.matrix_s8(9, 108, encoding, 0.3, 10), *window, signed(3), *requantized(-128, shift=1)]
    z = b.op("qconv", [y, *b.channels(9, 60), None, None], (1, 9, 3, 7), second, **planes)
    third = [b.matrix_s8(5, 12, encoding, 0.5, 9), *WINDOW_1X1, signed(-128), *requantized(0, -100, 90, 0)]
    w = b.op("qconv", [z, *b.channels(5, 3), None, None], (1, 5, 3, 7), third, **planes)
    again = [z, *b.channels(5, 3)]
    v = b.op("qconv", [*again, w, None], (1, 5, 3, 7), [*third, *ADDITION], **planes)
    u = b.op("qconv", [*again, v, table], (1, 5, 3, 7), [*third, *ADDITION], **planes)
    return b.finish(y, plain_port("u", u, (1, 5, 3, 7), unsigned=True))


def int8_fc(encoding: str) -> Model:
    """Vectors to probabilities: quantisation, two products, a softmax; the columns are more than a K-block."""
    b = Builder(6)
    cols = 1040 if encoding == "q8x4" else 300
    x = b.input("x", (2, cols))
    q = b.op("quantize", [x], (2, cols), [word(40.0), signed(-7)], np.int8)
    first = [b.matrix_s8(12, cols, encoding, 0.2), *requantized(1, 1)]
    h = b.op("qfc", [q, *b.channels(12, cols // 4)], (2, 12), first, np.int8)
    y = b.op("qfc", [h, *b.channels(11, 8)], (2, 11), [b.matrix_s8(11, 12, encoding), *requantized(-4)], np.int8)
    table = np.round(2.0**23 * np.exp(-0.02 * np.arange(256))).astype(np.int32)
    p = b.op("qsoftmax", [y, b.constant(table)], (2, 11), [signed(-128), 256, signed(-128), 127], np.int8)
    return b.finish(y, b.op("dequantize", [p], (2, 11), [word(1 / 256), signed(-128)]))


def int8_maps() -> Model:
    """Every other int8 operator, on planes whose last one is not full, between float tensors."""
    b = Builder(7)
    planes = {"dtype": np.int8, "layout": "planes4"}
    image, half = (2, 6, 8, 5), (2, 6, 4, 3)
    x = b.input("x", image)
    q = b.op("quantize", [x], image, [word(50.0), signed(10)], **planes)
    weights = b.constant(b.rng.integers(-128, 128, (2, 9, 4)).astype(np.int8))
    depthwise = [*WINDOW_3X3, signed(10), *requantized(2)]
    d = b.op("qdepthwise", [q, weights, *b.channels(6, 9), None, None], image, depthwise, **planes)
    s = b.op("qadd", [d, q], image, ADDITION, **planes)
    table = b.constant(int8_table())
    t = b.op("qlut", [s, table], image, [], **planes)
    t = b.op("qdepthwise", [q, weights, *b.channels(6, 9), t, table], image, [*depthwise, *ADDITION], **planes)
    window = [2, 2, 2, 2, 1, 1, 0, 0, 0, 1]
    clamp = [signed(-128), 127]
    m = b.op("qpool", [t, None], half, [0, *window, 0, 0, signed(-90), 100, 0], **planes)
    counts = [b.constant((2**32 / np.maximum(1, np.arange(n + 1)) / 4).astype(np.int32)) for n in (4, 12)]
    a = b.op("qpool", [t, counts[0]], half, [1, *window, signed(4), signed(-3), *clamp, 2], **planes)
    g = b.op("qpool", [a, counts[1]], (2, 6, 1, 1), [2, 4, 3, *WINDOW_1X1[2:], signed(-3), 0, *clamp, 2], **planes)
    u = b.op("qmul", [m, g], half, [signed(2), signed(-90), 5, 2**29, 1, *clamp], **planes)
    v = b.op("qmul", [u, a], half, [5, signed(-3), 0, 2**26, 0, *clamp], **planes)
    y = b.op("dequantize", [v], half, [word(0.25), 0])
    vector = [b.matrix_s8(3, 96, "dense", 0.5, 6), *requantized(7)]
    return b.finish(y, b.op("qfc", [v, *b.channels(3, 90)], (2, 3), vector, np.int8))


def int8_attention() -> Model:
    """Two heads of attention over 21 tokens, with a width that is no multiple of four, and their rows as they are."""
    b = Builder(9)
    planes = {"dtype": np.int8, "layout": "planes4"}
    heads, width, tokens = 2, 10, 21
    x = b.input("x", (heads, 3 * width, tokens))
    q, k, v = (
        b.op("quantize", [x], (heads, 3 * width, tokens), [word(scale), signed(zero)], **planes)
        for scale, zero in ((40.0, -3), (50.0, 7), (60.0, 0))
    )
    clamp = [signed(-128), 127]
    shape = (heads, tokens, tokens)
    scores = b.op("qmatmul", [k, q], shape, [1, 7, signed(-3), 5, 2**25, 1, *clamp], **planes)
    halves = np.exp(-0.06 * np.concatenate((16 * np.arange(16), np.arange(16)))).astype(np.float32)
    p = b.op("qsoftmax_planes", [scores, b.constant(halves)], shape, [word(300.5), signed(-128), *clamp], **planes)
    shape = (heads, 3 * width, tokens)
    context = b.op("qmatmul", [v, p], shape, [0, 0, signed(-128), signed(-2), 2**25, 0, signed(-100), 120], **planes)
    return b.finish(context, p)


def int8_factors() -> Model:
    """Products whose sums are rescaled by factors in float32: of vectors, over tokens, of activations."""
    b = Builder(12)
    planes = {"dtype": np.int8, "layout": "planes4"}
    x = b.input("x", (2, 10, 13))
    q = b.op("quantize", [x], (2, 10, 13), [word(40.0), signed(-3)], **planes)
    factor, clamp = word(0.0011), [signed(-100), 120]

    def channels(count: int) -> list[int]:
        factors = b.rng.uniform(0.0005, 0.005, count).astype(np.float32)
        return [b.constant(b.rng.integers(-1000, 1000, count).astype(np.int32)), b.constant(factors.view(np.int32))]

    tokens = [b.matrix_s8(16, 12, "q1x4", 0.5, 10), *WINDOW_1X1, signed(-3), *requantized(2, -100, 120, 32)]
    t = b.op("qconv", [q, *channels(16), None, None], (2, 16, 13), tokens, **planes)
    dense = [b.matrix_s8(10, 16, "dense"), *WINDOW_1X1, 2, *requantized(-4, shift=32)]
    u = b.op("qconv", [t, *channels(10), None, None], (2, 10, 13), dense, **planes)
    s = b.op("qmatmul", [u, q], (2, 13, 13), [1, signed(-4), signed(-3), 5, factor, 32, *clamp], **planes)
    vector = [b.matrix_s8(9, 16 * 13, "q8x4", 0.3), *requantized(1, shift=32)]
    return b.finish(s, b.op("qfc", [t, *channels(9)], (2, 9), vector, np.int8))


def int8_affine() -> Model:
    """A bias for each channel and a residual between int8 tensors, and to a float one, in planes that are not full."""
    b = Builder(10)
    planes = {"dtype": np.int8, "layout": "planes4"}
    dims = (2, 6, 5, 4)
    x = b.input("x", dims)
    q = b.op("quantize", [x], dims, [word(40.0), signed(-3)], **planes)
    scales = [word(0.02), signed(-3), word(0.013), 7]
    clip = {"activation": "clip", "act": (-1.5, 2.0)}
    r = b.op("qaffine", [q, b.random(6), None], dims, [*scales[:2], 0, 0, word(45.0), 7], **planes, **clip)
    y = b.op("qaffine", [r, None, q], dims, [*scales, word(30.0), signed(-9)], **planes)
    return b.finish(y, b.op("qaffine", [y, b.random(6), r], dims, [*scales, 0, 0]))


def int8_average() -> Model:
    """Averages in float32, with the scale of their input, where many lie between two integers, and with another."""
    b = Builder(11)
    planes = {"dtype": np.int8, "layout": "planes4"}
    x = b.input("x", (2, 6, 8, 5))
    q = b.op("quantize", [x], (2, 6, 8, 5), [word(50.0), signed(10)], **planes)
    same = [10, signed(-3), signed(-128), 127, word(0.0213), word(0.0213)]
    a = b.op("qaverage", [q], (2, 6, 8, 5), [2, 2, 2, 1, 1, 1, 1, 1, 0, 0, 1, *same], **planes)
    other = [signed(-3), 7, signed(-60), 50, word(0.0213), word(0.017)]
    y = b.op("qaverage", [a], (2, 6, 4, 3), [1, *WINDOW_3X3[:2], 2, 2, *WINDOW_3X3[4:], *other], **planes)
    return b.finish(a, y)


def int8_layernorm() -> Model:
    """Sums of int8 tensors, normalised over channels, to int8 and to float, in planes that are not full."""
    b = Builder(11)
    planes = {"dtype": np.int8, "layout": "planes4"}
    dims = (2, 6, 5, 4)
    x = b.input("x", dims)
    q = b.op("quantize", [x], dims, [word(40.0), signed(-3)], **planes)
    scales = [word(0.02), signed(-3), word(0.013), 7]
    norm = [b.random(6), b.random(6)]
    r = b.op("qlayernorm", [q, b.random(6), None, *norm], dims, [*scales[:2], 0, 0, word(45.0), 7, 0], **planes)
    return b.finish(r, b.op("qlayernorm", [r, None, q, None, norm[0]], dims, [*scales, 0, 0, word(1e-3)]))


def int8_exact() -> Model:
    """The operators that have a form of which every float32 step is given, in planes that are not full."""
    b = Builder(13)
    planes = {"dtype": np.int8, "layout": "planes4"}
    dims = (2, 22, 19)
    q = b.op("quantize", [b.input("x", dims)], dims, [word(0.023), signed(-3), 1], **planes)
    scales = [word(0.02), signed(-3), word(0.013), 7]
    clip = {"activation": "clip", "act": (-1.5, 2.0)}
    r = b.op("qaffine", [q, b.random(22), None], dims, [*scales[:2], 0, 0, word(0.025), 7, 1], **planes, **clip)
    g = b.op("qaffine", [r, b.random(22), q], dims, [*scales, word(0.017), 4, 1], activation="gelu", **planes)
    norm = [b.random(22), b.random(22)]
    rounded = [*scales, word(0.021), 9, word(1e-5), 1]
    n = b.op("qlayernorm", [g, b.random(22), r, *norm], dims, rounded, **planes)
    p = b.op("qsoftmax_exact", [n], dims, [word(0.05), 9, word(1 / 512), signed(-128)], **planes)
    y = b.op("qlayernorm", [n, None, None, None, norm[0]], dims, [*scales[:2], 0, 0, 0, 0, word(1e-3), 1])
    return b.finish(g, p, b.op("qaffine", [n, b.random(22), r], dims, [*scales, 0, 0, 1]), y)


def encoder() -> Model:
    """Rows of a table, layer normalisation along both axes, masked attention of two heads, GELU by tanh."""
    b = Builder(8)
    ids = b.input("ids", (1, 6), np.int64)
    mask = b.input("mask", (1, 1, 6, 1), np.bool_)
    e = b.op("gather", [ids, b.random(70, 8)], (1, 6, 8), [0])
    n = b.op("layernorm", [e, b.random(8), None], (1, 6, 8), [2, word(1e-5)])
    p = b.op("matmul", [b.random(1, 8, 8), n], (1, 8, 6), [0, 1, word(1.0)])
    h = b.op("reshape", [p], (1, 2, 4, 6), [])
    s = b.op("matmul", [h, h], (1, 2, 6, 6), [1, 0, word(0.5)])
    w = b.op("where", [mask, s, b.constant(np.full(1, -10, F32))], (1, 2, 6, 6), [])
    a = b.op("softmax", [w], (1, 2, 6, 6), [2])
    c = b.op("matmul", [h, a], (1, 2, 4, 6), [0, 0, word(1.0)])
    r = b.op("reshape", [c], (1, 8, 6), [])
    y = b.op("layernorm", [r, b.random(8), b.random(8)], (1, 8, 6), [1, word(1e-5)])
    return b.finish(b.op("unary", [y], (1, 8, 6), [], activation="gelu_tanh"))


def narrow_weights(way: str) -> Model:
    """Weights in the `way` "fp16", "int8" or "int4": every float encoding, over several K-blocks and shares."""
    b = Builder(9)
    x, ids = b.input("x", (1, 30, 3, 3)), b.input("ids", (3,), np.int32)
    maps = (1, 5, 3, 3)
    y = b.op("conv", [x, b.random(5), None, None], maps, [b.matrix(5, 270, "u1", 0.15, way), *WINDOW_3X3])
    weights = b.constant(b.rng.standard_normal((5, 3, 3)).astype(np.float16))
    z = b.op("depthwise", [y, weights, None, None, None], maps, WINDOW_3X3)
    z = b.op("conv", [z, None, y, None], maps, [b.matrix(5, 45, "rb4", 0.5, way), *WINDOW_3X3])
    z = b.op("conv", [z, None, None, b.random(5)], maps, [b.matrix(5, 45, "dense", 0.9, way), *WINDOW_3X3])
    vector = b.op("reshape", [x], (1, 270), [])
    v = b.op("fc", [vector, b.random(9), None], (1, 9), [b.matrix(9, 270, "f8x1", 0.02, way)])
    v = b.op("fc", [v, None, None], (1, 17), [b.matrix(17, 9, "u1", 0.5, way)], activation="tanh")
    v = b.op("fc", [v, b.random(9), None], (1, 9), [b.matrix(9, 17, "dense", 0.9, way)])
    if way == "fp16":
        rows = b.op("gather", [ids, b.constant(b.rng.standard_normal((70, 5)).astype(np.float16))], (3, 5), [0])
    else:
        table = b.constant(b.rng.integers(-127, 128, (70, 5)).astype(np.int8))
        rows = b.op("gather", [ids, table, b.random(70)], (5, 3), [1])
    return b.finish(z, v, rows)


MODELS: dict[str, Callable[[], Model]] = {
    **{f"conv_{e}": lambda e=e: conv(e) for e in ("dense", "u1", "rb4")},
    **{f"fc_{e}": lambda e=e: fc(e) for e in ("dense", "u1", "f8x1")},
    "feature_maps": feature_maps,
    "movement": movement,
    **{f"int8_conv_{e}": lambda e=e: int8_conv(e) for e in ("dense", "u1", "q1x4")},
    **{f"int8_fc_{e}": lambda e=e: int8_fc(e) for e in ("dense", "u1", "q8x4")},
    "int8_maps": int8_maps,
    "encoder": encoder,
    **{f"narrow_{w}": lambda w=w: narrow_weights(w) for w in NARROW},
    "int8_attention": int8_attention,
    "int8_factors": int8_factors,
    "int8_affine": int8_affine,
    "int8_exact": int8_exact,
    "int8_average": int8_average,
    "int8_layernorm": int8_layernorm,
}
