#!/usr/bin/env python3
"""Measures the runtime's products on this CPU and fits the cost profiles that the converter chooses encodings by.

    python benchmarks/fit_cost.py                       # every level that this CPU and the profiles have in common
    python benchmarks/fit_cost.py avx2 --out /tmp       # one level, elsewhere

Each measurement is a model of a single operator with random weights, which lie in the cache for a convolution, where
they are used for every pixel, and come from memory for a fully connected layer, as they do behind the rest of a
model. A profile holds the coefficients of converters/cost.py, fitted by least squares of the relative error with none
below zero, and how far the fit is from what was measured. Takes about a minute a level.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from nnz import Session
from nnz._nnz import host_isa
from nnz.convert.cost import CANDIDATES, PROFILES, TERMS, amounts
from nnz.encodings import ENCODINGS, encode
from nnz.format import Matrix, Model, Op, Tensor, plain_port, write

LEVELS = ("scalar", "avx2", "avx512")
# Layers as vision models have them: output channels, input channels, kernel, pixels along a side.
CONVOLUTIONS = (
    (64, 64, 1, 56), (256, 64, 1, 28), (64, 256, 1, 28), (256, 256, 1, 14), (512, 512, 1, 14), (2048, 512, 1, 7),
    (512, 2048, 1, 7), (64, 64, 3, 28), (128, 128, 3, 14), (512, 512, 3, 7), (64, 64, 1, 5), (24, 16, 1, 48),
    (32, 32, 3, 8), (96, 40, 1, 20), (512, 128, 1, 28), (1024, 512, 1, 7), (1000, 512, 1, 1), (18, 60, 1, 24),
)  # fmt: skip
VECTORS = ((128, 64), (128, 512), (512, 128), (640, 128), (512, 512), (1000, 1024), (1000, 2048), (2048, 2048))
EVICT = np.zeros(64 << 20, np.uint8)  # more than the caches hold
DENSITIES = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05)


@dataclass
class Measurement:
    kind: str
    encoding: str
    terms: tuple[float, ...]
    nanoseconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("levels", nargs="*", help=f"of {', '.join(LEVELS)} (default: those this CPU has)")
    parser.add_argument("--out", type=Path, default=PROFILES, help="directory to write the profiles to")
    parser.add_argument("--runs", type=int, default=10, help="of each layer in a sweep; the best counts (default: 10)")
    parser.add_argument("--sweeps", type=int, default=3, help="over all layers, against passing load (default: 3)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for level in args.levels or LEVELS:
        os.environ["NNZ_CPU"] = level
        try:
            host_isa()
        except ValueError as error:
            if args.levels:
                raise SystemExit(str(error)) from error
            continue
        begin = time.perf_counter()
        sweeps = [list(measure(args.runs)) for _ in range(args.sweeps)]
        found = [min(same, key=lambda m: m.nanoseconds) for same in zip(*sweeps, strict=True)]
        profile = {"cpu": cpu_name(), "isa": level, **fit(found)}
        path = args.out / f"{level}.json"
        path.write_text(json.dumps(profile, indent=2) + "\n")
        spread = ", ".join(f"{name} {part['median']:.0%}" for name, part in profile["error"].items())
        print(f"{path}: {len(found)} layers in {time.perf_counter() - begin:.0f} s; median error: {spread}")


def measure(runs: int) -> Iterator[Measurement]:
    """Times every shape, density and encoding."""
    rng = np.random.default_rng(1)
    for m, c, kernel, side in CONVOLUTIONS:
        for encoding in CANDIDATES["conv"]:
            for matrix in matrices(rng, m, c * kernel * kernel, encoding):
                terms = amounts("conv", encoding, m, matrix.cols, matrix.blocks, side * side)
                yield Measurement("conv", encoding, terms, best(convolution(matrix, c, kernel, side), runs))
    for m, c in VECTORS:
        for encoding in CANDIDATES["fc"]:
            for matrix in matrices(rng, m, c, encoding):
                terms = amounts("fc", encoding, m, c, matrix.blocks, 1)
                yield Measurement("fc", encoding, terms, best(fully_connected(matrix), runs, cold=True))


def matrices(rng: np.random.Generator, rows: int, cols: int, encoding: str) -> Iterator[Matrix]:
    """Random weights in blocks as `encoding` has them, at every density that makes a difference to it."""
    block = ENCODINGS[encoding]
    for density in DENSITIES[:1] if encoding == "dense" else DENSITIES:
        keep = rng.random((-(-rows // block), cols)) < density
        weights = rng.standard_normal((rows, cols), np.float32) * keep.repeat(block, axis=0)[:rows]
        yield encode(weights, encoding)


def convolution(matrix: Matrix, channels: int, kernel: int, side: int) -> bytes:
    shapes = (1, channels, side, side), (1, matrix.rows, side, side)
    pad = kernel // 2
    return single("conv", matrix, shapes, [0, kernel, kernel, 1, 1, 1, 1, pad, pad, pad, pad], optional=2)


def fully_connected(matrix: Matrix) -> bytes:
    return single("fc", matrix, ((1, matrix.cols), (1, matrix.rows)), [0], optional=1)


def single(kind: str, matrix: Matrix, shapes: tuple[tuple, tuple], params: list[int], optional: int) -> bytes:
    """A model of one operator with a bias and Relu; `optional` inputs behind the bias are absent."""
    x, y = (Tensor(np.float32, shape) for shape in shapes)
    bias = Tensor(np.float32, (matrix.rows,), np.zeros(matrix.rows, np.float32))
    op = Op(kind, [0, 2] + [None] * optional, [1], params, "clip", (0.0, np.inf))
    ports = plain_port("x", 0, x.dims), plain_port("y", 1, y.dims)
    return write(Model([x, y, bias], [matrix], [op], [ports[0]], [ports[1]]))


def best(model: bytes, runs: int, cold: bool = False) -> float:
    """Nanoseconds of the operator in its best run; `cold` empties the caches before each."""
    session = Session(model, profile=True)
    port = session.inputs[0]
    x = {port.name: np.random.default_rng(0).standard_normal(port.shape, np.float32)}
    out = session.run(x)
    found = []
    for _ in range(runs):
        if cold:
            np.add(EVICT, 1, out=EVICT)
        session.reset_profile()
        session.run(x, out)
        found.append(session.profile()[0].seconds)
    return min(found) * 1e9


def fit(measurements: list[Measurement]) -> dict:
    """Costs by kind and encoding, and how far the predicted times are off, relative to the measured."""
    costs: dict[str, dict[str, dict[str, float]]] = {}
    error = {}
    for kind, encodings in CANDIDATES.items():
        costs[kind] = {}
        for encoding in encodings:
            chosen = [m for m in measurements if (m.kind, m.encoding) == (kind, encoding)]
            terms = np.array([m.terms for m in chosen])
            times = np.array([m.nanoseconds for m in chosen])
            scale = np.maximum(terms.max(0), 1)
            solution = nnls(terms / times[:, None] / (scale / times.max()), np.ones(len(times)))[0] / (
                scale / times.max()
            )
            costs[kind][encoding] = {name: float(f"{value:.4g}") for name, value in zip(TERMS, solution, strict=True)}
            off = np.abs(terms @ solution / times - 1)
            error[f"{kind} {encoding}"] = {
                "median": round(float(np.median(off)), 3),
                "worst": round(float(off.max()), 3),
            }
    return {"costs": costs, "error": error}


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
