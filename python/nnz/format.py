"""The `.nnz` file (docs/FORMAT.md) as Python objects: build a `Model`, `write` or `save` it; `read` gives one back."""

from .reader import read
from .records import Matrix, Model, Op, Port, Tensor, plain_port, signed, word
from .validate import validate
from .writer import save, write

__all__ = [
    "Matrix",
    "Model",
    "Op",
    "Port",
    "Tensor",
    "plain_port",
    "read",
    "save",
    "signed",
    "validate",
    "word",
    "write",
]
