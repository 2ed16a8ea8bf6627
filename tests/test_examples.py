"""The examples do what they say, on the sample that the repository carries."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnz import Session
from nnz.convert import convert

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "digits.nnz"
    data = EXAMPLES / "digits" / "digits.npz"
    convert(EXAMPLES / "digits" / "digits.onnx", path, sparsity=0.8, method="wanda", calibration=data)
    return path


def program(name, static_build, folder):
    compiler = os.environ.get("CC") or shutil.which("cc") or pytest.skip("no C compiler")
    path = folder / name
    library = [f"-I{ROOT / 'runtime' / 'include'}", str(static_build / "libnnz.a"), "-lm", "-pthread"]
    strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
    subprocess.run([compiler, *strict, str(EXAMPLES / f"{name}.c"), *library, "-o", str(path)], check=True)
    return path


def test_run_py_reads_digits(digits):
    command = [sys.executable, str(EXAMPLES / "run.py"), str(digits)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    right, total = (int(word) for word in done.stdout.split()[:3] if word.isdigit())
    assert total == 600 and 570 < right <= 600


def test_run_c_prints_the_outputs_for_zeros(digits, static_build, tmp_path):
    path = program("run", static_build, tmp_path)
    done = subprocess.run([path, digits], capture_output=True, text=True, check=True)
    name, *values = done.stdout.split()
    expected = Session(digits).run({"image": np.zeros((1, 1, 8, 8), np.float32)})["logits"][0]
    assert name == "logits:"
    np.testing.assert_allclose([float(v) for v in values], expected, rtol=1e-3, atol=1e-3)
    missing = subprocess.run([path, tmp_path / "none.nnz"], capture_output=True, text=True, check=False)
    assert missing.returncode == 1 and "none.nnz" in missing.stderr


def test_core_c_runs_in_static_memory(digits, static_build, tmp_path):
    path = program("core", static_build, tmp_path)
    done = subprocess.run([path], input=digits.read_bytes(), capture_output=True, check=True)
    ramp = (np.arange(64, dtype=np.float32) / 64).reshape(1, 1, 8, 8)
    assert b"nnz_open" in path.read_bytes() and b"nnz_unpack" not in path.read_bytes()  # nothing unused is carried
    best = Session(digits).run({"image": ramp})["logits"][0].argmax()
    assert done.stdout.decode().startswith(f"logits[{best}] = ")
    broken = subprocess.run([path], input=b"not a model", capture_output=True, check=False)
    assert broken.returncode == 1 and broken.stderr.startswith(b"model: ")
