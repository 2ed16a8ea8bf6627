"""Runtimes in processes of their own (worker.py), so that none disturbs another and each has its own peak of memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np


class WorkerError(Exception):
    """What a worker could not do. `missing`: the runtime is not installed."""

    def __init__(self, message: str, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class Process:
    """A worker.py with one runtime; `environment` is set on top of this process's."""

    def __init__(self, runtime: str, environment: dict[str, str]) -> None:
        command = [sys.executable, str(Path(__file__).with_name("worker.py")), runtime]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )

    def ask(self, do: str, **request: object) -> dict:
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(f"the process ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"], answer["missing"])
        return answer

    def run(self, folder: Path) -> dict[str, np.ndarray]:
        """The outputs of one run, which pass through a file in `folder`."""
        path = folder / "outputs.npz"
        self.ask("run", outputs=str(path))
        with np.load(path) as arrays:
            return dict(arrays)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
