"""Makes boards/ importable, and what these tests need of the machine."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "boards"))

from tools import ready  # noqa: E402

__all__ = ["ROOT", "ready"]
