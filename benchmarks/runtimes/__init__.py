"""The runtimes that compare.py compares: a class a file, listed in RUNTIMES.

A runtime is used in a process of its own: load() first, then run() as often as wanted.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

RUNTIMES = {
    "onnxruntime": ("onnxruntime_cpu", "pip install onnxruntime"),
    "nnz": ("nnz_file", "pip install '.[convert]'"),
    "openvino": ("openvino_cpu", "pip install openvino"),
    "ncnn": ("ncnn_net", "pip install ncnn, and pip install --no-deps pnnx, of which only the converter is used"),
    "mnn": ("mnn_module", "pip install MNN"),
    "litert": ("litert_interpreter", "pip install ai-edge-litert, and pipx install onnx2tf, so that it is on PATH"),
}
"""Name to module, which has a class Runtime, and how to install what it needs. The first is the reference of all."""


class Runtime(Protocol):
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        """Makes the runtime's own files of the ONNX `model` in `folder`, in another process than the runs; the first
        returned is the one that load() takes.
        """

    def load(self, path: Path, threads: int) -> None:
        """Makes ready what prepare() returned, for so many threads."""

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the model once: arrays by name, in the shapes and types of the ONNX model."""


def make(name: str) -> Runtime:
    """The runtime called `name`, a key of RUNTIMES. ImportError where it is not installed."""
    return import_module(f".{RUNTIMES[name][0]}", __name__).Runtime()
