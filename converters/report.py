"""The conversion report: what was done to each layer, and what it won and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite, prod

import numpy as np

import nnz
from nnz.encodings import block_shape

from .build import Built, Measured
from .ir import Node
from .load import Source
from .prune import Layer as Pruned
from .quantize.ptq import QuantizedLayer
from .write import Layer


def build_report(
    source: Source,
    target: str,
    built: Built,
    pruned: Sequence[Pruned] = (),
    quantized: Sequence[QuantizedLayer] = (),
) -> dict:
    """The report as it is stored in the file (JSON types alone), without the errors."""
    decisions = {id(layer.node.origin): layer for layer in pruned if layer.node.origin}
    noises = {_key(layer.node): layer for layer in quantized}
    shared = Counter(_key(layer.node) for layer in built.layers)  # parts (passes/parts.py) are described by themselves
    before = {origin: whole for origin, whole in built.measured.items() if shared[origin] == 1}
    described = [
        {**_layer(layer, before, decisions.get(id(layer.node.origin))), **_quantization(layer, noises)}
        for layer in built.layers
    ]
    return {
        "nnz": nnz.__version__,
        "source": {
            "file": source.file,
            "bytes": source.bytes,
            "opset": source.opset,
            "producer": source.producer,
        },
        "notes": source.notes,
        "target": target,
        "layers": described,
        "int8_macs": _int8_share(described),
        "sparsity": _sparsity(built.measured, decisions),
        "dead_channels": built.dead,
        "float": [asdict(node) for node in built.kept],
        "error": {},
    }


def _layer(layer: Layer, measured: dict[int, Measured], decision: Pruned | None) -> dict:
    node, matrix = layer.node, layer.matrix
    before = measured.get(id(node.origin)) or Measured.of(node, False)
    weight = node.inputs[1]
    block = () if matrix is None else block_shape(matrix.encoding, matrix.dtype)
    stored = weight.size if matrix is None else matrix.blocks * prod(block)
    nonzero = int(np.count_nonzero(weight.data))
    return {
        "op": layer.op,
        "name": node.name,
        "kind": node.kind,
        "shape": list(before.shape),
        "encoding": "dense" if matrix is None else matrix.encoding,
        "dtype": weight.data.dtype.name if matrix is None else matrix.dtype,
        "weight_snr_db": layer.snr_db,
        "sparsity": before.zeros / before.size,
        "pattern": decision.pattern if decision else "none",
        "excluded": decision.excluded if decision else None,
        "reason": layer.reason,
        "macs_dense": before.macs,
        "macs_nonzero": nonzero * node.pixels,
        "macs_executed": stored * node.pixels,
        "bytes": weight.data.nbytes if matrix is None else matrix.nbytes,
    }


def _key(node: Node) -> int | str:
    """What a layer and the int8 operator that it becomes have in common."""
    return id(node.origin) if node.origin else node.name


def _quantization(layer: Layer, quantized: dict[int | str, QuantizedLayer]) -> dict:
    """How much noise quantisation adds to the layer's output (quantize/errors.py), and why the layer is float."""
    decision = quantized.get(_key(layer.node))
    if decision is None:
        return {}
    noise = decision.noise
    return {
        "snr_db": _finite(noise.whole.snr_db),
        "own_snr_db": _finite(noise.own.snr_db) if decision.reason is None else None,
        "float": decision.reason,
    }


def _finite(x: float) -> float | None:
    return x if isfinite(x) else None


def _int8_share(layers: list[dict]) -> float:
    """The share of the multiply-accumulates that int8 operators compute."""
    int8 = sum(layer["macs_dense"] for layer in layers if layer["kind"] in ("qconv", "qdepthwise", "qfc"))
    return int8 / max(sum(layer["macs_dense"] for layer in layers), 1)


def _sparsity(measured: dict[int, Measured], decisions: dict[int, Pruned]) -> dict[str, float]:
    """Share of zeros over the layers not excluded, and over all."""
    if decisions:
        selected = [m for origin, m in measured.items() if origin in decisions and decisions[origin].excluded is None]
    else:
        selected = [m for m in measured.values() if m.selected]
    return {"selected": _share(selected), "model": _share(list(measured.values()))}


def _share(layers: list[Measured]) -> float:
    return sum(layer.zeros for layer in layers) / max(sum(layer.size for layer in layers), 1)
