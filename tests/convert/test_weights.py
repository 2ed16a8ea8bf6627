"""convert(weights=...): outputs near the float model's on every level, from smaller files."""

import functools

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx_builder import Onnx
from sample_models import LEVELS, MODELS

import nnz
from nnz.convert import convert
from nnz.convert.narrow import LIMITS
from nnz.convert.narrow.budget import _worth
from nnz.convert.narrow.rounding import inverse_factor, round_weights
from nnz.encodings import decode

WAYS = ("fp16", "int8", "int4")
NAMES = {"fp16": "float16", "int8": "scaled8", "int4": "scaled4"}
DATA = {
    "mlperf_kws_dscnn_fp32": ("kws_features.npz", "mlperf_mfcc_49x10"),
    "armkws_DNN_S": ("kws_features.npz", "arm_mfcc_25x10"),
    "armkws_CNN_S": ("kws_features.npz", "arm_mfcc_49x10"),
    "armkws_DS_CNN_S": ("kws_features.npz", "arm_mfcc_49x10"),
    "mlperf_ic_resnet8_fp32": ("cifar10_jpeg.npz", "rgb32"),
}
"""What the model is for: a file, and an array in it."""


def network():
    """Convolutions, one of them grouped, a depthwise one, and two products with vectors."""
    g = Onnx()
    x = g.op("Relu", g.conv(g.input(1, 4, 12, 12), 32, 4, 3, pads=[1] * 4))
    x = g.op("Relu", g.conv(x, 32, 1, 3, group=32, pads=[1] * 4))
    x = g.op("Relu", g.conv(x, 48, 16, 1, group=2))
    x = g.op("Flatten", g.op("GlobalAveragePool", x))
    x = g.op("Relu", g.op("Gemm", x, g.normal(48, 64), g.normal(64)))
    return g.model(g.op("Gemm", x, g.normal(64, 40), g.normal(40)))


def relative(actual, expected):
    return np.abs(actual - expected).max() / np.abs(expected).max()


def run(result, x):
    (y,) = nnz.Session(nnz.format.write(result.model)).run(x).values()
    return y


@pytest.mark.parametrize("sparsity", [None, 0.7])
@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_layer(way, sparsity):
    model = network()
    options = {"sparsity": sparsity, "target": "avx512"}
    exact, result = convert(model, **options), convert(model, weights=way, **options)
    x = {"x0": np.random.default_rng(1).random((1, 4, 12, 12), np.float32)}
    assert relative(run(result, x), run(exact, x)) < LIMITS[way]
    dtypes = {layer["dtype"] for layer in result.report["layers"] if layer["kind"] != "depthwise"}
    assert NAMES[way] in dtypes <= {"float32", *(NAMES[wider] for wider in WAYS[: WAYS.index(way) + 1])}
    for before, after in zip(exact.report["layers"], result.report["layers"], strict=True):
        assert after["kind"] != "depthwise" or after["dtype"] == "float16"
        assert after["bytes"] < before["bytes"] and after["weight_snr_db"] > 10
    for before, after in zip(exact.model.matrices, result.model.matrices, strict=True):
        assert not decode(after)[decode(before) == 0].any()


def test_group_is_how_many_weights_share_a_scale():
    few, many = (convert(network(), weights="int4", group=group, target="avx512") for group in (16, 128))
    for a, b in zip(few.model.matrices, many.model.matrices, strict=True):
        assert (a.share, b.share) == (16, 128) and a.nbytes >= b.nbytes


@pytest.mark.parametrize("way, dtype", [("fp16", "float16"), ("int8", "int8"), ("int4", "int8")])
def test_tables_are_narrow_too(way, dtype):
    g = Onnx()
    table = g.normal(300, 16)
    model = g.model(g.op("Gather", table, g.input(1, 20, dtype=TensorProto.INT64)))
    result = convert(model, weights=way)
    (op,) = (op for op in result.model.ops if op.kind == "gather")
    assert result.model.tensors[op.inputs[1]].dtype == dtype
    ids = np.arange(0, 300, 15)[None]
    assert relative(run(result, {"x0": ids}), table[ids]) < 1 / 254 + 1e-6


def test_layers_that_harm_the_outputs_are_wider():
    """What a layer with one huge input weight a row computes, four bits do not tell apart."""
    g = Onnx()
    spread = np.where(np.arange(64) == 0, 1e4, 1).astype(np.float32)
    x = g.op("Gemm", g.op("Mul", g.input(1, 64), 1 / spread), g.normal(64, 64) * spread[:, None])
    model = g.model(g.op("Gemm", x, g.normal(64, 8)))
    result = convert(model, weights="int4", target="avx512")
    first = result.report["layers"][0]
    assert first["dtype"] != "scaled4" and "int4 would harm the outputs" in first["reason"]
    assert all(error["max"] < LIMITS["int4"] for error in result.report["error"].values())


def test_what_float16_would_harm_stays_float():
    """The outputs are small differences of what the first layer computes; the last one is as good in float16."""
    g = Onnx()
    weights = g.normal(64, 32)
    pairs = np.concatenate([weights, weights + 1e-3 * g.normal(64, 32)], axis=1)
    differences = np.concatenate([np.eye(32), -np.eye(32)]).astype(np.float32)
    x = g.op("Gemm", g.op("Gemm", g.input(1, 64), pairs), differences)
    result = convert(g.model(g.op("Gemm", g.op("Relu", x), g.normal(32, 64))), weights="fp16", target="avx512")
    first, *_, last = result.report["layers"]
    assert first["dtype"] == "float32" and "fp16 would harm the outputs" in first["reason"]
    assert last["dtype"] == "float16" and "harm" not in last["reason"]
    assert all(error["max"] < LIMITS["fp16"] for error in result.report["error"].values())


