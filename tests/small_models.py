"""Small models made from the format alone: together they use every operator, encoding and element type."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnz.encodings import encode
from nnz.format import Model, Op, Port, Tensor, plain_port, signed, word

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

    def input(self, name: str, dims: tuple[int, ...], dtype=F32) -> int:
        self.activations.append(Tensor(np.dtype(dtype), dims, name=name))
        self.model.inputs.append(plain_port(name, len(self.activations) - 1, dims))
        return len(self.activations) - 1

    def constant(self, array: np.ndarray) -> int:
        """A negative id, which finish() turns into the number behind the activations."""
        self.constants.append(Tensor(array.dtype, array.shape, np.ascontiguousarray(array)))
        return -len(self.constants)

    def random(self, *dims: int) -> int:
        return self.constant(self.rng.standard_normal(dims).astype(F32))

    def matrix(self, rows: int, cols: int, encoding: str, density: float = 0.4) -> int:
        weights = self.rng.standard_normal((rows, cols)) * (self.rng.random((rows, cols)) < density)
        self.model.matrices.append(encode(weights.astype(F32), encoding))
        return len(self.model.matrices) - 1

    def op(self, kind: str, inputs: list, dims: tuple[int, ...], params: list[int], dtype=F32, **fields) -> int:
        self.activations.append(Tensor(np.dtype(dtype), dims))
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


MODELS: dict[str, Callable[[], Model]] = {
    **{f"conv_{e}": lambda e=e: conv(e) for e in ("dense", "u1", "rb4")},
    **{f"fc_{e}": lambda e=e: fc(e) for e in ("dense", "u1", "f8x1")},
    "feature_maps": feature_maps,
    "movement": movement,
}
