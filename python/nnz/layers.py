"""The weighted layers of a model: sizes, sparsity and multiply-accumulates, read from the model itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .records import Model, Op


def layers(model: Model) -> list[dict[str, Any]]:
    """One entry for each convolution, depthwise convolution and product; keys as in the conversion report.

    MACs are those of one run: `macs_dense` of all weights, `macs_nonzero` of the nonzero ones, `macs_executed` of the
    stored ones, with the zeros that blocks carry along.
    """
    return [_layer(model, i, op) for i, op in enumerate(model.ops) if op.kind in ("conv", "depthwise", "fc")]


def _layer(model: Model, i: int, op: Op) -> dict[str, Any]:
    outputs = model.tensors[op.outputs[0]].elements
    entry: dict[str, Any] = {"op": i, "name": op.name, "kind": op.kind}
    if op.kind == "depthwise":
        assert op.inputs[1] is not None
        weights = model.tensors[op.inputs[1]].data
        assert weights is not None
        rows, taps = weights.shape[0], math.prod(weights.shape[1:])
        nonzero = int(np.count_nonzero(weights))
        entry |= {"shape": [rows, 1, *weights.shape[1:]], "encoding": "dense", "bytes": weights.nbytes}
        stored, size = rows * taps, rows * taps
    else:
        matrix = model.matrices[op.params[0]]
        rows, nonzero, size = matrix.rows, matrix.nonzeros, matrix.rows * matrix.cols
        kernel = op.params[1:3] if op.kind == "conv" else [1, 1]
        entry |= {"shape": [rows, matrix.cols // math.prod(kernel), *kernel], "encoding": matrix.encoding}
        entry |= {"bytes": matrix.nbytes}
        stored = matrix.values.size
    applied = outputs // rows
    return entry | {
        "sparsity": 1 - nonzero / size,
        "macs_dense": size * applied,
        "macs_nonzero": nonzero * applied,
        "macs_executed": stored * applied,
    }
