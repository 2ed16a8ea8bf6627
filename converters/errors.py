"""What the converter raises. Every message names the thing at fault, what was expected, and what to do."""

from __future__ import annotations


class ConvertError(ValueError):
    """The model cannot be converted."""


class ShapeError(ConvertError):
    """An input's shape is not known; the message names the `--shape` option that gives it."""


class UnsupportedError(ConvertError):
    """The model has operators that cannot be converted. `problems` lists all of them as (operator, node, reason)."""

    def __init__(self, problems: list[tuple[str, str, str]], supported: list[str]):
        self.problems = problems
        self.supported = supported
        lines = [f"  {op} '{node}': {reason}" for op, node, reason in problems]
        super().__init__(
            f"{len(problems)} node(s) cannot be converted:\n"
            + "\n".join(lines)
            + "\nSupported: "
            + ", ".join(supported)
        )
