"""The benchmark scripts, as a user types them, and their arithmetic."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import agreement
    import compare
    import models

    return SimpleNamespace(compare=compare, agreement=agreement, models=models)


def run_script(name, *arguments):
    command = [sys.executable, str(BENCHMARKS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_runtimes_are_compared_in_one_table(tmp_path):
    shutil.copy(ROOT / "examples" / "digits" / "digits.onnx", tmp_path)
    options = ("--models", tmp_path, "--seconds", 0.05, "--rounds", 2, "--threads", "1,2")
    options += ("--runtimes", "onnxruntime,nnz")
    done = run_script("compare.py", *options, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(done.stdout)
    assert [(row["runtime"], row["threads"]) for row in rows] == [
        ("onnxruntime", 1),
        ("nnz", 1),
        ("onnxruntime", 2),
        ("nnz", 2),
    ]
    for row in rows:
        assert row["model"] == "digits" and row["difference"] <= 1e-4
        assert 0 < row["min"] <= row["median"] <= row["p99"]
        assert row["memory_bytes"] > 0 and 1e5 < row["file_bytes"] < 1e6
    assert rows[0]["speedup"] == 1.0
    assert rows[1]["speedup"] == pytest.approx(rows[0]["median"] / rows[1]["median"])


def test_a_table_has_a_line_a_row_and_says_what_went_wrong(scripts):
    good = {
        "model": "m",
        "variant": "p90",
        "runtime": "onnxruntime",
        "threads": 1,
        "file_bytes": 2e6,
        "difference": 0.0,
    }
    good |= {"min": 1e-3, "median": 2e-3, "p99": 4e-3, "speedup": 1.0, "memory_bytes": 3e6}
    int8 = {**good, "variant": "p90b4_qdq", "snr_db": 45.12}
    bad = {**dict.fromkeys(("model", "variant", "runtime"), "x"), "threads": 1, "problem": "outputs differ by 2e-1"}
    head, first, second, third, problem = scripts.compare.table([good, int8, bad]).splitlines()
    assert head.split() == " ".join(scripts.compare.COLUMNS).split()
    numbers = ["1", "1.000", "2.000", "4.000", "1.00x", "2.00", "3.0"]
    assert first.split() == ["m", "p90", "onnxruntime", *numbers, "0e+00"]
    assert second.split() == ["m", "p90b4_qdq", "onnxruntime", *numbers, "45.1", "dB"]
    assert third.split() == ["x", "x", "x", "1", *["-"] * 7]
    assert problem == "x x x: outputs differ by 2e-1"


def test_differences_are_relative_to_each_outputs_largest_magnitude(scripts):
    compare = scripts.agreement
    reference = {"a": np.array([100.0, -200.0]), "b": np.array([1e-3])}
    assert compare.largest_difference(reference, reference) == 0
    assert compare.largest_difference({"a": np.array([100.0, -198.0]), "b": np.array([1e-3])}, reference) == 0.01
    assert compare.largest_difference({"a": reference["a"]}, reference) == float("inf")
    assert compare.largest_difference({"a": reference["a"], "b": np.zeros((1, 1))}, reference) == float("inf")
    nan = compare.largest_difference({"a": reference["a"], "b": np.array([np.nan])}, reference)
    assert not nan <= compare.FLOAT_DIFFERENCE


def test_int8_outputs_are_compared_by_signal_to_noise(scripts):
    reference = {"a": np.array([3.0, -4.0]), "b": np.array([100], np.uint8)}
    near = {"a": np.array([3.0, -3.9]), "b": reference["b"]}
    assert scripts.agreement.smallest_snr(reference, reference) == float("inf")
    assert scripts.agreement.smallest_snr(near, reference) == pytest.approx(10 * np.log10(25 / 0.01))
    assert scripts.agreement.smallest_snr({"a": reference["a"]}, reference) == -float("inf")
    assert "problem" not in scripts.agreement.compare(near, reference, int8=True)
    assert scripts.agreement.compare(near, reference, int8=False)["problem"] == "outputs differ by 2.5e-02"
    far = {"a": np.array([3.0, -3.0]), "b": reference["b"]}
    assert scripts.agreement.compare(far, reference, int8=True)["problem"] == "outputs have 14.0 dB, less than 30"


def test_names_are_split_into_model_and_variant(scripts):
    assert scripts.models.split_name("resnet50_p90b4_qdq") == ("resnet50", "p90b4_qdq")
    assert scripts.models.split_name("bertbase_dense") == ("bertbase", "dense")
    assert scripts.models.split_name("mlperf_kws_dscnn_fp32") == ("mlperf_kws_dscnn_fp32", "")


def test_a_quantised_model_and_a_lesser_cpu(tmp_path, shared_directory):
    shutil.copy(shared_directory / "models" / "mlperf_kws_dscnn_int8.onnx", tmp_path)
    options = ("--models", tmp_path, "--runtimes", "onnxruntime,nnz", "--seconds", 0.02, "--rounds", 1)
    done = run_script("compare.py", *options, "--nnz-cpu", "scalar", "--files", tmp_path / "files", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(done.stdout)
    assert [row["runtime"] for row in rows] == ["onnxruntime", "nnz scalar"]
    assert all(row["snr_db"] >= 30 for row in rows)
    assert list(tmp_path.glob("files/*/nnz/*.nnz"))


def test_a_runtime_that_is_not_installed_is_named(scripts, monkeypatch, capsys):
    def process(runtime, environment):
        raise scripts.compare.WorkerError("ImportError: No module named 'ncnn'", missing=True)

    monkeypatch.setattr(scripts.compare, "Process", process)
    assert scripts.compare.find_installed(["ncnn"]) == []
    assert "ncnn is left out (ImportError: No module named 'ncnn'): pip install ncnn" in capsys.readouterr().err


def test_a_missing_model_or_runtime_is_named(tmp_path):
    (tmp_path / "one.onnx").write_bytes(b"")
    done = run_script("compare.py", "two", "--models", tmp_path)
    assert done.returncode != 0 and "no model two: there is one" in done.stderr
    done = run_script("compare.py", "--runtimes", "abacus", "--models", tmp_path)
    assert done.returncode != 0 and "unknown runtime 'abacus': expected onnxruntime, nnz, openvino" in done.stderr
