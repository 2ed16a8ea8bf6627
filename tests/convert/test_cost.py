"""The cost model: what it chooses, and that its profiles are sound."""

import json
from pathlib import Path

import numpy as np
import pytest
from onnx_builder import Onnx, fused

from nnz import Session
from nnz.convert.cost import (
    Product,
    candidates,
    choose_encoding,
    choose_encodings,
    fastest_pattern,
    takes_filtering,
)
from nnz.convert.passes import finish
from nnz.convert.write import write_model
from nnz.costs import (
    CANDIDATES,
    PROFILES,
    SMALL_LEVELS,
    TERMS,
    Profile,
    Stored,
    amounts,
    host_level,
    load_profile,
    predict,
)
from nnz.format import write

DEVICES = ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"]
NAMES = sorted(path.stem for path in PROFILES.glob("*.json"))


def weights(rows, cols, sparsity, block=1, width=1, seed=0):
    rng = np.random.default_rng(seed)
    keep = rng.random((-(-rows // block), -(-cols // width))) >= sparsity
    keep = keep.repeat(block, axis=0)[:rows].repeat(width, axis=1)[:, :cols]
    return (rng.standard_normal((rows, cols)) * keep).astype(np.float32)


def test_the_levels_with_kernels_have_profiles():
    assert {"scalar", "avx2", "avxvnni", "avx512", "avx512vnni", *DEVICES} <= set(NAMES)


@pytest.mark.parametrize("name", ["pi3", "pi4", "pi5"])
def test_boards_that_nobody_measured_have_estimates(name):
    assert "not measured" in load_profile(name).estimate
    assert not load_profile("avx2").estimate


@pytest.mark.parametrize("name", NAMES)
def test_more_work_never_costs_less(name):
    profile = load_profile(name)
    for kind, encodings in CANDIDATES.items():
        for encoding in encodings:
            costs = profile.costs[kind][encoding]
            assert min(costs) >= 0 and max(costs) > 0
            small = predict(profile, kind, encoding, Stored(64, 64, 400, 200), 49)
            assert 0 < small < predict(profile, kind, encoding, Stored(64, 64, 800, 400), 98)


@pytest.mark.parametrize("name", NAMES)
def test_layers_with_few_weights_left_run_sparse(name):
    assert choose_encoding("conv", weights(256, 256, 0.95), 196, name)[0] == "u1"
    assert choose_encoding("conv", weights(256, 256, 0.9, block=4), 196, name)[0] == "rb4"
    assert choose_encoding("fc", weights(512, 512, 0.9, block=8), 1, name)[0] == "f8x1"
    assert choose_encoding("qconv", weights(256, 256, 0.9, width=4), 196, name)[0] == "q1x4"
    assert choose_encoding("qfc", weights(512, 512, 0.9, block=8, width=4), 1, name)[0] == "q8x4"


@pytest.mark.parametrize("name", DEVICES)
def test_devices_choose_encodings_of_int8_layers(name):
    assert choose_encoding("qconv", weights(64, 64, 0), 100, name)[0] == "dense"
    assert choose_encoding("qfc", weights(128, 128, 0), 1, name)[0] == "dense"
    assert choose_encoding("qconv", weights(64, 64, 0.75, width=4), 100, name)[0] == "q1x4"
    assert choose_encoding("qfc", weights(128, 128, 0.75, block=8, width=4), 1, name)[0] == "q8x4"
    assert "an estimate" in load_profile(name).cpu


@pytest.mark.parametrize("name", ["avx2", "avx512"])
def test_full_layers_run_dense(name):
    assert choose_encoding("conv", weights(256, 256, 0.0), 196, name)[0] == "dense"
    assert choose_encoding("fc", weights(512, 512, 0.0), 1, name)[0] == "dense"
    assert choose_encoding("qconv", weights(256, 256, 0.0), 196, name)[0] == "dense"


@pytest.fixture
def made(tmp_path):
    """made(ENCODING=NANOSECONDS, ...): the path of a profile by which all layers of kind conv take so long."""

    def make(**nanoseconds):
        costs = {k: {e: dict.fromkeys(TERMS[k], 0.0) for e in encodings} for k, encodings in CANDIDATES.items()}
        for encoding, time in nanoseconds.items():
            costs["conv"][encoding]["launch"] = time
        path = tmp_path / "mine.json"
        path.write_text(json.dumps({"cpu": "test", "isa": "scalar", "costs": costs}))
        return str(path)

    return make


def test_of_encodings_nearly_as_fast_the_smallest_is_taken(made):
    path = made(dense=103.0, u1=200.0, rb4=100.0)
    chosen = choose_encoding("conv", weights(32, 32, 0.0), 49, path)
    assert chosen == ("dense", "rb4 100 ns, dense 103 ns, u1 200 ns; dense is nearly as fast and smaller")
    assert choose_encoding("conv", weights(32, 32, 0.9, block=4), 49, path)[0] == "rb4"


def test_blocks_of_dense_are_not_stored_one_by_one_where_nearly_all_are_there():
    full, sparse = weights(64, 64, 0), weights(64, 64, 0.5, block=8, width=4)
    nearly = full.copy()
    nearly[:8, :4] = 0
    for kind, encoding in (("fc", "f8x1"), ("qfc", "q8x4")):
        for many in (full, nearly):
            assert set(candidates(kind, many, 1).times) == set(CANDIDATES[kind]) - {encoding}
        assert set(candidates(kind, sparse, 1).times) == set(CANDIDATES[kind])
    assert set(candidates("qconv", full, 9).times) == set(CANDIDATES["qconv"])


def test_of_narrow_weights_bytes_are_worth_as_much_as_time(made):
    """In 4 bits a full matrix takes half a byte a weight, and an index for every four in blocks."""
    path = made(dense=130.0, u1=400.0, rb4=100.0)
    assert choose_encoding("conv", weights(32, 32, 0.0), 49, path)[0] == "rb4"
    narrow, reason = choose_encoding("conv", weights(32, 32, 0.0), 49, path, value_bytes=0.5)
    assert narrow == "dense" and reason.endswith("dense is worth its time by its size")
    assert choose_encoding("conv", weights(32, 32, 0.9, block=4), 49, path, value_bytes=0.5)[0] == "rb4"


def test_minimal_filtering_makes_dense_convolutions_faster(made):
    path = made(dense=200.0, u1=150.0, rb4=300.0)
    profile = json.loads(Path(path).read_text())
    Path(path).write_text(json.dumps({**profile, "filtered": 0.5}))
    layer = ("conv", weights(64, 576, 0.5), 784)
    assert choose_encoding(*layer, path)[0] == "u1"
    assert choose_encoding(*layer, path, filtered=True) == ("dense", "dense 100 ns, u1 150 ns, rb4 300 ns")
    assert [chosen for chosen, _ in choose_encodings([Product(*layer), Product(*layer, True)], path)] == ["u1", "dense"]


FILTERED = [
    *((64, 12, kernel, 1, 20, 1) for kernel in range(1, 6)),
    *((64, 3, kernel, 2, 29, 1) for kernel in range(3, 9)),
    *((63, 12, 3, 1, 20, 1), (64, 11, 3, 1, 20, 1), (64, 12, 3, 1, 20, 2), (64, 12, 7, 3, 60, 1)),
    *((64, 12, 3, 1, 14, 1), (64, 12, 3, 1, 15, 1)),  # 9 and 16 tiles
    *((256, 455, 3, 1, 15, 1), (256, 456, 3, 1, 15, 1)),  # weights of 16 MiB and more
    *((64, 28, 3, 1, 638, 1), (64, 29, 3, 1, 638, 1)),  # as many tiles in a row as L2 holds
]


@pytest.mark.parametrize("shape", FILTERED, ids=str)
def test_the_model_knows_which_convolutions_are_filtered(shape):
    """As the runtime does, which reports the kernel; levels of small devices filter none."""
    rows, channels, kernel, stride, side, dilation = shape
    g = Onnx()
    x = g.input(1, channels, side, side)
    y = g.conv(x, rows, channels, kernel, strides=[stride] * 2, dilations=[dilation] * 2)
    graph = fused(g.model(y))
    finish(graph)
    (node,) = (node for node in graph.nodes if node.kind == "conv")
    model, _ = write_model(graph, lambda layers: [("dense", "")] * len(layers))
    session = Session(write(model), profile=True)
    session.run({x: np.ones((1, channels, side, side), np.float32)})
    filters = any(op.kernel.startswith("winograd") for op in session.profile())
    assert filters == (takes_filtering(node) and host_level() not in SMALL_LEVELS)


def test_the_reason_gives_the_candidates_times_fastest_first():
    encoding, reason = choose_encoding("conv", weights(64, 64, 0.9), 49, "avx2")
    parts = [part.split() for part in reason.split(", ")]
    assert parts[0][0] == encoding
    assert {part[0] for part in parts} == set(CANDIDATES["conv"])
    scale = {"ns": 1, "us": 1e3, "ms": 1e6}
    times = [float(value) * scale[unit] for _, value, unit in parts]
    assert times == sorted(times) and times[0] > 0


@pytest.mark.parametrize("name", NAMES)
def test_auto_is_a_pattern_of_the_kind(name):
    assert fastest_pattern("conv", 256, 256, 196, 0.8, name) in ("unstructured", "4x1")
    assert fastest_pattern("fc", 256, 256, 1, 0.8, name) in ("unstructured", "8x1")


@pytest.mark.parametrize("name", ["avx2", "avx512"])
def test_auto_takes_blocks_where_vectors_are(name):
    assert fastest_pattern("conv", 256, 256, 196, 0.8, name) == "4x1"
    assert fastest_pattern("fc", 512, 512, 1, 0.8, name) == "8x1"


def test_the_hosts_profile_follows_nnz_cpu(monkeypatch):
    monkeypatch.setenv("NNZ_CPU", "scalar")
    assert load_profile("host") == load_profile("scalar")


def test_a_time_is_the_sum_of_its_terms(tmp_path):
    costs = {k: {e: dict.fromkeys(TERMS[k], 0.0) for e in encodings} for k, encodings in CANDIDATES.items()}
    costs["conv"]["rb4"].update(launch=1000, mac=0.5)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"cpu": "test", "isa": "scalar", "costs": costs}))
    assert predict(load_profile(str(path)), "conv", "rb4", Stored(8, 10, 20), 33) == 1000 + 0.5 * 20 * 48


