"""Shows the layers of a model, what they cost and why they are stored as they are, and its operators and sizes."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from .._nnz import unpack
from ..layers import layers
from ..reader import is_packed, read
from ..records import Model, Op, Port
from ..session import Session
from ..storage import add_storage
from .layertable import layer_table, macs, macs_line, report_lines, storage_lines
from .options import converter_errors, errors_of, load
from .output import print_json, print_text
from .report import is_readable
from .table import shape, short, size, table

EXAMPLES = """examples:
  nnz inspect model.nnz
  nnz inspect model.nnz --ops          every operator, not just the layers with weights
  nnz inspect model.onnx --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a .nnz or ONNX file")
    parser.add_argument("--ops", action="store_true", help="list all operators, too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    content = Path(args.model).read_bytes()
    if args.model.endswith(".onnx"):
        with converter_errors():
            _print(load("nnz.convert").inspect_onnx(args.model), args)
        return 0
    with errors_of(args.model):
        description = _describe(args.model, content)
    _print(description, args)
    return 0


def _print(description: dict[str, Any], args: argparse.Namespace) -> None:
    if args.json:
        print_json(description)
    else:
        print_text(_text(description, args.ops))


def _describe(path: str, content: bytes) -> dict[str, Any]:
    file = unpack(content) if is_packed(content) else content
    model, session = read(file), Session(file)
    report = model.report or {}
    if not is_readable(report, model):
        report = {"notes": ["the report in the file is none that this version of nnz writes, and is not shown"]}
    described = report.get("layers") or layers(model)
    storage = add_storage(described, model, file, len(content) if file is not content else None)
    kernels = [op.kernel for op in session.profile()]
    return {
        "file": path,
        "bytes": len(content),
        "packed": file is not content,
        "storage": storage,
        "arena_bytes": session.arena_bytes,
        "isa": session.isa,
        "inputs": [_port(p, model) for p in model.inputs],
        "outputs": [_port(p, model) for p in model.outputs],
        "layers": described,
        "macs": macs(described),
        "ops": [_op(i, op, model, kernels[i]) for i, op in enumerate(model.ops)],
        "report": {key: value for key, value in report.items() if key != "layers"},
    }


def _port(port: Port, model: Model) -> dict[str, Any]:
    return {"name": port.name, "dtype": str(model.tensors[port.tensor].dtype), "shape": list(port.dims)}


def _op(i: int, op: Op, model: Model, kernel: str) -> dict[str, Any]:
    return {
        "op": i,
        "kind": op.kind,
        "name": op.name,
        "activation": op.activation,
        "output": list(model.tensors[op.outputs[0]].dims),
        "kernel": kernel,
    }


def _text(d: dict[str, Any], all_ops: bool) -> str:
    facts = [f"{d['file']}: {size(d['bytes'])}{' packed' if d.get('packed') else ''}"]
    if "arena_bytes" in d:
        facts.append(f"arena {size(d['arena_bytes'])} for one thread, {d['isa']}")
    lines = ["; ".join(facts)]
    for what in ("inputs", "outputs"):
        lines.append(f"{what}: " + ", ".join(f"{p['name']} {p['dtype']} {shape(p['shape'])}" for p in d[what]))
    lines.append("operators: " + ", ".join(f"{n} {kind}" for kind, n in Counter(op["kind"] for op in d["ops"]).items()))
    if d["layers"]:
        lines += ["", layer_table(d["layers"]), "", macs_line(d["macs"])]
    if "storage" in d:
        lines += storage_lines(d["storage"])
    lines += report_lines(d["report"])
    if all_ops:
        rows = [
            [op["op"], op["kind"], short(op["name"]), op["activation"], shape(op["output"]), op["kernel"] or "-"]
            for op in d["ops"]
        ]
        lines += ["", table(["op", "kind", "name", "activation", "output", "kernel"], rows)]
    return "\n".join(lines)
