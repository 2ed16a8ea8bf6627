"""MNN in full precision. Its command-line tools send usage data; this takes only the libraries behind them."""

from __future__ import annotations

from pathlib import Path

import _tools as converter
import numpy as np
from MNN import expr, nn

from .ports import Ports


class Runtime:
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        path = folder / f"{model.stem}.mnn"
        Ports.of(model).save(path)
        options = ["", "-f", "ONNX", "--modelFile", str(model), "--MNNModel", str(path), "--bizCode", "none"]
        converter.mnnconvert(options)
        if not path.exists():
            raise RuntimeError("MNN cannot convert the model")
        return [path]

    def load(self, path: Path, threads: int) -> None:
        self.ports = Ports.load(path)
        options = {"backend": "CPU", "numThread": threads, "precision": "high"}
        self.manager = nn.create_runtime_manager((options,))
        names = list(self.ports.inputs), list(self.ports.outputs)
        self.module = nn.load_module_from_file(str(path), *names, runtime_manager=self.manager)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        given = [_variable(np.ascontiguousarray(inputs[name])) for name in self.ports.inputs]
        found = self.module.forward(given)
        return {
            name: np.array(expr.convert(value, expr.NCHW).read()).reshape(shape)
            for (name, shape), value in zip(self.ports.outputs.items(), found, strict=True)
        }


def _variable(array: np.ndarray):
    types = {"float32": expr.float, "int32": expr.int, "int8": expr.int8, "uint8": expr.uint8, "int64": expr.int64}
    return expr.const(array, list(array.shape), expr.NCHW, types[array.dtype.name])
