"""Runs a model once on arrays from files."""

from __future__ import annotations

import argparse
import io

import numpy as np

from ..arrays import read_arrays
from ..errors import ArgumentError
from ..session import Port, Session
from ..writer import replace_file
from .output import print_json, print_text
from .table import shape, table

EXAMPLES = """examples:
  nnz run model.nnz --input x.npy                        a model of one input
  nnz run model.nnz --input image=a.npy --input mask=b.npy --output result.npz
  nnz run model.nnz --input inputs.npz --json            an .npz holds arrays by input name
"""

MAX_JSON_VALUES = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help="a .nnz file")
    what = "a .npy file, or an .npz file of arrays by input name; may be repeated"
    add("--input", "-i", action="append", default=[], metavar="[NAME=]FILE", help=what)
    add("--output", "-o", metavar="FILE.npz", help="write the outputs here, by name")
    add("--threads", type=int, default=1, help="threads to use, 0 for all CPUs (default 1)")
    add(
        "--json",
        action="store_true",
        help=f"print JSON, with the values of outputs of up to {MAX_JSON_VALUES} elements",
    )


def run(args: argparse.Namespace) -> int:
    session = Session(args.model, args.threads, profile=False)
    outputs = session.run(read_inputs(args.input, session.inputs))
    if args.output:
        archive = io.BytesIO()
        np.savez(archive, **outputs)
        replace_file(args.output, archive.getvalue())
    if args.json:
        print_json({name: _describe(y) for name, y in outputs.items()})
    else:
        print_text(_table(outputs))
    return 0


def read_inputs(items: list[str], ports: tuple[Port, ...]) -> dict[str, np.ndarray]:
    """The arrays that --input names."""
    arrays: dict[str, np.ndarray] = {}
    for item in items:
        name, separator, file = item.rpartition("=")
        content = read_arrays(file)
        if isinstance(content, dict):
            if separator:
                raise ArgumentError(f"--input {item}: an .npz file has names of its own, give it without NAME=")
            arrays.update(content)
        elif separator:
            arrays[name] = content
        elif len(ports) == 1:
            arrays[ports[0].name] = content
        else:
            names = ", ".join(p.name for p in ports)
            raise ArgumentError(f"--input {item}: the model has {len(ports)} inputs, say which with NAME=: {names}")
    by_name = {p.name: p for p in ports}
    return {name: _with_unit_axes(a, by_name[name]) if name in by_name else a for name, a in arrays.items()}


def _with_unit_axes(a: np.ndarray, port: Port) -> np.ndarray:
    """The array in the port's shape, where only axes of length 1 are missing or too many."""
    given, wanted = (tuple(d for d in dims if d != 1) for dims in (a.shape, port.shape))
    return a.reshape(port.shape) if given == wanted else a


def _describe(y: np.ndarray) -> dict[str, object]:
    described: dict[str, object] = {"dtype": str(y.dtype), "shape": list(y.shape)}
    if y.size <= MAX_JSON_VALUES:
        described["values"] = y.tolist()
    return described


def _table(outputs: dict[str, np.ndarray]) -> str:
    rows = []
    for name, y in outputs.items():
        values = y.astype(np.float64)
        statistics = (f"{f(values):.6g}" for f in (np.min, np.max, np.mean))
        rows.append([name, y.dtype, shape(y.shape), *statistics, int(np.argmax(y))])
    return table(["output", "dtype", "shape", "min", "max", "mean", "argmax"], rows)
