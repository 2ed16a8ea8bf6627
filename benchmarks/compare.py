#!/usr/bin/env python3
"""Times models in nnz and in other runtimes, in one run, and prints one table.

    python benchmarks/compare.py                                    # the timing models, one thread
    python benchmarks/compare.py 'resnet50*' mobilenetv1_p90 --threads 1,2
    python benchmarks/compare.py --models DIR --json                # the .onnx files of a directory
    python benchmarks/compare.py --runtimes onnxruntime,nnz --nnz-cpu avx2
    python benchmarks/compare.py --files build/files --rounds 0     # converts and compares, which takes minutes; then
    python benchmarks/compare.py --files build/files 'minilm6*'     # times what is there

Before it is timed, a runtime's outputs are compared with onnxruntime's on the same random inputs: where they differ by
more than 1e-4 of the output's largest magnitude, or in an int8 model have less than 30 dB of signal to noise, the table
shows the difference instead of a time. Every runtime gets the same file; runtimes that are not installed are named, and
so are models that a runtime cannot convert. They live in processes of their own and take turns, so that what else the
machine does hits them alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from agreement import compare
from models import find_models, is_int8, random_inputs, split_name
from processes import Process, WorkerError
from runtimes import RUNTIMES

import nnz

REFERENCE = next(iter(RUNTIMES))
MINE = "nnz"


def main() -> None:
    args = parse_arguments()
    models = find_models(args.models, args.names)
    installed = find_installed(args.runtimes)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for model in models:
            folder = (args.files or Path(temporary)) / model.stem
            folder.mkdir(parents=True, exist_ok=True)
            rows += Comparison(model, installed, args.nnz_cpu, folder).rows(args.threads, args.rounds, args.seconds)
    print(json.dumps(rows, indent=2) if args.json else table(rows))
    if any("problem" in row for row in rows):
        sys.exit("not everything could be compared")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["*"], help="models, with * and ? (default: all)")
    parser.add_argument(
        "--models", type=Path, help="directory of .onnx files (default: the timing models, made if needed)"
    )
    parser.add_argument(
        "--runtimes",
        type=lambda text: text.split(","),
        default=list(RUNTIMES),
        help=f"of {', '.join(RUNTIMES)} (default: those installed)",
    )
    parser.add_argument("--nnz-cpu", metavar="LEVEL", help="limit nnz, and it alone, to these instructions, as avx2")
    parser.add_argument("--threads", type=_numbers, default=[1], help="comma-separated (default: 1)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each runtime; 0: only compare (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn (default: 1)")
    parser.add_argument(
        "--files",
        metavar="DIR",
        type=Path,
        help="keep what the runtimes make of the models, or refuse, for the next run",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, seconds and bytes, instead of the table")
    args = parser.parse_args()
    unknown = set(args.runtimes) - set(RUNTIMES)
    if unknown:
        parser.error(f"unknown runtime '{min(unknown)}': expected {', '.join(RUNTIMES)}")
    return args


def _numbers(text: str) -> list[int]:
    try:
        return [int(n) for n in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: expected numbers, as in 1,2") from None


def find_installed(runtimes: list[str]) -> list[str]:
    """Those that can be used; the others are named on stderr."""
    found = []
    for runtime in runtimes:
        try:
            with Process(runtime, {}) as process:
                process.ask("memory")
            found.append(runtime)
        except WorkerError as error:
            print(f"{runtime} is left out ({error}): {RUNTIMES[runtime][1]}", file=sys.stderr)
    return found


class Comparison:
    """One model in several runtimes; files and outputs pass through `folder`."""

    def __init__(self, model: Path, runtimes: list[str], nnz_cpu: str | None, folder: Path) -> None:
        self.model, self.runtimes, self.folder = model, runtimes, folder
        self.nnz_cpu = nnz_cpu
        self.int8 = is_int8(model)
        self.digest = hashlib.sha256(model.read_bytes()).hexdigest()
        self.inputs = random_inputs(model, folder / "inputs.npz")
        with self.process(REFERENCE) as process:
            process.ask("load", path=str(model), threads=1, inputs=str(self.inputs))
            self.expected = process.run(folder)

    def process(self, runtime: str) -> Process:
        return Process(runtime, {"NNZ_CPU": self.nnz_cpu} if runtime == MINE and self.nnz_cpu else {})

    def rows(self, threads: list[int], rounds: int, seconds: float) -> list[dict]:
        """One for each number of threads and runtime."""
        files: dict[str, dict] = {}
        for runtime in self.runtimes:
            print(f"{self.model.stem}: a file for {runtime} ...", file=sys.stderr, flush=True)
            files[runtime] = self.prepare(runtime)
        rows = []
        for count in threads:
            print(f"{self.model.stem}: {count} thread(s) ...", file=sys.stderr, flush=True)
            rows += self.time(files, count, rounds, seconds)
        return rows

    def prepare(self, runtime: str) -> dict:
        """Path and size of the runtime's own file, or the problem: kept ones if model and nnz are the same."""
        folder = self.folder / self.label(runtime).replace(" ", "-")
        folder.mkdir(exist_ok=True)
        kept = folder / "kept.json"
        stamp = [self.digest, version_of_nnz() if runtime == MINE else ""]
        if kept.exists():
            answer = json.loads(kept.read_text())
            if answer["stamp"] == stamp:
                return answer
        try:
            with self.process(runtime) as process:
                answer = process.ask("prepare", model=str(self.model.absolute()), folder=str(folder.absolute()))
        except WorkerError as error:
            answer = {"problem": str(error)}
        kept.write_text(json.dumps({**answer, "stamp": stamp}))
        return answer

    def label(self, runtime: str) -> str:
        return f"{runtime} {self.nnz_cpu}" if runtime == MINE and self.nnz_cpu else runtime

    def time(self, files: dict[str, dict], threads: int, rounds: int, seconds: float) -> list[dict]:
        """One row a runtime: those that agree with the reference are timed in turns."""
        model, variant = split_name(self.model.stem)
        rows = []
        with ExitStack() as stack:
            ready = []
            for runtime, file in files.items():
                row = {"model": model, "variant": variant, "runtime": self.label(runtime), "threads": threads}
                rows.append(row)
                if "problem" in file:
                    row["problem"] = file["problem"]
                    continue
                row["file_bytes"] = file["bytes"]
                try:
                    process = stack.enter_context(self.process(runtime))
                    process.ask("load", path=file["path"], threads=threads, inputs=str(self.inputs))
                    row |= compare(process.run(self.folder), self.expected, self.int8)
                    if "problem" not in row:
                        ready.append((row, process))
                except WorkerError as error:
                    row["problem"] = str(error)
            if rounds:
                time_in_turns(ready, rounds, seconds)
        return rows


