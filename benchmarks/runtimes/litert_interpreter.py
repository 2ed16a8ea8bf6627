"""LiteRT with XNNPACK, on a file made by onnx2tf, which wants an environment of its own: it is taken from PATH."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from .ports import Ports

ONNX2TF = shutil.which("onnx2tf")
if ONNX2TF is None:
    raise ImportError("onnx2tf, which makes its files, is not on PATH")


class Runtime:
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        ports = Ports.of(model)
        others = folder / "onnx2tf"
        command = [ONNX2TF, "-i", model, "-o", others, "-n", "-kat", *ports.inputs]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        made = others / f"{model.stem}_float32.tflite"
        if done.returncode or not made.exists():
            raise RuntimeError(f"onnx2tf returned {done.returncode}: {(done.stdout + done.stderr).strip()[-200:]}")
        path = folder / f"{model.stem}.tflite"
        made.rename(path)
        ports.save(path)
        return [path]

    def load(self, path: Path, threads: int) -> None:
        self.ports = Ports.load(path)
        self.interpreter = Interpreter(str(path), num_threads=threads)
        self.interpreter.allocate_tensors()
        self.inputs = [port["index"] for port in self.interpreter.get_input_details()]
        self.outputs = [port["index"] for port in self.interpreter.get_output_details()]

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        for index, name in zip(self.inputs, self.ports.inputs, strict=True):
            self.interpreter.set_tensor(index, inputs[name])
        self.interpreter.invoke()
        return {
            name: self.interpreter.get_tensor(index).reshape(shape)
            for index, (name, shape) in zip(self.outputs, self.ports.outputs.items(), strict=True)
        }
