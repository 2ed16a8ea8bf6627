#!/usr/bin/env python3
"""Writes the golden files: for each small model its .nnz file, and an .npz of one input (in::NAME) and the outputs
(out::NAME) in the scalar kernels; and for some of them the packed file.

    python tests/golden/make.py

The files of a released minor version are never written again: that later versions read them and give the same results
is what tests/test_golden.py proves. Until 0.1.0 is released, a change of the format may still regenerate those of 0.1.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import nnz  # noqa: E402
from nnz.format import pack, replace_file, save  # noqa: E402
from small_models import MODELS  # noqa: E402

DIRECTORY = HERE / "0.1"
PACKED = ("encoder", "int8_conv_q1x4", "int8_fc_dense")


def random_input(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(0, 2 if dtype.kind == "b" else 100, shape).astype(dtype)


def main() -> None:
    os.environ["NNZ_CPU"] = "scalar"
    DIRECTORY.mkdir(exist_ok=True)
    for name, make in MODELS.items():
        path = DIRECTORY / f"{name}.nnz"
        save(make(), path)
        session = nnz.Session(path)
        rng = np.random.default_rng(list(name.encode()))  # not by its place among the models, which may change
        inputs = {port.name: random_input(rng, port.shape, port.dtype) for port in session.inputs}
        arrays = {f"in::{key}": value for key, value in inputs.items()}
        arrays |= {f"out::{key}": value for key, value in session.run(inputs).items()}
        np.savez_compressed(path.with_suffix(".npz"), **arrays)
        if name in PACKED:
            replace_file(path.with_suffix(".nnzp"), pack(path.read_bytes()))
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
