"""Models for these tests alone."""

from __future__ import annotations

import numpy as np

from nnz.encodings import encode
from nnz.format import Model, Op, Tensor, plain_port, signed


def unstructured(layers: int, width: int) -> Model:
    """Layers of int8 products, each of width x width weights of which a fifth is not zero, as u1 stores them."""
    rng = np.random.default_rng(5)
    activations = [Tensor(np.dtype(np.int8), (1, width)) for _ in range(layers + 1)]
    model = Model(activations, [], [], [], [])
    for i in range(layers):
        weights = rng.integers(-128, 128, (width, width)) * (rng.random((width, width)) < 0.2)
        model.matrices.append(encode(weights.astype(np.int8), "u1"))
        constants = [np.zeros(width, np.int32), np.full(width, 2**23, np.int32)]
        model.tensors += [Tensor(c.dtype, c.shape, c) for c in constants]
        bias = layers + 1 + 2 * i
        model.ops.append(Op("qfc", [i, bias, bias + 1], [i + 1], [i, *map(signed, (0, -128, 127, 2))]))
    model.inputs.append(plain_port("x", 0, (1, width)))
    model.outputs.append(plain_port("y", layers, (1, width)))
    return model


def means(*dims: int) -> Model:
    """A float input of rank 4 to the mean of each channel."""
    model = Model([Tensor(np.dtype(np.float32), dims), Tensor(np.dtype(np.float32), dims[:2])], [], [], [], [])
    model.ops.append(Op("reduce", [0], [1], [0, 0b1100]))
    model.inputs.append(plain_port("x", 0, dims))
    model.outputs.append(plain_port("y", 1, dims[:2]))
    return model
