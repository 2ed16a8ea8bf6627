"""The graph as an ONNX model computes what its source does."""

import numpy as np
import pytest
from onnx_builder import Onnx, fused

from nnz.convert.ir import Value
from nnz.convert.quantize import Quant
from nnz.convert.quantize.export import Exported, run_values, start
from nnz.convert.quantize.split import split_steps


def convolutions(g):
    x = g.input(1, 6, 9, 8)
    y = g.op("LeakyRelu", g.conv(x, 4, 6, 3, strides=[2, 1], pads=[1, 0, 2, 1]), alpha=0.1)
    z = g.op("Conv", y, g.normal(8, 2, 3, 3), group=2, dilations=[1, 2], pads=[1, 2, 1, 2])
    return g.op("Relu", g.op("Conv", g.op("PRelu", z, g.normal(8, 1, 1)), g.normal(8, 1, 2, 2), group=8))


def sequences(g):
    y = g.op("Conv", g.input(1, 3, 20), g.normal(5, 3, 4), g.normal(5), strides=[2], pads=[1, 2])
    return g.op("MaxPool", y, kernel_shape=[3], strides=[2], ceil_mode=1)


def transposed(g):
    weight = g.normal(4, 3, 3, 3)
    y = g.op("ConvTranspose", g.input(1, 4, 5, 6), weight, strides=[2, 2], pads=[1, 1, 0, 1], output_padding=[1, 0])
    return g.op("Sigmoid", y)


def residual(g):
    x = g.input(1, 4, 6, 6)
    return g.op("Tanh", g.op("Add", x, g.conv(x, 4, 4, 3, pads=[1, 1, 1, 1])))


def pools(g):
    x = g.input(1, 4, 9, 9)
    y = g.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    return g.op("Add", y, g.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1))


def vectors(g):
    y = g.op("Gemm", g.op("Flatten", g.input(1, 3, 4, 2)), g.normal(10, 24), g.normal(10), transB=1)
    return g.op("Softmax", g.op("Tanh", g.op("MatMul", y, g.normal(10, 7))), axis=1)


def movement(g):
    x = g.input(1, 4, 6, 5)
    y = g.op("Slice", x, np.array([5, 1]), np.array([-9, 4]), np.array([2, 3]), np.array([-2, 2]))
    y = g.op("Concat", y, g.op("Exp", y), axis=1)
    y = g.op("Transpose", y, perm=[0, 2, 3, 1])
    y = g.op("Pad", y, np.array([0, 1, 0, 2, 0, 0, 1, 0]), np.float32(0.5))
    return g.op("ReduceMean", g.op("Expand", y, np.array([2, 4, 3, 10])), axes=[0, 3], keepdims=0)


def arithmetic(g):
    x = g.input(2, 3)
    y = g.op("Div", g.op("Sub", x, g.normal(3)), np.float32(3))
    return g.op("Max", g.op("Sqrt", g.op("Abs", y)), g.op("Clip", y, np.float32(-0.2), np.float32(0.3)))


def resized(g):
    x = g.input(1, 3, 4, 5)
    return g.op("Resize", x, None, np.array([1, 1, 2, 1.5], np.float32), mode="linear")


def attention(g):
    x = g.input(1, 6, 8)
    product = g.op("MatMul", x, g.op("Transpose", x, perm=[0, 2, 1]))
    y = g.op("MatMul", g.op("Softmax", product, axis=2), x)
    variance = g.op("ReduceMean", g.op("Mul", y, y), axes=[2])
    return g.op("Div", y, g.op("Sqrt", g.op("Add", variance, np.float32(1e-3))))


MODELS = [convolutions, sequences, transposed, residual, pools, vectors, movement, arithmetic, resized, attention]


@pytest.mark.parametrize("split", [False, True], ids=["fused", "split"])
@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__)
def test_computes_what_the_source_does(build, split):
    g = Onnx()
    model = g.model(build(g))
    graph = fused(model)
    if split:
        split_steps(graph)
        graph.verify()
    port = graph.inputs[0]
    x = np.random.default_rng(3).standard_normal((2, *port.value.shape), np.float32)
    output = graph.outputs[0].value
    source = start(model)
    for i, (actual,) in enumerate(run_values(Exported(graph), [output], {port.name: x})):
        np.testing.assert_allclose(actual, source.run({port.name: x[i]})[0], rtol=1e-4, atol=1e-5)


def test_layer_normalization():
    g = Onnx(opset=17)
    model = g.model(g.op("LayerNormalization", g.input(1, 6, 8), g.normal(8), g.normal(8), axis=-1))
    graph = fused(model)
    x = g.normal(1, 1, 6, 8)
    (actual,) = next(iter(run_values(Exported(graph), [graph.outputs[0].value], {"x0": x})))
    np.testing.assert_allclose(actual, start(model).run({"x0": x[0]})[0], atol=1e-5)


def test_annotated_values_and_weights_are_rounded():
    g = Onnx()
    graph = fused(g.model(g.conv(g.input(1, 2, 3, 3), 2, 2, bias=False)))
    conv = graph.nodes[0]
    grids = Quant(0.5, 3), Quant([0.25, 0.125]), Quant(0.75, -10)
    conv.x.quant, conv.inputs[1].quant, conv.y.quant = grids
    x = g.normal(1, 1, 2, 3, 3)
    (actual,) = next(iter(run_values(Exported(graph, rounded=True), [conv.y], {"x0": x})))
    weight = grids[1].round(conv.inputs[1].data)[:, :, 0, 0]
    expected = grids[2].round(np.einsum("mc,ncyx->nmyx", weight, grids[0].round(x[0])))
    np.testing.assert_array_equal(actual, expected.astype(np.float32))
    assert np.abs(actual - next(iter(run_values(Exported(graph), [conv.y], {"x0": x})))[0]).max() > 0.01


def test_inputs_alone():
    g = Onnx()
    graph = fused(g.model(g.op("Exp", g.input(1, 2))))
    value: Value = graph.inputs[0].value
    x = g.normal(3, 1, 2)
    np.testing.assert_array_equal([found[0] for found in run_values(Exported(graph), [value], {"x0": x})], x)
