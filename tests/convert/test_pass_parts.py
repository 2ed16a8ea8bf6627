"""Layers of which parts are read become several."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds

from nnz.convert import convert


def layer(g, kernel=1, batch=1):
    return g.conv(g.input(batch, 5, 6, 7), 12, 5, kernel, pads=[kernel // 2] * 4)


def parts(g, x, *sizes):
    return g.op("Split", x, np.array(sizes), axis=1, outputs=len(sizes))


@pytest.mark.parametrize("sizes", [(4, 4, 4), (1, 11)])
def test_each_part_is_a_layer(sizes):
    g = Onnx()
    model = agree(g.model(*parts(g, g.op("Relu", layer(g)), *sizes)))
    assert kinds(model) == ["conv"] * len(sizes)
    assert [matrix.rows for matrix in model.matrices] == list(sizes)


def test_parts_are_reported_by_themselves():
    g = Onnx()
    layers = convert(g.model(*parts(g, layer(g), 3, 9)), verify=False).report["layers"]
    assert [one["shape"] for one in layers] == [[3, 5, 1, 1], [9, 5, 1, 1]]
    assert sum(one["macs_dense"] for one in layers) == 12 * 5 * 42


def test_channels_that_nobody_reads_are_not_computed():
    g = Onnx()
    first, _, last = parts(g, layer(g), 3, 4, 5)
    assert [matrix.rows for matrix in agree(g.model(first, last)).matrices] == [3, 5]


def test_parts_of_another_shape():
    g = Onnx()
    apart = g.op("Reshape", layer(g), np.array([1, 1, 3, 4, 42]))
    a, b, c = (g.op("Gather", apart, np.array(i), axis=2) for i in range(3))
    assert kinds(agree(g.model(g.op("Tanh", a), g.op("Exp", b), g.op("Abs", c)))) == ["conv"] * 3 + ["unary"] * 3


def test_a_layer_that_is_read_whole_stays():
    g = Onnx()
    x = layer(g)
    assert kinds(agree(g.model(*parts(g, x, 6, 6), x))).count("conv") == 1


@pytest.mark.parametrize("options", [{"kernel": 3}, {"batch": 2}])
def test_large_kernels_and_batches_stay(options):
    g = Onnx()
    assert kinds(agree(g.model(*parts(g, layer(g, **options), 6, 6)))).count("conv") == 1


def test_parts_of_rows_stay():
    g = Onnx()
    a, b = g.op("Split", layer(g), np.array([3, 3]), axis=2, outputs=2)
    assert kinds(agree(g.model(a, b))).count("conv") == 1
