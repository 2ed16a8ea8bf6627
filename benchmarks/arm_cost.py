#!/usr/bin/env python3
"""What the NEON kernels cost, without a board: cycles of their inner loops by llvm-mca, and executed instructions.

    cmake --preset aarch64 && cmake --build --preset aarch64
    python benchmarks/arm_cost.py                 # both tables, in Markdown
    python benchmarks/arm_cost.py --json

The first table holds, for the widest inner loop of each kernel as clang compiles it, cycles of one pass beside the
port limit: those in which the busiest unit of loads or of vector arithmetic is at work. llvm-mca assumes that all
data is in the L1 cache. The second one counts the instructions that a layer executes under QEMU, its packing
included, for each multiplication that a dense layer would do, dense and at 90 % zeros in the encoding's blocks.

Needs clang-19, llvm-19, gcc, qemu-user.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np
from arm_count import Counter
from arm_loops import CPUS, KERNELS, LACKING_DOTPROD, ToolError, estimate

from nnz.encodings import decode
from nnz.profiling import CANDIDATES, Layer

DENSITY = 0.1
SHAPES = {
    "conv": (256, 256, 1, 14),
    "qconv": (256, 256, 1, 14),
    "fc": (512, 512, 1, 0),
    "qfc": (512, 512, 1, 0),
}  # output channels, input channels, kernel, pixels along a side
LEVELS = {"conv": ("neon",), "fc": ("neon",), "qconv": ("neon", "dotprod"), "qfc": ("neon", "dotprod")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    try:
        loops, layers = list(loop_rows()), list(layer_rows())
    except (ToolError, OSError) as error:
        print(f"arm_cost: error: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps({"loops": loops, "layers": layers}))
        return 0
    print_loops(loops)
    print()
    print_layers(layers)
    return 0


def loop_rows():
    for kernel in KERNELS:
        for cpu in CPUS:
            if kernel.isa == "neon" or cpu not in LACKING_DOTPROD:
                yield {"kernel": kernel.name, "cpu": cpu, **vars(estimate(kernel, cpu))}


def layer_rows():
    with Counter() as counter:
        for kind, encodings in CANDIDATES.items():
            for encoding in encodings:
                for level in LEVELS[kind]:
                    layer = Layer(kind, encoding, *SHAPES[kind], 1.0 if encoding == "dense" else DENSITY)
                    matrix = layer.matrix(np.random.default_rng(0))
                    instructions = sum(counter.count(layer.model(matrix), level).values())
                    macs = layer.rows * layer.cols * layer.pixels
                    yield {
                        "layer": kind,
                        "encoding": encoding,
                        "level": level,
                        "instructions": instructions,
                        "dense_macs": macs,
                        "macs": round(macs * np.count_nonzero(decode(matrix)) / (layer.rows * layer.cols)),
                    }


def print_loops(rows: list[dict]) -> None:
    print("| kernel | MACs a pass | " + " | ".join(CPUS) + " |")
    print("|---|---|" + "---|" * len(CPUS))
    for kernel in KERNELS:
        found = {row["cpu"]: row for row in rows if row["kernel"] == kernel.name}
        cells = [
            f"{row['cycles']:.1f} / {row['limit']:.1f} = {row['cycles'] / row['limit']:.2f}" if row else "-"
            for row in (found.get(cpu) for cpu in CPUS)
        ]
        macs = next(iter(found.values()))["macs"]
        print(f"| `{kernel.name}` | {macs} | " + " | ".join(cells) + " |")


def print_layers(rows: list[dict]) -> None:
    print("| layer | encoding | level | instructions | per dense MAC | per MAC done |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        per_dense, per_mac = row["instructions"] / row["dense_macs"], row["instructions"] / row["macs"]
        print(
            f"| {row['layer']} | {row['encoding']} | {row['level']} | {row['instructions']:,} | {per_dense:.4f}"
            f" | {per_mac:.3f} |"
        )


if __name__ == "__main__":
    sys.exit(main())
