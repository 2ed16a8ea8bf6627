"""Plain text for people: tables and quantities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MAX_NAME = 44


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns two spaces apart; those that hold nothing but quantities are right-aligned."""
    cells = [[str(c) for c in row] for row in rows]
    columns = list(zip(headers, *cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [len(column) > 1 and all(map(_is_quantity, column[1:])) for column in columns]

    def line(row: Sequence[str]) -> str:
        aligned = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
        return "  ".join(aligned).rstrip()

    return "\n".join([line(headers), *map(line, cells)])


def _is_quantity(cell: str) -> bool:
    return cell in ("", "-", "inf") or cell.lstrip("-")[:1].isdigit()


def size(n: float, unit: str = "B") -> str:
    """1234567 as "1.23 MB"; with unit "" as "1.23 M"."""
    exponent = 0
    while n >= 999.5 and exponent < 4:
        n, exponent = n / 1000, exponent + 1
    digits = f"{n:.0f}" if n >= 99.95 or not exponent else f"{n:.3g}"
    return f"{digits} {' kMGT'[exponent].strip()}{unit}".strip()


def milliseconds(seconds: float) -> str:
    """0.0012345 as "1.234 ms"; small times have more digits."""
    ms = seconds * 1e3
    return f"{ms:.3f} ms" if ms >= 1 else f"{ms:.4f} ms"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def short(name: str) -> str:
    """A name that fits in a table."""
    return f"{name[: MAX_NAME - 3]}..." if len(name) > MAX_NAME else name or "-"


def shape(dims: Iterable[int]) -> str:
    return "x".join(map(str, dims)) or "scalar"
