"""convert(), check() and inspect_onnx() as a user calls them."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx_builder import Onnx

import nnz
from nnz.convert import check, convert, inspect_onnx
from nnz.convert.verify import compare

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "model.nnz"


def network(dequantised=False):
    """A convolution, a matrix without a bias, one with, and one behind a fixed term."""
    g = Onnx()
    x = g.op("Relu", g.conv(g.input(1, 3, 8, 8), 16, 3, 3))
    x = g.op("Relu", g.conv(x, 16, 16, 3, bias=False))
    x = g.op("Flatten", g.op("GlobalAveragePool", x))
    weight = g.normal(16, 24)
    if dequantised:
        weight = g.op("DequantizeLinear", (weight * 30).clip(-127, 127).astype(np.int8), np.float32(0.03), np.int8(0))
    x = g.op("Relu", g.op("MatMul", x, weight))
    x = g.op("Gemm", x, g.normal(32, 24), g.normal(32), transB=1, alpha=0.5)
    return g.model(g.op("Gemm", g.op("Tanh", x), g.normal(32, 5)))


def samples(count=20):
    return {"x0": np.random.default_rng(3).standard_normal((count, 3, 8, 8), np.float32)}


@pytest.mark.parametrize("option", ["sparsity", "zero_threshold"])
@pytest.mark.parametrize("share", [1.0, -0.1, "0.5", float("nan")])
def test_shares_are_numbers_below_1(option, share):
    with pytest.raises(ValueError, match=f"{option} {share!r}: expected a number, at least 0 and below 1"):
        convert(DIGITS, **{option: share})


def test_written_file(output):
    result = convert(DIGITS / "digits.onnx", output)
    assert result.path == output
    stored = nnz.format.read(output.read_bytes())
    assert stored.report == json.loads(json.dumps(result.report))
    assert stored.report["source"]["file"] == "digits.onnx"
    assert all(error["max"] < 1e-4 for error in stored.report["error"].values())


def test_default_output_is_beside_the_model(tmp_path):
    copy = tmp_path / "digits.onnx"
    copy.write_bytes((DIGITS / "digits.onnx").read_bytes())
    assert convert(copy, verify=False).path == tmp_path / "digits.nnz"


def test_model_in_memory_is_written_nowhere():
    assert convert(network(), verify=False).path is None


def test_a_target_whose_costs_are_estimated_is_noted():
    report = convert(network(), target="pi4", verify=False).report
    assert report["target"] == "pi4"
    assert any("estimated costs of Raspberry Pi 4" in note for note in report["notes"])
    assert not convert(network(), target="avx2", verify=False).report["notes"]


@pytest.mark.parametrize("method", ["magnitude", "wanda"])
@pytest.mark.parametrize("pattern", ["unstructured", "4x1", "1x4", "2:4", "auto"])
def test_sparsity_is_that_of_the_selected_layers(method, pattern):
    sparsity = None if pattern == "2:4" else 0.5
    result = convert(network(), sparsity=sparsity, pattern=pattern, method=method, calibration=samples())
    layers = result.report["layers"]
    assert [layer["excluded"] for layer in layers] == ["first layer", None, None, None, "last layer"]
    zeros = sum(layer["sparsity"] * np.prod(layer["shape"]) for layer in layers if not layer["excluded"])
    size = sum(np.prod(layer["shape"]) for layer in layers if not layer["excluded"])
    assert result.report["sparsity"]["selected"] == pytest.approx(zeros / size)
    assert result.report["sparsity"]["selected"] == pytest.approx(0.5, abs=0.01)


def test_keep_counts_the_zeros_that_are_there():
    g = Onnx()
    x = g.op("Relu", g.conv(g.input(1, 3, 8, 8), 8, 3))
    weight = g.normal(8, 8, 1, 1)
    weight[:, ::2] = 0
    x = g.op("Conv", x, weight)
    report = convert(g.model(g.conv(x, 4, 8)), keep=True).report
    assert [layer["sparsity"] for layer in report["layers"]] == [0, 0.5, 0]
    assert report["sparsity"] == {"selected": 0.5, "model": 32 / (24 + 64 + 32)}
    assert report["dead_channels"] == [{"layer": "Conv_0", "channels": 4}]


def test_zero_threshold():
    g = Onnx()
    weight = np.full((4, 4), 1e-4, np.float32)
    weight[0, 0] = 1
    model = g.model(g.op("MatMul", g.input(1, 4), weight))
    assert convert(model).report["sparsity"]["model"] == 0
    assert convert(model, zero_threshold=1e-3).report["sparsity"]["model"] == 15 / 16


@pytest.mark.parametrize("weights", [None, "int8"])
def test_dense_is_taken_where_asked_for(weights):
    options = {"sparsity": 0.9, "pattern": "unstructured", "include": ".", "weights": weights, "verify": False}
    layers = convert(network(), **options).report["layers"]
    assert any(layer["encoding"] != "dense" for layer in layers)
    for dense, layer in zip(convert(network(), encoding="dense", **options).report["layers"], layers, strict=True):
        assert dense["encoding"] == "dense"
        assert dense["sparsity"] == layer["sparsity"]
        assert dense["reason"].endswith("dense is asked for")


@pytest.mark.parametrize("dequantised", [False, True])
def test_saved_onnx_is_what_was_converted(tmp_path, output, dequantised):
    saved = tmp_path / "pruned.onnx"
    options = {"sparsity": 0.6, "method": "wanda", "calibration": samples(), "save_onnx": saved}
    result = convert(network(dequantised), output, pattern="unstructured", **options)
    onnx.checker.check_model(onnx.load(saved), full_check=True)
    errors = compare(onnx.load(saved), output.read_bytes(), {"x0": samples(5)["x0"][:, None]})
    assert all(error["max"] < 1e-5 for error in errors.values())
    again = convert(saved)
    assert again.report["sparsity"]["selected"] == pytest.approx(result.report["sparsity"]["selected"])


def test_saved_onnx_leaves_shared_weights_to_their_layers(tmp_path):
    g = Onnx()
    x = g.op("Relu", g.conv(g.input(1, 3, 8, 8), 8, 3))
    shared = g._name(g.normal(8, 8, 1, 1))
    x = g.op("Conv", g.op("Relu", g.op("Conv", x, shared)), shared)
    saved = tmp_path / "pruned.onnx"
    model = g.model(g.conv(x, 4, 8))
    result = convert(
        model, sparsity=0.5, include="Conv_", exclude="Conv_2|Conv_0", save_onnx=saved, pattern="unstructured"
    )
    feed = {"x0": samples(1)["x0"]}
    expected = nnz.Session(nnz.format.write(result.model)).run(feed)
    actual = onnxruntime.InferenceSession(saved).run(None, feed)
    np.testing.assert_allclose(actual[0], next(iter(expected.values())), rtol=0, atol=1e-5)


def test_groups_count_their_own_weights():
    g = Onnx()
    y = g.op("Conv", g.input(1, 8, 6, 6), g.normal(8, 2, 3, 3), group=4)
    layer = convert(g.model(y)).report["layers"][0]
    assert layer["shape"] == [8, 2, 3, 3] and layer["sparsity"] == 0
    assert layer["macs_dense"] == layer["macs_nonzero"] == 8 * 2 * 9 * 16
    assert layer["macs_executed"] >= layer["macs_nonzero"]


def test_progress_is_reported():
    calls = []
    convert(network(), sparsity=0.5, calibration=samples(3), progress=lambda *call: calls.append(call))
    stages = {what: [done for name, done, _ in calls if name == what] for what, _, _ in calls}
    assert list(stages) == ["calibrating", "encoding", "comparing"]
    assert all(done == list(range(1, len(done) + 1)) for done in stages.values())
    assert len(stages["calibrating"]) == len(stages["comparing"]) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": 1.0}, "sparsity 1.0: expected"),
        ({"sparsity": 0.5, "keep": True}, "sparsity and keep exclude each other"),
        ({"pattern": "2:4", "keep": True}, "pattern 2:4 and keep exclude each other"),
        ({"zero_threshold": -1}, "zero_threshold"),
        ({"sparsity": 0.5, "method": "wanda"}, "calibration"),
        ({"sparsity": 0.5, "method": "guess"}, "method 'guess'"),
        ({"encoding": "sparse"}, "encoding 'sparse': expected one of auto, dense"),
        ({"target": "abacus"}, "no cost profile 'abacus'"),
        (
            {"calibration": {"x0": np.zeros((1, 3, 9, 9))}},
            r"array 'x0' has shape \[1, 3, 9, 9\]: expected",
        ),
        ({"sparsity": 0.5, "pattern": "3x"}, "3x"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        convert(network(), **options)


def test_check_says_what_would_run_sparse(tmp_path):
    g = Onnx()
    weight = g.normal(256, 256) * (g.rng.random((256, 256)) < 0.05).astype(np.float32)
    path = tmp_path / "sparse.onnx"
    onnx.save(g.model(g.op("MatMul", g.op("MatMul", g.input(1, 256), weight), g.normal(256, 256))), path)
    found = check(path)
    assert found["sparse"] == ["MatMul_0"] and found["operators"] == {"fc": 2}
    assert 0 < found["seconds"]["chosen"] < found["seconds"]["dense"]
    json.dumps(found)


def test_inspect_onnx():
    description = inspect_onnx(DIGITS / "digits.onnx")
    assert description["inputs"][0]["dtype"] == "float32"
    assert description["macs"]["dense"] == sum(layer["macs_dense"] for layer in description["layers"]) > 0
    json.dumps(description)


def test_compare_sees_differences():
    g = Onnx()
    x = g.input(1, 4)
    right, wrong = g.model(g.op("Mul", x, np.float32(2))), g.model(g.op("Mul", x, np.float32(2.5)))
    content = nnz.format.write(convert(wrong, verify=False).model)
    data = {"x0": np.array([[[0, 1, 2, 4]]], np.float32)}
    right.graph.output[0].name = wrong.graph.output[0].name = "mul1_0"
    right.graph.node[0].output[0] = "mul1_0"
    error = compare(right, content, data)["mul1_0"]
    assert error["max"] == pytest.approx(2 / 8) and error["mean"] == pytest.approx(3.5 / 4 / 8)
    assert error["snr_db"] == pytest.approx(10 * np.log10(84 / 5.25))


def test_compare_does_not_overlook_nan():
    g = Onnx()
    x = g.input(1, 2)
    content = nnz.format.write(convert(g.model(g.op("Sqrt", x)), verify=False).model)
    model = Onnx()
    reference = model.model(model.op("Abs", model.input(1, 2)))
    reference.graph.node[0].output[0] = reference.graph.output[0].name = "sqrt0_0"
    data = {"x0": np.array([[[-1, 1]]], np.float32)}
    assert compare(reference, content, data) == {"sqrt0_0": {"max": None, "mean": None, "snr_db": None}}


def test_nan_and_infinity_where_the_source_has_them_are_no_error(output):
    g = Onnx()
    model = g.model(g.op("Log", g.input(1, 64)))
    (error,) = convert(model, output).report["error"].values()
    assert 0 <= error["max"] < 1e-6
    assert nnz.format.read(output.read_bytes()).report["error"]
