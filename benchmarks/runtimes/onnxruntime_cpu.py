"""ONNX Runtime on its CPU provider, as its users run it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime


class Runtime:
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        return [model]

    def load(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self.session.get_outputs()]

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(self.outputs, self.session.run(self.outputs, inputs), strict=True))
