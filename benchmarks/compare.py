#!/usr/bin/env python3
"""Times models in nnz and in other runtimes, in one run, and prints one table.

    python benchmarks/compare.py                                    # the timing models, one thread
    python benchmarks/compare.py resnet50_p90 mobilenetv1_p90 --threads 1,2
    python benchmarks/compare.py --models DIR --json                # the .onnx files of a directory

Before it is timed, a runtime's outputs are compared with onnxruntime's on the same random inputs: where they differ by
more than 1e-4 of the output's largest magnitude, the table shows the difference instead of a time. Runtimes live in
processes of their own and take turns, so that what else the machine does hits them alike.
"""

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from runtimes import RUNTIMES

HERE = Path(__file__).resolve().parent
TOLERANCE = 1e-4
REFERENCE = next(iter(RUNTIMES))


class WorkerError(Exception):
    """What a worker could not do."""


class Process:
    """A worker.py with one runtime."""

    def __init__(self, runtime: str) -> None:
        command = [sys.executable, str(HERE / "worker.py"), runtime]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do: str, **request: object) -> dict:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise WorkerError(f"the process ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["*"], help="models, with * and ? (default: all)")
    parser.add_argument(
        "--models", type=Path, help="directory of .onnx files (default: the timing models, made if needed)"
    )
    parser.add_argument("--runtimes", default=",".join(RUNTIMES), help=f"of {', '.join(RUNTIMES)} (default: all)")
    parser.add_argument("--threads", default="1", help="comma-separated (default: 1)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each runtime (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON, seconds and bytes, instead of the table")
    args = parser.parse_args()
    runtimes = args.runtimes.split(",")
    unknown = set(runtimes) - set(RUNTIMES)
    if unknown:
        parser.error(f"unknown runtime '{min(unknown)}': expected {', '.join(RUNTIMES)}")
    try:
        threads = [int(n) for n in args.threads.split(",")]
    except ValueError:
        parser.error(f"--threads {args.threads}: expected numbers, as in 1,2")
    models = find_models(args.models, args.names)

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            for count in threads:
                print(f"{model.stem}, {count} thread(s) ...", file=sys.stderr, flush=True)
                rows += compare(model, runtimes, count, args.rounds, args.seconds, Path(folder))
    print(json.dumps(rows, indent=2) if args.json else table(rows))
    if any("problem" in row for row in rows):
        sys.exit("not everything could be compared")


def find_models(folder: Path | None, names: list[str]) -> list[Path]:
    folder = folder or make_models(names)
    found = [path for path in sorted(folder.glob("*.onnx")) if any(fnmatch.fnmatch(path.stem, n) for n in names)]
    if not found:
        there = ", ".join(path.stem for path in sorted(folder.glob("*.onnx"))) or "no .onnx file"
        sys.exit(f"{folder}: no model {' '.join(names)}: there is {there}")
    return found


def make_models(names: list[str]) -> Path:
    """The timing models, in build/models; made by the shared script where they are missing."""
    folder = HERE.parent / "build" / "models"
    if all(list(folder.glob(f"{name}.onnx")) for name in names):
        return folder
    script = Path(os.environ.get("NNZ_SHARED", HERE.parents[1] / "shared")) / "bench" / "make_models.py"
    if not script.exists():
        sys.exit(f"{script} is missing: set NNZ_SHARED, or give a directory of .onnx files with --models")
    families = {"resnet50", "mobilenetv1", "minilm6", "bertbase"}
    wanted = {name.rsplit("_", 1)[0] for name in names}
    chosen = sorted(wanted) if wanted <= families else ["resnet50", "mobilenetv1"]
    subprocess.run([sys.executable, script, "--out", folder, *chosen], check=True, stdout=sys.stderr)
    return folder


def compare(model: Path, runtimes: list[str], threads: int, rounds: int, seconds: float, folder: Path) -> list[dict]:
    """One row a runtime: those that agree with the reference are timed in turns."""
    inputs = random_inputs(model, folder / "inputs.npz")
    reference = outputs_of(REFERENCE, model, inputs, folder)
    name, _, variant = model.stem.rpartition("_")
    rows = []
    with ExitStack() as stack:
        ready = []
        for runtime in runtimes:
            row = {"model": name or variant, "variant": variant if name else "", "runtime": runtime, "threads": threads}
            rows.append(row)
            try:
                row["file_bytes"], path = prepare(runtime, model, folder)
                process = stack.enter_context(Process(runtime))
                process.ask("load", path=path, threads=threads, inputs=str(inputs))
                row["difference"] = largest_difference(run(process, folder), reference)
                if row["difference"] <= TOLERANCE:
                    ready.append((row, process))
                else:
                    row["problem"] = f"outputs differ from {REFERENCE}'s by {row['difference']:.1e}"
            except WorkerError as error:
                row["problem"] = str(error)
        time_in_turns(ready, rounds, seconds)
    return rows


def time_in_turns(ready: list[tuple[dict, Process]], rounds: int, seconds: float) -> None:
    """Adds times and memory to the rows."""
    times: list[list[float]] = [[] for _ in ready]
    for _ in range(rounds):
        for found, (_, process) in zip(times, ready, strict=True):
            found += process.ask("time", seconds=seconds)["seconds"]
    for found, (row, process) in zip(times, ready, strict=True):
        row["min"], row["median"] = min(found), float(np.median(found))
        row["memory_bytes"] = process.ask("memory")["bytes"]
    reference = next((row["median"] for row, _ in ready if row["runtime"] == REFERENCE), None)
    for row, _ in ready:
        if reference:
            row["speedup"] = reference / row["median"]


def prepare(runtime: str, model: Path, folder: Path) -> tuple[int, str]:
    """Size and path of the runtime's own file."""
    with Process(runtime) as process:
        answer = process.ask("prepare", model=str(model), folder=str(folder))
    return answer["bytes"], answer["path"]


def outputs_of(runtime: str, model: Path, inputs: Path, folder: Path) -> dict[str, np.ndarray]:
    with Process(runtime) as process:
        _, path = prepare(runtime, model, folder)
        process.ask("load", path=path, threads=1, inputs=str(inputs))
        return run(process, folder)


def run(process: Process, folder: Path) -> dict[str, np.ndarray]:
    path = folder / "outputs.npz"
    process.ask("run", outputs=str(path))
    with np.load(path) as arrays:
        return dict(arrays)


def random_inputs(model: Path, path: Path) -> Path:
    """Writes normally distributed inputs for `model` to `path`."""
    import onnx

    from nnz.convert.calibration import model_inputs

    rng = np.random.default_rng(0)
    specs = model_inputs(onnx.load(model, load_external_data=False))
    np.savez(path, **{spec.name: rng.standard_normal(spec.shape).astype(spec.dtype) for spec in specs})
    return path


def largest_difference(outputs: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> float:
    """Of all outputs, relative to the largest magnitude of each in the reference; infinite where one is missing,
    shaped otherwise or not a number.
    """
    worst = 0.0
    for name, expected in reference.items():
        found = outputs.get(name)
        if found is None or found.shape != expected.shape:
            return float("inf")
        scale = max(float(np.abs(expected).max()), np.finfo(np.float32).tiny)
        difference = np.abs(found.astype(np.float64) - expected)
        worst = max(worst, float(np.nan_to_num(difference, nan=np.inf).max()) / scale)
    return worst


COLUMNS = ("model", "variant", "runtime", "threads", "min ms", "median ms", "speedup", "file MB", "memory MB", "off by")


def table(rows: list[dict]) -> str:
    """The rows as aligned text, then what went wrong.

    speedup: the reference's median time over this one; memory: the process's peak above what numpy alone takes; off by:
    largest difference from the reference's outputs.
    """
    lines = [COLUMNS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = [
        "  ".join(
            f"{cell:<{w}}" if i < 3 else f"{cell:>{w}}" for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    problems = [
        f"{row['model']} {row['variant']} {row['runtime']}: {row['problem']}" for row in rows if "problem" in row
    ]
    return "\n".join(text + problems)


def cells(row: dict) -> tuple[str, ...]:
    def number(key: str, scale: float, form: str) -> str:
        return "-" if row.get(key) is None else format(row[key] / scale, form)

    return (
        row["model"],
        row["variant"],
        row["runtime"],
        str(row["threads"]),
        number("min", 1e-3, ".3f"),
        number("median", 1e-3, ".3f"),
        number("speedup", 1, ".2f") + ("x" if "speedup" in row else ""),
        number("file_bytes", 1e6, ".2f"),
        number("memory_bytes", 1e6, ".1f"),
        number("difference", 1, ".0e"),
    )


if __name__ == "__main__":
    main()
