"""Firmware images for the boards beside this file: building, examining and running them in an emulator."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nnz.firmware import Board, board, board_names, generate
from nnz.reader import read

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "boards"
"""Where libraries, shared by the images of a board, and the counting plugin are built."""

SEMIHOSTING = "-display none -monitor none -serial none -semihosting-config enable=on,target=native"


class ImageError(Exception):
    """An image cannot be built or run; the message has the tool's output."""


@dataclass(frozen=True)
class Image:
    board: Board
    name: str
    elf: Path


@dataclass(frozen=True)
class Run:
    """An emulated run: its exit code, what it printed, and executed instructions by mark if they were counted."""

    code: int
    text: str
    instructions: dict[str, int]

    def number(self, label: str) -> int:
        """The number that the image printed behind a label."""
        match = re.search(rf"^{label} (\d+)$", self.text, re.M)
        if not match:
            raise ImageError(f"the image did not print '{label} N':\n{self.text}")
        return int(match[1])


class Symbol(NamedTuple):
    """A symbol of an ELF file: its bytes, 0 where it has no size, and whether other files could see it."""

    size: int
    is_global: bool


def tools(target: Board) -> list[str]:
    """The programs that building and running for a board needs."""
    return ["make", f"{target.settings['PREFIX']}gcc", target.settings["EMULATOR"].split()[0]]


def build(target: Board, model: Path, folder: Path, name: str = "model", **options: object) -> Image:
    """Writes the sources into a folder and compiles them; `options` are those of generate()."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in generate(read(model.read_bytes()), name, target.isa, target, **options).items():
        (folder / file).write_text(text)
    return compile_sources(target, folder, name)


def compile_sources(target: Board, folder: Path, name: str, **settings: object) -> Image:
    """Runs make in a folder; `settings` are variables of boards/common/firmware.mk."""
    # Boards with the same compiler and flags share the library.
    flags = target.settings["CPU_FLAGS"]
    library = WORK / re.sub(r"\W+", "-", target.settings["PREFIX"] + flags)
    settings = {"NNZ": ROOT, "BUILD": folder / "build", "LIBRARY": library, "CPU_FLAGS": flags, "DEBUG": "", **settings}
    library.mkdir(parents=True, exist_ok=True)
    with open(library / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _tool(["make", "-s", "-j2", "-C", folder, *(f"{key}={value}" for key, value in settings.items())])
    return Image(target, name, folder / "build" / f"{name}.elf")


def run(image: Image, *, count: bool = False, arguments: Sequence[str] = (), timeout: float = 300) -> Run:
    """Runs an image to its end. `count` counts instructions, which takes longer; `arguments` are its command line."""
    semihosting = SEMIHOSTING + "".join(f",arg={argument}" for argument in arguments)
    command = [*shlex.split(image.board.settings["EMULATOR"]), *semihosting.split(), "-kernel", str(image.elf)]
    counts = image.elf.with_suffix(".insns")
    if count:
        command += ["-plugin", f"{_plugin()},mark=board_mark_,out={counts}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    lines = re.findall(r"^insns mark (\w+) (\d+)$", counts.read_text(), re.M) if count else []
    return Run(done.returncode, done.stdout + done.stderr, {mark: int(n) for mark, n in lines})


def sections(image: Image) -> dict[str, int]:
    """Bytes of each section of the ELF file that is in flash or RAM."""
    text = _tool([f"{image.board.settings['PREFIX']}size", "-A", image.elf])
    return {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)\s", text, re.M)}


def symbols(image: Image) -> dict[str, Symbol]:
    """The symbols of the ELF file."""
    text = _tool([f"{image.board.settings['PREFIX']}nm", "-S", image.elf])
    found = re.findall(r"^[0-9a-f]*(?: ([0-9a-f]+))? (\w) (\S+)$", text, re.M)
    return {name: Symbol(int(size or "0", 16), kind.isupper()) for size, kind, name in found}


def _plugin() -> Path:
    plugin, source = WORK / "libinsn_count.so", ROOT / "tools" / "insn-count" / "insn_count.c"
    if not plugin.exists() or plugin.stat().st_mtime < source.stat().st_mtime:
        made = plugin.with_suffix(f".{os.getpid()}")
        _tool(["cc", "-O2", "-fPIC", "-shared", "-o", made, source])
        made.replace(plugin)
    return plugin


def _tool(command: list[object]) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImageError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


__all__ = [
    "Board",
    "Image",
    "ImageError",
    "Run",
    "board",
    "board_names",
    "build",
    "compile_sources",
    "run",
    "sections",
    "symbols",
    "tools",
]
