#!/usr/bin/env python3
"""What a call from Python adds to a run in C.

    python benchmarks/call.py MODEL.nnz ...            # .onnx files are converted first

Times Session.run(), with arrays made by it and with arrays given in `out`, beside nnz_run() in a loop of C
(Session.time()), in turns. Microseconds, medians.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from nnz import Session
from nnz.cli.table import table

BAR = 5e-6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=500, help="a turn (default: 500)")
    parser.add_argument("--turns", type=int, default=20)
    args = parser.parse_args()
    rows = [measure(model, args.runs, args.turns) for model in args.models]
    headers = ["model", "in C", "Session.run(x)", "adds", "Session.run(x, out)", "adds"]
    print(table(headers, [[row[0], *(f"{1e6 * seconds:.2f}" for seconds in row[1:])] for row in rows]))
    if max(max(row[3], row[5]) for row in rows) > BAR:
        sys.exit(f"a call adds more than {BAR * 1e6:g} us")


def measure(model: Path, runs: int, turns: int) -> tuple:
    session = load(model)
    x = {port.name: np.zeros(port.shape, port.dtype) for port in session.inputs}
    out = session.run(x)
    in_c, plain, given = [], [], []
    for _ in range(turns):
        in_c += list(session.time(x, runs))
        plain += times(lambda: session.run(x), runs)
        given += times(lambda: session.run(x, out), runs)
    c, run, run_out = (float(np.median(found)) for found in (in_c, plain, given))
    return model.stem, c, run, run - c, run_out, run_out - c


def times(call: Callable[[], object], runs: int) -> list[float]:
    found = []
    for _ in range(runs):
        begin = perf_counter()
        call()
        found.append(perf_counter() - begin)
    return found


def load(model: Path) -> Session:
    if model.suffix != ".onnx":
        return Session(model, profile=False)
    import onnx

    from nnz.convert import convert
    from nnz.format import write

    return Session(write(convert(onnx.load(model), verify=False).model), profile=False)


if __name__ == "__main__":
    main()
