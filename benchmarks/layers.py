#!/usr/bin/env python3
"""How far each layer of a model is from what the core can do.

    cmake --preset release -DNNZ_BUILD_TESTS=ON && cmake --build --preset release     # nnz_peak
    python benchmarks/layers.py MODEL.nnz              # or MODEL.onnx, which is converted first
    NNZ_CPU=avx2 python benchmarks/layers.py MODEL.nnz --longest 10

One thread. nnz_peak measures the core first: multiply-adds a second, bytes a second from the caches and from memory.
A line: an operator's median time; the bytes it must move (its inputs, weights and outputs once each) and its real
multiply-adds (those of nonzero weights) a second, with the share of the core's peak; the limit, which is the longer of
the two times that bytes and multiply-adds take at the core's best; and how many times as long as that it took. Weights
come from memory where those of the whole model exceed the L2 cache, all else from L2.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np

from nnz import Session
from nnz.cli.table import percent, short, size, table
from nnz.format import Model, Op, read, write
from nnz.layers import layers

BUILD = Path(__file__).resolve().parents[1] / "build" / "release"
RUNS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--peak", type=Path, default=BUILD / "nnz_peak", help="the program (default: of build/release)")
    parser.add_argument("--longest", type=int, metavar="N", help="only the N operators that take longest")
    parser.add_argument("--json", action="store_true", help="print JSON, seconds and bytes")
    args = parser.parse_args()
    if not args.peak.exists():
        sys.exit(f"{args.peak} is missing: build it (see --help), or say where it is with --peak")
    peak = json.loads(subprocess.run([args.peak], check=True, capture_output=True, text=True).stdout)
    content = load(args.model)
    rows = measure(Session(content), read(content), peak)
    print(json.dumps({"peak": peak, "operators": rows}) if args.json else text(peak, rows, args.longest))


def load(path: Path) -> bytes:
    if path.suffix != ".onnx":
        return path.read_bytes()
    import onnx

    from nnz.convert import convert

    return write(convert(onnx.load(path), verify=False).model)


def measure(session: Session, model: Model, peak: dict) -> list[dict]:
    """One row an operator, in order."""
    times = median_times(session)
    macs = multiply_adds(model)
    weights = [weight_bytes(model, op) for op in model.ops]
    far = sum(weights) > peak["l2_bytes"]
    rows = []
    for i, (op, profile) in enumerate(zip(model.ops, session.profile(), strict=True)):
        moved = activation_bytes(model, op)
        best = peak["int8_macs" if model.tensors[op.outputs[0]].dtype == np.int8 else "f32_macs"]
        bytes_limit = moved / peak["l2"] + weights[i] / peak["memory" if far else "l2"]
        rows.append(
            {
                "name": profile.name,
                "kind": profile.kind,
                "kernel": profile.kernel,
                "seconds": times[i],
                "bytes": moved + weights[i],
                "macs": macs[i],
                "share_of_peak": macs[i] / times[i] / best if times[i] else 0.0,
                "limit": max(bytes_limit, macs[i] / best),
            }
        )
    return rows


def median_times(session: Session) -> list[float]:
    rng = np.random.default_rng(0)
    x = {
        p.name: rng.standard_normal(p.shape).astype(p.dtype) if p.dtype.kind == "f" else np.zeros(p.shape, p.dtype)
        for p in session.inputs
    }
    out = session.run(x)
    runs = []
    for _ in range(RUNS):
        session.reset_profile()
        session.run(x, out)
        runs.append([op.seconds for op in session.profile()])
    return [float(t) for t in np.median(runs, axis=0)]


def multiply_adds(model: Model) -> list[int]:
    """Of each operator, with weights that are not zero."""
    found = [_product_macs(model, op) if op.kind == "matmul" else 0 for op in model.ops]
    for layer in layers(model):
        found[layer["op"]] = layer["macs_nonzero"]
    return found


def _product_macs(model: Model, op: Op) -> int:
    a = model.tensors[op.inputs[0]].dims
    return model.tensors[op.outputs[0]].elements * (a[-2] if op.params[0] else a[-1])


def weight_bytes(model: Model, op: Op) -> int:
    """Of the operator's matrix and constants."""
    matrix = model.matrices[op.params[0]].nbytes if op.kind in ("conv", "fc", "qconv", "qfc") else 0
    tensors = (model.tensors[t] for t in op.inputs if t is not None)
    return matrix + sum(t.nbytes for t in tensors if t.data is not None)


def activation_bytes(model: Model, op: Op) -> int:
    """Of what the operator reads and writes; a reshape does neither."""
    if op.kind == "reshape":
        return 0
    tensors = [model.tensors[t] for t in (*op.inputs, *op.outputs) if t is not None]
    return sum(t.nbytes for t in tensors if t.data is None)


def text(peak: dict, rows: list[dict], longest: int | None) -> str:
    total, limit = (math.fsum(row[key] for row in rows) for key in ("seconds", "limit"))
    order = sorted(rows, key=lambda row: -row["seconds"])[:longest] if longest else rows
    lines = [[*_cells(row), percent(row["seconds"] / total)] for row in order if row["seconds"] and row["bytes"]]
    headers = ["operator", "kernel", "us", "moved", "GB/s", "MACs", "G MAC/s", "peak", "limit, us", "x limit", "time"]
    macs = sum(row["macs"] for row in rows)
    best = ", ".join(
        f"{peak[key] / 1e9:.4g} {what}"
        for key, what in (
            ("f32_macs", "G MAC/s float32"),
            ("int8_macs", "int8"),
            ("l1", "GB/s from L1"),
            ("l2", "from L2"),
            ("memory", "from memory"),
        )
    )
    return "\n".join(
        [
            f"core, {peak['isa']}: {best}",
            "",
            table(headers, lines),
            "",
            f"all: {total * 1e3:.3f} ms, {size(macs, '')} MACs, {macs / total / 1e9:.3g} G MAC/s; limit "
            f"{limit * 1e3:.3f} ms, taken {total / limit:.2f} times as long",
        ]
    )


def _cells(row: dict) -> list[str]:
    seconds, macs = row["seconds"], row["macs"]
    return [
        short(row["name"]),
        row["kernel"] or row["kind"],
        f"{seconds * 1e6:.2f}",
        size(row["bytes"]),
        f"{row['bytes'] / seconds / 1e9:.3g}",
        size(macs, "") if macs else "-",
        f"{macs / seconds / 1e9:.3g}" if macs else "-",
        percent(row["share_of_peak"]) if macs else "-",
        f"{row['limit'] * 1e6:.2f}",
        f"{seconds / row['limit']:.2f}",
    ]


if __name__ == "__main__":
    main()
