"""What the section DATA of a file holds, as far as its records say so: blobs, and how the bytes of each are coded.

What no blob covers, such as values of a type that nothing here knows, is coded as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from .. import records
from ..encodings import block_shape
from .index import Index
from .writer import Writer

Owner = tuple[str, int]
"""("tensor", i) or ("matrix", i): the record that names a blob."""

RELATED_VALUES = 1 << 16
"""With so many values in pruned blocks it pays to learn how the magnitudes in a block depend on each other."""
DIFFERENT_SHARE = 4
MOST_REPEATED = 1 << 14
"""A small tensor of which no more than one value in four differs from the others is coded as text, by copies."""
LARGE = 1 << 16
"""Integers at least this large are multipliers, which have nothing in common with biases."""


@dataclass(frozen=True)
class Blob:
    begin: int
    end: int
    owner: Owner
    write: Callable[[Writer], None]


class Content:
    """The records of a valid file."""

    def __init__(self, file: bytes) -> None:
        self.file = file
        header = np.frombuffer(file, records.HEADER, 1)[0]
        sections = np.frombuffer(file, records.SECTION, int(header["section_count"]), records.HEADER.itemsize)
        places = {entry["id"].decode(): (int(entry["offset"]), int(entry["size"])) for entry in sections}
        self.begin, size = places["DATA"]
        self.end = self.begin + size
        self._tensors = self._records(records.TENSOR, *places["TENS"])
        self._matrices = self._records(records.MATRIX, *places["MATX"])

    def blobs(self) -> list[Blob]:
        """Those that are known, in the order of their places."""
        return sorted([*self._tensor_blobs(), *self._matrix_blobs()], key=lambda blob: blob.begin)

    def _records(self, dtype: np.dtype, offset: int, size: int) -> np.ndarray:
        return np.frombuffer(self.file, dtype, size // dtype.itemsize, offset)

    def _tensor_blobs(self) -> Iterator[Blob]:
        for i, tensor in enumerate(self._tensors):
            if tensor["kind"] == 0:
                continue
            dtype, begin = records.DTYPES[int(tensor["dtype"])], self.begin + int(tensor["data"])
            count = int(np.prod(tensor["dims"][: tensor["rank"]], dtype=np.int64))
            values = np.frombuffer(self.file, dtype, count, begin)
            end = begin + values.nbytes
            if count <= MOST_REPEATED and DIFFERENT_SHARE * len(np.unique(values)) <= count:
                write = partial(Writer.text, end=end)
            else:
                large = dtype == np.int32 and values.min() >= LARGE
                alike = ("tensor", dtype.name, bool(large))
                write = partial(Writer.elements, end=end, period=dtype.itemsize, alike=alike)
            yield Blob(begin, end, ("tensor", i), write)

    def _matrix_blobs(self) -> Iterator[Blob]:
        known = [(i, m, *_types(m)) for i, m in enumerate(self._matrices) if _types(m)]
        blocks = sum(int(m["blocks"]) * h * w for _, m, name, dtype, (h, w) in known if dtype == np.int8 and w > 1)
        for i, matrix, encoding, dtype, (height, width) in known:
            owner, begin = ("matrix", i), self.begin + int(matrix["values"])
            end = begin + int(matrix["blocks"]) * height * width * dtype.itemsize
            groups, units = -(-int(matrix["rows"]) // height), -(-int(matrix["cols"]) // width)
            if dtype == np.int8 and encoding == "dense":
                yield from _dense_int8(begin, end, owner, groups, height * width, int(matrix["rows"]) % height * width)
            elif dtype == np.int8:
                yield Blob(
                    begin, end, owner, partial(Writer.blocks, end=end, width=width if blocks >= RELATED_VALUES else 1)
                )
            else:
                alike = ("values", encoding, dtype.name)
                yield Blob(begin, end, owner, partial(Writer.elements, end=end, period=dtype.itemsize, alike=alike))
            if encoding != "dense":
                index = Index(self.file, self.begin, matrix, groups, units)
                if index.is_plain():
                    yield Blob(index.index, index.end, owner, partial(Writer.index, index=index))


def _types(matrix: np.void) -> tuple[str, np.dtype, tuple[int, int]] | None:
    """The encoding, the type of the values and the shape of a block; None for those that are not known here."""
    name = next((name for name, code in records.ENCODING_CODES.items() if code == matrix["encoding"]), "")
    dtype = records.DTYPES.get(int(matrix["dtype"]))
    try:
        return name, dtype, block_shape(name, dtype)
    except ValueError:
        return None


def _dense_int8(begin: int, end: int, owner: Owner, groups: int, block: int, used: int) -> Iterator[Blob]:
    """The rows that the last group lacks are not coded: of each of its blocks only `used` values."""
    whole = end - (end - begin) // groups if used else end
    yield Blob(begin, whole, owner, partial(Writer.blocks, end=whole, width=1))
    if used:
        yield Blob(whole, end, owner, partial(Writer.blocks, end=end, width=1, stride=block, used=used))
