"""One runtime in a process of its own, told what to do by compare.py: JSON requests on stdin, JSON answers on stdout,
a line each.

    {"do": "prepare", "model": PATH, "folder": PATH}    -> {"path": PATH, "bytes": N}: of all files it needs
    {"do": "load", "path": PATH, "threads": N, "inputs": NPZ}    -> {}
    {"do": "run", "outputs": NPZ}    -> {}: runs once and saves the outputs
    {"do": "time", "seconds": S}    -> {"seconds": [one a run]}: runs for so long, at least three times
    {"do": "memory"}    -> {"bytes": what the process needed at its peak, above numpy alone; null where nobody knows}

An answer {"error": TEXT, "missing": BOOL} says what went wrong, and whether the runtime is not installed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from runtimes import make


def resident(field: str) -> int | None:
    """VmRSS (now) or VmHWM (peak) of this process in bytes; None where there is no /proc.

    getrusage() would not do: its peak begins with that of the process that started this one.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


class Worker:
    def __init__(self, name: str) -> None:
        self.before = resident("VmRSS")
        self.runtime = make(name)
        self.inputs: dict[str, np.ndarray] = {}

    def prepare(self, model: str, folder: str) -> dict:
        files = self.runtime.prepare(Path(model), Path(folder))
        return {"path": str(files[0]), "bytes": sum(path.stat().st_size for path in files)}

    def load(self, path: str, threads: int, inputs: str) -> dict:
        with np.load(inputs) as arrays:
            self.inputs = dict(arrays)
        self.runtime.load(Path(path), threads)
        return {}

    def run(self, outputs: str) -> dict:
        np.savez(outputs, **self.runtime.run(self.inputs))
        return {}

    def time(self, seconds: float) -> dict:
        found: list[float] = []
        end = perf_counter() + seconds
        while len(found) < 3 or perf_counter() < end:
            begin = perf_counter()
            self.runtime.run(self.inputs)
            found.append(perf_counter() - begin)
        return {"seconds": found}

    def memory(self) -> dict:
        peak = resident("VmHWM")
        return {"bytes": None if peak is None or self.before is None else peak - self.before}


def main() -> None:
    # Whatever a library prints goes to stderr; the answers have the real stdout.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            worker = worker or Worker(sys.argv[1])
            answer = getattr(worker, request.pop("do"))(**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}", "missing": isinstance(error, ImportError)}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
