"""How many bits a weight takes: in place, packed, and by the entropy of the layer's mask and values.

The entropy (docs/FORMAT.md section 11.5) is of order zero, for each layer by itself: of its mask as that of blocks that
are there or not, independently and equally likely; of the stored values as independent draws, byte by byte.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .encodings import INT8_ENCODINGS
from .packing import packed_size
from .records import Matrix, Model

Layer = dict[str, Any]


def add_storage(layers: list[Layer], model: Model, file: bytes, packed_bytes: int | None = None) -> dict[str, Any]:
    """Puts "bits_per_weight" into each layer, and returns the totals.

    `file` is the `.nnz` file of `model`, `packed_bytes` how long its packed form is, if that is known. All weights of
    the original layers count, the zero ones too.
    """
    packed = packed_size(file)
    mask_total = values_total = 0.0
    weights_total = 0
    for layer in layers:
        kind, number = owner = _owner(model, layer["op"])
        matrix = model.matrices[number] if kind == "matrix" else None
        values = matrix.values if matrix else model.tensors[number].data
        assert values is not None
        mask, stored = mask_entropy(matrix) if matrix else 0.0, values_entropy(values)
        weights = math.prod(layer["shape"])
        in_place = 8 * (matrix.nbytes if matrix else values.nbytes)
        layer["bits_per_weight"] = {
            "in_place": in_place / weights,
            "packed": packed.parts[owner] / weights,
            "mask_entropy": mask / weights,
            "values_entropy": stored / weights,
        }
        mask_total, values_total, weights_total = mask_total + mask, values_total + stored, weights_total + weights
    packed_bytes = packed.bytes if packed_bytes is None else packed_bytes
    total = {
        "weights": weights_total,
        "bytes": len(file),
        "packed_bytes": packed_bytes,
        "entropy_bytes": math.ceil((mask_total + values_total) / 8),
    }
    if weights_total:
        total["bits_per_weight"] = {
            "in_place": 8 * len(file) / weights_total,
            "packed": 8 * packed_bytes / weights_total,
            "mask_entropy": mask_total / weights_total,
            "values_entropy": values_total / weights_total,
        }
    return total


def mask_entropy(matrix: Matrix) -> float:
    """Bits to say which blocks of a matrix are stored, if all choices of so many are equally likely."""
    if matrix.count is None:
        return 0.0
    _, width = INT8_ENCODINGS.get(matrix.encoding, (1, 1))
    places = matrix.count.shape[1] * -(-matrix.cols // width)
    parts = math.lgamma(places + 1), math.lgamma(matrix.blocks + 1), math.lgamma(places - matrix.blocks + 1)
    return max(parts[0] - parts[1] - parts[2], 0.0) / math.log(2)


def values_entropy(values: np.ndarray) -> float:
    """Bits of all values by how often each byte comes in its place of a value."""
    planes = np.ascontiguousarray(values).reshape(-1).view(np.uint8).reshape(-1, values.itemsize)
    bits = 0.0
    for plane in planes.T:
        count = np.bincount(plane, minlength=256)
        count = count[count > 0]
        bits -= float((count * np.log2(count / len(plane))).sum())
    return bits


def _owner(model: Model, number: int) -> tuple[str, int]:
    """The record that holds the weights of a layer."""
    op = model.ops[number]
    if op.kind in ("depthwise", "qdepthwise"):
        assert op.inputs[1] is not None
        return "tensor", op.inputs[1]
    return "matrix", op.params[0]
