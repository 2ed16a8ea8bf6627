"""What these tests need of the machine.

NNZ_FIRMWARE=quick or full makes a missing compiler or emulator a failure; full runs the tests that take minutes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

import image as images
import pytest

MODE = os.environ.get("NNZ_FIRMWARE", "")

full = pytest.mark.skipif(MODE != "full", reason="takes minutes: NNZ_FIRMWARE=full runs it")


def require_tools(what: str, tools: Iterable[str]) -> None:
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        refuse = pytest.fail if MODE else pytest.skip
        refuse(f"{what} needs {', '.join(missing)}")


def ready(name: str) -> images.Board:
    """The board of a name, whose tools are installed."""
    board = images.board(name)
    require_tools(name, images.tools(board))
    return board
