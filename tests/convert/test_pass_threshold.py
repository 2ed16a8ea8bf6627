"""Tiny weights are zero."""

import numpy as np
from onnx_builder import Onnx

from nnz.convert.importer import import_model
from nnz.convert.passes.threshold import zero_small_weights


def weights_after(threshold):
    g = Onnx()
    weight = np.array([[4.0, 3.9e-6, 4.1e-6, -1e-7, 0.0]], np.float32).T
    graph = import_model(g.model(g.op("MatMul", g.input(1, 5), weight)))
    zero_small_weights(graph, threshold)
    return graph.weighted()[0].weight.ravel().tolist()


def test_relative_to_the_largest():
    assert [w != 0 for w in weights_after(1e-6)] == [True, False, True, False, False]


def test_zero_threshold_keeps_everything():
    assert [w != 0 for w in weights_after(0.0)] == [True, True, True, True, False]
