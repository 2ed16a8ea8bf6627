"""Running programs in tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def command(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    """Runs a program that must succeed; its output is the failure's message."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{arguments} returned {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def cli(*arguments: object, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `nnz ARGUMENTS`, which must return `code`; never with a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "nnz.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, f"returned {done.returncode}: {done.stdout}\n{done.stderr}"
    return done
