"""OpenVINO on its CPU plugin, float computed in float32 (left alone, it takes bfloat16 where the CPU has it)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino


class Runtime:
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        path = folder / f"{model.stem}.xml"
        openvino.save_model(openvino.Core().read_model(model), path, compress_to_fp16=False)
        return [path, path.with_suffix(".bin")]

    def load(self, path: Path, threads: int) -> None:
        options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        compiled = openvino.Core().compile_model(path, "CPU", options)
        self.request = compiled.create_infer_request()
        self.names = {port.any_name: port.names for port in compiled.outputs}

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        results = self.request.infer(inputs, share_inputs=True, share_outputs=True)
        arrays = (results[name] for name in self.names)
        return {name: array for names, array in zip(self.names.values(), arrays, strict=True) for name in names}
