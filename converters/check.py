"""What can be said of an ONNX model before it is converted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from nnz.costs import CANDIDATES, Stored, load_profile, predict
from nnz.encodings import decode

from .build import build, read
from .cost import choose_encodings, takes_filtering
from .report import build_report
from .write import Layer


def check(
    model: str | os.PathLike, *, shapes: Mapping[str, tuple[int, ...]] | None = None, target: str = "host"
) -> dict:
    """What would run sparse on `target` if the model were converted as it is, and the likely gain.

    layers        as in the conversion report
    operators     how many of each kind the file would have
    sparse        names of the layers that would run sparse
    seconds       expected time of the layers, one thread: "dense" if all ran dense, "chosen" as they would run

    UnsupportedError, naming every operator that cannot be converted; ConvertError for a model that cannot be read.
    """
    source, graph = read(model, shapes)
    built = build(graph, 0.0, partial(choose_encodings, target=target))
    report = build_report(source, target, built)
    matrices = [layer for layer in built.layers if layer.matrix is not None]
    costed = [layer for layer in matrices if layer.node.kind in CANDIDATES]
    return {
        "source": report["source"],
        "target": target,
        "operators": dict(Counter(op.kind for op in built.model.ops)),
        "layers": report["layers"],
        "sparse": [layer.node.name for layer in matrices if layer.matrix.encoding != "dense"],
        "seconds": {
            "dense": sum(_seconds(layer, "dense", target) for layer in costed),
            "chosen": sum(_seconds(layer, layer.matrix.encoding, target) for layer in costed),
        },
    }


def inspect_onnx(path: str | os.PathLike) -> dict:
    """Describes an ONNX model by the operators and layers it becomes: as `nnz inspect` does a `.nnz` file."""
    source, graph = read(path, None)
    built = build(graph, 0.0, choose_encodings)
    result = built.model
    report = build_report(source, "host", built)
    ports = {
        what: [
            {"name": p.name, "dtype": str(result.tensors[p.tensor].dtype), "shape": list(p.dims)}
            for p in getattr(result, what)
        ]
        for what in ("inputs", "outputs")
    }
    macs = {kind: sum(layer[f"macs_{kind}"] for layer in report["layers"]) for kind in ("dense", "nonzero", "executed")}
    ops = [
        {
            "op": i,
            "kind": op.kind,
            "name": op.name,
            "activation": op.activation,
            "output": list(result.tensors[op.outputs[0]].dims),
            "kernel": "",
        }
        for i, op in enumerate(result.ops)
    ]
    described = report.pop("layers")
    return {
        "file": str(path),
        "bytes": Path(path).stat().st_size,
        **ports,
        "layers": described,
        "macs": macs,
        "ops": ops,
        "report": report,
    }


def _seconds(layer: Layer, encoding: str, target: str) -> float:
    node, matrix = layer.node, layer.matrix
    assert matrix is not None
    stored = Stored.of(decode(matrix) != 0, node.kind, encoding)
    return predict(load_profile(target), node.kind, encoding, stored, node.pixels, takes_filtering(node)) * 1e-9
