"""What a layer costs on a target, and from that the encoding and the pattern that run it fastest.

A *profile* (converters/profiles/*.json) holds, for one CPU level, the cost in nanoseconds of each thing a kernel
does, fitted by benchmarks/fit_cost.py from measurements of the runtime's own kernels on one thread. The time of a
layer with W of `rows` x `cols` in `blocks` stored blocks, over `pixels` output pixels (for `fc`: vectors), is the sum
over TERMS of coefficient x amount.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nnz.encodings import ENCODINGS, count_blocks

PROFILES = Path(__file__).parent / "profiles"

CANDIDATES = {"conv": ("dense", "u1", "rb4"), "fc": ("dense", "u1", "f8x1")}
PATTERNS = {"u1": "unstructured", "rb4": "4x1", "f8x1": "8x1"}

NEARLY = 1.05

TERMS = ("launch", "input", "output", "run", "block", "mac", "far")
# Levels whose float kernels are those of another, and those nobody has measured yet.
_NEAREST = {"avx512vnni": "avx512", "neon": "avx2", "dotprod": "avx2", "i8mm": "avx2"}
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


def amounts(kind: str, encoding: str, rows: int, cols: int, blocks: int, pixels: int) -> tuple[float, ...]:
    """How often a layer does each of TERMS.

    launch: once; input: elements packed or read; output: elements started and stored; run: walks over the blocks of
    one group of rows in one K-block; block: blocks fetched; mac: blocks times pixels; far: those of them whose walks
    touch more pixels than the L1 cache holds.
    """
    runs = -(-rows // ENCODINGS[encoding]) * -(-cols // 256)
    if kind == "fc":
        return (1.0, cols * pixels, rows * pixels, runs * pixels, blocks * pixels, 0.0, 0.0)
    padded = -(-pixels // _VECTOR) * _VECTOR
    tiles = -(-pixels // _TILE)
    macs = blocks * padded
    touched = 4 * macs / (runs * tiles)
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
    """Nanoseconds that one thread takes for a layer of `kind` ("conv" or "fc")."""
    costs = profile.costs[kind][encoding]
    return float(np.dot(costs, amounts(kind, encoding, rows, cols, blocks, pixels)))


def choose_encoding(
    kind: str, weights: np.ndarray, pixels: int, target: str = "host", value_bytes: float = 4
) -> tuple[str, str]:
    """The encoding in which the target runs a layer fastest, and the reason: the candidates' times, fastest first.

    Of encodings within NEARLY of the fastest, which the model cannot tell apart, the one of fewest bytes is taken.

    kind: "conv" or "fc"; weights: [rows, cols] with zeros where nothing is to be done; pixels: output pixels of a
    convolution, number of vectors of an `fc`; target: see load_profile(); value_bytes: of a weight in the file.
    """
    profile = load_profile(target)
    rows, cols = weights.shape
    nonzero = weights != 0
    times, sizes = {}, {}
    for encoding in CANDIDATES[kind]:
        blocks = count_blocks(nonzero, encoding)
        times[encoding] = predict(profile, kind, encoding, rows, cols, blocks, pixels)
        sizes[encoding] = blocks * (value_bytes * ENCODINGS[encoding] + (encoding != "dense"))
    order = sorted(times, key=lambda encoding: times[encoding])
    reason = ", ".join(f"{encoding} {_duration(times[encoding])}" for encoding in order)
    choice = min((e for e in order if times[e] <= NEARLY * times[order[0]]), key=lambda encoding: sizes[encoding])
    return choice, reason if choice == order[0] else f"{reason}; {choice} is nearly as fast and smaller"


def fastest_pattern(kind: str, rows: int, cols: int, pixels: int, sparsity: float, target: str = "host") -> str:
    """The pruning pattern ("unstructured", "4x1", "8x1") whose kernel runs a layer of `sparsity` fastest on the
    target.
    """
    profile = load_profile(target)

    def time(encoding: str) -> float:
        blocks = round((1 - sparsity) * rows * cols / ENCODINGS[encoding])
        return predict(profile, kind, encoding, rows, cols, blocks, pixels)

    return PATTERNS[min((e for e in CANDIDATES[kind] if e in PATTERNS), key=time)]


def load_profile(target: str) -> Profile:
    """The profile called `target`: "host" (this CPU's level), a name in converters/profiles, or the path of a JSON
    file.

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
    from nnz._nnz import host_isa

    level = host_isa()
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
        raise ValueError(f"{path} is not a cost profile as benchmarks/fit_cost.py writes it: {error!r}") from error


def _duration(nanoseconds: float) -> str:
    if nanoseconds < 1e3:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.3g} us"
    return f"{nanoseconds / 1e6:.3g} ms"
