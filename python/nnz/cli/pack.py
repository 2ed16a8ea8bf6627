"""Packs a .nnz file for download or storage.

A packed file is smaller, but is unpacked into memory before it runs: Session, nnz_load() and the commands here open it
as any other, firmware calls nnz_unpack(). Packing loses nothing: `nnz unpack` gives the same file again."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from ..errors import ArgumentError
from ..format import is_packed, pack, replace_file
from ..progress import Progress
from .options import errors_of
from .output import print_json, print_text
from .table import percent, size

EXAMPLES = """examples:
  nnz pack model.nnz                         writes model.nnzp
  nnz pack model.nnz -o small.nnzp --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a .nnz file")
    parser.add_argument(
        "-o", "--output", metavar="FILE.nnzp", help="what to write (default: the file's name with .nnzp)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    content = Path(args.model).read_bytes()
    if is_packed(content):
        raise ArgumentError(f"{args.model} is packed already")
    output = Path(args.output) if args.output else Path(args.model).with_suffix(".nnzp")
    with errors_of(args.model), Progress() as step:
        packed = pack(content, partial(step, "packing"))
    replace_file(output, packed)
    if args.json:
        print_json({"file": str(output), "bytes": len(content), "packed_bytes": len(packed)})
    else:
        share = percent(len(packed) / len(content))
        print_text(f"{output}: {size(len(packed))}, {share} of {size(len(content))}")
    return 0
