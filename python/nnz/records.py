"""A model as Python objects, and the records of docs/FORMAT.md as numpy types: same names, same offsets."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

MAGIC = 0x1A5A4E4E
PACKED_MAGIC = 0x1B5A4E4E
MAJOR, MINOR = 0, 1
NONE = 0xFFFFFFFF
ALIGNMENT = 64
MAX_BYTES = 2**31 - 1
MAX_RANK = 8
MAX_RECORDS = 65535
MAX_PORTS = 1024
MAX_SECTIONS = 32
MAX_ROWS_COLS = 2**28 - 1
SECTION_REQUIRED = 1

REQUIRED_SECTIONS = ("TENS", "OPER", "ARGS", "PARM", "MATX", "INPT", "OUTP", "DATA")
OPTIONAL_SECTIONS = ("NAME", "REPT")

DTYPES: dict[int, np.dtype] = {
    1: np.dtype("float32"),
    2: np.dtype("int8"),
    3: np.dtype("uint8"),
    4: np.dtype("int32"),
    5: np.dtype("int64"),
    6: np.dtype("bool"),
    7: np.dtype("float16"),
}
DTYPE_CODES = {dtype: code for code, dtype in DTYPES.items()}

VALUE_CODES = {"float32": 1, "int8": 2, "float16": 7, "scaled8": 8, "scaled4": 9}
"""What the values of a matrix are."""

ENCODING_CODES = {"dense": 0, "u1": 1, "rb4": 2, "f8x1": 3, "q1x4": 4, "q8x4": 5}

LAYOUTS = ("plain", "planes4")

ACTIVATIONS = (
    "none", "clip", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "hard_swish", "exp",
    "sqrt", "abs", "neg", "silu", "erf", "gelu", "reciprocal", "log", "gelu_tanh",
)  # fmt: skip

OP_KINDS = {
    "conv": 1,
    "depthwise": 2,
    "fc": 3,
    "binary": 4,
    "unary": 5,
    "softmax": 6,
    "pool": 7,
    "reduce": 8,
    "copy": 9,
    "reshape": 10,
    "resize": 11,
    "cast": 12,
    "matmul": 13,
    "layernorm": 14,
    "gather": 15,
    "where": 16,
    "qconv": 20,
    "qdepthwise": 21,
    "qfc": 22,
    "qadd": 23,
    "qmul": 24,
    "qpool": 25,
    "qlut": 26,
    "qsoftmax": 27,
    "quantize": 28,
    "dequantize": 29,
    "qmatmul": 30,
    "qsoftmax_planes": 31,
    "qaffine": 32,
    "qaverage": 33,
    "qlayernorm": 34,
    "qsoftmax_exact": 35,
}

HEADER = np.dtype(
    [("magic", "<u4"), ("major", "<u2"), ("minor", "<u2"), ("file_size", "<u4"), ("crc32c", "<u4"),
     ("section_count", "<u4"), ("reserved", "<u4", 3)]
)  # fmt: skip
PACKED = np.dtype(
    [("magic", "<u4"), ("major", "<u2"), ("minor", "<u2"), ("packed_size", "<u4"), ("file_size", "<u4"),
     ("tables", "<u2"), ("lanes", "<u2"), ("reserved", "<u4")]
)  # fmt: skip
SECTION = np.dtype([("id", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("size", "<u4")])
TENSOR = np.dtype(
    [("dtype", "u1"), ("rank", "u1"), ("kind", "u1"), ("layout", "u1"), ("dims", "<u4", 8), ("data", "<u4"),
     ("scale", "<f4"), ("zero_point", "<i4"), ("reserved", "<u4", 4)]
)  # fmt: skip
MATRIX = np.dtype(
    [("encoding", "u1"), ("dtype", "u1"), ("kblock", "<u2"), ("rows", "<u4"), ("cols", "<u4"), ("blocks", "<u4"),
     ("nonzeros", "<u4"), ("values", "<u4"), ("index", "<u4"), ("count", "<u4"), ("start", "<u4"),
     ("scale", "<u4"), ("share", "<u4"), ("reserved", "<u4", 5)]
)  # fmt: skip
OPERATOR = np.dtype(
    [("kind", "<u2"), ("activation", "u1"), ("reserved", "u1"), ("inputs", "<u2"), ("outputs", "<u2"),
     ("args", "<u4"), ("params", "<u4"), ("param_count", "<u4"), ("act", "<f4", 2), ("reserved2", "<u4")]
)  # fmt: skip
PORT = np.dtype(
    [("tensor", "<u4"), ("rank", "u1"), ("dtype", "u1"), ("reserved", "u1", 2), ("dims", "<u4", 8), ("view", "<u4", 8),
     ("strides", "<u4", 8), ("view_rank", "<u4"), ("reserved2", "<u4", 5)]
)  # fmt: skip


@dataclass
class Tensor:
    """An activation, or a constant if `data` is given (then of `dtype` and `dims`). `layout` is a name of LAYOUTS."""

    dtype: np.dtype
    dims: tuple[int, ...]
    data: np.ndarray | None = None
    scale: float = 0.0
    zero_point: int = 0
    name: str = ""
    layout: str = "plain"

    def __post_init__(self) -> None:
        self.dtype = np.dtype(self.dtype)
        self.dims = tuple(int(d) for d in self.dims)

    @property
    def elements(self) -> int:
        return math.prod(self.dims)

    @property
    def stored_elements(self) -> int:
        """Elements in memory, with the padding of the layout."""
        if self.layout == "planes4":
            return self.elements // self.dims[1] * (-(-self.dims[1] // 4) * 4)
        return self.elements

    @property
    def nbytes(self) -> int:
        return self.stored_elements * self.dtype.itemsize


@dataclass
class Matrix:
    """Encoded weights; made by `nnz.encodings.encode` and `nnz.narrow.narrow`.

    `index`, `count` and `start` are None for dense, `scale` but for scaled values; `share` is that of four-bit values,
    which are packed two in a byte (uint8).
    """

    encoding: str
    rows: int
    cols: int
    kblock: int
    values: np.ndarray
    index: np.ndarray | None = None
    count: np.ndarray | None = None
    start: np.ndarray | None = None
    blocks: int = 0
    nonzeros: int = 0
    scale: np.ndarray | None = None
    share: int = 0

    @property
    def dtype(self) -> str:
        """What the values are, a key of VALUE_CODES."""
        if self.scale is None:
            return self.values.dtype.name
        return "scaled4" if self.values.dtype == np.uint8 else "scaled8"

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The arrays stored for the matrix, in the order of its record."""
        return tuple(a for a in (self.values, self.index, self.count, self.start, self.scale) if a is not None)

    @property
    def nbytes(self) -> int:
        """Bytes in the file, without padding."""
        return sum(a.nbytes for a in self.arrays)


