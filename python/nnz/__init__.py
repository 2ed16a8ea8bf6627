"""nnz: runs pruned, sparse neural networks. `nnz.convert` (pip install "nnzrt[convert]") makes them from ONNX."""

from . import errors, format
from ._nnz import version as _version
from .errors import (
    ArgumentError,
    DTypeError,
    Error,
    FileError,
    FormatError,
    MissingExtraError,
    OutOfMemoryError,
    UnsupportedError,
)
from .matrix import SparseMatrix, spmm
from .quantization import dequantize, quantize
from .session import OpProfile, Port, Session

__version__ = _version()

__all__ = [
    "ArgumentError",
    "DTypeError",
    "Error",
    "FileError",
    "FormatError",
    "MissingExtraError",
    "OpProfile",
    "OutOfMemoryError",
    "Port",
    "Session",
    "SparseMatrix",
    "UnsupportedError",
    "dequantize",
    "errors",
    "format",
    "quantize",
    "spmm",
]
