"""Runs an ONNX model in onnxruntime and its .nnz in nnz on the same data, and compares what comes out.

Errors are relative to the largest magnitude of an output over all samples. Where an output is one vector a sample, its
largest element is the answer: top-1 agreement is the share of samples in which both models give the same one."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass

import numpy as np

from ..arrays import read_arrays
from ..errors import ArgumentError
from ..session import Session
from . import FAILED
from .options import add_sample_arguments, converter_errors, input_keys, load
from .output import print_json, print_text
from .table import percent, table

EXAMPLES = """examples:
  nnz compare model.onnx model.nnz --data test.npz
  nnz compare model.onnx model.nnz --data test.npz --samples 200: --labels label
  nnz compare model.onnx model.nnz --data test.npz --input-key x=images --max-error 1e-4
"""


@dataclass
class Comparison:
    """One output over all samples. What does not apply is None: the errors where only one of both models gives NaN or
    an infinity, `snr_db` where nothing differs."""

    output: str
    max_error: float | None
    mean_error: float | None
    snr_db: float | None
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
    with converter_errors():
        expected, actual = _run_both(args, session, data, count)
    outputs = [_compare(name, expected[name], actual[name], labels) for name in expected]
    failed = args.max_error is not None and not all(_is_within(c, args.max_error) for c in outputs)
    if args.json:
        print_json({"samples": count, "failed": failed, "outputs": [asdict(c) for c in outputs]})
    else:
        print_text(_table(outputs, count))
        if failed:
            print_text(f"\nFAILED: a max error exceeds {args.max_error:g}")
    return FAILED if failed else 0


def _run_both(
    args: argparse.Namespace, session: Session, data: dict[str, np.ndarray], count: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The outputs of both models by name, each [samples, ...]."""
    reference = load("nnz.convert.reference").Reference(args.onnx, threads=session.threads)
    names, ours = reference.outputs, [p.name for p in session.outputs]
    if names != ours:
        raise ArgumentError(f"the models do not belong together: {args.onnx} has outputs {names}, {args.model} {ours}")
    expected: dict[str, list[np.ndarray]] = {name: [] for name in names}
    actual: dict[str, list[np.ndarray]] = {name: [] for name in names}
    take = load("nnz.convert.calibration").sample
    for i in range(count):
        sample = take(data, i)
        for name, y in zip(names, reference.run(sample), strict=True):
            expected[name].append(y)
        for name, y in session.run(sample).items():
            actual[name].append(y)
    return {k: np.stack(v) for k, v in expected.items()}, {k: np.stack(v) for k, v in actual.items()}


def _is_within(c: Comparison, bound: float) -> bool:
    return c.max_error is not None and c.max_error <= bound


def _compare(name: str, expected: np.ndarray, actual: np.ndarray, labels: np.ndarray | None) -> Comparison:
    if expected.shape != actual.shape:
        raise ArgumentError(f"output '{name}': {list(expected.shape[1:])} in ONNX, {list(actual.shape[1:])} in nnz")
    difference = load("nnz.convert.verify").Difference()
    difference.add(expected, actual)
    error = difference.result()
    result = Comparison(name, error["max"], error["mean"], error["snr_db"])
    if sum(d > 1 for d in expected.shape[1:]) == 1:
        theirs, ours = (y.reshape(len(y), -1).argmax(axis=1) for y in (expected, actual))
        result.top1_agreement = float(np.mean(theirs == ours))
        if labels is not None:
            result.onnx_accuracy, result.nnz_accuracy = float(np.mean(theirs == labels)), float(np.mean(ours == labels))
    return result


def _labels(args: argparse.Namespace, count: int) -> np.ndarray:
    arrays = read_arrays(args.data)
    if not isinstance(arrays, dict) or args.labels not in arrays:
        have = ", ".join(arrays) if isinstance(arrays, dict) else "one without a name"
        raise ArgumentError(f"{args.data}: no array '{args.labels}' of labels: there are {have}")
    labels = arrays[args.labels][args.samples]
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        what = f"{args.data}: labels '{args.labels}' are {labels.dtype} {list(labels.shape)}"
        raise ArgumentError(f"{what}: expected {count} integers")
    return labels


def _table(outputs: list[Comparison], count: int) -> str:
    headers = ["output", "max error", "mean error", "SNR", "top-1 agreement", "accuracy ONNX", "accuracy nnz"]
    rows = []
    for c in outputs:
        shares = [c.top1_agreement, c.onnx_accuracy, c.nnz_accuracy]
        errors = ["not finite" if e is None else f"{e:.2e}" for e in (c.max_error, c.mean_error)]
        snr = "inf" if c.max_error == 0 else "-" if c.snr_db is None else f"{c.snr_db:.1f} dB"
        rows.append([c.output, *errors, snr, *("-" if s is None else percent(s) for s in shares)])
    used = [i for i in range(len(headers)) if any(row[i] != "-" for row in rows)]
    text = table([headers[i] for i in used], [[row[i] for i in used] for row in rows])
    return f"{text}\n{count} samples; errors relative to the output's largest magnitude"
