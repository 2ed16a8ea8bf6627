"""Gemm and MatMul."""

import numpy as np
import pytest
from one_node import Const


@pytest.mark.parametrize("density", [1.0, 0.1])
@pytest.mark.parametrize("batch", [1, 3, 19])
@pytest.mark.parametrize("attributes", [{}, {"transB": 1}, {"alpha": 0.5, "beta": 2.0}, {"beta": 0.0}])
def test_gemm(op, rng, normal, batch, attributes, density):
    shape = (20, 300) if attributes.get("transB") else (300, 20)
    matrix = normal(*shape) * (rng.random(shape) < density).astype(np.float32)
    op("Gemm", normal(batch, 300), Const(matrix), Const(normal(20)), **attributes)


@pytest.mark.parametrize("c", [None, (), (1,), (1, 20), (3, 1), (3, 20)])
def test_gemm_terms(op, normal, c):
    terms = [] if c is None else [Const(np.asarray(normal(*c), np.float32))]
    op("Gemm", normal(3, 30), Const(normal(30, 20)), *terms)


def test_gemm_term_for_each_row_of_a_square(op, normal):
    op("Gemm", normal(5, 30), Const(normal(30, 5)), Const(normal(5, 1)))


def test_gemm_transposed_input(op, normal):
    op("Gemm", normal(30, 3), Const(normal(30, 20)), transA=1)


@pytest.mark.parametrize("x", [(1, 64), (5, 64), (64,), (1, 1, 64), (1, 7, 64), (2, 7, 64), (1, 2, 7, 64)])
def test_matmul(op, normal, x):
    op("MatMul", normal(*x), Const(normal(64, 48)))


def test_matmul_by_vector(op, normal):
    op("MatMul", normal(4, 64), Const(normal(64)))


@pytest.mark.parametrize("x", [(64, 9), (1, 64, 9), (3, 64, 9)])
def test_matmul_constant_first(op, normal, x):
    op("MatMul", Const(normal(48, 64)), normal(*x))


COMPUTED = [
    ((64, 48), (48, 33)),
    ((1, 12, 17, 32), (1, 12, 32, 17)),
    ((2, 3, 300, 40), (2, 3, 40, 128)),
    ((1, 20, 600), (5, 600, 100)),
    ((4, 7, 9), (9, 16)),
    ((48,), (48, 33)),
    ((3, 5, 48), (48,)),
    ((2, 1, 9, 1), (1, 3, 1, 8)),
]


@pytest.mark.parametrize(("a", "b"), COMPUTED)
def test_matmul_of_computed_matrices(op, normal, a, b):
    model = op("MatMul", normal(*a), normal(*b))
    assert "matmul" in [one.kind for one in model.ops]


def test_matmul_with_a_stack_of_constants(op, normal):
    op("MatMul", normal(3, 9, 20), Const(normal(3, 20, 7)))
    op("MatMul", Const(normal(3, 9, 20)), normal(3, 20, 7))


@pytest.mark.parametrize("attributes", [{}, {"transA": 1}, {"transB": 1, "alpha": 0.5}, {"transA": 1, "transB": 1}])
@pytest.mark.parametrize("c", [None, (19,), (9, 19)])
def test_gemm_of_computed_matrices(op, normal, attributes, c):
    a = normal(*((30, 9) if attributes.get("transA") else (9, 30)))
    b = normal(*((19, 30) if attributes.get("transB") else (30, 19)))
    op("Gemm", a, b, *([] if c is None else [normal(*c)]), beta=2.0, **attributes)
