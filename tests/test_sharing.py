"""Activations that share memory in the arena keep what is still to be read."""

import numpy as np
import pytest

import nnz
from nnz import format
from nnz.encodings import encode


def convolution_onto_itself(encoding: str, reshaped: bool) -> tuple[bytes, np.ndarray]:
    """y = W x + x over 600 channels: several K-blocks, so that outputs begin while inputs are still wanted."""
    weights = np.random.default_rng(0).standard_normal((600, 600)).astype(np.float32)
    weights[np.random.default_rng(1).random(weights.shape) < 0.7] = 0
    dims = (1, 600, 1, 40)
    tensors = [format.Tensor(np.float32, dims)]
    ops = []

    def add(kind: str, inputs: list, *rest) -> int:
        tensors.append(format.Tensor(np.float32, dims))
        ops.append(format.Op(kind, inputs, [len(tensors) - 1], *rest))
        return len(tensors) - 1

    # The input itself must not be overwritten: the convolution reads a tensor of its own.
    x = add("unary", [0], [], "neg")
    residual = add("reshape", [x]) if reshaped else x
    y = add("conv", [x, None, residual, None], [0, *[1] * 6, *[0] * 4])
    ports = [format.plain_port("x", 0, dims)], [format.plain_port("y", y, dims)]
    return format.write(format.Model(tensors, [encode(weights, encoding)], ops, *ports)), weights


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("reshaped", [False, True])
@pytest.mark.parametrize("encoding", ["dense", "u1", "rb4"])
def test_an_input_that_is_its_own_residual(encoding, reshaped, threads):
    content, weights = convolution_onto_itself(encoding, reshaped)
    x = np.random.default_rng(2).standard_normal((1, 600, 1, 40)).astype(np.float32)
    y = nnz.Session(content, threads=threads).run({"x": x})["y"]
    np.testing.assert_allclose(y[0, :, 0], weights @ -x[0, :, 0] - x[0, :, 0], rtol=1e-4, atol=1e-4)
