"""Each int8 operator that quantised models become, against onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto
from qdq_models import INT8, UINT8, Qdq, assert_agrees, differences, kinds

import nnz
from nnz.convert import convert

LEVELS = ("scalar", "avx2", "avxvnni", "avx512", "avx512vnni")


@pytest.mark.parametrize("dtype", [INT8, UINT8])
@pytest.mark.parametrize("channels", [1, 3, 4, 6])
@pytest.mark.parametrize("density", [1.0, 0.1])
def test_convolutions(dtype: type, channels: int, density: float) -> None:
    g, middle = Qdq(), 0 if dtype is INT8 else 128
    kind = TensorProto.INT8 if dtype is INT8 else TensorProto.UINT8
    x = g.real(g.input(1, channels, 9, 7, dtype=kind), 0.02, middle + 7, dtype)
    weight = g.weight(10, channels, 3, 3, density=density)
    y = g.op("Relu", g.op("Conv", x, weight, g.bias(10), pads=[1, 1, 1, 1], strides=[2, 1]))
    y = g.pair(y, 0.03, middle - 128, dtype)
    y = g.rounded(g.op("Conv", y, g.weight(6, 10, 1, 1, axis=None)), 0.2, middle - 3, dtype)
    model, difference = differences(g.model(y))
    assert kinds(model) == {"qconv": 2}
    assert_agrees(difference)


@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_and_groups(multiplier: int) -> None:
    g = Qdq()
    x = g.real(g.input(1, 6, 9, 7, dtype=TensorProto.INT8), 0.02, -7)
    y = g.op("Conv", x, g.weight(6 * multiplier, 1, 3, 3), g.bias(6 * multiplier), group=6, pads=[1, 1, 1, 1])
    y = g.pair(g.op("Clip", y, np.float32(0), np.float32(3)), 0.02, -128)
    y = g.rounded(g.op("Conv", y, g.weight(4, 3 * multiplier, 1, 1), group=2), 0.1)
    model, difference = differences(g.model(y))
    assert kinds(model) == ({"qdepthwise": 1, "qconv": 1} if multiplier == 1 else {"qconv": 2})
    assert_agrees(difference)


@pytest.mark.parametrize("channels", [4, 6])
def test_vectors_behind_a_feature_map(channels: int) -> None:
    g = Qdq()
    x = g.real(g.input(1, 3, 8, 8, dtype=TensorProto.INT8), 0.02)
    y = g.pair(g.op("Conv", x, g.weight(channels, 3, 3, 3)), 0.1)
    y = g.op("Flatten", y)
    y = g.rounded(g.op("Gemm", y, g.weight(36 * channels, 10, axis=1), g.bias(10)), 0.5, 4)
    model, difference = differences(g.model(y))
    assert kinds(model) == {"qconv": 1, "qfc": 1}
    assert_agrees(difference)


def test_sparse_vectors() -> None:
    g = Qdq()
    x = g.real(g.input(1, 512, dtype=TensorProto.UINT8), 0.02, 100, UINT8)
    y = g.rounded(g.op("MatMul", x, g.weight(512, 256, axis=1, density=0.01)), 0.02)
    model, difference = differences(g.model(y))
    assert kinds(model) == {"qfc": 1}
    assert model.matrices[0].encoding != "dense"
    assert_agrees(difference)


def bare_product() -> tuple[ModelProto, np.ndarray]:
    """A product of a vector, and its factors as onnxruntime rounds them."""
    g = Qdq()
    scales = g.rng.uniform(0.002, 0.02, 32).astype(np.float32)
    integers = g.rng.integers(-127, 128, (64, 32)).astype(np.int8)
    weight = g.op("DequantizeLinear", integers, scales, np.zeros(32, np.int8), axis=1)
    x = g.real(g.input(1, 64, dtype=TensorProto.INT8), 0.0211)
    return g.model(g.rounded(g.op("MatMul", x, weight), 0.3)), scales * np.float32(0.0211) / np.float32(0.3)


def test_bare_products_are_rescaled_as_in_onnxruntime() -> None:
    onnx, factors = bare_product()
    (op,) = (model := convert(onnx, verify=False).model).ops
    assert op.params[-1] == 32
    assert np.array_equal(model.tensors[op.inputs[2]].data.view(np.float32), factors)


def test_small_devices_rescale_bare_products_in_integers() -> None:
    onnx, factors = bare_product()
    (op,) = (model := convert(onnx, target="cortex-m4", verify=False).model).ops
    assert op.params[-1] <= 15
    multipliers, half = model.tensors[op.inputs[2]].data, np.ldexp(0.5, op.params[-1] - 32)
    np.testing.assert_allclose(np.ldexp(multipliers.astype(np.float64), op.params[-1] - 32), factors, rtol=0, atol=half)


@pytest.mark.parametrize(("a", "b"), [((1, 6, 5, 5), (1, 6, 5, 5)), ((3, 10), (3, 10))])
@pytest.mark.parametrize("op", ["Add", "Sub", "Mul"])
def test_sums_and_products(op: str, a: tuple, b: tuple) -> None:
    g = Qdq()
    x = g.real(g.input(*a, dtype=TensorProto.INT8), 0.03, 9)
    z = g.real(g.input(*b, dtype=TensorProto.INT8), 0.011, -20)
    model, difference = differences(g.model(g.rounded(g.op("Relu", g.op(op, x, z)), 0.0213, -100)))
    assert kinds(model) == {"qmul" if op == "Mul" else "qadd": 1}
    assert_agrees(difference)


def test_a_gate_for_each_channel() -> None:
    g = Qdq()
    x = g.real(g.input(1, 6, 5, 5, dtype=TensorProto.INT8), 0.03, 9)
    gate = g.op("GlobalAveragePool", x)
    gate = g.pair(
        g.op("Sigmoid", g.pair(g.op("Conv", g.pair(gate, 0.0299), g.weight(6, 6, 1, 1)), 0.05)), 1 / 256, -128
    )
    model, difference = differences(g.model(g.rounded(g.op("Mul", x, gate), 0.021)))
    assert {"qpool", "qfc", "qlut", "qmul"} <= set(kinds(model))
    assert not {"dequantize", "quantize"} & set(kinds(model))
    assert_agrees(difference)


@pytest.mark.parametrize("op", ["Relu", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu", "Exp"])
def test_tables(op: str) -> None:
    g = Qdq(14)
    x = g.real(g.input(1, 6, 5, 5, dtype=TensorProto.INT8), 0.03, 9)
    model, difference = differences(g.model(g.rounded(g.op(op, x), 0.0171, -30)))
    assert kinds(model) == {"qlut": 1}
    assert_agrees(difference)


@pytest.mark.parametrize(("op", "scale"), [("MaxPool", 0.03), ("MaxPool", 0.0217), ("AveragePool", 0.0217)])
def test_pools(op: str, scale: float) -> None:
    g = Qdq()
    x = g.real(g.input(1, 6, 9, 9, dtype=TensorProto.INT8), 0.03, 9)
    y = g.op(op, x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    model, difference = differences(g.model(g.rounded(y, scale, 9)))
    assert set(kinds(model)) <= {"qpool", "qlut"}
    assert_agrees(difference)


@pytest.mark.parametrize("dtype", [INT8, UINT8])
@pytest.mark.parametrize(
    "window",
    [
        {"kernel_shape": [2, 2], "strides": [2, 2]},
        {"kernel_shape": [8, 8]},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [3, 4], "pads": [1, 1, 1, 1], "count_include_pad": 1},
    ],
    ids=["2x2", "whole", "padded", "padding counted"],
)
def test_averages_between_two_integers(window: dict, dtype: type) -> None:
    """Those of one scale: the rounding of the float32 sums decides, and is that of onnxruntime's float average, which
    adds one element after the other where the channels fill its blocks of 8 or 16.
    """
    g, middle = Qdq(), 0 if dtype is INT8 else 128
    kind = TensorProto.INT8 if dtype is INT8 else TensorProto.UINT8
    x = g.real(g.input(1, 16, 8, 8, dtype=kind), 0.127069, middle - 3, dtype)
    y = g.rounded(g.op("AveragePool", x, **window), 0.127069, middle - 3, dtype)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    model, difference = differences(g.model(y), options=options)
    assert kinds(model) == {"qaverage": 1}
    assert not difference.any()


def test_averages_of_an_odd_number_are_sums_of_integers() -> None:
    g = Qdq()
    x = g.real(g.input(1, 6, 9, 9, dtype=TensorProto.INT8), 0.03, 9)
    model, difference = differences(g.model(g.rounded(g.op("AveragePool", x, kernel_shape=[3, 3]), 0.03, 9)))
    assert kinds(model) == {"qpool": 1}
    assert not difference.any()


def test_softmax() -> None:
    g = Qdq()
    x = g.real(g.input(1, 12, dtype=TensorProto.INT8), 0.1, 9)
    model, difference = differences(g.model(g.rounded(g.op("Softmax", x, axis=-1), 1 / 256, -128)), 100)
    assert kinds(model) == {"qsoftmax": 1}
    assert_agrees(difference)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("kind", ["qconv", "qdepthwise"])
def test_additions_and_functions_go_into_the_product_before_them(kind: str, swapped: bool) -> None:
    g = Qdq()
    x = g.real(g.input(1, 6, 9, 7, dtype=TensorProto.INT8), 0.02, -7)
    weight, group = (g.weight(6, 6, 3, 3), 1) if kind == "qconv" else (g.weight(6, 1, 3, 3), 6)
    y = g.pair(g.op("Conv", x, weight, g.bias(6), pads=[1, 1, 1, 1], group=group), 0.0113, 3)
    total = g.pair(g.op("Add", *((x, y) if swapped else (y, x))), 0.0171, -5)
    y = g.pair(g.op("Relu", total), 0.0089, -128)
    model, difference = differences(g.model(g.rounded(g.op("Sigmoid", y), 1 / 256, -128)))
    assert kinds(model) == {kind: 1}
    assert_agrees(difference)


def test_the_later_of_two_products_takes_their_sum() -> None:
    g = Qdq()
    x = g.real(g.input(1, 4, 5, 5, dtype=TensorProto.INT8), 0.02, -7)
    a, b = (g.pair(g.op("Conv", x, g.weight(5, 4, 1, 1)), scale, 3) for scale in (0.011, 0.023))
    model, difference = differences(g.model(g.rounded(g.op("Add", b, a), 0.0313, -5)))
    assert kinds(model) == {"qconv": 2}
    assert [op.inputs[3] is None for op in model.ops] == [True, False]
    assert_agrees(difference)


def test_what_others_read_too_stays_outside() -> None:
    g = Qdq()
    x = g.real(g.input(1, 4, 5, 5, dtype=TensorProto.INT8), 0.02, -7)
    y = g.pair(g.op("Conv", x, g.weight(4, 4, 1, 1)), 0.011, 3)
    z = g.pair(g.op("Sigmoid", y), 1 / 256, -128)
    model, difference = differences(g.model(g.rounded(g.op("Mul", y, z), 0.0113)))
    assert kinds(model) == {"qconv": 1, "qlut": 1, "qmul": 1}
    assert_agrees(difference)


@pytest.mark.parametrize("channels", [8, 6])
def test_concatenation_of_different_scales(channels: int) -> None:
    g = Qdq()
    a = g.real(g.input(1, channels, 5, 5, dtype=TensorProto.INT8), 0.03, 9)
    b = g.real(g.input(1, 5, 5, 5, dtype=TensorProto.INT8), 0.0113, -20)
    joined = g.pair(g.op("Concat", a, b, axis=1), 0.03, 9)
    model, difference = differences(g.model(g.rounded(g.op("Conv", joined, g.weight(4, channels + 5, 1, 1)), 0.1)))
    assert not {"dequantize", "quantize"} & set(kinds(model))
    assert kinds(model)["qlut"] == 1
    assert_agrees(difference)


def test_what_has_no_int8_form_computes_in_float() -> None:
    g = Qdq(11)
    x = g.real(g.input(1, 6, 5, 5, dtype=TensorProto.INT8), 0.03, 9)
    sizes = np.array([1, 1, 2, 2], np.float32)
    y = g.op("Resize", x, np.zeros(0, np.float32), sizes, mode="linear")
    model, difference = differences(g.model(g.rounded(y, 0.0313)))
    assert kinds(model) == {"dequantize": 1, "resize": 1, "quantize": 1}
    kept = convert(g.model("quantizelinear2_0"), verify=False).report["float"]
    assert [(node["kind"], node["reason"]) for node in kept] == [("resize", "'resize' has no int8 form")]
    assert_agrees(difference)


def test_float_ports_of_a_quantised_model() -> None:
    g = Qdq()
    x = g.pair(g.input(1, 6, 5, 5), 0.03, 100, UINT8)
    y = g.pair(g.op("Conv", x, g.weight(8, 6, 3, 3)), 0.1, 120, UINT8)
    model, difference = differences(g.model(y))
    assert kinds(model) == {"quantize": 1, "qconv": 1, "dequantize": 1}
    assert_agrees(difference, unit=0.1)


def test_every_level_and_number_of_threads_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    g = Qdq()
    x = g.real(g.input(1, 3, 16, 16, dtype=TensorProto.INT8), 0.02)
    y = g.pair(g.op("Relu", g.op("Conv", x, g.weight(24, 3, 3, 3, density=0.2), g.bias(24))), 0.03, -128)
    y = g.pair(g.op("Add", y, g.pair(g.op("Conv", y, g.weight(24, 24, 1, 1, density=0.2)), 0.3)), 0.2)
    y = g.pair(g.op("GlobalAveragePool", y), 0.15)
    y = g.rounded(g.op("Gemm", g.op("Flatten", y), g.weight(24, 10, axis=1)), 0.1)
    content = nnz.format.write(convert(g.model(y), verify=False).model)
    feed = {"x0": g.rng.integers(-128, 128, (1, 3, 16, 16)).astype(np.int8)}
    results = []
    for level in LEVELS:
        monkeypatch.setenv("NNZ_CPU", level)
        try:
            sessions = [nnz.Session(content, threads=threads) for threads in (1, 2)]
        except nnz.Error as missing:
            assert level != "scalar", missing
            continue
        results += [next(iter(session.run(feed).values())) for session in sessions]
    assert len(results) >= 2
    assert all(np.array_equal(result, results[0]) for result in results)
    assert np.ptp(results[0].astype(int)) > 20


def test_imported_layers_are_pruned_in_int8_blocks() -> None:
    g = Qdq()
    x = g.pair(g.op("Conv", g.real(g.input(1, 3, 8, 8, dtype=TensorProto.INT8), 0.02), g.weight(16, 3, 3, 3)), 0.1)
    y = g.pair(g.op("Conv", x, g.weight(16, 16, 3, 3)), 0.5)
    model = g.model(g.rounded(g.op("Conv", y, g.weight(8, 16, 1, 1)), 2.0))
    result = convert(model, sparsity=0.75, verify=False, target="cortex-m4")
    middle = result.report["layers"][1]
    assert (middle["kind"], middle["pattern"], middle["encoding"]) == ("qconv", "1x4", "q1x4")
    assert middle["sparsity"] == pytest.approx(0.75, abs=0.01)
    assert middle["macs_executed"] == pytest.approx(0.25 * middle["macs_dense"], rel=0.05)
