"""nnz, on a file converted with the zeros that the model has."""

from __future__ import annotations

from pathlib import Path

import numpy as np


class Runtime:
    def prepare(self, model: Path, folder: Path) -> list[Path]:
        from nnz.convert import convert

        path = folder / f"{model.stem}.nnz"
        convert(model, path)
        return [path]

    def load(self, path: Path, threads: int) -> None:
        from nnz import Session

        self.session = Session(path, threads, profile=False)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return self.session.run(inputs)
