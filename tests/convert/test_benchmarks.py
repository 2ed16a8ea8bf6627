"""The benchmark scripts, as a user types them, and their arithmetic."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnz.convert.cost import CANDIDATES, TERMS, amounts
from nnz.encodings import ENCODINGS

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import compare
    import fit_cost

    return compare, fit_cost


def run_script(name, *arguments):
    command = [sys.executable, str(BENCHMARKS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_runtimes_are_compared_in_one_table(tmp_path):
    shutil.copy(ROOT / "examples" / "digits" / "digits.onnx", tmp_path)
    options = ("--models", tmp_path, "--seconds", 0.05, "--rounds", 2, "--threads", "1,2")
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
        assert 0 < row["min"] <= row["median"]
        assert row["memory_bytes"] > 0 and 1e5 < row["file_bytes"] < 1e6
    assert rows[0]["speedup"] == 1.0
    assert rows[1]["speedup"] == pytest.approx(rows[0]["median"] / rows[1]["median"])


def test_a_table_has_a_line_a_row_and_says_what_went_wrong(scripts):
    compare, _ = scripts
    good = {
        "model": "m",
        "variant": "p90",
        "runtime": "onnxruntime",
        "threads": 1,
        "file_bytes": 2e6,
        "difference": 0.0,
    }
    good |= {"min": 1e-3, "median": 2e-3, "speedup": 1.0, "memory_bytes": 3e6}
    bad = {**dict.fromkeys(("model", "variant", "runtime"), "x"), "threads": 1, "problem": "outputs differ by 2e-1"}
    head, first, second, problem = compare.table([good, bad]).splitlines()
    assert head.split() == " ".join(compare.COLUMNS).split()
    assert first.split() == ["m", "p90", "onnxruntime", "1", "1.000", "2.000", "1.00x", "2.00", "3.0", "0e+00"]
    assert second.split() == ["x", "x", "x", "1", *["-"] * 6]
    assert problem == "x x x: outputs differ by 2e-1"


def test_differences_are_relative_to_each_outputs_largest_magnitude(scripts):
    compare, _ = scripts
    reference = {"a": np.array([100.0, -200.0]), "b": np.array([1e-3])}
    assert compare.largest_difference(reference, reference) == 0
    assert compare.largest_difference({"a": np.array([100.0, -198.0]), "b": np.array([1e-3])}, reference) == 0.01
    assert compare.largest_difference({"a": reference["a"]}, reference) == float("inf")
    assert compare.largest_difference({"a": reference["a"], "b": np.zeros((1, 1))}, reference) == float("inf")
    nan = compare.largest_difference({"a": reference["a"], "b": np.array([np.nan])}, reference)
    assert not nan <= compare.TOLERANCE


def test_a_missing_model_or_runtime_is_named(tmp_path):
    (tmp_path / "one.onnx").write_bytes(b"")
    done = run_script("compare.py", "two", "--models", tmp_path)
    assert done.returncode != 0 and "no model two: there is one" in done.stderr
    done = run_script("compare.py", "--runtimes", "abacus", "--models", tmp_path)
    assert done.returncode != 0 and "unknown runtime 'abacus': expected onnxruntime, nnz" in done.stderr


def test_fitting_finds_the_costs_behind_the_measurements(scripts):
    _, fit_cost = scripts
    rng = np.random.default_rng(0)
    truth = {
        (kind, encoding): rng.uniform(0.1, 1, len(TERMS)) * (1000, 0.1, 0.1, 3, 0.5, 0.05, 0.02)
        for kind, encodings in CANDIDATES.items()
        for encoding in encodings
    }

    def measured(kind, encoding):
        rows, cols, pixels = (int(n) for n in rng.integers(8, 600, 3))
        blocks = -(-rows // ENCODINGS[encoding]) * cols * rng.uniform(0.05, 1)
        terms = amounts(kind, encoding, rows, cols, int(blocks), pixels)
        return fit_cost.Measurement(kind, encoding, terms, float(np.dot(terms, truth[kind, encoding])))

    fitted = fit_cost.fit([measured(*key) for key in truth for _ in range(100)])
    for kind, encoding in truth:
        assert fitted["error"][f"{kind} {encoding}"]["worst"] < 0.01
        costs = [fitted["costs"][kind][encoding][term] for term in TERMS]
        for fresh in [measured(kind, encoding) for _ in range(20)]:
            assert np.dot(fresh.terms, costs) == pytest.approx(fresh.nanoseconds, rel=0.02)


@pytest.mark.slow
def test_profiles_are_written_from_measurements(tmp_path):
    done = run_script("fit_cost.py", "scalar", "--runs", 2, "--sweeps", 2, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    profile = json.loads((tmp_path / "scalar.json").read_text())
    assert profile["isa"] == "scalar"
    assert max(error["median"] for error in profile["error"].values()) < 0.3
