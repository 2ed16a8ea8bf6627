"""libnnz through cffi, with the declarations of nnz.h itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import cffi
import pytest

HEADER = Path(__file__).resolve().parent.parent / "runtime" / "include" / "nnz.h"
GUARD = 0xA5


def declarations() -> str:
    """nnz.h after the preprocessor, without what the system headers bring."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("no C compiler")
    text = re.sub(r"^#include.*$", "", HEADER.read_text(), flags=re.MULTILINE)
    return subprocess.run(
        [compiler, "-E", "-P", "-xc", "-"], input=text, capture_output=True, text=True, check=True
    ).stdout


class Memory:
    """`size` bytes from `begin` of a buffer, and guard bytes around them."""

    def __init__(self, buffer, begin: int, size: int) -> None:
        self.buffer, self.begin, self.size = buffer, begin, size

    @property
    def pointer(self):
        return self.buffer + self.begin

    def guards_are_intact(self) -> bool:
        content = bytes(self.buffer)
        around = content[: self.begin] + content[self.begin + self.size :]
        return around == bytes([GUARD]) * len(around)


class Library:
    """libnnz through cffi, and aligned memory."""

    def __init__(self, path: Path) -> None:
        self.ffi = cffi.FFI()
        self.ffi.cdef(declarations())
        self.c = self.ffi.dlopen(str(path))
        self.error = self.ffi.new("nnz_error *")
        self._opened: dict = {}  # a model is valid as long as its memory

    def message(self) -> str:
        return self.ffi.string(self.error.message).decode()

    def memory(self, size: int, content: bytes = b"", shift: int = 0):
        """`size` bytes that begin `shift` bytes after a multiple of 64, with guard bytes around them."""
        buffer = self.ffi.new("unsigned char[]", size + 256 + shift)
        self.ffi.memmove(buffer, bytes([GUARD]) * len(buffer), len(buffer))
        address = int(self.ffi.cast("uintptr_t", buffer))
        begin = 64 + (-address) % 64 + shift
        self.ffi.memmove(buffer + begin, content, len(content))
        return Memory(buffer, begin, size)

    def open(self, content: bytes):
        memory = self.memory(len(content), content)
        model = self.ffi.new("nnz_model *")
        status = self.c.nnz_open(model, memory.pointer, len(content), self.c.nnz_registry_all(), self.error)
        assert status == self.c.NNZ_OK, self.message()
        self._opened[model] = memory
        return model

    def memory_of(self, model) -> Memory:
        """That of the file which open() has given the model."""
        return self._opened[model]

    def config(self, isa: int | None = None, threads: int = 1):
        return self.ffi.new("nnz_config *", [self.c.nnz_cpu_isa() if isa is None else isa, threads])
