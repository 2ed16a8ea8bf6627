"""Packs a `.nnz` file for storage (docs/FORMAT.md section 11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import records
from ..reader import read
from . import rans
from .content import Content, Owner
from .writer import Writer

Progress = Callable[[int, int], None]


def pack(file: bytes, progress: Progress | None = None) -> bytes:
    """The packed form of a `.nnz` file, which `nnz.format.unpack` turns into the same bytes again.

    `progress` is called with how much is done, and of how much.
    """
    read(file)
    writer = _code(file)

    def report(done: int, total: int, before: int) -> None:
        if progress:
            progress(before * total + done, 2 * total)

    slots = rans.slots(*writer.coded(), lambda done, total: report(done, total, 0))
    lanes, words = rans.encode(slots, lambda done, total: report(done, total, 1))
    header = np.zeros(1, records.PACKED)
    header["magic"], header["major"], header["minor"] = records.PACKED_MAGIC, records.MAJOR, records.MINOR
    header["packed_size"], header["file_size"] = header.nbytes + len(words), len(file)
    header["tables"], header["lanes"] = writer.table_count, lanes
    return header.tobytes() + words


@dataclass(frozen=True)
class PackedSize:
    """Of a file when it is packed: its bytes, and the bits of each constant tensor and matrix by (what, number)."""

    bytes: int
    parts: dict[Owner, float]


def packed_size(file: bytes) -> PackedSize:
    writer = _code(file)
    slots = rans.slots(*writer.coded())
    upto = np.concatenate([[0.0], np.cumsum(rans.bits(slots), dtype=np.float64)])
    parts: dict[Owner, float] = {}
    for owner, first, last in writer.owned:
        parts[owner] = parts.get(owner, 0.0) + float(upto[last] - upto[first])
    return PackedSize(records.PACKED.itemsize + len(rans.encode(slots)[1]), parts)


def _code(file: bytes) -> Writer:
    """All runs of a valid file."""
    content = Content(file)
    writer = Writer(file)
    writer.text(content.begin)
    for blob in content.blobs():
        if blob.begin >= writer.at:
            writer.rest(blob.begin)
            writer.blob(blob)
    writer.rest(content.end)
    writer.text(len(file))
    writer.finish()
    return writer
