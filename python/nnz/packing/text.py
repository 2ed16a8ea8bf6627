"""Repetitions in records, names and reports, for packed files (docs/FORMAT.md section 11.3)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator

SHORTEST = 4
CANDIDATES = 128
LITERAL_BITS, COPY_BITS = 5, 14


def copies(data: bytes, begin: int, end: int, seen: dict[bytes, deque[int]]) -> Iterator[tuple[int, int, int]]:
    """Cuts data[begin:end] into literals and copies: (end of the literals, length, distance), the last of length 0.

    `seen`, of `history`, holds where four bytes stood before, and is added to.
    """
    at = literal = begin
    while at < end:
        length, distance = _longest(data, at, end, seen)
        step = length or 1
        for place in range(at, at + step):
            seen[data[place : place + SHORTEST]].append(place)
        if length:
            yield at, length, distance
            literal = at + length
        at += step
    if literal < end:
        yield end, 0, 0


def history() -> dict[bytes, deque[int]]:
    return defaultdict(lambda: deque(maxlen=CANDIDATES))


def _longest(data: bytes, at: int, end: int, seen: dict[bytes, deque[int]]) -> tuple[int, int]:
    """The copy that saves most, or a length of 0, by what literals and copies cost on average."""
    best, result = 0, (0, 0)
    for place in reversed(seen.get(data[at : at + SHORTEST], ())):
        length = SHORTEST
        while at + length < end and data[place + length] == data[at + length]:
            length += 1
        length = min(length, end - at)  # near the end even four bytes may be too many
        saved = LITERAL_BITS * length - COPY_BITS - (at - place).bit_length()
        if length >= SHORTEST and saved > best:
            best, result = saved, (length, at - place)
    return result
