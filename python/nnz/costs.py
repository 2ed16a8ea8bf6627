"""What a layer costs on a CPU.

A *profile* (profiles/*.json, or a file of `nnz bench --profile-out`) holds, for one CPU level, the cost in nanoseconds
of each thing a kernel does, fitted by profiling.py to measurements on one thread. The time of a layer with W of `rows`
x `cols` in `blocks` stored blocks, over `pixels` output pixels (for `fc` and `qfc`: vectors), is the sum over TERMS of
coefficient x amount.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from . import _nnz
from .encodings import MAX_KBLOCK, block_shape

PROFILES = Path(__file__).parent / "profiles"

CANDIDATES = {
    "conv": ("dense", "u1", "rb4"),
    "fc": ("dense", "u1", "f8x1"),
    "qconv": ("dense", "u1", "q1x4"),
    "qfc": ("dense", "u1", "q8x4"),
}
"""Kinds of layers to the encodings that they can have."""

TERMS = ("launch", "input", "output", "run", "block", "mac", "far")
# Levels that nobody has measured yet, and whose profile comes nearest.
_NEAREST = {"neon": "avx2", "dotprod": "avx2", "i8mm": "avx2"}
_TILE = 96  # pixels that share one walk over the weights
_VECTOR = 16  # pixels are worked on in multiples of this
_NEAR_BYTES = 32 << 10  # of pixels that one walk may touch, for the next to find them in the L1 cache


@dataclass(frozen=True)
class Profile:
    """Costs of one CPU level: `costs[kind][encoding]` are nanoseconds for one of each of TERMS."""

    name: str
    cpu: str
    isa: str
    costs: dict[str, dict[str, tuple[float, ...]]]


def weight_type(kind: str) -> np.dtype:
    """The type of the weights of a layer of `kind`, a key of CANDIDATES."""
    return np.dtype(np.int8 if kind.startswith("q") else np.float32)


def amounts(kind: str, encoding: str, rows: int, cols: int, blocks: int, pixels: int) -> tuple[float, ...]:
    """How often a layer does each of TERMS.

    launch: once; input: elements packed or read; output: elements started and stored; run: walks over the blocks of
    one group of rows in one K-block; block: blocks fetched; mac: blocks times pixels; far: those of them whose walks
    touch more pixels than the L1 cache holds.
    """
    dtype = weight_type(kind)
    height, width = block_shape(encoding, dtype)
    runs = -(-rows // height) * -(-cols // (MAX_KBLOCK * width))
    if kind in ("fc", "qfc"):
        return (1.0, cols * pixels, rows * pixels, runs * pixels, blocks * pixels, 0.0, 0.0)
    padded = -(-pixels // _VECTOR) * _VECTOR
    tiles = -(-pixels // _TILE)
    macs = blocks * padded
    touched = dtype.itemsize * width * macs / (runs * tiles)
    return (
        1.0,
        cols * padded,
        rows * padded,
        runs * tiles,
        blocks * tiles,
        macs,
        macs if touched > _NEAR_BYTES else 0.0,
    )


def predict(profile: Profile, kind: str, encoding: str, rows: int, cols: int, blocks: int, pixels: int) -> float:
    """Nanoseconds that one thread takes for a layer of `kind`, a key of CANDIDATES."""
    costs = profile.costs[kind][encoding]
    return float(np.dot(costs, amounts(kind, encoding, rows, cols, blocks, pixels)))


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
                encoding: tuple(float(text["costs"][kind][encoding][term]) for term in TERMS) for encoding in encodings
            }
            for kind, encodings in CANDIDATES.items()
        }
        return Profile(path.stem, str(text["cpu"]), str(text["isa"]), costs)
    except OSError as error:
        raise ValueError(f"cost profile {path}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a cost profile as nnz bench --profile-out writes it: {error!r}") from error
