"""Writes the C sources of a firmware image: the model as an array, its sizes, only the operators and kernels it needs,
a self-test against this machine's output, and a Makefile."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ..errors import ArgumentError
from ..reader import read
from ..session import Session
from ..writer import replace_file
from .options import errors_of
from .output import print_json, print_text
from .run import read_inputs
from .table import size, table

LEVELS = ("scalar", "dsp", "helium")

EXAMPLES = """examples:
  nnz embed --list                                           the boards
  nnz embed model.nnz --out firmware --board mps2-an386
  make -C firmware run                                       build it, and run it in the emulator
  nnz embed model.nnz --out firmware --board microbit --input x.npy --name keyword
  nnz embed model.nnz --out src --isa scalar                 for another program: no main.c, no Makefile
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", nargs="?", help="a .nnz file")
    add("--out", "-o", metavar="DIR", help="where to write; made if it is not there")
    add("--board", metavar="NAME", help="for which board: see --list")
    add(
        "--isa", choices=LEVELS, help="for kernels of this level, if there is no board: any microcontroller runs scalar"
    )
    add("--name", help="begins all names in C (default: the file's name)")
    what = "the self-test's input (default: random): a .npy file, or an .npz file of arrays by input name"
    add("--input", "-i", action="append", default=[], metavar="[NAME=]FILE", help=what)
    what = "what to leave out of the array: names and report (all, the default), the report alone, or nothing"
    add("--strip", choices=("all", "report", "none"), default="all", help=what)
    add("--list", action="store_true", help="list the boards")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from ..firmware import board, board_names, generate

    if args.list:
        boards = [board(name) for name in board_names()]
        if args.json:
            print_json([{k: v for k, v in vars(b).items() if k != "settings"} for b in boards])
        else:
            rows = [[b.name, b.description, b.isa, size(b.flash), size(b.ram)] for b in boards]
            print_text(table(["board", "what", "level", "flash", "RAM"], rows))
        return 0
    usage = "nnz embed model.nnz --out DIR --board NAME"
    if args.model is None or args.out is None:
        raise ArgumentError(f"{'--out' if args.model else 'model'} is missing: {usage}")
    if (args.board is None) == (args.isa is None):
        raise ArgumentError(f"--board or --isa is needed, and not both: {usage}")

    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise ArgumentError(f"--out {out}: is a file: name a folder, which may be new")
    target = board(args.board) if args.board else None
    isa = target.isa if target else args.isa
    content = Path(args.model).read_bytes()
    name = args.name or re.sub(r"[^a-z0-9]+", "_", Path(args.model).stem.lower()).strip("_")
    with errors_of(args.model):
        model = read(content)
    inputs = read_inputs(args.input, Session(content).inputs) if args.input else None
    files = generate(model, name, isa, target, names=args.strip != "all", report=args.strip == "none", inputs=inputs)
    out.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        replace_file(out / file, text.encode())

    sizes = {key: _macro(files, name, key) for key in ("MODEL_SIZE", "PLAN_SIZE", "ARENA_SIZE")}
    if args.json:
        figures = {key.lower(): value for key, value in sizes.items()}
        print_json({"name": name, "board": args.board, "isa": isa, "files": sorted(files), **figures})
        return 0
    flash, ram = (f" of {size(target.flash)}", f" of {size(target.ram)}") if target else ("", "")
    used = sizes["PLAN_SIZE"] + sizes["ARENA_SIZE"]
    print_text(f"{out}: {name} for {target.description if target else f'{isa} kernels'}")
    print_text(f"  flash  {size(sizes['MODEL_SIZE'])}{flash}, and the code")
    print_text(f"  RAM    {size(used)}{ram}: plan {sizes['PLAN_SIZE']}, arena {sizes['ARENA_SIZE']} bytes")
    if target:
        print_text(f"next: make -C {out} run")
    return 0


def _macro(files: dict[str, str], name: str, key: str) -> int:
    match = re.search(rf"#define {name.upper()}_{key} (\d+)", files[f"{name}_model.h"])
    assert match
    return int(match[1])
