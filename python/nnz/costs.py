"""What a layer costs on a CPU.

A *profile* (profiles/*.json, or a file of `nnz bench --profile-out`) holds, for one CPU level, the cost in nanoseconds
of each thing a kernel does, fitted by profiling.py to measurements on one thread. The time of a layer is the sum
over its TERMS of coefficient x amount.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import _nnz
from .encodings import MAX_KBLOCK, block_shape, count_blocks

PROFILES = Path(__file__).parent / "profiles"

CANDIDATES = {
    "conv": ("dense", "u1", "rb4"),
    "fc": ("dense", "u1", "f8x1"),
    "qconv": ("dense", "u1", "q1x4"),
    "qfc": ("dense", "u1", "q8x4"),
}
"""Kinds of layers to the encodings that they can have."""

_CONVOLUTION = ("launch", "input", "output", "spill", "run", "block", "pixel", "mac", "far")
_VECTOR_PRODUCT = ("launch", "input", "output", "run", "missed", "block", "first", "far")
TERMS = {
    "conv": _CONVOLUTION,
    "fc": _VECTOR_PRODUCT,
    "qconv": (*_CONVOLUTION, "unit"),
    "qfc": (*_VECTOR_PRODUCT, "unit"),
}
"""Kinds of layers to what their time is the sum of; see amounts()."""

SMALL_LEVELS = ("scalar", "dsp", "helium")
"""Those of small devices."""

# Levels that nobody has measured yet, and whose profile comes nearest.
_NEAREST = {"neon": "pi4", "dotprod": "pi5", "i8mm": "pi5"}
_TILE = 96  # pixels of one walk over the weights
_LANES = 16  # pixels are worked on in multiples of this
_L1_BYTES = 32 << 10
_L2_BYTES = 1 << 20
_FIRST_BYTES = 256 << 10  # of weights behind L2: the first ones come slower than those that follow
_FILTER_POINTS = 6  # along a side of a tile that is transformed
_FILTER_ROWS, _FILTER_COLUMNS, _FILTER_TILES = 64, 12, 16  # at least
_FILTER_ACROSS, _FILTER_INPUT_BYTES, _FILTER_WEIGHT_BYTES = 160, 640 << 10, 16 << 20  # at most: tiles of a row, bytes
_LEARNT_RUNS = 1024  # so many runs of weights a CPU remembers, and predicts where they end


@dataclass(frozen=True)
class Profile:
    """Costs of one CPU level: `costs[kind][encoding]` are nanoseconds for one of each of the kind's TERMS. Dense
    convolutions that run by minimal filtering (is_filtered()) take `filtered` times what their costs come to.
    """

    name: str
    cpu: str
    isa: str
    costs: dict[str, dict[str, tuple[float, ...]]]
    filtered: float = 1.0
    estimate: str = ""  # how the costs were made, if they were not measured


def weight_type(kind: str) -> np.dtype:
    """The type of the weights of a layer of `kind`, a key of CANDIDATES."""
    return np.dtype(np.int8 if kind.startswith("q") else np.float32)


class Stored(NamedTuple):
    """What an encoding stores of a layer's weights."""

    rows: int
    cols: int
    blocks: int
    units: int = 0  # of int8 weights one by one: words of four columns of a row that hold some

    @classmethod
    def of(cls, nonzero: np.ndarray, kind: str, encoding: str) -> Stored:
        """nonzero: [rows, cols], whether each weight is to be stored."""
        rows, cols = nonzero.shape
        dtype = weight_type(kind)
        one_by_one = encoding == "u1" and dtype == np.int8
        units = count_blocks(nonzero, "q1x4", dtype) if one_by_one else 0
        return cls(rows, cols, count_blocks(nonzero, encoding, dtype), units)


def amounts(kind: str, encoding: str, stored: Stored, pixels: int) -> tuple[float, ...]:
    """How often a layer of `kind` does each of its TERMS, over `pixels` output pixels (for `fc` and `qfc`: vectors).

    launch: once; input: elements packed or read; output: elements started and stored; run: walks over the blocks of
    one group of rows in one K-block; block: blocks fetched; unit: of int8 weights one by one, units, as some levels
    put together what shares one.
    """
    count = _of_vectors if kind in ("fc", "qfc") else _of_convolution
    named = count(kind, encoding, stored, pixels)
    return tuple(float(named[term]) for term in TERMS[kind])


