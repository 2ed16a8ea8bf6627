"""The entropy coder of packed files (docs/FORMAT.md section 11.2): interleaved rANS over adaptive tables of bytes.

What makes it fit for numpy: a table only changes when it is renewed, so all bytes between two renewals are looked up at
once; and one step encodes a byte in each of up to 256 lanes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BITS = 15
SLOTS = 1 << BITS
LOWEST = 1 << 16
FIRST_PERIOD, LAST_PERIOD = 8, 512
STEP = 6
LIMIT = 1 << 15
MAX_LANES = 256
BYTES_IN_LANE = 4096
"""Fewer bytes in a lane are not worth the four bytes that its state takes."""

Progress = Callable[[int, int], None]


class _Table:
    """How often each byte came, and its slots: as `below | frequency << 16`."""

    def __init__(self) -> None:
        self.count = np.ones(256, np.int64)
        self.period = FIRST_PERIOD

    def renew(self) -> tuple[np.ndarray, int]:
        """The slots of each byte, and for how many bytes they hold."""
        most = int(np.argmax(self.count))
        frequency = 1 + self.count * (SLOTS - 256) // int(self.count.sum())
        frequency[most] += SLOTS - int(frequency.sum())
        below = np.cumsum(frequency) - frequency
        if self.count[most] > LIMIT:
            self.count = (self.count + 1) // 2
        period, self.period = self.period, min(2 * self.period, LAST_PERIOD)
        return (below | frequency << 16).astype(np.uint32), period


def slots(symbols: np.ndarray, tables: np.ndarray, progress: Progress | None = None) -> np.ndarray:
    """For each byte of `symbols`, coded under the table of that number: `below | frequency << 16` at its time."""
    result = np.empty(len(symbols), np.uint32)
    done = 0
    for number in np.flatnonzero(np.bincount(tables, minlength=1)).tolist():
        places = np.flatnonzero(tables == number)
        coded = symbols[places]
        found = np.empty(len(coded), np.uint32)
        table, at = _Table(), 0
        while at < len(coded):
            words, period = table.renew()
            part = coded[at : at + period]
            found[at : at + period] = words[part]
            table.count += STEP * np.bincount(part, minlength=256)
            at += period
        result[places] = found
        done += len(coded)
        if progress:
            progress(done, len(symbols))
    return result


def bits(found: np.ndarray) -> np.ndarray:
    """What each byte costs, from the result of `slots`."""
    cost = BITS - np.log2(np.maximum(np.arange(SLOTS + 1), 1)).astype(np.float32)
    return cost[found >> 16]


def lanes(n: int) -> int:
    """How many lanes `n` bytes are spread over: a power of two."""
    return min(1 << max(n // BYTES_IN_LANE, 1).bit_length() - 1, MAX_LANES)


def encode(found: np.ndarray, progress: Progress | None = None) -> tuple[int, bytes]:
    """The number of lanes; and their states and words, from the result of `slots`."""
    n = len(found)
    width = lanes(n)
    states = np.full(width, LOWEST, np.uint64)
    words = np.empty(n, np.uint16)
    free = n
    chunk = 1024 * width
    bits_, word = np.uint64(BITS), np.uint64(16)
    for first in range((n - 1) // chunk * chunk, -1, -chunk):
        part = found[first : first + chunk]
        frequency, below = (part >> 16).astype(np.uint64), (part & 0xFFFF).astype(np.uint64)
        most = frequency << np.uint64(32 - BITS)
        for at in range((len(part) - 1) // width * width, -1, -width):
            here = slice(at, at + width)
            x = states[: len(frequency[here])]
            large = x >= most[here]
            if large.any():
                low = x[large]
                free -= len(low)
                words[free : free + len(low)] = low.astype(np.uint16)
                x[large] = low >> word
            quotient, rest = np.divmod(x, frequency[here])
            x[:] = (quotient << bits_) + rest + below[here]
        if progress:
            progress(n - first, n)
    return width, states.astype("<u4").tobytes() + words[free:].astype("<u2").tobytes()