def test_steps_are_those_of_most_use_for_their_bytes():
    """(way, bytes, noise left): float16 takes away a little of the noise, float32 the rest for as many bytes again."""
    gain = [gain for gain, _ in _worth([("int8", 1, 9.0), ("fp16", 2, 1.0), (None, 4, 0.0)])]
    assert gain == [8.0, 0.5]
    assert _worth([("int8", 1, 9.0), ("fp16", 2, 8.0), (None, 4, 0.0)]) == [(3.0, None)]
    assert _worth([(None, 4, 0.0)]) == []


def test_weights_beyond_float16_stay_float():
    g = Onnx()
    model = g.model(g.op("Gemm", g.input(1, 8), g.normal(8, 8) * 1e6))
    (layer,) = convert(model, weights="fp16").report["layers"]
    assert layer["dtype"] == "float32"


def test_rounding_leaves_to_the_bias_what_it_can():
    """Inputs that are constant, and one that is alone."""
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((6, 40)).astype(np.float32)
    weights[:, 7] = 0
    z = np.concatenate([np.full((39, 500), 3.0), rng.standard_normal((1, 500)), np.ones((1, 500))])
    rounded = weights.copy()
    bias = round_weights(rounded, np.zeros(6), inverse_factor(z @ z.T / 500), lambda column, j: np.rint(column))
    assert np.array_equal(rounded, np.rint(rounded)) and not rounded[:, 7].any()
    error = (rounded - weights) @ z[:40] + bias[:, None]
    nearest = (np.rint(weights) - weights) @ z[:40]
    assert np.abs(error).max() < 0.5 * np.abs(z[39]).max() + 1 < np.abs(nearest).max()


def test_rounding_without_correlation_is_to_nearest():
    weights = np.random.default_rng(3).standard_normal((5, 130)).astype(np.float32) * 4
    rounded = weights.copy()
    bias = round_weights(rounded, np.ones(5), inverse_factor(np.eye(131)), lambda column, j: np.rint(column))
    assert np.array_equal(rounded, np.rint(weights)) and np.array_equal(bias, np.ones(5))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"weights": "int2"}, "weights 'int2': expected fp16, int8, int4"),
        ({"weights": "int4", "group": 20}, "group 20: expected 16, 32, 64, 128, 256"),
        ({"weights": "fp16", "group": 64}, "give --weights int4"),
        (
            {"weights": "fp16", "quantize": "int8", "calibration": {"x0": np.zeros((1, 4, 12, 12))}},
            "give one of the two",
        ),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        convert(network(), **options)


@functools.cache
def in_float(path):
    """The model of `path` as it is, and its file."""
    if not path.exists():
        pytest.skip(f"{path} is not there")
    model = convert(onnx.load(path), verify=False).model
    return model, nnz.format.write(model)


class Case:
    """A sample model, converted in float and in a way, and an input: recorded, or random."""

    def __init__(self, directory, name, way):
        path = directory / "models" / f"{name}.onnx"
        model, self.exact = in_float(path)
        ports = model.inputs
        self.narrow = nnz.format.write(convert(onnx.load(path), weights=way, verify=False).model)
        recorded = {}
        io = directory / "io" / f"{name}.npz"
        if io.exists():
            with np.load(io) as data:
                recorded = {key.removeprefix("in::"): data[key] for key in data if key.startswith("in::")}
        rng = np.random.default_rng(0)
        self.inputs = {
            port.name: recorded.get(port.name, rng.standard_normal(port.dims, np.float32)).reshape(port.dims)
            for port in ports
        }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_sample_models(shared_directory, name, way, monkeypatch):
    case = Case(shared_directory, name, way)
    assert len(case.narrow) < len(case.exact)
    for level in LEVELS:
        monkeypatch.setenv("NNZ_CPU", level)
        if nnz._nnz.host_isa() != level:
            continue
        expected = nnz.Session(case.exact).run(case.inputs)
        for key, y in nnz.Session(case.narrow).run(case.inputs).items():
            assert relative(y, expected[key]) <= LIMITS[way], f"{key} on {level}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DATA)
def test_sample_models_with_calibration(shared_directory, name, way):
    """On other data than the calibration's, by the largest magnitude of all outputs."""
    path, (file, key) = shared_directory / "models" / f"{name}.onnx", DATA[name]
    exact = nnz.Session(in_float(path)[1])
    (port,) = exact.inputs
    with np.load(shared_directory / "data" / file) as data:
        x = data[key].astype(np.float32).reshape(-1, *port.shape)
    calibration = {port.name: x[:100, 0]}
    result = convert(onnx.load(path), weights=way, calibration=calibration, verify=False)
    narrow = nnz.Session(nnz.format.write(result.model))
    expected, y = (
        np.concatenate([next(iter(session.run({port.name: sample}).values())) for sample in x[200:400]])
        for session in (exact, narrow)
    )
    assert relative(y, expected) <= LIMITS[way]
