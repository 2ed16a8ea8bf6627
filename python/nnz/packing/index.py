"""The arrays `index`, `count` and `start` of a sparse matrix as a bitmap of its blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class Index:
    def __init__(self, file: bytes, data: int, matrix: np.void, groups: int, units: int) -> None:
        self.blocks, self.kblock = int(matrix["blocks"]), int(matrix["kblock"])
        self.groups, self.units = groups, units
        self.kblocks = -(-units // self.kblock)
        self.index, self.count, self.start = (data + int(matrix[name]) for name in ("index", "count", "start"))
        self.index_end = self.index + self.blocks
        self.count_end = self.count + 2 * self.kblocks * groups
        self.end = self.start + 4 * (self.kblocks + 1)
        self._file = file

    def is_plain(self) -> bool:
        """Whether the arrays follow each other with nothing but zeros between them."""
        gaps = (self.index_end, self.count), (self.count_end, self.start)
        return all(begin <= end and not any(self._file[begin:end]) for begin, end in gaps)

    def density(self) -> float:
        return self.blocks / (self.groups * self.units)

    def bitmap(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each K-block: eight units of a group in a byte, group by group; and which bytes have fewer than eight."""
        units = np.frombuffer(self._file, np.uint8, self.blocks, self.index)
        counts = np.frombuffer(self._file, "<u2", self.kblocks * self.groups, self.count)
        at = 0
        for k, count in enumerate(counts.reshape(self.kblocks, self.groups)):
            width = min(self.kblock, self.units - k * self.kblock)
            present = np.zeros((self.groups, width), bool)
            n = int(count.sum(dtype=np.int64))
            present[np.repeat(np.arange(self.groups), count), units[at : at + n]] = True
            packed = np.packbits(present, axis=1, bitorder="little")
            short = np.zeros(packed.shape, bool)
            short[:, -1] = width % 8 != 0
            yield packed.ravel(), short.ravel()
            at += n
