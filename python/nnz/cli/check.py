"""Says what of an ONNX model can be converted: every unsupported operator at once, or what would run sparse."""

from __future__ import annotations

import argparse
from typing import Any

from . import FAILED, FailureError
from .layertable import layer_table, macs, macs_line
from .options import add_shape_argument, converter_errors, load, shapes
from .output import print_json, print_text
from .table import milliseconds

EXAMPLES = """examples:
  nnz check model.onnx
  nnz check model.onnx --shape input=1x3x224x224 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="an ONNX model")
    add_shape_argument(parser)
    parser.add_argument("--target", default="host", metavar="NAME|FILE", help="the CPU to estimate for (default host)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    converter = load("nnz.convert")
    try:
        with converter_errors():
            result = converter.check(args.model, shapes=shapes(args.shape), target=args.target)
    except FailureError as failure:
        unsupported = failure.__cause__
        if args.json and isinstance(unsupported, converter.UnsupportedError):
            keys = ("operator", "node", "reason")
            problems = [dict(zip(keys, problem, strict=True)) for problem in unsupported.problems]
            print_json({"unsupported": problems, "supported": unsupported.supported})
            return FAILED
        raise
    if args.json:
        print_json(result)
    else:
        print_text(_text(result))
    return 0


def _text(result: dict[str, Any]) -> str:
    operators = ", ".join(f"{n} {kind}" for kind, n in result["operators"].items())
    lines = [f"{result['source']['file']} can be converted: {operators}"]
    layers = result["layers"]
    if layers:
        dense, chosen = result["seconds"]["dense"], result["seconds"]["chosen"]
        lines += ["", layer_table(layers), "", macs_line(macs(layers))]
        lines.append(f"{len(result['sparse'])} of {len(layers)} layers would run sparse on {result['target']}")
        lines.append(
            f"expected time of the layers, one thread: {milliseconds(chosen)}, all dense {milliseconds(dense)}"
        )
    return "\n".join(lines)
