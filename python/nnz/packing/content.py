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

INT8 = records.DTYPE_CODES[np.dtype(np.int8)]
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
        shapes = [_block_shape(matrix) for matrix in self._matrices]
        related = RELATED_VALUES <= sum(
            int(matrix["blocks"]) * height * width
            for matrix, (height, width) in zip(self._matrices, shapes, strict=True)
            if matrix["dtype"] == INT8 and width > 1
        )
        for i, (matrix, shape) in enumerate(zip(self._matrices, shapes, strict=True)):
            yield from self._values_blobs(i, matrix, shape, related)
            if matrix["scale"]:
                yield self._scale_blob(i, matrix)
            if matrix["kblock"]:
                groups, units = -(-int(matrix["rows"]) // shape[0]), -(-int(matrix["cols"]) // shape[1])
                index = Index(self.file, self.begin, matrix, groups, units)
                if index.is_plain():
                    yield Blob(index.index, index.end, ("matrix", i), partial(Writer.index, index=index))

    def _values_blobs(self, i: int, matrix: np.void, shape: tuple[int, int], related: bool) -> Iterator[Blob]:
        owner, begin = ("matrix", i), self.begin + int(matrix["values"])
        size = int(matrix["blocks"]) * shape[0] * shape[1]
        if matrix["dtype"] == INT8 and not matrix["kblock"]:
            groups, used = -(-int(matrix["rows"]) // shape[0]), int(matrix["rows"]) % shape[0] * shape[1]
            yield from _dense_int8(begin, begin + size, owner, groups, shape[0] * shape[1], used)
        elif matrix["dtype"] == INT8:
            end, width = begin + size, shape[1] if related else 1
            yield Blob(begin, end, owner, partial(Writer.blocks, end=end, width=width))
        elif int(matrix["dtype"]) in records.DTYPES:
            dtype = records.DTYPES[int(matrix["dtype"])]
            end = begin + size * dtype.itemsize
            alike = ("values", int(matrix["encoding"]), dtype.name)
            yield Blob(begin, end, owner, partial(Writer.elements, end=end, period=dtype.itemsize, alike=alike))
        else:
            end = self._end(begin)
            yield Blob(begin, end, owner, partial(Writer.rest, end=end))

    def _scale_blob(self, i: int, matrix: np.void) -> Blob:
        begin = self.begin + int(matrix["scale"])
        end, period = self._end(begin), 4 if int(matrix["dtype"]) == records.VALUE_CODES["scaled8"] else 2
        return Blob(begin, end, ("matrix", i), partial(Writer.elements, end=end, period=period, alike=("scale",)))

    def _end(self, begin: int) -> int:
        """Where the next blob begins."""
        return min(place for place in self._places() if place > begin)

    def _places(self) -> Iterator[int]:
        """Where blobs begin, and the end of DATA."""
        yield self.end
        yield from (self.begin + int(offset) for offset in self._tensors["data"])
        for name in ("values", "index", "count", "start", "scale"):
            yield from (self.begin + int(offset) for offset in self._matrices[name])


def _block_shape(matrix: np.void) -> tuple[int, int]:
    """Rows and columns of a block. What is not int8 has blocks one column wide."""
    name = next(name for name, code in records.ENCODING_CODES.items() if code == matrix["encoding"])
    return block_shape(name, np.int8 if matrix["dtype"] == INT8 else np.float32)


def _dense_int8(begin: int, end: int, owner: Owner, groups: int, block: int, used: int) -> Iterator[Blob]:
    """The rows that the last group lacks are not coded: of each of its blocks only `used` values."""
    whole = end - (end - begin) // groups if used else end
    yield Blob(begin, whole, owner, partial(Writer.blocks, end=whole, width=1))
    if used:
        yield Blob(whole, end, owner, partial(Writer.blocks, end=end, width=1, stride=block, used=used))
