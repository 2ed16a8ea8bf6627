"""What the command line uses of the optional packages, and says where one is missing."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from ..errors import ArgumentError, MissingExtraError
from . import FailureError


def load(name: str) -> ModuleType:
    """Imports a module that comes with the extra `convert`."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(f'this needs the package {error.name}: pip install "nnzrt[convert]"') from None


@contextmanager
def converter_errors() -> Iterator[None]:
    """Turns the converter's errors into ours: a model that it cannot convert is a failure, the rest bad input."""
    errors = load("nnz.convert.errors")
    try:
        yield
    except errors.UnsupportedError as error:
        raise FailureError(str(error)) from error
    except errors.ConvertError as error:
        raise ArgumentError(str(error)) from error
