"""Files of every released version of the format are read, and give the results they gave then."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nnz
from nnz.format import read, write
from small_models import MODELS

DIRECTORY = Path(__file__).resolve().parent / "golden"
FILES = sorted(DIRECTORY.glob("*/*.nnz"))
LEVELS = {
    "x86_64": ("scalar", "avx2", "avxvnni", "avx512", "avx512vnni"),
    "aarch64": ("scalar", "neon", "dotprod", "i8mm"),
    "armv7l": ("scalar", "neon"),
}.get(platform.machine(), ("scalar",))

# The golden results are those of the scalar kernels. Vectors add in another order and with one rounding less in each
# multiplication (FMA): over the at most 270 terms of a sum here that moves a result by a few units of 2^-24 of the
# largest term. 1e-5 of the output's largest magnitude is some ten times that, and far below any mistake.
TOLERANCE = 1e-5


def arrays(path: Path, prefix: str) -> dict[str, np.ndarray]:
    with np.load(path.with_suffix(".npz")) as data:
        return {key.removeprefix(prefix): data[key] for key in data.files if key.startswith(prefix)}


def test_every_small_model_has_a_golden_file() -> None:
    assert {path.stem for path in FILES} >= set(MODELS), "run tests/golden/make.py"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_c_runs_golden_files(path: Path, level: str, use_level: Callable[[str], None]) -> None:
    use_level(level)
    session = nnz.Session(path)
    expected = arrays(path, "out::")
    actual = session.run(arrays(path, "in::"))
    assert list(actual) == list(expected)
    for name, right in expected.items():
        assert actual[name].dtype == right.dtype and actual[name].shape == right.shape
        np.testing.assert_allclose(actual[name], right, rtol=0, atol=TOLERANCE * np.abs(right).max(), err_msg=name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_python_reads_golden_files(path: Path) -> None:
    """What Python read it writes again: the same bytes, for files of the version that it writes."""
    content = path.read_bytes()
    model = read(content)
    assert [port.name for port in model.inputs] == list(arrays(path, "in::"))
    assert [port.name for port in model.outputs] == list(arrays(path, "out::"))
    again = write(model)
    if content[4:8] == again[4:8]:
        assert again == content
