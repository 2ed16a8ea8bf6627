"""Layer normalisation, embeddings and masks."""

import numpy as np
import pytest
from one_node import Const, one_node_model

from nnz.convert import UnsupportedError, convert


@pytest.mark.parametrize("shape", [(1, 9, 64), (2, 7, 33), (5, 3)])
@pytest.mark.parametrize("attributes", [{}, {"epsilon": 0.1}])
@pytest.mark.parametrize("bias", [False, True])
def test_layer_normalization(op, normal, shape, attributes, bias):
    terms = [Const(normal(shape[-1])) for _ in range(1 + bias)]
    model = op("LayerNormalization", normal(*shape) + np.float32(2), *terms, axis=-1, **attributes)
    assert "layernorm" in [one.kind for one in model.ops]


def test_layer_normalization_of_several_axes(op, normal):
    op("LayerNormalization", normal(2, 5, 6), Const(normal(5, 6)), Const(normal(5, 6)), axis=1)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("shape", [(1, 9), (2, 3), (4,), ()])
def test_rows_of_a_table(op, normal, rng, dtype, shape):
    indices = np.asarray(rng.integers(-20, 20, shape), dtype)
    op("Gather", Const(normal(20, 24)), indices, tolerance=0)


def test_stacks_of_a_table(op, normal):
    op("Gather", Const(normal(20, 3, 8)), np.array([[3, -1]]), tolerance=0)


def test_columns_of_a_table_are_refused(normal):
    model = one_node_model("Gather", [Const(normal(20, 24)), np.array([1, 2])], 17, 1, {"axis": 1})
    with pytest.raises(UnsupportedError, match="Gather 'node': computed indices"):
        convert(model, verify=False)


MASKS = [((2, 4, 9, 9), (1, 1, 9, 9), ()), ((3, 1), (1, 17), (17,)), ((5,), (2, 3, 1), (2, 1, 5)), ((), (4,), (4,))]


@pytest.mark.parametrize(("condition", "a", "b"), MASKS)
def test_where(op, normal, rng, condition, a, b):
    op("Where", np.asarray(rng.random(condition) < 0.5), normal(*a), normal(*b), tolerance=0)


@pytest.mark.parametrize("fill", [-np.inf, -1e9])
def test_masks_with_constants(op, normal, rng, fill):
    mask, x, fill = rng.random((1, 1, 9, 9)) < 0.5, normal(1, 4, 9, 9), np.float32(fill)
    op("Where", Const(mask), x, Const(fill), tolerance=0)
    op("Where", mask, Const(fill), x, tolerance=0)


@pytest.mark.parametrize("name", ["And", "Or"])
def test_logic(op, rng, name):
    op(name, rng.random((2, 3, 40)) < 0.5, rng.random((3, 1)) < 0.5, tolerance=0)


def test_not(op, rng):
    op("Not", rng.random((3, 40)) < 0.5, tolerance=0)


def test_is_nan(op, normal):
    x = normal(3, 40)
    x[0, :4] = np.nan, np.inf, -np.inf, 0
    op("IsNaN", x, tolerance=0)