def _of_vectors(kind: str, encoding: str, stored: Stored, vectors: int) -> dict[str, float]:
    """missed: runs whose end the CPU mispredicts, those beyond _LEARNT_RUNS; first: blocks among the first of the
    weights; far: blocks beyond what L2 holds.
    """
    rows, cols, blocks, units = stored
    height, width = block_shape(encoding, weight_type(kind))
    block_bytes = height * width * weight_type(kind).itemsize
    runs = _runs(stored, height, width)
    full = blocks == -(-rows // height) * -(-cols // width)
    terms = {
        "launch": 1,
        "input": cols,
        "output": rows,
        "run": runs,
        "missed": 0 if full else max(0, runs - _LEARNT_RUNS),
        "block": blocks,
        "first": min(blocks, _FIRST_BYTES / block_bytes),
        "far": max(0, blocks - _L2_BYTES / block_bytes),
        "unit": units,
    }
    return {term: n if term == "launch" else n * vectors for term, n in terms.items()}


def _of_convolution(kind: str, encoding: str, stored: Stored, pixels: int) -> dict[str, float]:
    """spill: inputs and outputs, where they exceed the L2 cache; pixel: blocks times pixels; mac: the same with pixels
    in whole vectors, as are those of inputs, outputs and units; far: those of them that find their pixels in L2, not
    in L1.
    """
    rows, cols, blocks, units = stored
    item = weight_type(kind).itemsize
    runs = _runs(stored, *block_shape(encoding, weight_type(kind)))
    padded = -(-pixels // _LANES) * _LANES
    tiles = -(-pixels // _TILE)
    elements = (cols + rows) * padded
    macs = blocks * padded
    # A float walk touches the pixels of its own columns in one K-block; int8 kernels walk over the whole tile at once.
    touched = cols * padded / tiles if kind == "qconv" else item * macs / (runs * tiles)
    return {
        "launch": 1,
        "input": cols * padded,
        "output": rows * padded,
        "spill": elements if elements * item > _L2_BYTES else 0,
        "run": runs * tiles,
        "block": blocks * tiles,
        "pixel": blocks * pixels,
        "mac": macs,
        "far": macs if touched > _L1_BYTES else 0,
        "unit": units * padded,
    }


def _runs(stored: Stored, height: int, width: int) -> int:
    return -(-stored.rows // height) * -(-stored.cols // (MAX_KBLOCK * width))


def is_filtered(rows: int, channels: int, kernel: int, stride: int, height: int, width: int) -> bool:
    """Whether a convolution of float32 runs by minimal filtering if its weights are dense: `rows` output channels of
    `height` by `width`, square windows without dilation. As runtime/src/ops/winograd.c has it.
    """
    if stride > 2 or not 2 * stride < kernel <= 4 * stride:
        return False
    tile = _FILTER_POINTS + 1 - -(-kernel // stride)
    down, across = -(-height // tile), -(-width // tile)
    columns = channels * stride * stride
    column_bytes = columns * _FILTER_POINTS**2 * weight_type("conv").itemsize
    return (
        rows >= _FILTER_ROWS
        and columns >= _FILTER_COLUMNS
        and down * across >= _FILTER_TILES
        and across <= _FILTER_ACROSS
        and column_bytes * across <= _FILTER_INPUT_BYTES
        and column_bytes * rows <= _FILTER_WEIGHT_BYTES
    )


def predict(profile: Profile, kind: str, encoding: str, stored: Stored, pixels: int, filtered: bool = False) -> float:
    """Nanoseconds that one thread takes for a layer of `kind`, a key of CANDIDATES. `filtered`: whether it runs by
    minimal filtering if it is dense; see is_filtered().
    """
    costs = profile.costs[kind][encoding]
    share = profile.filtered if filtered and encoding == "dense" else 1.0
    return float(np.dot(costs, amounts(kind, encoding, stored, pixels))) * share


def load_profile(target: str) -> Profile:
    """The profile called `target`: "host" (this CPU's level), a name in profiles/, or the path of a JSON file.

    ValueError where there is none, or the file is not a profile.
    """
    if target == "host":
        return _read(PROFILES / f"{host_level()}.json")
    if target.endswith(".json") or os.sep in target:
        return _read(Path(target))
    path = PROFILES / f"{target}.json"
    if not path.exists():
        names = ", ".join(sorted(p.stem for p in PROFILES.glob("*.json")))
        raise ValueError(f"no cost profile '{target}': expected host, {names}, or the path of a .json file")
    return _read(path)


def for_small_devices(target: str) -> bool:
    """Whether a target's level is one that small devices have: their kernels leave out what only hosts need."""
    return target != "host" and load_profile(target).isa in SMALL_LEVELS


def host_level() -> str:
    """The name of the profile for this CPU at the level that NNZ_CPU allows: the level's own, or the nearest one's."""
    level = _nnz.host_isa()
    return _NEAREST.get(level, level)


@cache
def _read(path: Path) -> Profile:
    try:
        text = json.loads(path.read_text())
        costs = {
            kind: {
                encoding: tuple(float(text["costs"][kind][encoding][term]) for term in TERMS[kind])
                for encoding in encodings
            }
            for kind, encodings in CANDIDATES.items()
        }
        filtered, estimate = float(text.get("filtered", 1.0)), str(text.get("estimate", ""))
        return Profile(path.stem, str(text["cpu"]), str(text["isa"]), costs, filtered, estimate)
    except OSError as error:
        raise ValueError(f"cost profile {path}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{path} is not a cost profile as this version of nnz writes it ({what}): "
            f"on the CPU that it is of, run nnz bench --profile-out {path.name}"
        ) from error
