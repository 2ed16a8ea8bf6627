#!/usr/bin/env python3
"""What threads, batches and sessions side by side gain.

    python benchmarks/scaling.py MODEL.onnx ... --threads 1,2 --batches 1,4

A line: milliseconds a run (median), and how many times as many samples a second that is as one session with one thread
and a batch of 1. "threads" is one session with several; "sessions" is as many sessions as threads, each run by a thread
of its own, and the time between two results of any of them. All take turns.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from time import perf_counter

import numpy as np
import onnx

from nnz import Session
from nnz.cli.table import table
from nnz.convert import ConvertError, convert
from nnz.format import write

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help=".onnx files, or .nnz files without --batches")
    parser.add_argument("--threads", type=_numbers, default=[2], help="besides 1, comma-separated (default: 2)")
    parser.add_argument("--batches", type=_numbers, default=[], help="besides 1, comma-separated (default: none)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each of the five turns (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="print JSON, seconds")
    args = parser.parse_args()
    rows = [row for model in args.models for row in measure(model, args.threads, args.batches, args.seconds)]
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    lines = [[row["model"], row["setup"], f"{1e3 * row['seconds']:.3f}", f"{row['gain']:.2f}x"] for row in rows]
    print(table(["model", "setup", "ms a run", "samples a second"], lines))


def _numbers(text: str) -> list[int]:
    try:
        return [int(n) for n in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: expected numbers, as in 2,4") from None


class Setup:
    """Sessions that run at the same time, each in a thread of its own, on `batch` samples a run."""

    def __init__(self, name: str, content: bytes, threads: int, sessions: int = 1, batch: int = 1) -> None:
        self.name, self.batch = name, batch
        self.sessions = [Session(content, threads, profile=False) for _ in range(sessions)]
        rng = np.random.default_rng(0)
        self.x = {port.name: rng.standard_normal(port.shape).astype(port.dtype) for port in self.sessions[0].inputs}
        self.found: list[float] = []
        self.turn(0)
        self.found.clear()

    def turn(self, seconds: float) -> None:
        """Adds the time between results: of a run, divided by the sessions that share the time."""
        times: list[list[float]] = [[] for _ in self.sessions]
        end = perf_counter() + seconds
        threads = [
            threading.Thread(target=self._run, args=(session, found, end))
            for session, found in zip(self.sessions, times, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.found += [time / len(self.sessions) for found in times for time in found]

    def _run(self, session: Session, found: list[float], end: float) -> None:
        out = session.run(self.x)
        while not found or perf_counter() < end:
            begin = perf_counter()
            session.run(self.x, out)
            found.append(perf_counter() - begin)

    @property
    def seconds(self) -> float:
        return float(np.median(self.found))


def measure(model: Path, threads: list[int], batches: list[int], seconds: float) -> list[dict]:
    content = model.read_bytes() if model.suffix == ".nnz" else converted(model, 1)
    setups = [Setup("1 thread", content, 1)]
    for n in threads:
        setups += [Setup(f"{n} threads", content, n), Setup(f"{n} sessions", content, 1, sessions=n)]
    for batch in batches:
        try:
            larger = converted(model, batch)
        except (ConvertError, onnx.shape_inference.InferenceError) as error:
            print(f"{model.stem}: no batch of {batch}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        for n in (1, *threads):
            setups.append(Setup(f"batch {batch}, {n} thread{'s' * (n > 1)}", larger, n, batch=batch))
    for _ in range(ROUNDS):
        for setup in setups:
            setup.turn(seconds)
    alone = setups[0].seconds
    return [
        {"model": model.stem, "setup": s.name, "seconds": s.seconds, "gain": alone * s.batch / s.seconds}
        for s in setups
    ]


def converted(path: Path, batch: int) -> bytes:
    """The model as a .nnz file; for a larger batch with the first dimension of its inputs set to that."""
    model = onnx.load(path)
    if batch > 1:
        for port in model.graph.input:
            port.type.tensor_type.shape.dim[0].dim_value = batch
        for port in model.graph.output:
            port.type.tensor_type.shape.dim[0].ClearField("dim_value")
        del model.graph.value_info[:]
    return write(convert(model, verify=False).model)


if __name__ == "__main__":
    main()
