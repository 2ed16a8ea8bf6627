"""From ONNX to `.nnz`: `pip install "nnzrt[convert]"`.

    result = nnz.convert.convert("model.onnx", "model.nnz", sparsity=0.9, calibration="data.npz")

The way: load.py reads and simplifies, importer.py and lower/ make a graph (ir.py), prune/ sets weights to zero,
passes/ fold and fuse, write.py encodes, verify.py runs both and compares.
"""

from .check import check, inspect_onnx
from .errors import ConvertError, ShapeError, UnsupportedError
from .pipeline import ConversionResult, convert

__all__ = [
    "ConversionResult",
    "ConvertError",
    "ShapeError",
    "UnsupportedError",
    "check",
    "convert",
    "inspect_onnx",
]
