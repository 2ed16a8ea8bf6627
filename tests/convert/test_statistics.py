"""Statistics of layer inputs, against columns made one by one."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nnz.convert.statistics import collect_statistics


def model(op, shapes, weight, weight_first=False, before=True, **attributes):
    """x -> (Neg ->) op with a constant weight -> y."""
    data = "h" if before else "x"
    inputs = ["w", data] if weight_first else [data, "w"]
    nodes = [helper.make_node("Neg", ["x"], ["h"])] * before + [helper.make_node(op, inputs, ["y"], **attributes)]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", shapes), ("y", None))]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], [onnx.numpy_helper.from_array(weight, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def columns_of_conv(x, channels, kernel, strides, dilations, pads):
    """The columns [groups x channels x taps, pixels] of an im2col matrix, one pixel at a time."""
    x = np.pad(x, [(0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])])
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    found = []
    for n in range(len(x)):
        for top in range(0, x.shape[2] - extent[0] + 1, strides[0]):
            for left in range(0, x.shape[3] - extent[1] + 1, strides[1]):
                window = x[n, :, top : top + extent[0] : dilations[0], left : left + extent[1] : dilations[1]]
                found.append(window.reshape(-1, channels, kernel[0] * kernel[1]))
    return np.stack(found)


@pytest.mark.parametrize(
    ("groups", "kernel", "strides", "dilations", "pads"),
    [
        (1, (3, 3), (1, 1), (1, 1), (1, 1, 1, 1)),
        (2, (3, 2), (2, 1), (1, 2), (0, 2, 1, 0)),
        (4, (1, 1), (2, 2), (1, 1), (0, 0, 0, 0)),
    ],
)
def test_convolutions(groups, kernel, strides, dilations, pads):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 1, 4, 9, 8)).astype(np.float32)
    weight = rng.standard_normal((8, 4 // groups, *kernel)).astype(np.float32)
    proto = model(
        "Conv", (1, 4, 9, 8), weight, strides=strides, dilations=dilations, pads=pads, group=groups, kernel_shape=kernel
    )
    seen = collect_statistics(proto, {"x": x}, ["y"])["y"]
    expected = np.concatenate([columns_of_conv(-s, 4 // groups, kernel, strides, dilations, pads) for s in x])
    assert seen.count == len(expected)
    np.testing.assert_allclose(seen.mean, expected.mean(0), atol=1e-6)
    np.testing.assert_allclose(seen.power, (expected.astype(np.float64) ** 2).mean(0), rtol=1e-6)
    np.testing.assert_allclose(seen.variance, expected.astype(np.float64).var(0), rtol=1e-5)


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER"])
def test_automatic_padding_and_a_kernel_known_by_its_weights(mode):
    x = np.random.default_rng(1).standard_normal((1, 1, 2, 7, 6)).astype(np.float32)
    proto = model("Conv", (1, 2, 7, 6), np.ones((1, 2, 4, 3), np.float32), strides=(2, 2), auto_pad=mode)
    seen = collect_statistics(proto, {"x": x}, ["y"])["y"]
    pads = (1, 0, 2, 1) if mode == "SAME_UPPER" else (2, 1, 1, 0)
    expected = columns_of_conv(-x[0], 2, (4, 3), (2, 2), (1, 1), pads)
    np.testing.assert_allclose(seen.mean, expected.mean(0), atol=1e-6)


def test_a_convolution_over_one_axis():
    x = np.random.default_rng(2).standard_normal((2, 1, 3, 10)).astype(np.float32)
    proto = model("Conv", (1, 3, 10), np.ones((2, 3, 3), np.float32), before=False)
    seen = collect_statistics(proto, {"x": x}, ["y"])["y"]
    assert seen.count == 16
    np.testing.assert_allclose(seen.total[0, :, 1], x[:, 0, :, 1:9].sum((0, 2)), rtol=1e-5)


@pytest.mark.parametrize(
    ("op", "shape", "weight_shape", "options", "axis"),
    [
        ("Gemm", (2, 5), (5, 3), {}, 0),
        ("Gemm", (2, 5), (3, 5), {"transB": 1}, 1),
        ("Gemm", (5, 2), (5, 3), {"transA": 1}, 0),
        ("MatMul", (1, 4, 5), (5, 3), {}, 0),
        ("MatMul", (1, 5, 4), (3, 5), {"weight_first": True}, 1),
    ],
)
def test_matrices(op, shape, weight_shape, options, axis):
    x = np.random.default_rng(3).standard_normal((6, *shape)).astype(np.float32)
    seen = collect_statistics(model(op, shape, np.ones(weight_shape, np.float32), **options), {"x": x}, ["y"])["y"]
    rows = np.moveaxis(-x, list(x.shape).index(5), -1).reshape(-1, 5)
    assert seen.count == len(rows)
    np.testing.assert_allclose(seen.mean[0, :, 0], rows.mean(0), atol=1e-6)
    spread = seen.of_weights(seen.mean, weight_shape)
    np.testing.assert_allclose(np.moveaxis(spread, axis, 0)[:, 0], rows.mean(0), atol=1e-6)


def test_statistics_spread_over_grouped_weights():
    x = np.arange(4, dtype=np.float32).reshape(1, 1, 4, 1, 1)
    weight = np.ones((6, 2, 1, 1), np.float32)
    seen = collect_statistics(model("Conv", (1, 4, 1, 1), weight, group=2), {"x": x}, ["y"])["y"]
    assert seen.of_weights(seen.mean, weight.shape)[..., 0, 0].tolist() == [[0, -1]] * 3 + [[-2, -3]] * 3
    assert seen.of_weights(seen.mean, (6, 3, 1, 1)) is None


def test_layers_that_are_not_there_are_left_out_and_progress_is_told():
    told = []
    x = np.ones((3, 1, 5), np.float32)
    proto = model("MatMul", (1, 5), np.ones((5, 2), np.float32))
    assert collect_statistics(proto, {"x": x}, ["h", "nowhere"]) == {}
    collect_statistics(proto, {"x": x}, ["y"], lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
