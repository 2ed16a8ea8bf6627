"""Checks that the report in a file, which is untrusted input, has what nnz shows of it.

A check takes a value as JSON has it. Keys beyond those checked are of no concern.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..layers import layers
from ..records import Model

Check = Callable[[Any], bool]


def is_readable(report: dict[str, Any], model: Model) -> bool:
    """Whether the layers and lines of a report can be shown beside `model`."""
    weighted = {layer["op"] for layer in layers(model)}
    return all(check(report[key]) for key, check in _REPORT.items() if key in report) and all(
        layer["op"] in weighted for layer in report.get("layers", [])
    )


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    """A number that arithmetic with floats takes: JSON's integers have no bound."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)


def _count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 2**63


def _absent(value: Any) -> bool:
    return value is None


def _either(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)


def _list(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _record(**checks: Check) -> Check:
    """An object; a key that it lacks is as one that is null."""
    return lambda value: isinstance(value, dict) and all(check(value.get(key)) for key, check in checks.items())


def _by_name(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


_some_text, _some_number = _either(_text, _absent), _either(_number, _absent)

_LAYER = _record(
    op=_count,
    name=_text,
    kind=_text,
    shape=_list(lambda value: _count(value) and value > 0),
    encoding=_text,
    dtype=_some_text,
    sparsity=_number,
    bytes=_count,
    macs_dense=_count,
    macs_nonzero=_count,
    macs_executed=_count,
    weight_snr_db=_some_number,
    snr_db=_some_number,
    own_snr_db=_some_number,
    excluded=_some_text,
    float=_some_text,
    reason=_some_text,
)

_REPORT: dict[str, Check] = {
    "layers": _list(_LAYER),
    "notes": _list(_text),
    "sparsity": _record(selected=_number, model=_number),
    "dead_channels": _list(_record(channels=_count, layer=_text)),
    "int8_macs": _number,
    "float": _list(_record(kind=_text, name=_text, reason=_text)),
    "error": _by_name(_either(_record(max=_absent), _record(max=_number, mean=_number, snr_db=_some_number))),
}
