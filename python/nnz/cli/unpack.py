"""Makes the .nnz file again from a packed one."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import ArgumentError
from ..format import is_packed, read, replace_file, unpack
from .options import errors_of
from .output import print_json, print_text
from .table import size

EXAMPLES = """examples:
  nnz unpack model.nnzp                      writes model.nnz, to be run in place
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a packed file")
    parser.add_argument("-o", "--output", metavar="FILE.nnz", help="what to write (default: the file's name with .nnz)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    packed = Path(args.model).read_bytes()
    output = Path(args.output) if args.output else Path(args.model).with_suffix(".nnz")
    if not is_packed(packed):
        raise ArgumentError(f"{args.model} is not packed")
    if output == Path(args.model):
        raise ArgumentError(f"{output} would be written over: name another file with --output")
    with errors_of(args.model):
        content = unpack(packed)
        read(content)
    replace_file(output, content)
    if args.json:
        print_json({"file": str(output), "bytes": len(content), "packed_bytes": len(packed)})
    else:
        print_text(f"{output}: {size(len(content))}, from {size(len(packed))}")
    return 0
