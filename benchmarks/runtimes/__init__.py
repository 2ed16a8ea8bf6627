"""The runtimes that compare.py compares: a class a file, listed in RUNTIMES.

A runtime is used in a process of its own: load() first, then run() as often as wanted.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

RUNTIMES = {"onnxruntime": "onnxruntime_float", "nnz": "nnz_file"}
"""Name to module; each module has a class Runtime. The first is the reference of all others."""


class Runtime(Protocol):
    def prepare(self, model: Path, folder: Path) -> Path:
        """Makes the runtime's own file of the ONNX `model` in `folder`, in another process than the runs; returns its
        path.
        """

    def load(self, path: Path, threads: int) -> None:
        """Makes ready what prepare() returned, for so many threads."""

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the model once: arrays by name, in the shapes and types of the ONNX model."""


def make(name: str) -> Runtime:
    """The runtime called `name`, a key of RUNTIMES. ImportError where it is not installed."""
    return import_module(f".{RUNTIMES[name]}", __name__).Runtime()
