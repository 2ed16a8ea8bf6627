"""Counts what layers cost on emulated boards and fits the cost profiles of their CPUs.

    python boards/fit_cost.py                     # every profile of CPUS
    python boards/fit_cost.py cortex-m4 --out /tmp

Each layer is an image of a single operator with random weights. Instructions are exact, but not time: a profile takes
one nanosecond for each, so its times compare encodings on one CPU and are estimates. Takes some minutes a profile.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import image as images
import numpy as np

from nnz.format import write
from nnz.profiling import Layer, Measurement, fit, layers

PROFILES = images.ROOT / "python" / "nnz" / "profiles"
# Layers that such devices run: output channels, input channels, kernel, pixels along a side, whose square is a multiple
# of 16, as the terms of a cost count pixels; and rows, columns.
CONVOLUTIONS = (
    (64, 64, 1, 4), (64, 64, 1, 12), (16, 8, 1, 16), (24, 40, 1, 8), (128, 128, 1, 4), (256, 64, 1, 4), (16, 128, 1, 8),
    (8, 16, 1, 24), (32, 32, 3, 4), (16, 16, 3, 12), (64, 32, 3, 4), (8, 4, 3, 24),
)  # fmt: skip
VECTORS = ((128, 128), (16, 64), (64, 256), (12, 200), (160, 40), (10, 64), (128, 640), (256, 128))
DENSITIES = (0.5, 0.1)


@dataclass(frozen=True)
class Cpu:
    """A CPU, the board that runs its images, and the board whose compiler flags are the CPU's, if that is another."""

    name: str
    board: str
    flags_of: str | None = None

    def target(self) -> images.Board:
        board = images.board(self.board)
        if not self.flags_of:
            return board
        flags = images.board(self.flags_of).settings["CPU_FLAGS"]
        return replace(board, settings=board.settings | {"CPU_FLAGS": flags})


# A Cortex-M3 executes the code of a Cortex-M0, of which no board has memory enough for these layers.
CPUS = {
    "cortex-m0": Cpu("Cortex-M0", "mps2-an385", flags_of="microbit"),
    "cortex-m3": Cpu("Cortex-M3", "mps2-an385"),
    "cortex-m4": Cpu("Cortex-M4", "mps2-an386"),
    "cortex-m7": Cpu("Cortex-M7", "mps2-an500"),
    "cortex-m33": Cpu("Cortex-M33", "mps2-an505"),
    "cortex-m55": Cpu("Cortex-M55", "mps3-an547"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profiles", nargs="*", help=f"of {', '.join(CPUS)} (default: all)")
    parser.add_argument("--out", type=Path, default=PROFILES, help="directory to write the profiles to")
    args = parser.parse_args()
    for name in args.profiles or CPUS:
        cpu = CPUS[name]
        board = cpu.target()
        found = [measure(board, layer) for layer in layers(CONVOLUTIONS, VECTORS, DENSITIES)]
        about = f"{cpu.name}: an estimate, from instructions executed on the emulated {cpu.board}, each as a nanosecond"
        path = args.out / f"{name}.json"
        path.write_text(json.dumps({"cpu": about, "isa": board.isa, **fit(found)}, indent=2) + "\n")
        print(f"{path}: {len(found)} layers")


def measure(board: images.Board, layer: Layer) -> Measurement:
    """The instructions of one inference."""
    matrix = layer.matrix(np.random.default_rng(1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "layer.nnz"
        path.write_bytes(write(layer.model(matrix)))
        run = images.run(images.build(board, path, path.parent / "image"), count=True)
    if run.code:
        raise SystemExit(f"{board.name} ended with code {run.code}:\n{run.text}")
    return Measurement.of(layer, matrix, float(run.instructions["run"]))


if __name__ == "__main__":
    main()
