"""Boards for tests: their toolchains and emulators, where they are installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "boards"))

import image as images  # noqa: E402


@pytest.fixture(params=images.board_names())
def board(request: pytest.FixtureRequest) -> images.Board:
    """Each board in turn; the test is skipped where its tools are not installed."""
    return ready(request.param)


def ready(name: str) -> images.Board:
    target = images.board(name)
    missing = images.missing_tools(target)
    if missing:
        pytest.skip(f"{name} needs {', '.join(missing)}")
    return target
