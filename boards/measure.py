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
    parser.add_argument("--model", required=True, type=Path, help="a .nnz file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="build here")
    args = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            figures = measure(images.board(args.board), args.model, args.keep or Path(folder))
    except (Error, OSError, images.ImageError) as error:
        print(f"measure: error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(figures) if args.json else text(figures))
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


if __name__ == "__main__":
    sys.exit(main())
