#!/usr/bin/env python3
"""How far the encodings that the cost model chooses are from the fastest ones.

    python benchmarks/choice.py                        # this CPU, by its level's profile
    python benchmarks/choice.py --target mine.json     # by a profile of nnz bench --profile-out
    NNZ_CPU=avx2 python benchmarks/choice.py --all     # a lesser level; every layer, not only those chosen wrongly

Layers of a grid of shapes (none that profiles are fitted to), patterns and sparsities are measured in every encoding.
A line: the chosen encoding's time over that of the fastest. Where that is not near, all encodings of the layer are
measured more often: of a few microseconds, a passing load or a cache that others share makes half as many again.
Takes about a minute and a half.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnz.cli.table import percent, table
from nnz.convert.cost import choose_encoding
from nnz.costs import CANDIDATES, host_level, is_filtered, weight_type
from nnz.encodings import encode
from nnz.profiling import Layer, nanoseconds, random_weights
from nnz.progress import Progress

# Output channels, input channels, kernel, pixels along a side.
CONVOLUTIONS = (
    (32, 32, 1, 56), (128, 128, 1, 28), (320, 192, 1, 14), (1024, 256, 1, 14), (160, 960, 1, 7), (768, 768, 1, 12),
    (96, 96, 3, 20), (256, 256, 3, 7), (48, 24, 3, 10),
)  # fmt: skip
VECTORS = ((64, 256), (256, 256), (768, 512), (1000, 1280), (384, 1536))
SPARSITIES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
PATTERNS = {
    "conv": {"unstructured": (1, 1), "4x1": (4, 1)},
    "fc": {"unstructured": (1, 1), "8x1": (8, 1)},
    "qconv": {"unstructured": (1, 1), "1x4": (1, 4)},
    "qfc": {"unstructured": (1, 1), "8x4": (8, 4)},
}
BAR = 0.15
DOUBT = 0.05  # excess above which a layer is measured again
MORE_SWEEPS = 6  # over such layers


@dataclass
class Case:
    """A layer with its weights, and the best time in each encoding so far."""

    kind: str
    shape: tuple[int, int, int, int]
    pattern: str
    sparsity: float
    weights: np.ndarray
    times: dict[str, float]

    def measure(self, encoding: str) -> None:
        layer = Layer(self.kind, encoding, *self.shape, density=1 - self.sparsity)
        time = nanoseconds(layer, encode(self.weights, encoding))
        self.times[encoding] = min(time, self.times.get(encoding, np.inf))

    def row(self, target: str) -> dict:
        rows, channels, kernel, side = self.shape
        filtered = self.kind == "conv" and is_filtered(rows, channels, kernel, 1, side, side)
        chosen, reason = choose_encoding(self.kind, self.weights, max(side * side, 1), target, filtered=filtered)
        fastest = min(self.times, key=lambda encoding: self.times[encoding])
        return {
            "kind": self.kind,
            "shape": f"{rows}x{channels}x{kernel}x{kernel}, {side}x{side}" if side else f"{rows}x{channels}",
            "pattern": self.pattern,
            "sparsity": self.sparsity,
            "chosen": chosen,
            "fastest": fastest,
            "excess": self.times[chosen] / self.times[fastest] - 1,
            "seconds": {encoding: time * 1e-9 for encoding, time in self.times.items()},
            "expected": reason,
        }


def cases(kinds: list[str], sparsities: tuple[float, ...] = SPARSITIES) -> Iterator[Case]:
    rng = np.random.default_rng(2)
    for kind in kinds:
        shapes = CONVOLUTIONS if kind in ("conv", "qconv") else [(m, c, 1, 0) for m, c in VECTORS]
        for rows, channels, kernel, side in shapes:
            for pattern, block in PATTERNS[kind].items():
                for sparsity in sparsities:
                    if sparsity or pattern == "unstructured":
                        weights = random_weights(rng, rows, channels * kernel * kernel, block, 1 - sparsity)
                        weights = weights.astype(weight_type(kind))
                        yield Case(kind, (rows, channels, kernel, side), pattern, sparsity, weights, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="host", metavar="NAME|FILE", help="the profile (default: this CPU's level)")
    parser.add_argument("--kinds", default=",".join(CANDIDATES), help="of layers, comma-separated (default: all)")
    parser.add_argument("--sweeps", type=int, default=2, help="over the grid, against passing load (default: 2)")
    parser.add_argument("--all", action="store_true", help="every layer, not only those chosen wrongly")
    parser.add_argument("--json", action="store_true", help="print JSON, seconds")
    args = parser.parse_args()
    grid = list(cases(args.kinds.split(",")))
    with Progress() as progress:
        measure(grid, args.sweeps, progress, "measuring")
        doubtful = [case for case in grid if case.row(args.target)["excess"] > DOUBT]
        measure(doubtful, MORE_SWEEPS, progress, "measuring again")
    rows = [case.row(args.target) for case in grid]
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{host_level()}, by the profile of {args.target}; measured again: {len(doubtful)} layers\n")
        print("\n\n".join(tables(rows, args.all)))
    if max(row["excess"] for row in rows) > BAR:
        sys.exit(f"not every chosen encoding is within {BAR:.0%} of the fastest")


def measure(grid: list[Case], sweeps: int, progress: Progress, what: str) -> None:
    jobs = [(case, encoding) for _ in range(sweeps) for case in grid for encoding in CANDIDATES[case.kind]]
    for done, (case, encoding) in enumerate(jobs, 1):
        case.measure(encoding)
        progress(what, done, len(jobs))


def tables(rows: list[dict], everything: bool) -> list[str]:
    """The layers whose choice was not the fastest (or all), worst first; then a summary of each kind."""
    shown = sorted((row for row in rows if everything or row["excess"] > 0), key=lambda row: -row["excess"])
    lines = [
        [
            *(row[key] for key in ("kind", "shape", "pattern")),
            percent(row["sparsity"]),
            row["chosen"],
            row["fastest"],
            percent(row["excess"]),
            ", ".join(f"{encoding} {seconds * 1e6:.4g}" for encoding, seconds in row["seconds"].items()),
        ]
        for row in shown
    ]
    headers = ["kind", "layer", "pattern", "zeros", "chosen", "fastest", "excess", "measured, us"]
    summary = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        excess = np.array([row["excess"] for row in rows if row["kind"] == kind])
        right, near = (excess == 0).mean(), (excess <= BAR).mean()
        summary.append([kind, len(excess), *map(percent, (right, near, excess.mean(), excess.max()))])
    return [
        table(headers, lines),
        table(["kind", "layers", "fastest chosen", f"within {BAR:.0%}", "mean excess", "worst"], summary),
    ]


if __name__ == "__main__":
    main()
