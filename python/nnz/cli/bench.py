"""Times runs of a model on random inputs, in the C library, without Python around it. With --profile-out, times this
CPU's kernels instead, and writes the cost profile that nnz convert --target FILE chooses encodings by."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ..errors import ArgumentError
from ..progress import Progress
from ..session import OpProfile, Port, Session
from ..writer import check_place, replace_file
from .output import print_json, print_text
from .table import milliseconds, percent, short, table

EXAMPLES = """examples:
  nnz bench model.nnz
  nnz bench model.nnz --threads 4 --runs 200 --json
  nnz bench model.nnz --per-op                  where the time goes
  NNZ_CPU=avx2 nnz bench model.nnz              with the kernels of a lesser CPU
  nnz bench --profile-out board.json            about two minutes; then, anywhere:
  nnz convert model.onnx --target board.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", help="a .nnz file")
    parser.add_argument("--threads", type=int, default=1, help="threads to use, 0 for all CPUs (default 1)")
    parser.add_argument("--runs", type=int, help="runs to time (default: about a second of them, 10 to 10000)")
    parser.add_argument("--warmup", type=int, default=3, help="runs before, not timed (default 3)")
    parser.add_argument("--per-op", action="store_true", help="also the time of each operator, longest first")
    what = "measure the kernels, not a model, and write a cost profile of this CPU"
    parser.add_argument("--profile-out", metavar="FILE.json", type=Path, help=what)
    parser.add_argument("--json", action="store_true", help="print JSON, times in seconds")


def run(args: argparse.Namespace) -> int:
    if (args.model is None) == (args.profile_out is None):
        raise ArgumentError("give either a .nnz file to time, or --profile-out FILE.json")
    return _profile(args.profile_out, args.json) if args.profile_out else _time(args)


def _profile(path: Path, as_json: bool) -> int:
    from ..profiling import make_profile

    check_place(path)
    with Progress() as progress:
        profile = make_profile(progress)
    replace_file(path, (json.dumps(profile, indent=2) + "\n").encode())
    if as_json:
        print_json(profile)
        return 0
    print_text(f"{path}: {profile['cpu']}, {profile['isa']}")
    rows = [[name, percent(off["median"]), percent(off["worst"])] for name, off in profile["error"].items()]
    print_text(table(["layer, encoding", "median error", "worst"], rows))
    print_text(f"nnz convert MODEL.onnx --target {path} chooses encodings by it")
    return 0


def _time(args: argparse.Namespace) -> int:
    if (args.runs is not None and args.runs < 1) or args.warmup < 0:
        raise ArgumentError("--runs must be at least 1, --warmup at least 0")
    session = Session(args.model, args.threads, profile=args.per_op)
    inputs = {p.name: _random(p) for p in session.inputs}
    session.time(inputs, args.warmup)
    once = float(session.time(inputs, 1)[0])
    session.reset_profile()
    seconds = session.time(inputs, args.runs or int(np.clip(1 / max(once, 1e-9), 10, 10_000)))
    result = {
        "model": args.model,
        "isa": session.isa,
        "threads": session.threads,
        "runs": len(seconds),
        "min": float(np.min(seconds)),
        "median": float(np.median(seconds)),
        "p99": float(np.percentile(seconds, 99)),
    }
    ops = sorted(session.profile(), key=lambda op: -op.seconds) if args.per_op else []
    if args.json:
        per_op = {"ops": [{**op._asdict(), "seconds": op.seconds / op.calls} for op in ops]} if args.per_op else {}
        print_json(result | per_op)
        return 0
    print_text(f"{args.model}: {session.isa}, threads {session.threads}, {len(seconds)} runs")
    print_text("  ".join(f"{name} {milliseconds(result[name])}" for name in ("min", "median", "p99")))
    if args.per_op:
        print_text("\n" + _per_op(ops))
    return 0


def _random(port: Port) -> np.ndarray:
    rng = np.random.default_rng(0)
    if port.dtype.kind == "f":
        return rng.standard_normal(port.shape).astype(port.dtype)
    if port.dtype.itemsize == 1:
        low, high = (0, 2) if port.dtype.kind == "b" else (np.iinfo(port.dtype).min, np.iinfo(port.dtype).max + 1)
        return rng.integers(low, high, port.shape).astype(port.dtype)
    return np.zeros(port.shape, port.dtype)


def _per_op(ops: list[OpProfile]) -> str:
    total = sum(op.seconds for op in ops) or 1
    rows = [
        [short(op.name), op.kind, op.kernel or "-", milliseconds(op.seconds / op.calls), percent(op.seconds / total)]
        for op in ops
    ]
    return table(["operator", "kind", "kernel", "mean", "share"], rows)
