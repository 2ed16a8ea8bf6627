"""The `.nnz` file (docs/FORMAT.md) as Python objects: build a `Model`, `write` or `save` it; `read` gives one back."""

from ._nnz import unpack
from .packing import pack
from .reader import is_packed, read
from .records import Matrix, Model, Op, Port, Tensor, plain_port, signed, word
from .validate import validate
from .writer import check_place, replace_file, save, write

__all__ = [
    "Matrix",
    "Model",
    "Op",
    "Port",
    "Tensor",
    "check_place",
    "is_packed",
    "pack",
    "plain_port",
    "read",
    "replace_file",
    "save",
    "signed",
    "unpack",
    "validate",
    "word",
    "write",
]
