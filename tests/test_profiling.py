"""Cost profiles of the user's own CPU: fitting, and `nnz bench --profile-out` from end to end."""

import json

import numpy as np
import pytest

from nnz import profiling
from nnz.cli import main
from nnz.costs import CANDIDATES, TERMS, Stored, amounts, load_profile, predict, weight_type
from nnz.encodings import block_shape


def test_fitting_finds_the_costs_behind_the_measurements():
    rng = np.random.default_rng(0)
    size = {"launch": 1000, "run": 3, "block": 0.5, "first": 0.2, "far": 0.2}
    truth = {
        (kind, encoding): np.array([rng.uniform(0.1, 1) * size.get(term, 0.05) for term in TERMS[kind]])
        for kind, encodings in CANDIDATES.items()
        for encoding in encodings
    }

    def measured(kind, encoding):
        rows, cols, pixels = (int(n) for n in rng.integers(8, 2000, 3))
        height, width = block_shape(encoding, weight_type(kind))
        blocks = int(-(-rows // height) * -(-cols // width) * rng.uniform(0.05, 1))
        stored = Stored(rows, cols, blocks, int(blocks * rng.uniform(0.25, 1)))
        terms = amounts(kind, encoding, stored, pixels)
        return profiling.Measurement(kind, encoding, terms, float(np.dot(terms, truth[kind, encoding])))

    fitted = profiling.fit([measured(*key) for key in truth for _ in range(100)])
    for kind, encoding in truth:
        assert fitted["error"][f"{kind} {encoding}"]["worst"] < 0.01
        costs = [fitted["costs"][kind][encoding][term] for term in TERMS[kind]]
        for fresh in [measured(kind, encoding) for _ in range(20)]:
            assert np.dot(fresh.terms, costs) == pytest.approx(fresh.nanoseconds, rel=0.02)


def test_costs_are_never_below_zero():
    a = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]) / np.array([[3.0], [2.0], [1.0]])  # best fit: 4 - x
    x = profiling._nonnegative(a)
    assert x.min() >= 0 and x[1] == 0 and x[0] == pytest.approx(np.linalg.lstsq(a[:, :1], np.ones(3), rcond=None)[0][0])


def test_cold_weights_are_read_from_several_places(monkeypatch):
    """A layer's time is that of the best run of all its copies."""
    monkeypatch.setattr(profiling, "PLACES", 3)
    monkeypatch.setattr(profiling, "Session", lambda file, profile: object())
    times = iter([5.0, 9.0, 4.0])
    monkeypatch.setattr(profiling, "_best", lambda session, runs, cold: next(times) if cold else 1.0)
    for side, expected in ((0, 4.0), (4, 1.0)):
        layer = profiling.Layer("fc" if not side else "conv", "dense", 8, 4, 1, side, 1.0)
        assert profiling.nanoseconds(layer, layer.matrix(np.random.default_rng(0))) == expected


@pytest.mark.parametrize("kind", CANDIDATES)
def test_what_is_measured_is_the_layer_that_is_described(kind):
    for encoding in CANDIDATES[kind]:
        layer = profiling.Layer(kind, encoding, 20, 12, 1, 5 if "conv" in kind else 0, 0.5)
        matrix = layer.matrix(np.random.default_rng(0))
        assert (matrix.encoding, matrix.rows, matrix.cols) == (encoding, 20, 12)
        assert matrix.values.dtype == weight_type(kind)
        assert profiling.nanoseconds(layer, matrix) > 0


def test_a_profile_is_made_and_used(tmp_path, monkeypatch, capsys):
    shapes = {"CONVOLUTIONS": ((16, 16, 1, 8), (32, 16, 3, 4)), "VECTORS": ((32, 32), (64, 32))}
    few = {"DENSITIES": (1.0, 0.2), "SWEEPS": 1, "RUNS": 2, "COLD_RUNS": 1, "PLACES": 2, "COLD_BYTES": 1 << 20}
    for name, value in {**shapes, **few}.items():
        monkeypatch.setattr(profiling, name, value)
    monkeypatch.setenv("NNZ_CPU", "scalar")
    seen = []
    profiling.make_profile(lambda what, done, total: seen.append((done, total)))
    assert seen == [(i, len(seen)) for i in range(1, len(seen) + 1)]

    path = tmp_path / "mine.json"
    assert main(["bench", "--profile-out", str(path), "--json"]) == 0
    profile = json.loads(capsys.readouterr().out)
    assert profile == json.loads(path.read_text())
    assert profile["isa"] == "scalar"
    for kind, encodings in CANDIDATES.items():
        for encoding in encodings:
            assert predict(load_profile(str(path)), kind, encoding, Stored(64, 64, 100, 50), 49) > 0


def test_a_whole_profile_is_near_what_was_measured(tmp_path, monkeypatch, capsys):
    """All layers, each timed less often than for a profile that is used."""
    for name, value in {"SWEEPS": 1, "RUNS": 3, "PLACES": 2}.items():
        monkeypatch.setattr(profiling, name, value)
    path = tmp_path / "mine.json"
    assert main(["bench", "--profile-out", str(path)]) == 0
    profile = json.loads(path.read_text())
    assert max(error["median"] for error in profile["error"].values()) < 0.3
    shown = capsys.readouterr().out
    assert "qconv q1x4" in shown and f"--target {path}" in shown
