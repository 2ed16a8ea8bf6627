"""Quantised models: an annotation on the values of the float graph (annotation.py), lowered to int8 operators in one
place (lower.py).
"""

from __future__ import annotations

from .annotation import Quant

__all__ = ["Quant"]
