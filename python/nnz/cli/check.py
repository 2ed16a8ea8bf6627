"""Says what of an ONNX model can be converted: every unsupported operator at once, or what would run sparse."""

from __future__ import annotations

import argparse
import json

from .extra import add_shape_argument, converter_errors, load, shapes

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
    check = load("nnz.convert").check
    with converter_errors():
        result = check(args.model, shapes=shapes(args.shape), target=args.target)
    print(json.dumps(result) if args.json else result)
    return 0
