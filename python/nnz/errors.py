"""The exceptions of nnz. Every one is an `nnz.Error`, and also the built-in exception that a caller would expect."""

from __future__ import annotations


class Error(Exception):
    """Base of everything that nnz raises on purpose."""


class FormatError(Error, ValueError):
    """A file or model breaks docs/FORMAT.md; the message names the tensor, matrix, operator or section."""


class ArgumentError(Error, ValueError):
    """A name, shape, number or setting is wrong; the message says what was expected."""


class DTypeError(Error, TypeError):
    """An array has the wrong element type; the message says what was expected."""


class UnsupportedError(Error, NotImplementedError):
    """A valid file needs an operator, type or encoding that this build lacks, or the CPU lacks the level asked for."""


class FileError(Error, OSError):
    """A file cannot be read."""


class OutOfMemoryError(Error, MemoryError):
    """The system gives no memory or no threads."""


class MissingExtraError(Error, ImportError):
    """An optional dependency is not installed; the message has the pip line that installs it."""