def version_of_nnz() -> str:
    """Changes when nnz is installed anew: what it makes of a model may be another file then."""
    files = (path for path in Path(nnz.__file__).parent.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return str(max(path.stat().st_mtime_ns for path in files))


def time_in_turns(ready: list[tuple[dict, Process]], rounds: int, seconds: float) -> None:
    """Adds times and memory to the rows."""
    times: list[list[float]] = [[] for _ in ready]
    for _ in range(rounds):
        for found, (_, process) in zip(times, ready, strict=True):
            found += process.ask("time", seconds=seconds)["seconds"]
    for found, (row, process) in zip(times, ready, strict=True):
        row["min"], row["median"], row["p99"] = min(found), float(np.median(found)), float(np.percentile(found, 99))
        row["memory_bytes"] = process.ask("memory")["bytes"]
    reference = next((row["median"] for row, _ in ready if row["runtime"] == REFERENCE), None)
    for row, _ in ready:
        if reference:
            row["speedup"] = reference / row["median"]


COLUMNS = (
    "model",
    "variant",
    "runtime",
    "threads",
    "min ms",
    "median ms",
    "p99 ms",
    "speedup",
    "file MB",
    "memory MB",
    "off by",
)


def table(rows: list[dict]) -> str:
    """The rows as aligned text, then what went wrong.

    speedup: the reference's median time over this one; memory: the process's peak above what numpy alone takes; off by:
    largest difference from the reference's outputs, or signal to noise.
    """
    lines = [COLUMNS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = [
        "  ".join(
            f"{cell:<{w}}" if i < 3 else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    problems = [
        " ".join(filter(None, (row["model"], row["variant"], f"{row['runtime']}: {row['problem']}")))
        for row in rows
        if "problem" in row
    ]
    return "\n".join(text + problems)


def cells(row: dict) -> tuple[str, ...]:
    def number(key: str, scale: float, form: str, unit: str = "") -> str:
        return "-" if row.get(key) is None else format(row[key] / scale, form) + unit

    return (
        row["model"],
        row["variant"],
        row["runtime"],
        str(row["threads"]),
        number("min", 1e-3, ".3f"),
        number("median", 1e-3, ".3f"),
        number("p99", 1e-3, ".3f"),
        number("speedup", 1, ".2f", "x"),
        number("file_bytes", 1e6, ".2f"),
        number("memory_bytes", 1e6, ".1f"),
        number("snr_db", 1, ".1f", " dB") if "snr_db" in row else number("difference", 1, ".0e"),
    )


if __name__ == "__main__":
    main()
