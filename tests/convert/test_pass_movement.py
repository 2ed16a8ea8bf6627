"""Chains of movements become views, records and as few copies as there can be."""

import numpy as np
import pytest
from onnx_builder import Onnx, agree, kinds


def test_reshapes_are_free():
    g = Onnx()
    x = g.op("Reshape", g.input(2, 3, 4), np.array([6, 4]))
    x = g.op("Transpose", g.op("Unsqueeze", x, np.array([1])), perm=[1, 0, 2])
    assert kinds(agree(g.model(g.op("Exp", x)))) == ["unary"]


def test_reshapes_follow_what_they_read():
    g = Onnx()
    x = g.input(1, 4, 2, 4)
    values, scores = g.conv(x, 6, 4), g.op("Reshape", g.conv(x, 6, 4), np.array([1, 6, 8]))
    weights = g.op("Softmax", scores, axis=1)
    model = agree(g.model(g.op("MatMul", g.op("Reshape", values, np.array([1, 8, 6])), weights)))
    assert [op.kind for op in model.ops] == ["conv", "reshape", "conv", "reshape", "softmax", "matmul"]


def test_heads_of_a_detector():
    g = Onnx()
    heads = []
    for size in (8, 4, 2):
        conv = g.conv(g.input(1, 3, size, size), 6, 3)
        heads.append(g.op("Reshape", g.op("Transpose", conv, perm=[0, 2, 3, 1]), np.array([1, -1, 2])))
    model = agree(g.model(g.op("Concat", *heads, axis=1)))
    assert kinds(model) == ["conv", "conv", "conv", "copy"]


def test_slices_of_a_concatenation():
    g = Onnx()
    a, b = g.conv(g.input(1, 3, 4, 4), 6, 3), g.conv(g.input(1, 3, 4, 4), 6, 3)
    both = g.op("Concat", a, b, axis=1)
    left = g.op("Slice", both, np.array([2]), np.array([9]), np.array([1]))
    model = agree(g.model(g.op("Exp", left)))
    assert kinds(model) == ["conv", "conv", "copy", "unary"]


def test_padding_of_a_slice():
    g = Onnx()
    cut = g.op("Slice", g.input(2, 6, 5), np.array([5]), np.array([0]), np.array([1]), np.array([-2]))
    padded = g.op("Pad", cut, np.array([0, 1, 1, 0, 0, 2]), np.float32(3))
    assert kinds(agree(g.model(g.op("Exp", padded)))) == ["copy", "unary"]


def test_input_read_in_two_ways():
    g = Onnx()
    x = g.input(1, 4, 5, 3)
    turned = g.op("Transpose", x, perm=[0, 3, 1, 2])
    agree(g.model(g.conv(turned, 4, 3), g.op("Exp", x)))


def test_input_that_is_an_output():
    g = Onnx()
    x = g.input(2, 3, 4)
    turned = g.op("Transpose", x, perm=[2, 0, 1])
    model = agree(g.model(turned, g.op("Flatten", x)))
    assert model.ops == []


def test_one_result_as_several_outputs():
    g = Onnx()
    h = g.conv(g.input(1, 3, 4, 5), 6, 3)
    outputs = [g.op("Transpose", h, perm=[0, 2, 3, 1]), g.op("Flatten", h), h]
    assert kinds(agree(g.model(*outputs))) == ["conv"]


def test_shuffled_channels():
    g = Onnx()
    h = g.conv(g.input(1, 3, 4, 4), 6, 3)
    apart = g.op("Reshape", h, np.array([1, 2, 3, 4, 4]))
    mixed = g.op("Reshape", g.op("Transpose", apart, perm=[0, 2, 1, 3, 4]), np.array([1, 6, 4, 4]))
    assert kinds(agree(g.model(g.conv(mixed, 5, 6, 3)))) == ["conv", "copy", "conv"]


@pytest.mark.parametrize("seed", range(40))
def test_random_chain(seed):
    """Any chain of movements is exact, whatever its steps are folded into."""
    rng = np.random.default_rng(seed)
    g = Onnx()
    shape = [int(n) for n in rng.integers(1, 5, 4)]
    x = g.op("Tanh", g.input(*shape))
    for _ in range(rng.integers(2, 7)):
        x, shape = STEPS[rng.integers(len(STEPS))](g, x, shape, rng)
    agree(g.model(g.op("Exp", x), x))


def _transpose(g, x, shape, rng):
    perm = [int(i) for i in rng.permutation(len(shape))]
    return g.op("Transpose", x, perm=perm), [shape[i] for i in perm]


def _reshape(g, x, shape, rng):
    factors = []
    rest = int(np.prod(shape))
    while rest > 1 and len(factors) < 4:
        divisors = [d for d in range(2, rest + 1) if rest % d == 0]
        factors.append(int(rng.choice(divisors)))
        rest //= factors[-1]
    new = [*factors, rest] if rest > 1 or not factors else factors
    return g.op("Reshape", x, np.array(new)), new


def _slice(g, x, shape, rng):
    axis = int(rng.integers(len(shape)))
    step = int(rng.choice([1, 2, -1, -2]))
    start, end = (shape[axis] - 1, -shape[axis] - 1) if step < 0 else (int(rng.integers(shape[axis])), shape[axis])
    size = len(range(shape[axis])[start : None if step < 0 else end : step])
    arguments = (np.array([n]) for n in (start, end, axis, step))
    return g.op("Slice", x, *arguments), [size if i == axis else n for i, n in enumerate(shape)]


def _pad(g, x, shape, rng):
    before, after = rng.integers(0, 2, len(shape)), rng.integers(0, 2, len(shape))
    y = g.op("Pad", x, np.concatenate([before, after]), np.float32(rng.choice([0, 2])))
    return y, [int(b + n + a) for b, n, a in zip(before, shape, after, strict=True)]


def _concat(g, x, shape, rng):
    axis = int(rng.integers(len(shape)))
    return g.op("Concat", x, x, axis=axis), [2 * n if i == axis else n for i, n in enumerate(shape)]


def _expand(g, x, shape, rng):
    new = [3, *shape]
    return g.op("Expand", x, np.array(new)), new


STEPS = [_transpose, _transpose, _reshape, _reshape, _slice, _pad, _concat, _expand]
