"""`nnz inspect`: what a file says of itself, with a report, with a damaged one and without."""

import json
import re

import pytest

import nnz
from command import cli
from nnz import format
from small_models import MODELS


def test_inspect_reads_the_records_of_a_model_without_a_report(conv):
    model = format.read(conv.read_bytes())
    d = json.loads(cli("inspect", conv, "--json").stdout)
    assert d["bytes"] == conv.stat().st_size
    assert d["arena_bytes"] == nnz.Session(conv).arena_bytes
    assert [op["kind"] for op in d["ops"]] == [op.kind for op in model.ops]
    convolutions = [op for op in model.ops if op.kind == "conv"]
    for layer, op in zip(d["layers"], convolutions, strict=True):
        matrix = model.matrices[op.params[0]]
        pixels = model.tensors[op.outputs[0]].elements // matrix.rows
        assert layer["macs_dense"] == matrix.rows * matrix.cols * pixels
        assert layer["macs_nonzero"] == layer["macs_executed"] == matrix.nonzeros * pixels
        assert layer["bytes"] == matrix.nbytes and layer["encoding"] == "u1"
    assert d["macs"]["dense"] == sum(layer["macs_dense"] for layer in d["layers"])
    text = cli("inspect", conv, "--ops").stdout
    assert "arena" in text and "MACs: " in text and all(op.name in text for op in model.ops)


NO_REPORT = "note: the report in the file is none that this version"
LAYER = {
    **{"op": 0, "name": "reported layer", "kind": "conv", "shape": [4, 4], "encoding": "u1", "sparsity": 0.5},
    **{"bytes": 8, "macs_dense": 16, "macs_nonzero": 8, "macs_executed": 8},
}
"""A layer as a conversion report has it, of the first operator."""
FOREIGN = ({"op": 99}, {"op": "0"}, {"shape": [0]}, {"macs_dense": 0.5}, {"bytes": 10**400}, {"name": None})


@pytest.mark.parametrize(
    "report",
    [
        {"layers": 3},
        {"layers": [{"op": 0}]},
        {"notes": 7},
        {"notes": None},
        {"sparsity": {"selected": 0.5}},
        {"sparsity": {"selected": 10**400, "model": 0.5}},
        {"dead_channels": [{"layer": "conv"}]},
        {"float": ["conv"]},
        {"error": {"y0": {"max": 0.1}}},
        *({"layers": [LAYER | change]} for change in FOREIGN),
    ],
)
def test_inspect_does_without_a_report_that_it_cannot_read(tmp_path, report):
    model = MODELS["conv_u1"]()
    model.report = report
    format.save(model, tmp_path / "m.nnz")
    text = cli("inspect", tmp_path / "m.nnz").stdout
    assert NO_REPORT in text and "MACs: " in text


@pytest.mark.parametrize("report", [{}, {"layers": [LAYER]}, {"error": {"y0": {"max": None}}}, {"other": 1}])
def test_inspect_shows_a_report_that_has_what_it_needs(tmp_path, report):
    model = MODELS["conv_u1"]()
    model.report = report
    format.save(model, tmp_path / "m.nnz")
    text = cli("inspect", tmp_path / "m.nnz").stdout
    assert NO_REPORT not in text and ("reported layer" in text) == ("layers" in report)


def test_executed_macs_count_the_zeros_in_blocks(tmp_path):
    path = tmp_path / "rb4.nnz"
    format.save(MODELS["conv_rb4"](), path)
    (layer, *_) = json.loads(cli("inspect", path, "--json").stdout)["layers"]
    assert layer["macs_nonzero"] < layer["macs_executed"] < layer["macs_dense"] * 1.2


def test_inspect_shows_bits_per_weight(conv, tmp_path):
    """The same for a file and for its packed form, but for the file's own size."""
    packed = tmp_path / "conv.nnzp"
    packed.write_bytes(format.pack(conv.read_bytes()))
    plain, other = (json.loads(cli("inspect", path, "--json").stdout) for path in (conv, packed))
    assert plain["storage"] == other["storage"] and plain["layers"] == other["layers"]
    assert plain["storage"]["packed_bytes"] == other["bytes"] == packed.stat().st_size
    assert plain["storage"]["bytes"] == plain["bytes"] == conv.stat().st_size
    bits = plain["layers"][0]["bits_per_weight"]
    assert 0 < bits["mask_entropy"] < bits["in_place"] and 0 < bits["values_entropy"] < 32
    text = cli("inspect", packed).stdout
    assert re.search(r"conv.nnzp: [\d.]+ kB packed;", text)
    assert re.search(r"bits per weight, whole file: [\d.]+ in place, [\d.]+ packed, [\d.]+ % above the entropy", text)
