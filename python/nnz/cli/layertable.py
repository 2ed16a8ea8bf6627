"""A conversion report, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .table import percent, shape, short, size, table

MACS = ("dense", "nonzero", "executed")


def macs(layers: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The multiply-accumulates of all layers."""
    return {kind: sum(layer[f"macs_{kind}"] for layer in layers) for kind in MACS}


def layer_table(layers: Sequence[dict[str, Any]]) -> str:
    """Each layer, with the reason for its encoding where it is known."""
    rows = [
        [
            layer["op"],
            short(layer["name"]),
            layer["kind"],
            shape(layer["shape"]),
            layer["encoding"],
            percent(layer["sparsity"]),
            size(layer["bytes"]),
            size(layer["macs_dense"], ""),
            size(layer["macs_executed"], ""),
            _reason(layer),
        ]
        for layer in layers
    ]
    headers = ["op", "layer", "kind", "weights", "encoding", "zeros", "size", "MACs", "executed", "reason"]
    columns = len(headers) - (0 if any(row[-1] for row in rows) else 1)
    return table(headers[:columns], [row[:columns] for row in rows])


def macs_line(total: dict[str, int]) -> str:
    parts = [f"{size(total[kind], '')} {kind}" for kind in MACS]
    return f"MACs: {', '.join(parts)} (with the zeros in blocks)"


def report_lines(report: dict[str, Any]) -> list[str]:
    """What the conversion says of the model as a whole."""
    lines = []
    if sparsity := report.get("sparsity"):
        selected, model = percent(sparsity["selected"]), percent(sparsity["model"])
        lines.append(f"sparsity: {selected} of the selected layers, {model} of the model")
    lines += [f"dead: {d['channels']} channels of {d['layer']} removed" for d in report.get("dead_channels", [])]
    for name, error in report.get("error", {}).items():
        snr = "" if error.get("snr_db") is None else f", SNR {error['snr_db']:.1f} dB"
        lines.append(f"error of {name}: max {error['max']:.2e}, mean {error['mean']:.2e}{snr}")
    return lines


def _reason(layer: dict[str, Any]) -> str:
    """Why the encoding was chosen, and why the layer was not pruned."""
    excluded = layer.get("excluded")
    return "; ".join(filter(None, [excluded and f"not pruned: {excluded}", layer.get("reason")]))
