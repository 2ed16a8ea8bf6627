"""Running programs in tests."""

from __future__ import annotations

import subprocess
from pathlib import Path


def command(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    """Runs a program that must succeed; its output is the failure's message."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{arguments} returned {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
