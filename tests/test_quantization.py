"""nnz.quantize and nnz.dequantize, against the definitions of ONNX as onnxruntime computes them."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import nnz

NUMBERS = np.array([-1e9, -3.0, -0.75, -0.25, 0.0, 0.25, 0.75, 1.25, 3.1, 63.4, 1e9], np.float32)


def onnx_quantize(x, scale, zero_point, dtype):
    constants = [numpy_helper.from_array(np.float32(scale), "s"), numpy_helper.from_array(dtype(zero_point), "z")]
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"])
    x_info = helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)
    y_info = helper.make_tensor_value_info("y", helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), x.shape)
    graph = helper.make_graph([node], "g", [x_info], [y_info], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]


@pytest.mark.parametrize(("dtype", "zero_point"), [(np.int8, 0), (np.int8, -128), (np.int8, 5), (np.uint8, 128)])
def test_as_onnx_defines_it(dtype, zero_point):
    rng = np.random.default_rng(zero_point % 7)
    for scale in (0.5, 0.1, 0.037):
        steps = np.arange(-300, 300, dtype=np.float32)
        random = rng.normal(0, 100 * scale, 5000).astype(np.float32)
        numbers = np.concatenate([NUMBERS, random, (steps + np.float32(0.5)) * np.float32(scale)])
        integers = nnz.quantize(numbers, scale, zero_point, dtype)
        assert integers.dtype == dtype
        np.testing.assert_array_equal(integers, onnx_quantize(numbers, scale, zero_point, dtype))


def test_there_and_back_is_within_half_a_step():
    scale, zero_point = 0.037, -20
    real = np.linspace((-128 - zero_point) * scale, (127 - zero_point) * scale, 1001)
    back = nnz.dequantize(nnz.quantize(real, scale, zero_point), scale, zero_point)
    assert back.dtype == np.float32
    assert np.abs(back - real).max() <= scale / 2 + np.finfo(np.float32).eps * np.abs(real).max()
    assert nnz.dequantize(np.int8(zero_point), scale, zero_point) == 0


def test_nan_is_zero():
    assert nnz.quantize(np.nan, 1.0, 3) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, 0.0), "scale 0.0"),
        ((1.0, float("nan")), "scale nan"),
        ((1.0, 1.0, 128), "zero point 128"),
        ((1.0, 1.0, -1, np.uint8), "zero point -1"),
        ((1.0, 1.0, 0, np.int16), "int16"),
    ],
)
def test_errors_say_what_was_expected(arguments, message):
    with pytest.raises(nnz.ArgumentError, match=message):
        nnz.quantize(*arguments)
