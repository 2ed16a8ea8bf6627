"""The exceptions of nnz. Every one is an `nnz.Error`; each is also the built-in exception a caller would expect."""

from __future__ import annotations


class Error(Exception):
    """Base of everything nnz raises on purpose."""


class FormatError(Error, ValueError):
    """A file or model breaks docs/FORMAT.md; the message names the tensor, matrix, operator or section."""


class InputError(Error, ValueError):
    """An array has the wrong name or shape; the message says what was expected."""


class InputTypeError(Error, TypeError):
    """An array has the wrong element type; the message says what was expected."""


class UnsupportedError(Error, NotImplementedError):
    """A valid file needs an operator, type, encoding or CPU feature that is not there."""


class MissingExtraError(Error, ImportError):
    """An optional dependency is not installed; the message has the pip line that installs it."""
