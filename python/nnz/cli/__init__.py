"""The command line `nnz`. A verb is a module here, imported when it is used: most of them need numpy alone."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..errors import Error
from .output import printable

VERBS = {
    "convert": "make a .nnz file from an ONNX model, pruning it if asked to",
    "check": "say what of an ONNX model can be converted, and what it would gain",
    "inspect": "show the layers, sizes and operations of a .nnz or ONNX model",
    "run": "run a model on arrays from files",
    "bench": "time a model",
    "compare": "compare a .nnz model with the ONNX model it was made from",
    "embed": "write the C sources of a firmware image that runs a model",
    "pack": "make a .nnz file smaller, for download or storage",
    "unpack": "make the .nnz file again from a packed one",
    "info": "show the version, the CPU and the kernels that it gets",
}

FAILED = 1
BAD_INPUT = 2


class FailureError(Exception):
    """Ends a command with a message: the work itself failed, nothing was wrong with the call."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"nnz: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 0, 1 (a conversion or comparison failed) or 2 (wrong usage, bad input)."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv and argv[0] in VERBS:
            return _run(argv[0], argv[1:])
        _top_parser().parse_args(argv)
        return 0
    except FailureError as error:
        return _fail(FAILED, error)
    except (Error, OSError) as error:
        if isinstance(error, BrokenPipeError):
            # Whoever read our output wants no more of it: a second complaint at exit would be noise.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return _fail(BAD_INPUT, error)
    except MemoryError as error:
        return _fail(FAILED, FailureError(f"not enough memory: {error}" if str(error) else "not enough memory"))
    except KeyboardInterrupt:
        return 130


def _fail(code: int, error: Exception) -> int:
    of_file = isinstance(error, OSError) and error.filename and error.strerror
    message = f"{error.filename}: {error.strerror}" if of_file else str(error)
    print(f"nnz: error: {printable(message)}", file=sys.stderr)
    return code


def _run(verb: str, argv: list[str]) -> int:
    module = importlib.import_module(f".{verb}", __package__)
    parser = _Parser(
        prog=f"nnz {verb}",
        description=module.__doc__,
        epilog=module.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    code = module.run(parser.parse_args(argv))
    sys.stdout.flush()
    return code


def _top_parser() -> argparse.ArgumentParser:
    from .. import __version__

    verbs = "\n".join(f"  {verb:10}{text}" for verb, text in VERBS.items())
    parser = _Parser(
        prog="nnz",
        usage="nnz VERB ...",
        description="Makes, runs and examines sparse neural networks.",
        epilog=f"verbs:\n{verbs}\n\nnnz VERB --help explains one, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"nnz {__version__}")
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help=argparse.SUPPRESS)
    return parser
