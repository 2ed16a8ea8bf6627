"""Quantised models become the plain graph with annotations: which values, and with what integers."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto
from onnx_builder import Onnx
from qdq_models import INT8, UINT8, Qdq

from nnz.convert import ConvertError, UnsupportedError
from nnz.convert.importer import import_model
from nnz.convert.passes import fuse
from nnz.convert.quantize import Quant


def test_pairs_on_activations_become_annotations() -> None:
    g = Qdq()
    x = g.pair(g.input(1, 4, 6, 6), 0.03, 5)
    y = g.pair(g.op("Relu", g.op("Conv", x, g.weight(8, 4, 3, 3), g.bias(8))), 0.05, -128)
    graph = import_model(g.model(y))
    assert [node.kind for node in graph.nodes] == ["conv", "unary"]
    assert graph.inputs[0].value.quant == Quant(np.float32(0.03), 5)
    assert graph.outputs[0].value.quant == Quant(np.float32(0.05), -128)
    assert graph.nodes[0].y.quant is None


def test_weights_keep_their_integers() -> None:
    g = Qdq()
    integers = g.rng.integers(-128, 128, (8, 4, 3, 3)).astype(np.int8)
    scales = g.rng.uniform(0.001, 0.1, 8).astype(np.float32)
    weight = g.op("DequantizeLinear", integers, scales, np.zeros(8, np.int8), axis=0)
    graph = import_model(g.model(g.op("Conv", g.pair(g.input(1, 4, 6, 6), 0.03), weight)))
    value = graph.weighted()[0].inputs[1]
    assert np.array_equal(value.quant.store(value.data), integers)
    assert np.array_equal(value.quant.scale, scales.astype(np.float64))


@pytest.mark.parametrize(("transposed", "axis"), [(0, 1), (1, 0), (0, None)])
def test_scales_follow_transposed_weights(transposed: int, axis: int | None) -> None:
    g = Qdq()
    shape = (12, 5) if transposed == 0 else (5, 12)
    x = g.pair(g.input(1, 12), 0.03)
    graph = import_model(g.model(g.op("Gemm", x, g.weight(*shape, axis=axis), transB=transposed)))
    weight = graph.weighted()[0].inputs[1]
    assert weight.quant.scale.shape == (() if axis is None else (5,))
    integers = weight.data / weight.quant.rows(5)[:, None]
    np.testing.assert_allclose(integers, np.rint(integers), atol=1e-4)


def test_scales_along_the_inputs_are_not_those_of_outputs() -> None:
    g = Qdq()
    graph = import_model(g.model(g.op("Gemm", g.pair(g.input(1, 12), 0.03), g.weight(12, 5, axis=0))))
    assert graph.weighted()[0].inputs[1].quant is None


def test_uint8_weights_around_128_are_int8_weights() -> None:
    g = Qdq()
    integers = g.rng.integers(0, 256, (8, 4, 3, 3)).astype(np.uint8)
    weight = g.real(integers, 0.01, 128, UINT8)
    graph = import_model(g.model(g.op("Conv", g.pair(g.input(1, 4, 6, 6), 0.03), weight)))
    value = graph.weighted()[0].inputs[1]
    assert np.array_equal(value.quant.store(value.data), integers.astype(int) - 128)


def test_integer_ports_keep_their_types() -> None:
    g = Qdq()
    x = g.input(1, 7, 6, 4, dtype=TensorProto.UINT8)
    planes = g.real(g.op("Transpose", x, perm=[0, 3, 1, 2]), 0.02, 100, UINT8)
    graph = import_model(g.model(g.rounded(g.op("Conv", planes, g.weight(8, 4, 3, 3)), 0.1, 3, INT8)))
    assert [node.kind for node in graph.nodes] == ["transpose", "conv"]
    assert (graph.inputs[0].dtype, graph.outputs[0].dtype) == (np.uint8, np.int8)
    assert graph.inputs[0].value.quant == Quant(np.float32(0.02), 100, np.dtype(np.uint8))


def test_rounding_behind_a_movement_is_that_of_the_layer() -> None:
    g = Qdq()
    y = g.op("Reshape", g.op("Conv", g.pair(g.input(1, 4, 6, 6), 0.03), g.weight(8, 4, 3, 3)), np.array([1, -1]))
    graph = import_model(g.model(g.pair(y, 0.1)))
    assert graph.weighted()[0].y.quant == Quant(np.float32(0.1))


def test_a_value_needed_rounded_and_not_keeps_a_round() -> None:
    g = Qdq()
    y = g.op("Relu", g.input(1, 4))
    graph = import_model(g.model(g.pair(y, 0.1), g.op("Neg", y)))
    assert [node.kind for node in graph.nodes].count("round") == 1
    assert graph.nodes[0].y.quant is None


def test_a_residual_is_not_fused_into_a_rounded_layer() -> None:
    g = Qdq()
    x = g.pair(g.input(1, 4, 6, 6), 0.03)
    layer = g.pair(g.op("Conv", x, g.weight(4, 4, 1, 1)), 0.05)
    graph = import_model(g.model(g.pair(g.op("Add", layer, x), 0.06)))
    fuse(graph)
    assert [node.kind for node in graph.nodes] == ["conv", "binary"]


def test_quantised_weights_of_a_float_model_are_float_weights() -> None:
    g = Qdq()
    graph = import_model(g.model(g.op("Conv", g.input(1, 4, 6, 6), g.weight(8, 4, 3, 3))))
    assert [node.kind for node in graph.nodes] == ["conv"]
    assert all(value.quant is None for value in graph.values() if not value.constant)


def test_another_scale_at_the_reader_is_refused() -> None:
    g = Qdq()
    y = g.real(g.rounded(g.input(1, 4), 0.1), 0.2)
    with pytest.raises(ConvertError, match="another scale or zero point"):
        import_model(g.model(g.op("Relu", y)))


def test_dynamic_quantisation_is_refused_by_name() -> None:
    g = Onnx()
    x, scale, zero = g.op("DynamicQuantizeLinear", g.input(1, 4), outputs=3)
    product = g.op("MatMulInteger", x, g.rng.integers(-9, 9, (4, 3)).astype(np.int8), zero)
    y = g.op("Mul", g.op("Cast", product, to=TensorProto.FLOAT), scale)
    with pytest.raises(UnsupportedError, match=r"DynamicQuantizeLinear(.|\n)*dynamic quantisation"):
        import_model(g.model(y))