@dataclass
class Op:
    """An operator. `inputs` and `outputs` are tensor ids (an absent input is None), `params` unsigned 32-bit words."""

    kind: str
    inputs: list[int | None]
    outputs: list[int]
    params: list[int] = field(default_factory=list)
    activation: str = "none"
    act: tuple[float, float] = (0.0, 0.0)
    name: str = ""


@dataclass
class Port:
    """An input or output: the user's array has `dims`; `view` and `strides` say where each element of the tensor is.

    With `unsigned`, the tensor is int8 and the user's array uint8, each value 128 more.
    """

    name: str
    tensor: int
    dims: tuple[int, ...]
    view: tuple[int, ...]
    strides: tuple[int, ...]
    unsigned: bool = False


@dataclass
class Model:
    """Everything in a file. Ids are positions in these lists; `ops` are in execution order, `tensors` in any order."""

    tensors: list[Tensor] = field(default_factory=list)
    matrices: list[Matrix] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    report: dict | None = None


def written_order(model: Model) -> list[int]:
    """Tensor ids in the order of a file: what inputs write, what operators write, constants."""
    activations = [p.tensor for p in model.inputs] + [t for op in model.ops for t in op.outputs]
    return activations + [i for i, t in enumerate(model.tensors) if t.data is not None]


def align64(n: int) -> int:
    """`n` rounded up to a multiple of 64."""
    return (n + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def word(x: float) -> int:
    """The bits of float32 `x` as a parameter word."""
    return struct.unpack("<I", struct.pack("<f", x))[0]


def signed(i: int) -> int:
    """The two's complement of `i` (-2^31 to 2^31 - 1) as a parameter word."""
    return struct.unpack("<I", struct.pack("<i", i))[0]


def plain_port(name: str, tensor: int, dims: tuple[int, ...], unsigned: bool = False) -> Port:
    """The port of a tensor that the user sees in its own dims, row-major."""
    strides, step = [], 1
    for d in reversed(dims):
        strides.append(step if d > 1 else 0)
        step *= d
    return Port(name, tensor, tuple(dims), tuple(dims), tuple(reversed(strides)), unsigned)
