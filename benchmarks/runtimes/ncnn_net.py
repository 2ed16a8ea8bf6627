"""ncnn in float32, on a file made by pnnx."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import ncnn
import numpy as np

from .ports import Ports

PNNX = find_spec("pnnx")
if PNNX is None:
    raise ImportError("pnnx, which makes its files, is not installed")


class Runtime:
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        ports = Ports.of(model)
        path = folder / f"{model.stem}.param"
        ports.save(path)
        # The package imports torch, which its converter does not need.
        converter = Path(PNNX.submodule_search_locations[0]) / "pnnx"
        others = folder / "pnnx"
        others.mkdir(exist_ok=True)
        source = shutil.copy(model, others)  # pnnx writes into its source, and beside it
        options = {
            "inputshape": ",".join(str(shape).replace(" ", "") for shape in ports.inputs.values()),
            "fp16": 0,
            "ncnnparam": path,
            "ncnnbin": path.with_suffix(".bin"),
            "ncnnpy": others / "ncnn.py",
            "pnnxparam": others / "pnnx.param",
            "pnnxbin": others / "pnnx.bin",
            "pnnxpy": others / "pnnx.py",
            "pnnxonnx": others / "pnnx.onnx",
        }
        command = [converter, source, *(f"{key}={value}" for key, value in options.items())]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=others)
        if done.returncode or not path.exists():
            raise RuntimeError(f"pnnx returned {done.returncode}: {done.stderr.strip()[-200:]}")
        return [path, path.with_suffix(".bin")]

    def load(self, path: Path, threads: int) -> None:
        self.ports = Ports.load(path)
        self.net = ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        options.use_vulkan_compute = False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_storage = False
        if self.net.load_param(str(path)) or self.net.load_model(str(path.with_suffix(".bin"))):
            raise RuntimeError("ncnn cannot load the file: it has a layer that it does not know")

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        extractor = self.net.create_extractor()
        for i, name in enumerate(self.ports.inputs):
            array = inputs[name]  # without the batch, which ncnn does not know
            extractor.input(f"in{i}", ncnn.Mat(np.ascontiguousarray(array[0] if array.ndim > 1 else array)))
        results = {}
        for i, (name, shape) in enumerate(self.ports.outputs.items()):
            failed, result = extractor.extract(f"out{i}")
            if failed:
                raise RuntimeError(f"ncnn cannot compute output {name}")
            results[name] = np.array(result).reshape(shape)
        return results
