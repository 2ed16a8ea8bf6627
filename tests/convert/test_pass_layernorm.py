"""Layer normalisations that exporters have taken apart are found."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds

F = np.float32


def centred(g, x, axis=-1):
    return g.op("Sub", x, g.op("ReduceMean", x, axes=[axis], keepdims=1))


def deviation(g, d, axis=-1, square=lambda g, d: g.op("Pow", d, F(2)), epsilon=1e-5):
    return g.op("Sqrt", g.op("Add", g.op("ReduceMean", square(g, d), axes=[axis], keepdims=1), F(epsilon)))


def divided(g, x):
    d = centred(g, x)
    return g.op("Div", d, deviation(g, d))


def squared_by_product(g, x):
    d = centred(g, x)
    return g.op("Div", d, deviation(g, d, square=lambda g, d: g.op("Mul", d, d)))


def centred_twice(g, x):
    return g.op("Div", centred(g, x), deviation(g, centred(g, x)))


def times_reciprocal(g, x):
    d = centred(g, x)
    return g.op("Mul", g.op("Reciprocal", deviation(g, d)), d)


def times_quotient(g, x):
    d = centred(g, x)
    return g.op("Mul", d, g.op("Div", F(1), deviation(g, d)))


def of_channels(g, x):
    d = centred(g, x, 1)
    return g.op("Div", d, deviation(g, d, 1))


@pytest.mark.parametrize("form", [divided, squared_by_product, centred_twice, times_reciprocal, times_quotient])
@pytest.mark.parametrize("terms", [0, 1, 2])
def test_form(form, terms):
    g = Onnx()
    y = form(g, g.input(1, 9, 24))
    y = g.op("Mul", g.normal(24), y) if terms > 0 else y
    y = g.op("Add", y, g.normal(24)) if terms > 1 else y
    model = agree(g.model(y))
    assert kinds(model) == ["layernorm"]
    assert [i is not None for i in model.ops[0].inputs[1:]] == [terms > 0, terms > 1]


def test_of_channels():
    g = Onnx()
    y = g.op("Add", g.op("Mul", of_channels(g, g.input(1, 6, 4, 5)), g.normal(6, 1, 1)), g.normal(6, 1, 1))
    assert kinds(agree(g.model(y))) == ["layernorm"]


def test_terms_of_another_axis_stay():
    g = Onnx()
    y = g.op("Mul", divided(g, g.input(1, 9, 24)), g.normal(9, 1))
    assert kinds(agree(g.model(y))) == ["layernorm", "binary"]


def test_variance_of_another_tensor_is_none():
    g = Onnx()
    x = g.input(1, 9, 24)
    y = g.op("Div", centred(g, x), deviation(g, centred(g, g.op("Tanh", x))))
    assert "layernorm" not in kinds(agree(g.model(y)))


def test_variance_along_another_axis_is_none():
    g = Onnx()
    d = centred(g, g.input(1, 9, 24))
    y = g.op("Div", d, deviation(g, d, 1))
    assert "layernorm" not in kinds(agree(g.model(y)))


def test_intermediate_output_is_kept():
    g = Onnx()
    d = centred(g, g.input(1, 9, 24))
    model = agree(g.model(d, g.op("Div", d, deviation(g, d))))
    assert kinds(model).count("layernorm") == 1
