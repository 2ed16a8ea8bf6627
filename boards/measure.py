"""Measures a model on an emulated board: builds its image, runs it, and shows what it takes.

Flash and RAM are those of the ELF file that runs; instructions are counted exactly as it executes them. `code` is all
flash but the model, its test vectors and the board's start-up. Times are not shown: an emulator's say nothing of a
device.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import image as images

from nnz.errors import Error
from nnz.layers import layers
from nnz.reader import read

EXAMPLES = """examples:
  python boards/measure.py --board mps2-an386 --model kws.nnz
  python boards/measure.py --board mps2-an386 --model kws.nnz --json
  python boards/measure.py --board mps2-an386 --model kws.nnz --model vww.nnz --table      rows of docs/FIRMWARE.md
  python boards/measure.py --board mps2-an386 --model kws.nnz --keep build/kws     and leaves the sources and the ELF
"""

STARTUP, MODEL, TEST = ".board", ".model", ".test"
FLASH = (STARTUP, MODEL, TEST, ".code", ".exceptions", ".data")
RAM = (".data", ".bss")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--board", required=True, help=", ".join(images.board_names()))
    parser.add_argument("--model", required=True, type=Path, action="append", help="a .nnz file; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON: a list where there are several models")
    parser.add_argument("--table", action="store_true", help="print a table in Markdown")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="build here")
    args = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            keep, board = args.keep or Path(folder), images.board(args.board)
            figures = [measure(board, model, keep / model.stem) for model in args.model]
    except (Error, OSError, images.ImageError) as error:
        print(f"measure: error: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(figures if len(figures) > 1 else figures[0]))
    else:
        print(table(figures) if args.table else "\n".join(map(text, figures)))
    return 0


def measure(board: images.Board, model: Path, folder: Path) -> dict[str, Any]:
    """The figures of a model on a board; the image is built in `folder`. ImageError where its output is wrong."""
    image = images.build(board, model, folder.resolve())
    run = images.run(image, count=True)
    if run.code:
        raise images.ImageError(f"{board.name} ended with code {run.code}:\n{run.text}")
    sections, symbols = images.sections(image), images.symbols(image)
    flash = sum(sections.get(name, 0) for name in FLASH)
    static = sum(sections.get(name, 0) for name in RAM)
    plan, arena, stack = run.number("plan"), run.number("arena"), run.number("stack")
    weights = layers(read(model.read_bytes()))
    macs = sum(layer["macs_dense"] for layer in weights)
    return {
        "board": board.name,
        "isa": board.isa,
        "model": model.stem,
        "flash": {
            "code": flash - sum(sections.get(name, 0) for name in (STARTUP, MODEL, TEST)),
            "model": sections[MODEL],
        },
        "ram": {
            "plan": plan,
            "arena": arena,
            "stack": stack,
            "state": static - symbols["plan_memory"].size - symbols["arena"].size,
        },
        "instructions": {
            "init": run.instructions["init"],
            "run": run.instructions["run"],
            "per_mac": run.instructions["run"] / macs if macs else None,
        },
        "macs": {"dense": macs, "nonzero": sum(layer["macs_nonzero"] for layer in weights)},
    }


def text(figures: dict[str, Any]) -> str:
    flash, ram, insns = figures["flash"], figures["ram"], figures["instructions"]
    lines = [
        f"{figures['model']} on {figures['board']} ({figures['isa']} kernels)",
        f"  flash         {flash['code']:>12,}  code",
        f"                {flash['model']:>12,}  model",
        *(f"  {'RAM' if name == 'plan' else '':14}{size:>12,}  {name}" for name, size in ram.items()),
        f"  instructions  {insns['init']:>12,}  to open, validate and plan",
        f"                {insns['run']:>12,}  for one inference",
    ]
    if insns["per_mac"] is not None:
        lines.append(f"                {insns['per_mac']:>12.2f}  per MAC of the dense model")
    lines.append(f"  MACs          {figures['macs']['dense']:>12,}  of which nonzero {figures['macs']['nonzero']:,}")
    return "\n".join(lines)


def table(models: list[dict[str, Any]]) -> str:
    lines = [
        "| model | MACs, nonzero | code | model | plan + arena | stack | init | one inference | per MAC |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for figures in models:
        flash, ram, insns, macs = (figures[key] for key in ("flash", "ram", "instructions", "macs"))
        cells = [
            figures["model"],
            f"{macs['dense']:,}, {macs['nonzero']:,}",
            f"{flash['code']:,}",
            f"{flash['model']:,}",
            f"{ram['plan'] + ram['arena']:,}",
            f"{ram['stack']:,}",
            f"{insns['init']:,}",
            f"{insns['run']:,}",
            f"{insns['per_mac']:.2f}" if insns["per_mac"] is not None else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
