"""Firmware images: the boards that are known, and the C sources that `nnz embed` writes for a model."""

from __future__ import annotations

from .board import Board, board, board_names
from .generate import generate

__all__ = ["Board", "board", "board_names", "generate"]
