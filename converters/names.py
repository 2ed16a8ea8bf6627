"""Layers that a user names by a regular expression."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .errors import ConvertError
from .ir import Node


def matching(nodes: Sequence[Node], expression: str | None, option: str) -> set[int]:
    """The nodes, by id(), whose names `expression` is found in, the argument of the command line's `option`; none
    without an expression. ConvertError where it is no regular expression, or matches no node.
    """
    if expression is None:
        return set()
    try:
        pattern = re.compile(expression)
    except (re.error, TypeError) as error:
        raise ConvertError(f"{option} {expression}: not a regular expression: {error}") from error
    found = {id(node) for node in nodes if pattern.search(node.name)}
    if not found:
        names = ", ".join(node.name for node in nodes)
        raise ConvertError(f"{option} {expression}: matches no layer; there are {names}")
    return found