def test_amounts_count_what_is_done():
    def named(kind, encoding, stored, pixels):
        return dict(zip(TERMS[kind], amounts(kind, encoding, Stored(*stored), pixels), strict=True))

    conv = named("conv", "rb4", (10, 300, 50), 105)
    assert conv["launch"] == 1
    assert (conv["input"], conv["output"], conv["spill"]) == (300 * 112, 10 * 112, 0)
    assert (conv["run"], conv["block"]) == (3 * 2 * 2, 50 * 2)
    assert (conv["pixel"], conv["mac"], conv["far"]) == (50 * 105, 50 * 112, 0)
    assert named("conv", "u1", (10, 250, 10 * 100), 96)["far"] == 10 * 100 * 96
    assert named("conv", "u1", (100, 200, 100), 900)["spill"] == 300 * 912
    int8 = named("qconv", "q1x4", (10, 1200, 50), 105)
    assert (int8["run"], int8["block"], int8["mac"], int8["far"]) == (10 * 2 * 2, 50 * 2, 50 * 112, 50 * 112)
    assert named("qconv", "u1", (10, 1200, 50, 20), 105)["unit"] == 20 * 112
    fc = named("fc", "f8x1", (10, 300, 50), 2)
    assert fc == {"launch": 1, "input": 600, "output": 20, "run": 8, "missed": 0, "block": 100, "first": 100, "far": 0}
    large = named("fc", "f8x1", (1000, 1000, 100_000), 1)
    assert (large["block"], large["first"], large["far"]) == (100_000, 8192, 100_000 - 32768)
    assert named("fc", "u1", (1000, 1000, 100_000), 1)["missed"] == 1000 * 4 - 1024
    assert named("fc", "u1", (1000, 1000, 1_000_000), 1)["missed"] == 0
    assert named("qfc", "u1", (10, 300, 50, 20), 2)["unit"] == 40


