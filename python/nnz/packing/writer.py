"""Cuts a file into runs, from its beginning to its end: which bytes are coded, and under which table each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import records
from . import text
from .index import Index

if TYPE_CHECKING:
    from .content import Blob, Owner

END, TEXT, BYTES, BLOCKS, INDEX = range(5)
CONTROL_TABLE = 0
SUM_STEP, SUMS = 32, 8
PERIODS = (1, 2, 4)
TABLE_BYTES = 64
"""What it takes, about, to learn a table."""


class Writer:
    """`owned` says whose the coded bytes first to last are: (owner, first, last)."""

    def __init__(self, file: bytes) -> None:
        self.at = 0
        self.owned: list[tuple[Owner, int, int]] = []
        self.table_count = CONTROL_TABLE + 1
        self._written = 0  # where the last run ended: between there and `at` all is zero
        self._file = file
        self._content = np.frombuffer(file, np.uint8)
        self._seen = text.history()
        self._symbols: list[np.ndarray] = []
        self._tables: list[np.ndarray] = []
        self._size = 0
        self._banks: dict[tuple, int] = {}

    def coded(self) -> tuple[np.ndarray, np.ndarray]:
        """The coded bytes, and the table of each."""
        return np.concatenate(self._symbols), np.concatenate(self._tables)

    def finish(self) -> None:
        self._put(bytes([END]), CONTROL_TABLE)

    def blob(self, blob: Blob) -> None:
        first = self._size
        blob.write(self)
        self.owned.append((blob.owner, first, self._size))

    # Runs, each from `at` to `end`. What is `alike` shares tables.

    def text(self, end: int) -> None:
        """Records, names, report, and the padding around them."""
        if end == self.at:
            return
        literals = self._bank(("text",), 4)
        literal, length, distance = range(literals + 1, literals + 4)
        self._begin(TEXT, end, [literals])
        at = self.at
        for stop, copied, back in text.copies(self._file, at, end, self._seen):
            self._number(stop - at, literals)
            self._put(self._file[at:stop], literal)
            at = stop + copied
            if copied:
                self._number(copied - text.SHORTEST, length)
                self._number(back - 1, distance)
        self._end(end)

    def elements(self, end: int, period: int, alike: tuple) -> None:
        """Elements of `period` bytes."""
        if end == self.at:
            return
        table = self._bank((alike, period), 2 * period - 1)
        self._begin(BYTES, end, [table, period])
        part = self._content[self.at : end]
        place = np.arange(len(part)) % period
        high = np.concatenate([[0], part[:-1] >> 7])
        self._put(part, table + np.where(place == 0, 0, 2 * place - 1 + high))
        self._end(end)

    def blocks(self, end: int, width: int, stride: int = 1, used: int = 1) -> None:
        """int8 in blocks of `width`; of each `stride` values, those after the first `used` are zero."""
        if end == self.at:
            return
        part = self._content[self.at : end].reshape(-1, stride)[:, :used].ravel()
        filled = bool(np.count_nonzero(part) * 2 > len(part))
        alike = ("blocks", width, round(_entropy(part)) if width == 1 else filled)
        table = self._bank(alike, 1 + (width - 1) * SUMS)
        self._begin(BLOCKS, end, [table, width, stride, used])
        magnitude = np.abs(part.view(np.int8).astype(np.int16)).reshape(-1, width)
        level = np.minimum((np.cumsum(magnitude, axis=1) - magnitude) // SUM_STEP, SUMS - 1)
        place = np.arange(width)
        self._put(part, table + np.where(place == 0, 0, 1 + (place - 1) * SUMS + level).ravel())
        self._end(end)

    def index(self, index: Index) -> None:
        table = self._bank(("index", round(-np.log2(max(index.density(), 2**-7)))), 2)
        gaps = [index.count - index.index_end, index.start - index.count_end]
        self._begin(INDEX, index.index_end, [table, index.groups, index.units, index.kblock, *gaps])
        for bits, short in index.bitmap():
            self._put(bits, table + short)
        self._end(index.end)

    def rest(self, end: int) -> None:
        """What nothing is known of: in the period that promises the smallest size. Zeros before it need no run."""
        content = np.flatnonzero(self._content[self.at : end])
        if len(content):
            first = self.at + int(content[0])
            self.at = max(self.at, first // records.ALIGNMENT * records.ALIGNMENT)
            part = self._content[self.at : end]

            def cost(period: int) -> float:
                planes = [part[i::period] for i in range(period)]
                return sum(_entropy(plane) * len(plane) / 8 + TABLE_BYTES for plane in planes)

            self.elements(end, min(PERIODS, key=cost), ("rest",))
        self.at = end

    def _bank(self, alike: tuple, tables: int) -> int:
        """The first of the tables for one kind of content."""
        if alike not in self._banks:
            self._banks[alike] = self.table_count
            self.table_count += tables
        return self._banks[alike]

    def _begin(self, kind: int, end: int, params: list[int]) -> None:
        self._put(bytes([kind]), CONTROL_TABLE)
        for number in (self.at - self._written, end - self.at, *params):
            self._number(number, CONTROL_TABLE)

    def _end(self, end: int) -> None:
        self.at = self._written = end

    def _number(self, number: int, table: int) -> None:
        coded = bytearray()
        while number > 127:
            coded.append(number & 127 | 128)
            number >>= 7
        coded.append(number)
        self._put(bytes(coded), table)

    def _put(self, symbols: bytes | np.ndarray, tables: int | np.ndarray) -> None:
        array = np.frombuffer(symbols, np.uint8) if isinstance(symbols, bytes) else symbols
        self._symbols.append(array)
        self._tables.append(np.broadcast_to(np.asarray(tables, np.uint8), array.shape))
        self._size += len(array)


def _entropy(part: np.ndarray) -> float:
    """Of zero order, in bits a byte."""
    count = np.bincount(part, minlength=256)
    share = count[count > 0] / max(len(part), 1)
    return float(-(share * np.log2(share)).sum())
