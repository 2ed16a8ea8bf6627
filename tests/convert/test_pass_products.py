"""Attention: products of activations without a transpose, and their scales."""

import numpy as np
import pytest
from onnx import TensorProto
from onnx_builder import Onnx, agree, kinds

F = np.float32
TOKENS, HEADS, WIDTH = 9, 3, 8
FEATURES = HEADS * WIDTH


def dense(g, x, rows=FEATURES, columns=FEATURES):
    return g.op("Add", g.op("MatMul", x, g.normal(columns, rows) * F(columns**-0.5)), g.normal(rows))


def heads(g, x, perm, batch=1):
    return g.op("Transpose", g.op("Reshape", x, np.array([batch, TOKENS, HEADS, WIDTH])), perm=perm)


def joined(g, x, batch=1):
    return g.op("Reshape", g.op("Transpose", x, perm=[0, 2, 1, 3]), np.array([batch, TOKENS, FEATURES]))


def attention(g, x, scores=lambda g, s: g.op("Div", s, F(WIDTH**0.5)), before=lambda g, q: q, batch=1):
    q, k, v = dense(g, x), dense(g, x), dense(g, x)
    q, k = before(g, heads(g, q, [0, 2, 1, 3], batch)), before(g, heads(g, k, [0, 2, 3, 1], batch))
    p = g.op("Softmax", scores(g, g.op("MatMul", q, k)), axis=-1)
    return dense(g, joined(g, g.op("MatMul", p, heads(g, v, [0, 2, 1, 3], batch)), batch))


ATTENTION = ["conv", "conv", "conv", "matmul", "softmax", "matmul", "conv"]


def scales(model):
    words = [op.params[2] for op in model.ops if op.kind == "matmul"]
    return np.array(words, np.uint32).view(F).tolist()


@pytest.mark.parametrize("batch", [1, 2])
def test_nothing_moves(batch):
    g = Onnx()
    model = agree(g.model(attention(g, g.input(batch, TOKENS, FEATURES), batch=batch)))
    assert kinds(model) == ATTENTION
    assert scales(model) == pytest.approx([WIDTH**-0.5, 1])


def test_scale_before_the_product():
    g = Onnx()
    root = F(WIDTH**-0.25)
    plain, scaled = lambda g, s: s, lambda g, q: g.op("Mul", q, root)
    model = agree(g.model(attention(g, g.input(1, TOKENS, FEATURES), plain, scaled)))
    assert kinds(model) == ATTENTION
    assert scales(model) == pytest.approx([WIDTH**-0.5, 1])


def test_residual_and_normalisation():
    g = Onnx(17)
    x = g.input(1, TOKENS, FEATURES)
    y = g.op("Add", x, attention(g, x))
    y = g.op("LayerNormalization", y, g.normal(FEATURES), g.normal(FEATURES), axis=-1)
    h = g.op("Relu", dense(g, y, 4 * FEATURES))
    model = agree(g.model(g.op("Add", dense(g, h, FEATURES, 4 * FEATURES), y)))
    assert kinds(model) == [*ATTENTION, "layernorm", "conv", "conv"]


def test_embeddings():
    g = Onnx(17)
    ids, kinds_of_tokens = (g.input(1, TOKENS, dtype=TensorProto.INT64) for _ in range(2))
    x = g.op("Add", g.op("Gather", g.normal(50, FEATURES), ids), g.normal(1, TOKENS, FEATURES))
    x = g.op("Add", x, g.op("Gather", g.normal(2, FEATURES), kinds_of_tokens))
    x = g.op("LayerNormalization", x, g.normal(FEATURES), g.normal(FEATURES), axis=-1)
    model = agree(g.model(g.op("Add", x, attention(g, x))))
    assert kinds(model) == ["gather", "binary", "gather", "binary", "layernorm", *ATTENTION]


def test_normalised_first():
    g = Onnx(17)
    x = g.input(1, TOKENS, FEATURES)
    y = g.op("LayerNormalization", x, g.normal(FEATURES), g.normal(FEATURES), axis=-1)
    assert kinds(agree(g.model(g.op("Add", x, attention(g, y))))) == ["layernorm", *ATTENTION]


def test_computed_mask():
    """Scaled dot product attention of PyTorch with a mask of integers: rows without a key become 0."""
    g = Onnx()
    x, mask = g.input(1, TOKENS, FEATURES), g.input(1, 1, 1, TOKENS, dtype=TensorProto.INT64)

    def masked(g, s):
        keep = g.op("Cast", mask, to=TensorProto.BOOL)
        s = g.op("Add", s, g.op("Where", keep, F(0), F(-np.inf)))
        p = g.op("Softmax", s, axis=-1)
        return g.op("Where", g.op("IsNaN", p), F(0), p)

    model = agree(g.model(attention(g, x, masked)))
    assert "copy" not in kinds(model)


def test_additive_mask_of_keys():
    g = Onnx()
    x, mask = g.input(1, TOKENS, FEATURES), g.input(1, 1, 1, TOKENS)
    model = agree(g.model(attention(g, x, lambda g, s: g.op("Add", s, mask))))
    assert kinds(model) == [*ATTENTION[:4], "binary", *ATTENTION[4:]]


def test_additive_mask_of_queries_and_keys():
    g = Onnx()
    x, mask = g.input(1, TOKENS, FEATURES), g.input(1, 1, TOKENS, TOKENS)
    model = agree(g.model(attention(g, x, lambda g, s: g.op("Add", s, mask))))
    assert kinds(model) == [*ATTENTION[:4], "binary", *ATTENTION[4:]]


def test_causal_mask():
    g = Onnx()
    mask = np.tril(np.ones((1, 1, TOKENS, TOKENS), bool))
    model = agree(g.model(attention(g, g.input(1, TOKENS, FEATURES), lambda g, s: g.op("Where", mask, s, F(-1e9)))))
    assert kinds(model) == [*ATTENTION[:4], "where", *ATTENTION[4:]]


def test_fused_query_key_value():
    g = Onnx()
    together = dense(g, g.input(1, TOKENS, FEATURES), 3 * FEATURES)
    q, k, v = g.op("Split", together, np.full(3, FEATURES), axis=-1, outputs=3)
    q, k, v = heads(g, q, [0, 2, 1, 3]), heads(g, k, [0, 2, 3, 1]), heads(g, v, [0, 2, 1, 3])
    p = g.op("Softmax", g.op("MatMul", q, k), axis=-1)
    model = agree(g.model(dense(g, joined(g, g.op("MatMul", p, v)))))
    assert kinds(model) == ATTENTION


def test_a_scale_for_each_channel_stays():
    g = Onnx()
    a, b = g.input(2, 5, 6), g.input(2, 6, 7)
    model = agree(g.model(g.op("Mul", g.op("MatMul", a, b), g.normal(7))))
    assert sorted(kinds(model)) == ["binary", "matmul"]


def test_a_result_that_others_read_is_not_scaled():
    g = Onnx()
    s = g.op("MatMul", g.input(5, 6), g.input(6, 7))
    model = agree(g.model(s, g.op("Mul", s, F(3))))
    assert scales(model) == [1]
