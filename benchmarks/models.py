"""The models that are timed, and inputs for them."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx

from nnz.convert.calibration import model_inputs

FAMILIES = ("mobilenetv1", "resnet50", "minilm6", "bertbase")
TIMED = ("dense", "p90", "p90r4", "dense_qdq", "p90b4_qdq")
"""Variants: 90 % pruned without structure, in 4x1 blocks, and in 1x4 blocks in int8."""
HERE = Path(__file__).resolve().parent


def find_models(folder: Path | None, names: list[str]) -> list[Path]:
    """The .onnx files of `folder` (None: the timing models, made where they are missing) whose names match."""
    if folder is None:
        names = [n for n in (f"{family}_{variant}" for family in FAMILIES for variant in TIMED) if _matches(n, names)]
        folder = make_models(names)
    found = [path for path in sorted(folder.glob("*.onnx")) if _matches(path.stem, names)]
    if not found:
        there = ", ".join(path.stem for path in sorted(folder.glob("*.onnx"))) or "no .onnx file"
        sys.exit(f"{folder}: no model {' '.join(names)}: there is {there}")
    return found


def make_models(names: list[str]) -> Path:
    """The directory build/models with the timing models called so; the shared scripts make those that are missing."""
    folder = HERE.parent / "build" / "models"
    scripts = Path(os.environ.get("NNZ_SHARED", HERE.parents[1] / "shared")) / "bench"
    for name in names:
        path, source = folder / f"{name}.onnx", folder / f"{name.removesuffix('_qdq')}.onnx"
        if not path.exists() and not scripts.is_dir():
            sys.exit(f"{scripts} is missing: set NNZ_SHARED, or give a directory of .onnx files with --models")
        if not source.exists():
            _script(scripts / "make_models.py", "--out", folder, name.split("_")[0])
        if not path.exists():
            unfinished = path.with_suffix(".tmp")
            _script(scripts / "quantize_qdq.py", source, unfinished)
            unfinished.rename(path)
    return folder


def _script(*command: object) -> None:
    subprocess.run([sys.executable, *map(str, command)], check=True, stdout=sys.stderr)


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def split_name(stem: str) -> tuple[str, str]:
    """Model and variant: "resnet50_p90b4_qdq" is resnet50, p90b4_qdq. Other names have no variant."""
    match = re.fullmatch(r"(.+?)_((?:dense|p\d+\w*?)(?:_qdq)?)", stem)
    return (match[1], match[2]) if match else (stem, "")


def is_int8(model: Path) -> bool:
    """Whether the model is quantised, so that its outputs agree but for rounding."""
    nodes = onnx.load(model, load_external_data=False).graph.node
    return any(node.op_type.startswith(("QuantizeLinear", "QLinear")) for node in nodes)


def random_inputs(model: Path, path: Path) -> Path:
    """Writes inputs for `model` to `path`: normally distributed, or of the whole range of 8 bits."""
    rng = np.random.default_rng(0)
    specs = model_inputs(onnx.load(model, load_external_data=False))
    np.savez(path, **{spec.name: _random(rng, spec.shape, np.dtype(spec.dtype)) for spec in specs})
    return path


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if dtype.kind in "iu" and dtype.itemsize == 1:
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)
