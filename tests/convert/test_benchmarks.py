"""The benchmark scripts, as a user types them, and their arithmetic."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nnz.encodings import encode
from nnz.format import Model, Op, Tensor, plain_port

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
    assert list(tmp_path.glob("files/*/nnz-scalar/*.nnz"))


def test_what_a_runtime_made_or_refused_is_kept_until_the_model_changes(scripts, monkeypatch, tmp_path):
    prepared = []

    class Process:
        def __init__(self, runtime, environment):
            self.runtime = runtime

        def ask(self, do, **request):
            if do == "prepare":
                prepared.append(self.runtime)
                if self.runtime == "ncnn":
                    raise scripts.compare.WorkerError("it knows no Softmax")
                return {"path": request["model"], "bytes": 1}
            return {}

        def run(self, folder):
            return {}

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    def rows():
        comparison = scripts.compare.Comparison(model, ["mnn", "ncnn", "nnz"], "avx2", tmp_path)
        return comparison.rows([1], rounds=0, seconds=0)

    monkeypatch.setattr(scripts.compare, "Process", Process)
    model = Path(shutil.copy(ROOT / "examples" / "digits" / "digits.onnx", tmp_path))
    assert rows()[1]["problem"] == "it knows no Softmax"
    assert rows() == rows() and prepared == ["mnn", "ncnn", "nnz"]
    assert (tmp_path / "nnz-avx2" / "kept.json").exists()
    monkeypatch.setattr(scripts.compare, "version_of_nnz", lambda: "other")
    rows()
    assert prepared[3:] == ["nnz"]
    model.write_bytes(model.read_bytes() + b"\x32\x00")  # a field that says nothing
    rows()
    assert prepared[4:] == ["mnn", "ncnn", "nnz"]


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


# ---- The other scripts, on tiny layers -------------------------------------------------------------------------------


@pytest.fixture
def script(monkeypatch):
    """script(NAME) imports benchmarks/NAME.py."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_choices_are_compared_with_the_fastest(script, monkeypatch):
    choice = script("choice")
    monkeypatch.setattr(choice, "CONVOLUTIONS", ((8, 8, 1, 4),))
    monkeypatch.setattr(choice, "VECTORS", ((16, 8),))
    grid = list(choice.cases(["conv", "qfc"], sparsities=(0.0, 0.5)))
    assert [(case.kind, case.pattern, case.sparsity) for case in grid] == [
        *[("conv", "unstructured", 0.0), ("conv", "unstructured", 0.5), ("conv", "4x1", 0.5)],
        *[("qfc", "unstructured", 0.0), ("qfc", "unstructured", 0.5), ("qfc", "8x4", 0.5)],
    ]
    case = grid[1]
    for encoding in ("dense", "u1", "rb4"):
        case.measure(encoding)
        assert case.times[encoding] > 0
    case.times = {"dense": 100.0, "u1": 150.0, "rb4": 300.0}
    monkeypatch.setattr(choice, "choose_encoding", lambda *layer, filtered: ("u1", "expected"))
    row = case.row("host")
    assert (row["chosen"], row["fastest"], row["excess"]) == ("u1", "dense", 0.5)
    lines, summary = choice.tables([row, {**row, "kind": "qfc", "chosen": "dense", "excess": 0.0}], False)
    assert "50.0 %" in lines and len(lines.splitlines()) == 2
    assert summary.splitlines()[1].split() == ["conv", "1", "0.0", "%", "0.0", "%", "50.0", "%", "50.0", "%"]


def test_weights_of_the_grid_have_whole_blocks(script):
    weights = script("choice").random_weights(np.random.default_rng(0), 10, 21, (4, 4), 0.5)
    assert weights.shape == (10, 21)
    blocks = np.pad(weights, ((0, 2), (0, 3))).reshape(3, 4, 6, 4)[:2, :, :5].any((1, 3))
    assert 0 < blocks.sum() < 10
    assert (weights[:4, :4] != 0).all() or not weights[:4, :4].any()


def test_the_distance_to_the_limit(script, static_build):
    peak = static_build / "nnz_peak"
    done = run_script("layers.py", ROOT / "examples" / "digits" / "digits.onnx", "--peak", peak, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    core = found["peak"]
    assert 1e8 < core["f32_macs"] < 1e13 and core["l1"] > 0 and core["l2"] > 0 and core["memory"] > 0
    row = next(row for row in found["operators"] if row["kind"] == "conv")
    assert row["seconds"] > 0 and row["macs"] > 0 and row["bytes"] > 0
    assert row["share_of_peak"] == pytest.approx(row["macs"] / row["seconds"] / core["f32_macs"])
    assert row["limit"] >= row["macs"] / core["f32_macs"]
    text = script("layers").text(core, found["operators"], 3)
    assert len(text.splitlines()) == 8 and text.splitlines()[-1].startswith("all: ")


def test_bytes_and_macs_of_operators(script):
    layers = script("layers")
    x, y, bias = (Tensor(np.float32, dims) for dims in ((1, 6, 5), (1, 4, 5), (4,)))
    bias.data = np.zeros(4, np.float32)
    weights = np.zeros((4, 6), np.float32)
    weights[0, :3] = 1
    op = Op("conv", [0, 2, None, None], [1], [0, *[1] * 6, *[0] * 4])
    model = Model(
        [x, y, bias], [encode(weights, "u1")], [op], [plain_port("x", 0, x.dims)], [plain_port("y", 1, y.dims)]
    )
    assert layers.multiply_adds(model) == [3 * 5]
    assert layers.activation_bytes(model, op) == 4 * (30 + 20)
    assert layers.weight_bytes(model, op) == model.matrices[0].nbytes + 16
    a, b, c = (Tensor(np.float32, dims) for dims in ((2, 7, 3), (2, 7, 4), (2, 3, 4)))
    product = Op("matmul", [0, 1], [2], [1, 0, 0])
    assert layers.multiply_adds(Model([a, b, c], [], [product], [], [])) == [2 * 3 * 4 * 7]


def test_a_call_from_python_and_scaling_are_measured(script):
    model = ROOT / "examples" / "digits" / "digits.onnx"
    name, in_c, run, adds, run_out, out_adds = script("call").measure(model, 5, 2)
    assert name == "digits" and in_c > 0
    assert adds == pytest.approx(run - in_c) and out_adds == pytest.approx(run_out - in_c)
    done = run_script("scaling.py", model, "--batches", 2, "--seconds", 0.02, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    setups = ["1 thread", "2 threads", "2 sessions", "batch 2, 1 thread", "batch 2, 2 threads"]
    assert [row["setup"] for row in rows] == setups
    assert rows[0]["gain"] == 1
    assert rows[3]["gain"] == pytest.approx(2 * rows[0]["seconds"] / rows[3]["seconds"])


def test_products_beside_scipy_and_openblas(script, tmp_path):
    (tmp_path / "one.smtx").write_text("3, 4, 5\n0 2 2 5 \n0 3 0 1 2 \n")
    spmm = script("spmm")
    matrix = spmm.read_smtx(tmp_path / "one.smtx")
    assert np.array_equal(matrix.toarray() != 0, [[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]])
    done = run_script("spmm.py", tmp_path, "--columns", "3,32", "--seconds", 0.02, "--json")
    rows = json.loads(done.stdout)
    assert [row["columns"] for row in rows] == [3, 32]
    assert rows[0]["sparsity"] == pytest.approx(1 - 5 / 12)
    assert rows[0]["speedup"] == pytest.approx(min(rows[0]["scipy"], rows[0]["dense"]) / rows[0]["nnz"])
