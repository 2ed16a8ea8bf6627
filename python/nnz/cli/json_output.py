"""What --json prints: one JSON document, in which NaN and infinities, which JSON does not have, are null."""

from __future__ import annotations

import json
import math
from typing import Any


def print_json(document: Any) -> None:
    print(json.dumps(_without_nonfinite(document), allow_nan=False))


def _without_nonfinite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nonfinite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nonfinite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
