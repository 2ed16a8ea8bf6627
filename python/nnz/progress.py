"""A progress bar for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""

WIDTH = 30
PATIENCE = 1.0  # seconds before a bar appears


class Progress:
    """Passes progress on to `report`; without one, draws a bar on standard error where that is a terminal."""

    def __init__(self, report: Report | None = None):
        self.report = report
        self.visible = report is None and sys.stderr.isatty()
        self.drawn = False
        self.what = ""
        self.start = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.report is not None:
            self.report(what, done, total)
        elif self.visible:
            self._draw(what, done, total)

    def _draw(self, what: str, done: int, total: int) -> None:
        if what != self.what:
            self.what, self.start = what, time.monotonic()
        if time.monotonic() - self.start < PATIENCE:
            return
        filled = WIDTH * done // max(total, 1)
        sys.stderr.write(f"\r{what:12} [{'#' * filled}{' ' * (WIDTH - filled)}] {done}/{total}")
        sys.stderr.flush()
        self.drawn = True

    def _clear(self) -> None:
        if self.drawn:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
