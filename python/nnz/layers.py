"""The weighted layers of a model: sizes, sparsity and multiply-accumulates, read from the model itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .encodings import block_shape
from .records import Model, Op

_KINDS = ("conv", "depthwise", "fc", "qconv", "qdepthwise", "qfc")


def layers(model: Model) -> list[dict[str, Any]]:
    """One entry for each convolution, depthwise convolution and product; keys as in the conversion report.

    MACs are those of one run: `macs_dense` of all weights, `macs_nonzero` of the nonzero ones, `macs_executed` of the
    stored ones, with the zeros that blocks carry along.
    """
    return [_layer(model, i, op) for i, op in enumerate(model.ops) if op.kind in _KINDS]


def _layer(model: Model, i: int, op: Op) -> dict[str, Any]:
    outputs = model.tensors[op.outputs[0]].elements
    entry: dict[str, Any] = {"op": i, "name": op.name, "kind": op.kind}
    if op.kind in ("depthwise", "qdepthwise"):
        assert op.inputs[1] is not None
        weights = model.tensors[op.inputs[1]].data
        assert weights is not None
        rows, kernel = model.tensors[op.outputs[0]].dims[1], op.params[:2]
        nonzero = int(np.count_nonzero(weights))
        entry |= {"shape": [rows, 1, *kernel], "encoding": "dense", "dtype": weights.dtype.name}
        entry |= {"bytes": weights.nbytes}
        stored, size = weights.size, rows * math.prod(kernel)
    else:
        matrix = model.matrices[op.params[0]]
        rows, nonzero = matrix.rows, matrix.nonzeros
        kernel, channels = [1, 1], matrix.cols
        if op.kind in ("conv", "qconv"):
            assert op.inputs[0] is not None
            kernel, channels = op.params[1:3], model.tensors[op.inputs[0]].dims[1]
        size = rows * channels * math.prod(kernel)
        entry |= {"shape": [rows, channels, *kernel], "encoding": matrix.encoding, "dtype": matrix.dtype}
        entry |= {"bytes": matrix.nbytes}
        stored = matrix.blocks * math.prod(block_shape(matrix.encoding, matrix.dtype))
    applied = outputs // rows
    return entry | {
        "sparsity": 1 - nonzero / size,
        "macs_dense": size * applied,
        "macs_nonzero": nonzero * applied,
        "macs_executed": stored * applied,
    }
