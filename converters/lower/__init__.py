"""ONNX operators in terms of ours, one table: adding an operator is a function in a file here and a line in its TABLE.

A lowering function takes a Builder and an OnnxNode and returns the node's output, or a list of its outputs. It raises
UnsupportedNodeError with a reason in a few words where an attribute or shape has no counterpart.
"""

from __future__ import annotations

from ..quantize.qoperator import CONTRIBUTED, STANDARD
from . import (
    arithmetic,
    attention,
    convolution,
    functions,
    logic,
    matmul,
    movement,
    normalization,
    pooling,
    quantization,
    reduction,
    resize,
)
from .builder import Builder, UnsupportedNodeError

__all__ = ["LOWER", "Builder", "UnsupportedNodeError", "supported"]

LOWER = {
    **arithmetic.TABLE,
    **attention.TABLE,
    **convolution.TABLE,
    **functions.TABLE,
    **logic.TABLE,
    **matmul.TABLE,
    **movement.TABLE,
    **normalization.TABLE,
    **pooling.TABLE,
    **quantization.TABLE,
    **reduction.TABLE,
    **resize.TABLE,
}


def supported() -> list[str]:
    """The ONNX operators that can be converted. Any other is still fine where its inputs are constants."""
    return sorted({*LOWER, *STANDARD, *CONTRIBUTED, "Constant", "If", "Shape", "Size"})
