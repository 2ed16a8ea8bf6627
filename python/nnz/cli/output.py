"""What verbs print: one JSON document, or text for people. Names come from files, which are untrusted input."""

from __future__ import annotations

import json
import math
from typing import Any


def print_json(document: Any) -> None:
    """NaN and infinities, which JSON does not have, are null."""
    print(json.dumps(_without_nonfinite(document), allow_nan=False))


def print_text(text: str) -> None:
    print(printable(text))


def printable(text: str) -> str:
    """The text with escapes for what a terminal would obey (control characters) or no encoding has (surrogates)."""
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _without_nonfinite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nonfinite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nonfinite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
