#!/usr/bin/env python3
"""Estimates the cost profiles of Raspberry Pi boards, without a board.

    cmake --preset aarch64 && cmake --build --preset aarch64
    python benchmarks/arm_profiles.py             # pi3, pi4, pi5 of `nnz convert --target`

The instructions that each layer's kernels execute are counted under QEMU. A product's take the cycles an instruction
that llvm-mca finds for its inner loop on the board's CPU, a packing's those of Board.packing; the weights of a fully
connected layer come from memory in the time that Board.memory says. These two, and the clocks, are assumptions. The
coefficients are fitted to the sums as they are to measured times. Takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arm_count import Counter
from arm_loops import KERNELS, ToolError, estimate

from nnz.costs import PROFILES
from nnz.format import Matrix
from nnz.profiling import Layer, Measurement, fit, layers


@dataclass(frozen=True)
class Board:
    name: str
    cpu: str
    model: str  # the CPU as llvm-mca knows it
    level: str
    gigahertz: float
    packing: float  # cycles an instruction while packing
    memory: float  # bytes a nanosecond that one core reads


BOARDS = (
    Board("pi3", "Raspberry Pi 3 (Cortex-A53, 1.2 GHz)", "cortex-a53", "neon", 1.2, 1.5, 2),
    Board("pi4", "Raspberry Pi 4 (Cortex-A72, 1.5 GHz)", "cortex-a72", "neon", 1.5, 0.7, 4),
    Board("pi5", "Raspberry Pi 5 (Cortex-A76, 2.4 GHz)", "neoverse-n1", "dotprod", 2.4, 0.4, 8),
)
# Output channels, input channels, kernel, pixels along a side; small enough to be emulated.
CONVOLUTIONS = (
    (64, 64, 1, 28), (128, 128, 1, 14), (256, 256, 1, 14), (64, 64, 3, 14), (512, 512, 1, 7), (64, 64, 1, 5),
    (24, 16, 1, 48), (1000, 512, 1, 1),
)  # fmt: skip
VECTORS = ((128, 64), (128, 512), (640, 128), (512, 512), (1000, 1024))
DENSITIES = (0.5, 0.2, 0.05)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PROFILES, help="directory to write the profiles to")
    args = parser.parse_args()
    try:
        counted = {level: list(count(level)) for level in dict.fromkeys(board.level for board in BOARDS)}
        for board in BOARDS:
            write_profile(board, counted[board.level], args.out / f"{board.name}.json")
    except (ToolError, OSError) as error:
        print(f"arm_profiles: error: {error}", file=sys.stderr)
        return 1
    return 0


def write_profile(board: Board, counted: list[tuple[Layer, Matrix, dict[str, int]]], path: Path) -> None:
    measurements = [
        Measurement.of(layer, matrix, nanoseconds(board, layer, matrix, instructions))
        for layer, matrix, instructions in counted
    ]
    profile = {
        "cpu": board.cpu,
        "isa": board.level,
        "estimate": "instructions counted under QEMU times cycles by llvm-mca; not measured on a board",
        **fit(measurements),
    }
    path.write_text(json.dumps(profile, indent=2) + "\n")
    spread = ", ".join(f"{name} {part['median']:.0%}" for name, part in profile["error"].items())
    print(f"{path}: {len(measurements)} layers; median error of the fit: {spread}")


def count(level: str) -> Iterator[tuple[Layer, Matrix, dict[str, int]]]:
    """Every layer with its matrix and the instructions of its kernels."""
    rng = np.random.default_rng(1)
    with Counter() as counter:
        for layer in layers(CONVOLUTIONS, VECTORS, DENSITIES):
            matrix = layer.matrix(rng)
            yield layer, matrix, counter.count(layer.model(matrix), level)


def nanoseconds(board: Board, layer: Layer, matrix: Matrix, instructions: dict[str, int]) -> float:
    cycles = sum(n * cycles_an_instruction(board, name) for name, n in instructions.items())
    time = cycles / board.gigahertz
    return time if layer.side else max(time, matrix.nbytes / board.memory)


def cycles_an_instruction(board: Board, name: str) -> float:
    kernel = next((kernel for kernel in KERNELS if kernel.name == name), None)
    if not kernel:
        return board.packing
    loop = estimate(kernel, board.model)
    return loop.cycles / loop.instructions


if __name__ == "__main__":
    sys.exit(main())
