"""Runs an ONNX model in onnxruntime and its .nnz in nnz on the same data, and compares what comes out.

Errors are relative to the largest magnitude of an output over all samples. Where an output is one vector a sample, its
largest element is the answer: top-1 agreement is the share of samples in which both models give the same one."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..session import Session
from . import FAILED
from .options import add_sample_arguments, converter_errors, input_keys, load
from .table import percent, table

EXAMPLES = """examples:
  nnz compare model.onnx model.nnz --data test.npz
  nnz compare model.onnx model.nnz --data test.npz --samples 200: --labels label
  nnz compare model.onnx model.nnz --data test.npz --input-key x=images --max-error 1e-4
"""


@dataclass
class Comparison:
    """One output over all samples. What does not apply is None; `snr_db` is infinite where nothing differs."""

    output: str
    max_error: float
    mean_error: float
    snr_db: float
    top1_agreement: float | None = None
    onnx_accuracy: float | None = None
    nnz_accuracy: float | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("onnx", help="the source, an ONNX model")
    add("model", help="a .nnz file")
    add("--data", required=True, metavar="FILE.npz", help="arrays by input name, samples along the first axis")
    add_sample_arguments(parser)
    add("--labels", metavar="KEY", help="the array of right answers: adds the accuracy of both models")
    add("--threads", type=int, default=1, help="threads for both, 0 for all CPUs (default 1)")
    add("--max-error", type=float, metavar="E", help="fail (exit code 1) if the max error of an output is larger")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    calibration = load("nnz.convert.calibration")
    session = Session(args.model, args.threads, profile=False)
    with converter_errors():
        data = calibration.load_samples(args.data, session.inputs, input_keys(args.input_key), args.samples)
    count = len(next(iter(data.values())))
    labels = _labels(args, count) if args.labels else None
    expected, actual = _run_both(args, session, data, count)
    outputs = [_compare(name, expected[name], actual[name], labels) for name in expected]
    failed = args.max_error is not None and not all(c.max_error <= args.max_error for c in outputs)
    if args.json:
        described = [{k: None if v == math.inf else v for k, v in asdict(c).items()} for c in outputs]
        print(json.dumps({"samples": count, "failed": failed, "outputs": described}))
    else:
        print(_table(outputs, count))
        if failed:
            print(f"\nFAILED: a max error exceeds {args.max_error:g}")
    return FAILED if failed else 0


def _run_both(
    args: argparse.Namespace, session: Session, data: dict[str, np.ndarray], count: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The outputs of both models by name, each [samples, ...]."""
    reference = _reference(args.onnx, session.threads)
    names = [o.name for o in reference.get_outputs()]
    ours = [p.name for p in session.outputs]
    if names != ours:
        raise ArgumentError(f"the models do not belong together: {args.onnx} has outputs {names}, {args.model} {ours}")
    expected: dict[str, list[np.ndarray]] = {name: [] for name in names}
    actual: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for i in range(count):
        sample = {name: array[i] for name, array in data.items()}
        for name, y in zip(names, reference.run(names, sample), strict=True):
            expected[name].append(y)
        for name, y in session.run(sample).items():
            actual[name].append(y)
    return {k: np.stack(v) for k, v in expected.items()}, {k: np.stack(v) for k, v in actual.items()}


def _reference(path: str, threads: int) -> Any:
    onnxruntime = load("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ArgumentError(f"onnxruntime cannot load {path}: {error}") from None


def _compare(name: str, expected: np.ndarray, actual: np.ndarray, labels: np.ndarray | None) -> Comparison:
    if expected.shape != actual.shape:
        raise ArgumentError(f"output '{name}': {list(expected.shape[1:])} in ONNX, {list(actual.shape[1:])} in nnz")
    a, b = expected.astype(np.float64), actual.astype(np.float64)
    difference = np.abs(a - b)
    largest = float(np.max(np.abs(a))) or 1.0
    noise, signal = float(np.sum(difference**2)), float(np.sum(a**2))
    result = Comparison(
        name,
        max_error=float(np.max(difference)) / largest,
        mean_error=float(np.mean(difference)) / largest,
        snr_db=10 * math.log10(signal / noise) if noise and signal else math.inf,
    )
    if sum(d > 1 for d in a.shape[1:]) == 1:
        theirs, ours = (y.reshape(len(y), -1).argmax(axis=1) for y in (a, b))
        result.top1_agreement = float(np.mean(theirs == ours))
        if labels is not None:
            result.onnx_accuracy, result.nnz_accuracy = float(np.mean(theirs == labels)), float(np.mean(ours == labels))
    return result


def _labels(args: argparse.Namespace, count: int) -> np.ndarray:
    with np.load(args.data, allow_pickle=False) as archive:
        if args.labels not in archive:
            have = ", ".join(archive.files)
            raise ArgumentError(f"{args.data}: no array '{args.labels}' of labels: there are {have}")
        labels = archive[args.labels][args.samples]
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        what = f"{args.data}: labels '{args.labels}' are {labels.dtype} {list(labels.shape)}"
        raise ArgumentError(f"{what}: expected {count} integers")
    return labels


def _table(outputs: list[Comparison], count: int) -> str:
    headers = ["output", "max error", "mean error", "SNR", "top-1 agreement", "accuracy ONNX", "accuracy nnz"]
    rows = []
    for c in outputs:
        shares = [c.top1_agreement, c.onnx_accuracy, c.nnz_accuracy]
        snr = "inf" if c.snr_db == math.inf else f"{c.snr_db:.1f} dB"
        errors = [f"{c.max_error:.2e}", f"{c.mean_error:.2e}"]
        rows.append([c.output, *errors, snr, *("-" if s is None else percent(s) for s in shares)])
    used = [i for i in range(len(headers)) if any(row[i] != "-" for row in rows)]
    text = table([headers[i] for i in used], [[row[i] for i in used] for row in rows])
    return f"{text}\n{count} samples; errors relative to the output's largest magnitude"
