"""Annotation of float graphs, and conversions to int8 of small models."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_builder import Onnx, fused

import nnz
from nnz.cli import main
from nnz.convert import ConvertError, convert
from nnz.convert.quantize.errors import measure_noise
from nnz.convert.quantize.export import Exported, run_values
from nnz.convert.quantize.ptq import quantize_graph
from nnz.convert.quantize.ranges import RANGES
from nnz.encodings import decode

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits"
INT8_LAYERS = ("qconv", "qdepthwise", "qfc")


def no_step(what, done, count):
    pass


def quantized(g, *outputs, samples=8, **options):
    """The annotated graph, its layers by name and the samples it was calibrated on."""
    graph = fused(g.model(*outputs))
    data = {port.name: g.normal(samples, *port.value.shape) for port in graph.inputs}
    layers = quantize_graph(graph, data, no_step, **options)
    graph.verify()
    return graph, {layer.node.name: layer for layer in layers}, data


def test_weights_are_symmetric_with_a_scale_for_each_output():
    g = Onnx()
    graph, _, _ = quantized(g, g.conv(g.input(1, 4, 5, 5), 6, 4, 3, bias=False))
    (conv,) = graph.weighted()
    quant = conv.inputs[1].quant
    assert quant.zero_point == 0
    np.testing.assert_allclose(quant.scale, np.abs(conv.weight).max(axis=1) / 127)


def test_a_relu_leaves_only_positive_values_to_represent():
    g = Onnx()
    graph, _, _ = quantized(g, g.op("Relu", g.conv(g.input(1, 4, 5, 5), 6, 4)))
    assert graph.nodes[0].y.quant.zero_point == -128


def test_what_moves_elements_keeps_their_scale():
    g = Onnx()
    x = g.input(1, 4, 8, 8)
    a, b = g.conv(x, 4, 4), g.conv(x, 8, 4)
    y = g.op("MaxPool", g.op("Concat", a, b, axis=1), kernel_shape=[2, 2], strides=[2, 2])
    y = g.op("Gemm", g.op("Flatten", y), g.normal(3, 12 * 16), transB=1)
    graph, _, _ = quantized(g, y)
    moved = [value for node in graph.nodes if node.kind in ("concat", "pool", "reshape") for value in node.inputs]
    assert len(moved) == 4
    assert all(value.quant == moved[0].quant for value in moved)


@pytest.mark.parametrize(("op", "scale", "zero"), [("Sigmoid", 1 / 256, -128), ("Tanh", 1 / 128, 0)])
def test_functions_of_known_range_have_a_fixed_scale(op, scale, zero):
    g = Onnx()
    graph, _, _ = quantized(g, g.op(op, g.conv(g.input(1, 4, 5, 5), 6, 4)))
    quant = graph.outputs[0].value.quant
    assert (float(quant.scale), quant.zero_point) == (pytest.approx(scale, rel=1e-6), zero)


def test_ranges_end_where_the_function_behind_is_flat():
    g = Onnx()
    y = g.op("Mul", g.conv(g.input(1, 4, 5, 5), 6, 4), np.float32(100))
    graph, layers, _ = quantized(g, g.op("Sigmoid", y))
    (conv,) = graph.weighted()
    assert abs(conv.y.quant.load(np.array([-128, 127], np.int8))).max() < 7
    assert all(layer.reason is None for layer in layers.values())


def test_residuals_are_added_in_a_step_of_their_own():
    g = Onnx()
    x = g.input(1, 4, 6, 6)
    graph, _, _ = quantized(g, g.op("Relu", g.op("Add", x, g.conv(x, 4, 4))))
    assert [node.kind for node in graph.nodes] == ["conv", "binary"]
    assert all(value.quant is not None for value in (graph.nodes[0].y, graph.nodes[1].y))


def test_nothing_is_quantised_without_a_layer():
    g = Onnx()
    graph, layers, _ = quantized(g, g.op("Resize", g.input(1, 3, 4, 4), None, np.array([1, 1, 2, 2], np.float32)))
    assert not layers and all(value.quant is None for value in graph.values())


def test_layers_kept_float_by_name():
    g = Onnx()
    y = g.conv(g.op("Relu", g.conv(g.input(1, 4, 6, 6), 8, 4)), 4, 8)
    graph, layers, _ = quantized(g, y, float_layers="^Conv_2$")
    assert {name: layer.reason for name, layer in layers.items()} == {"Conv_0": None, "Conv_2": "--float ^Conv_2$"}
    first, last = graph.weighted()
    assert first.inputs[1].quant is not None and last.inputs[1].quant is None and last.y.quant is None


def test_a_layer_that_int8_ruins_stays_float_and_says_so():
    """One weight of each row, which meets a channel that is always zero, is a thousand times the others."""
    g = Onnx()
    weight = g.normal(6, 4, 1, 1)
    weight[:, 0] = 1000
    graph = fused(g.model(g.op("Conv", g.input(1, 4, 6, 6), weight)))
    data = {"x0": g.normal(8, 1, 4, 6, 6) * np.array([0, 1, 1, 1], np.float32).reshape(4, 1, 1)}
    (layer,) = quantize_graph(graph, data, no_step)
    assert "dB" in layer.reason and layer.node.inputs[1].quant is None


def test_rows_of_tiny_weights_get_a_scale_that_can_be_requantised():
    g = Onnx()
    weight = g.normal(4, 4, 1, 1)
    weight[2] *= 1e-12
    graph, _, _ = quantized(g, g.op("Conv", g.input(1, 4, 6, 6), weight, np.full(4, 0.5, np.float32)))
    (conv,) = graph.weighted()
    scale = conv.inputs[1].quant.scale * float(conv.x.quant.scale)
    assert (np.abs(conv.bias) / scale).max() < 2**30
    assert (scale / float(conv.y.quant.scale)).min() >= 2.0**-20


def test_biases_make_up_for_what_rounding_does_on_average():
    g = Onnx()
    graph = fused(g.model(g.conv(g.input(1, 16, 8, 8), 8, 16, 3, bias=False)))
    data = {"x0": np.abs(g.normal(16, 1, 16, 8, 8))}
    (conv,) = graph.weighted()

    def means(rounded):
        return np.mean([found[0] for found in run_values(Exported(graph, rounded), [conv.y], data)], axis=(0, 1, 3, 4))

    exact = means(rounded=False)
    quantize_graph(graph, data, no_step)
    conv.x.quant = conv.y.quant = None
    corrected = np.abs(means(rounded=True) - exact).max()
    conv.inputs[2] = None
    assert corrected < 0.01 * np.abs(means(rounded=True) - exact).max()


def test_an_imported_quantised_model_is_refused(tmp_path):
    g = Onnx()
    scale, zero = np.float32(0.1), np.int8(0)
    x = g.op("DequantizeLinear", g.op("QuantizeLinear", g.input(1, 4, 5, 5), scale, zero), scale, zero)
    model = g.model(g.conv(x, 4, 4))
    with pytest.raises(ConvertError, match="quantised already"):
        convert(model, quantize="int8", calibration={"x0": g.normal(2, 1, 4, 5, 5)})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantize": "int8"}, "--calibration"),
        ({"quantize": "int4", "calibration": {}}, "int4"),
        ({"quantize": "int8", "calibration": {}, "range": "widest"}, "widest"),
        ({"float_layers": "x"}, "--quantize"),
        ({"integer_ports": True}, "--quantize"),
    ],
)
def test_arguments_that_make_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        convert(onnx.load(DIGITS / "digits.onnx"), **options)


@pytest.mark.parametrize(("expression", "message"), [("(", "not a regular expression"), ("nosuch", "matches no layer")])
def test_float_layers_are_a_regular_expression_that_matches(expression, message):
    g = Onnx()
    with pytest.raises(ConvertError, match=message):
        quantized(g, g.conv(g.input(1, 4, 5, 5), 4, 4), float_layers=expression)


@pytest.fixture(scope="module")
def digits():
    with np.load(DIGITS / "digits.npz") as data:
        return data["image"], data["labels"]


def accuracy(model, images, labels):
    session = nnz.Session(nnz.format.write(model))
    found = [next(iter(session.run({"image": image[None]}).values())).argmax() for image in images]
    return np.mean(np.array(found) == labels)


@pytest.mark.parametrize("method", [None, *RANGES])
def test_digits(digits, method):
    images, labels = digits
    calibration = {"image": images[:100, None]}
    result = convert(onnx.load(DIGITS / "digits.onnx"), quantize="int8", calibration=calibration, range=method)
    exact = convert(onnx.load(DIGITS / "digits.onnx"), verify=False)
    assert (
        accuracy(result.model, images[100:], labels[100:]) >= accuracy(exact.model, images[100:], labels[100:]) - 0.01
    )
    assert result.report["int8_macs"] == 1
    assert all(layer["kind"] in INT8_LAYERS for layer in result.report["layers"])
    assert all(layer["own_snr_db"] > 25 and layer["float"] is None for layer in result.report["layers"])
    assert next(iter(result.report["error"].values()))["snr_db"] > 20


@pytest.mark.parametrize("pattern", ["unstructured", "4x1", "1x4", "2:4"])
def test_zeros_stay_zeros(digits, pattern):
    """Pruned weights are the same with and without quantisation: 1x4 blocks stay whole."""
    options = {"pattern": pattern, "verify": False, "calibration": {"image": digits[0][:50, None]}}
    if pattern != "2:4":
        options["sparsity"] = 0.75
    int8 = convert(onnx.load(DIGITS / "digits.onnx"), quantize="int8", **options)
    exact = convert(onnx.load(DIGITS / "digits.onnx"), **options)
    for ours, theirs in zip(int8.report["layers"], exact.report["layers"], strict=True):
        assert ours["sparsity"] == pytest.approx(theirs["sparsity"])
        assert ours["macs_nonzero"] <= theirs["macs_nonzero"]
    if pattern == "1x4":
        assert any(layer["encoding"] == "q1x4" for layer in int8.report["layers"])
        for layer in int8.report["layers"]:
            if layer["encoding"] == "q1x4":
                op = int8.model.ops[layer["op"]]
                matrix = int8.model.matrices[op.params[0]]
                blocks = decode(matrix).reshape(matrix.rows, -1, 4)
                assert blocks.any(axis=2).mean() == pytest.approx(0.25, abs=0.02)


def test_float_layer_of_the_sample(digits, tmp_path):
    """The command line, the report and what `nnz inspect` shows."""
    output = tmp_path / "digits.nnz"
    names = [layer["name"] for layer in convert(onnx.load(DIGITS / "digits.onnx"), verify=False).report["layers"]]
    samples = tmp_path / "samples.npz"
    np.savez(samples, image=digits[0][:50])
    arguments = ["convert", DIGITS / "digits.onnx", "-o", output, "--quantize", "int8", "--calibration", samples]
    assert main([str(a) for a in (*arguments, "--range", "mse", "--float", f"^{names[-1]}$")]) == 0
    report = nnz.format.read(output.read_bytes()).report
    assert [layer["float"] for layer in report["layers"]] == [None] * (len(names) - 1) + [f"--float ^{names[-1]}$"]
    assert [layer["kind"] in INT8_LAYERS for layer in report["layers"]] == [True] * (len(names) - 1) + [False]
    assert 0.5 < report["int8_macs"] < 1


def test_inspect_shows_the_noise(digits, tmp_path, capsys):
    output = tmp_path / "digits.nnz"
    convert(DIGITS / "digits.onnx", output, quantize="int8", calibration={"image": digits[0][:50, None]}, verify=False)
    assert main(["inspect", str(output)]) == 0
    text = capsys.readouterr().out
    assert "SNR, own" in text and "int8: 100.0 % of the MACs" in text
    assert main(["inspect", str(output), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"][0]["own_snr_db"] > 25


def test_noise_of_a_layer_alone_and_in_the_model():
    g = Onnx()
    y = g.conv(g.op("Relu", g.conv(g.input(1, 4, 6, 6), 8, 4)), 4, 8)
    graph = fused(g.model(y))
    reference = Exported(graph)
    data = {"x0": g.normal(8, 1, 4, 6, 6)}
    quantize_graph(graph, data, no_step, "minmax")
    first, last = (measure_noise(reference, graph, graph.weighted(), data, no_step)[id(n)] for n in graph.weighted())
    assert first.own.snr_db > first.whole.snr_db > 25
    assert last.own.snr_db > last.whole.snr_db > 25


def test_integer_ports_take_and_give_what_quantize_and_dequantize_would(digits):
    options = {"quantize": "int8", "calibration": {"image": digits[0][:100]}}
    real, integer = (
        convert(onnx.load(DIGITS / "digits.onnx"), integer_ports=ports, **options) for ports in (False, True)
    )
    session = nnz.Session(nnz.format.write(integer.model))
    (x,), (y,) = session.inputs, session.outputs
    assert x.dtype == y.dtype == np.int8
    integers = np.random.default_rng(1).integers(-128, 127, x.shape, np.int8, endpoint=True)
    image = nnz.dequantize(integers, x.scale, x.zero_point)
    expected = nnz.Session(nnz.format.write(real.model)).run({"image": image})[y.name]
    found = nnz.dequantize(session.run({"image": integers})[y.name], y.scale, y.zero_point)
    assert np.array_equal(found, expected)
    assert integer.report["error"][y.name]["snr_db"] > 20
