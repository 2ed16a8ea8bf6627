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
    """Each layer, with the noise of its weights, that which quantisation adds to its output, and the reason for its
    encoding, if known.
    """
    rows = [
        [
            layer["op"],
            short(layer["name"]),
            layer["kind"],
            shape(layer["shape"]),
            layer["encoding"],
            layer.get("dtype", ""),
            percent(layer["sparsity"]),
            size(layer["bytes"]),
            size(layer["macs_dense"], ""),
            size(layer["macs_executed"], ""),
            "" if layer.get("weight_snr_db") is None else f"{layer['weight_snr_db']:.1f}",
            *_bits(layer),
            _snr(layer),
            _reason(layer),
        ]
        for layer in layers
    ]
    headers = ["op", "layer", "kind", "weights", "encoding", "values", "zeros", "size", "MACs", "executed"]
    headers += ["SNR of weights", "bits", "packed", "entropy", "SNR, own", "reason"]
    optional = ("values", "SNR of weights", "bits", "packed", "entropy", "SNR, own", "reason")
    known = [i for i, header in enumerate(headers) if header not in optional or any(row[i] for row in rows)]
    return table([headers[i] for i in known], [[row[i] for i in known] for row in rows])


def macs_line(total: dict[str, int]) -> str:
    parts = [f"{size(total[kind], '')} {kind}" for kind in MACS]
    return f"MACs: {', '.join(parts)} (with the zeros in blocks)"


def report_lines(report: dict[str, Any]) -> list[str]:
    """What the conversion says of the model as a whole."""
    lines = [f"note: {note}" for note in report.get("notes", [])]
    if sparsity := report.get("sparsity"):
        selected, model = percent(sparsity["selected"]), percent(sparsity["model"])
        lines.append(f"sparsity: {selected} of the selected layers, {model} of the model")
    for dead in report.get("dead_channels", []):
        channels = f"{dead['channels']} channel{'' if dead['channels'] == 1 else 's'}"
        lines.append(f"dead: {channels} of {dead['layer']} removed")
    if share := report.get("int8_macs"):
        lines.append(f"int8: {percent(share)} of the MACs")
    lines += [f"float: {node['kind']} {node['name']}: {node['reason']}" for node in report.get("float", [])]
    for name, error in report.get("error", {}).items():
        if error["max"] is None:
            lines.append(f"error of {name}: NaN or infinity where the source has another value")
            continue
        snr = "" if error.get("snr_db") is None else f", SNR {error['snr_db']:.1f} dB"
        lines.append(f"error of {name}: max {error['max']:.2e}, mean {error['mean']:.2e}{snr}")
    return lines


def storage_lines(storage: dict[str, Any]) -> list[str]:
    """What the file takes in place and packed, beside the entropy of the layers' masks and values."""
    if not (bits := storage.get("bits_per_weight")):
        return []
    entropy = bits["mask_entropy"] + bits["values_entropy"]
    above = f", {percent(bits['packed'] / entropy - 1)} above the entropy" if entropy else ""
    return [
        f"bits per weight, whole file: {bits['in_place']:.3f} in place, {bits['packed']:.3f} packed{above}",
        f"entropy of the layers: {entropy:.3f} (masks {bits['mask_entropy']:.3f}, values {bits['values_entropy']:.3f})",
        f"in place {size(storage['bytes'])}, packed {size(storage['packed_bytes'])}, "
        f"entropy {size(storage['entropy_bytes'])}",
    ]


def _bits(layer: dict[str, Any]) -> list[str]:
    """Bits per weight: in place, packed, and the entropy of mask and values, if known."""
    if not (bits := layer.get("bits_per_weight")):
        return ["", "", ""]
    return [f"{b:.2f}" for b in (bits["in_place"], bits["packed"], bits["mask_entropy"] + bits["values_entropy"])]


def _snr(layer: dict[str, Any]) -> str:
    """Signal to noise of the layer's output, in the whole model and by the layer's own rounding alone, in dB."""
    values = [layer.get("snr_db"), layer.get("own_snr_db")]
    return ", ".join(f"{value:.1f}" for value in values if value is not None)


def _reason(layer: dict[str, Any]) -> str:
    """Why the layer was not pruned or quantised, and why its encoding was chosen."""
    excluded, kept = layer.get("excluded"), layer.get("float")
    return "; ".join(
        filter(None, [excluded and f"not pruned: {excluded}", kept and f"float: {kept}", layer.get("reason")])
    )