def test_of_int8_weights_stored_one_by_one_the_units_are_counted():
    nonzero = np.zeros((2, 10), bool)
    nonzero[0, [0, 1, 3, 8]] = nonzero[1, 9] = True
    assert Stored.of(nonzero, "qfc", "u1") == (2, 10, 5, 3)
    assert Stored.of(nonzero, "qfc", "q8x4") == (2, 10, 2, 0)
    assert Stored.of(nonzero, "fc", "u1") == (2, 10, 5, 0)
    assert Stored.of(nonzero, "fc", "dense") == (2, 10, 10, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), ("{}", "is not a cost profile"), ("nonsense", "is not a cost profile")],
)
def test_files_that_are_no_profile_are_named(tmp_path, content, message):
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=f"bad.json.*{message}"):
        load_profile(str(path))


def test_a_profile_of_another_version_is_to_be_measured_again(tmp_path):
    path = tmp_path / "old.json"
    profile = json.loads((PROFILES / "avx2.json").read_text())
    del profile["costs"]["fc"]["u1"]["missed"]
    path.write_text(json.dumps(profile))
    with pytest.raises(ValueError, match=r"old\.json .* has no 'missed'.* run nnz bench --profile-out old\.json"):
        load_profile(str(path))


def test_a_layer_that_hardly_slows_the_model_takes_few_bytes(monkeypatch):
    """Of two layers that are fastest dense: one of most bytes and little time, one of few bytes and most time."""
    costs = {e: tuple(float(term == "block") for term in TERMS["fc"]) for e in CANDIDATES["fc"]}
    costs["u1"] = tuple(10.0 * (term == "block") for term in TERMS["fc"])
    costs["f8x1"] = tuple(1000.0 * (term == "block") for term in TERMS["fc"])
    profile = Profile("made", "made", "avx2", {"fc": costs})
    monkeypatch.setattr("nnz.convert.cost.load_profile", lambda target: profile)
    large, small = Product("fc", weights(512, 512, 0.9), 1), Product("fc", weights(64, 64, 0.9), 10_000)
    assert choose_encoding(*large[:3])[0] == choose_encoding(*small[:3])[0] == "dense"
    (first, reason), (second, _) = choose_encodings([large, small])
    assert (first, second) == ("u1", "dense")
    assert reason.endswith("u1 is worth its time by its size")
    assert choose_encodings([]) == []
