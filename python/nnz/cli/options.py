"""Options that several verbs share, and what they use of the optional packages."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from ..errors import ArgumentError, FormatError, MissingExtraError
from . import FailureError


def load(name: str) -> ModuleType:
    """Imports a module that comes with the extra `convert`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f'this needs the package {error.name}: pip install "nnzrt[convert]"') from None
    except ImportError as error:
        raise MissingExtraError(f"{name} cannot be imported: {error}") from error


@contextmanager
def converter_errors() -> Iterator[None]:
    """Turns the converter's errors into ours: a model that it cannot convert is a failure, the rest bad input."""
    errors = load("nnz.convert.errors")
    try:
        yield
    except errors.UnsupportedError as error:
        raise FailureError(str(error)) from error
    except ValueError as error:
        raise ArgumentError(str(error)) from error


@contextmanager
def errors_of(path: str) -> Iterator[None]:
    """Puts the name of a model's file before what is wrong with its content."""
    try:
        yield
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


def add_shape_argument(parser: argparse.ArgumentParser) -> None:
    what = "the shape of an input whose dimensions are symbolic; may be repeated"
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=1x3x224x224", help=what)


def shapes(items: list[str]) -> dict[str, tuple[int, ...]] | None:
    """What --shape says: shapes by input name."""
    result = {}
    for item in items:
        name, _, text = item.rpartition("=")
        dims = text.split("x")
        if not name or not all(d.isdecimal() and int(d) > 0 for d in dims):
            raise ArgumentError(f"--shape {item}: expected NAME=1x3x224x224")
        result[name] = tuple(map(int, dims))
    return result or None


def add_sample_arguments(parser: argparse.ArgumentParser) -> None:
    what = "the array of an input, where it has another name; may be repeated"
    parser.add_argument("--input-key", action="append", default=[], metavar="INPUT=KEY", help=what)
    parser.add_argument(
        "--samples", type=_slice, default=slice(None), metavar="A:B", help="which samples (default all)"
    )


def input_keys(items: list[str]) -> dict[str, str]:
    """What --input-key says: array names by input name."""
    keys = {}
    for item in items:
        name, separator, key = item.partition("=")
        if not separator:
            raise ArgumentError(f"--input-key {item}: expected INPUT=KEY")
        keys[name] = key
    return keys


def _slice(text: str) -> slice:
    first, separator, last = text.partition(":")
    try:
        if not separator:
            raise ValueError
        return slice(int(first) if first else None, int(last) if last else None)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not A:B, A: or :B") from None
