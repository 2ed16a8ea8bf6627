"""Boards: a folder of boards/ each, described by board.mk and board.ld."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import ArgumentError

BOARDS = (Path(__file__).parent.parent / "boards").resolve()
"""The folder boards/ of the package, which is a link to that of a clone."""

SOURCES = BOARDS.parent
"""Where runtime/ and boards/ are."""

_SIZE = r"(\d+)\s*([KM]?)"


@dataclass(frozen=True)
class Board:
    """What `nnz embed` must know of a board. Sizes are bytes."""

    name: str
    description: str
    isa: str
    flash: int
    ram: int
    stack: int
    settings: dict[str, str]


def board_names() -> list[str]:
    return sorted(path.parent.name for path in BOARDS.glob("*/board.mk"))


def board(name: str) -> Board:
    folder = BOARDS / name
    if name not in board_names():
        raise ArgumentError(f"there is no board '{name}': expected one of {', '.join(board_names())}")
    settings = dict(re.findall(r"^(\w+) *= *(.*?) *$", (folder / "board.mk").read_text(), re.M))
    script = (folder / "board.ld").read_text()
    return Board(
        name,
        settings["DESCRIPTION"],
        settings["ISA"],
        flash=_size(rf"FLASH\b.*LENGTH\s*=\s*{_SIZE}", script),
        ram=_size(rf"RAM\b.*LENGTH\s*=\s*{_SIZE}", script),
        stack=_size(rf"stack_size\s*=\s*{_SIZE}", script),
        settings=settings,
    )


def _size(pattern: str, script: str) -> int:
    match = re.search(pattern, script)
    assert match, pattern
    return int(match[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20}[match[2]]
