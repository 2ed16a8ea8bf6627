"""Unpacks a packed file as docs/FORMAT.md section 11 says it, byte by byte: the C decoder is tested against it."""

from __future__ import annotations

import struct
from bisect import bisect
from itertools import accumulate

TOP = 1 << 15


class DamagedError(Exception):
    pass


def require(condition: bool) -> None:
    if not condition:
        raise DamagedError


class Table:
    def __init__(self) -> None:
        self.count, self.period, self.left = [1] * 256, 8, 0

    def renew(self) -> None:
        total = sum(self.count)
        frequency = [1 + c * (TOP - 256) // total for c in self.count]
        largest = self.count.index(max(self.count))
        frequency[largest] += TOP - sum(frequency)
        self.below = list(accumulate(frequency, initial=0))
        if self.count[largest] > TOP:
            self.count = [(c + 1) // 2 for c in self.count]
        self.left, self.period = self.period, min(2 * self.period, 512)


class Bytes:
    """Section 11.2."""

    def __init__(self, packed: bytes, tables: int, lanes: int) -> None:
        self.tables = [Table() for _ in range(tables)]
        self.states = list(struct.unpack_from(f"<{lanes}I", packed, 24))
        self.words = list(struct.unpack_from(f"<{(len(packed) - 24 - 4 * lanes) // 2}H", packed, 24 + 4 * lanes))
        self.at = self.i = 0

    def next(self, number: int) -> int:
        require(number < len(self.tables))
        table = self.tables[number]
        if table.left == 0:
            table.renew()
        lane = self.i % len(self.states)
        x = self.states[lane]
        slot = x % TOP
        s = bisect(table.below, slot) - 1
        x = (table.below[s + 1] - table.below[s]) * (x // TOP) + slot - table.below[s]
        if x < 1 << 16:
            require(self.at < len(self.words))
            x = x << 16 | self.words[self.at]
            self.at += 1
        self.states[lane] = x
        table.count[s] += 6
        table.left -= 1
        self.i += 1
        return s

    def number(self, table: int) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = self.next(table)
            value |= (byte & 127) << shift
            if byte < 128:
                require(value < 1 << 32)
                return value
        raise DamagedError


def text(coded: Bytes, file: bytearray, at: int, n: int, table: int) -> int:
    end = at + n
    while at < end:
        literals = coded.number(table)
        require(literals <= end - at)
        for _ in range(literals):
            file[at] = coded.next(table + 1)
            at += 1
        if at == end:
            break
        length, distance = coded.number(table + 2) + 4, coded.number(table + 3) + 1
        require(length <= end - at and distance <= at)
        for _ in range(length):
            file[at] = file[at - distance]
            at += 1
    return at


def elements(coded: Bytes, file: bytearray, at: int, n: int, table: int, period: int) -> int:
    require(1 <= period <= 8)
    for i in range(n):
        p = i % period
        file[at + i] = coded.next(table + (2 * p - 1 + (file[at + i - 1] >= 128) if p else 0))
    return at + n


def blocks(coded: Bytes, file: bytearray, at: int, n: int, table: int, width: int, stride: int, used: int) -> int:
    require(1 <= width <= 4 and 1 <= stride and used <= stride)
    block: list[int] = []
    for i in range(n):
        if i % stride < used:
            level = min(sum(block) // 32, 7)
            byte = coded.next(table + (1 + 8 * (len(block) - 1) + level if block else 0))
            file[at + i] = byte
            block.append(min(byte, 256 - byte))
            if len(block) == width:
                block = []
    return at + n


def index(
    coded: Bytes, file: bytearray, at: int, n: int, table: int, groups: int, units: int, kblock: int, *gaps: int
) -> int:
    require(groups >= 1 and units >= 1 and 1 <= kblock <= 256)
    widths = [min(kblock, units - first) for first in range(0, units, kblock)]
    count = at + n + gaps[0]
    start = count + 2 * groups * len(widths) + gaps[1]
    require(start + 4 * len(widths) + 4 <= len(file))
    found = 0
    for k, width in enumerate(widths):
        struct.pack_into("<I", file, start + 4 * k, found)
        for group in range(groups):
            before = found
            for first in range(0, width, 8):
                bits = coded.next(table + (width - first < 8))
                for unit in (first + i for i in range(8) if bits >> i & 1):
                    require(unit < width and found < n)
                    file[at + found] = unit
                    found += 1
            struct.pack_into("<H", file, count + 2 * (k * groups + group), found - before)
    require(found == n)
    struct.pack_into("<I", file, start + 4 * len(widths), found)
    return start + 4 * len(widths) + 4


RUNS = {1: (text, 1, lambda p: 4), 2: (elements, 2, lambda p: 2 * p[1] - 1),
        3: (blocks, 4, lambda p: 1 + 8 * (p[1] - 1)), 4: (index, 6, lambda p: 2)}  # fmt: skip
"""By kind: how to read it, how many numbers follow `skip` and `n`, and how many tables these say there are."""


def unpack(packed: bytes) -> bytes:
    """DamagedError for what section 11 does not allow."""
    require(len(packed) >= 24)
    magic, major, minor, size, file_size, tables, lanes, reserved = struct.unpack_from("<IHHIIHHI", packed)
    require(magic == 0x1B5A4E4E and (major, minor) <= (0, 1) and size == len(packed) and reserved == 0)
    require(64 <= file_size < 1 << 31 and file_size % 64 == 0)
    require(1 <= tables <= 256 and lanes in (1 << i for i in range(9)) and size >= 24 + 4 * lanes)
    coded, file, at = Bytes(packed, tables, lanes), bytearray(file_size), 0
    while kind := coded.next(0):
        require(kind in RUNS)
        run, count, needed = RUNS[kind]
        skip, n, *params = (coded.number(0) for _ in range(2 + count))
        require(skip + n <= file_size - at and params[0] + needed(params) <= tables)
        at = run(coded, file, at + skip, n, *params)
    require(all(state == 1 << 16 for state in coded.states) and coded.at == len(coded.words))
    require((len(packed) - 24 - 4 * lanes) % 2 == 0)
    return bytes(file)
