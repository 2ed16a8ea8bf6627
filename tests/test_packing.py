"""Packed files: back to the same bytes, by C and by a decoder written after the format; damage is noticed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnz
import unpack_model
from nnz import format, packing
from nnz.encodings import ENCODINGS, INT8_ENCODINGS, encode
from nnz.narrow import narrow
from nnz.packing import rans
from nnz.storage import add_storage, mask_entropy, values_entropy
from small_models import MODELS

GOLDEN = sorted((Path(__file__).resolve().parent / "golden").glob("*/*.nnz*"))
MODEL_FILES = [path for path in GOLDEN if path.suffix == ".nnz"]
PACKED_FILES = [path for path in GOLDEN if path.suffix == ".nnzp"]


def product(weights: np.ndarray, encoding: str, names: bool = True, way: str | None = None) -> bytes:
    """A file of one matrix, as `fc` or `conv`, whichever takes the encoding; for int8 with random constants.

    way: of float weights, how they are stored
    """
    rows, cols = weights.shape
    matrix = encode(weights, encoding)
    matrix = matrix if way is None else narrow(matrix, way)
    if weights.dtype == np.int8:
        layout = "planes4" if encoding != "q8x4" else "plain"
        x = format.Tensor(np.int8, (1, cols, 1) if encoding != "q8x4" else (1, cols), layout=layout)
        y = format.Tensor(np.int8, (1, rows, 1) if encoding != "q8x4" else (1, rows), layout=layout)
        rng = np.random.default_rng(rows * cols)
        bias = format.Tensor(np.int32, (rows,), rng.integers(-9000, 9000, rows, np.int32))
        scale = format.Tensor(np.int32, (rows,), rng.integers(2**20, 2**30, rows, np.int32))
        low = format.signed(-128)
        params = [0, 0, low, 127, 0] if encoding == "q8x4" else [0, *[1] * 6, 0, 0, 0, 0, 0, 0, low, 127, 0]
        inputs = [0, 2, 3] if encoding == "q8x4" else [0, 2, 3, None, None]
        op = format.Op("qfc" if encoding == "q8x4" else "qconv", inputs, [1], params)
        tensors = [x, y, bias, scale]
    else:
        fc = encoding == "f8x1"
        tensors = [format.Tensor(np.float32, (1, n) if fc else (1, n, 1)) for n in (cols, rows)]
        inputs: list = [0, None, None] if fc else [0, None, None, None]
        op = format.Op("fc" if fc else "conv", inputs, [1], [0] if fc else [0, *[1] * 6, 0, 0, 0, 0])

    ports = [format.plain_port("x", 0, tensors[0].dims)], [format.plain_port("y", 1, tensors[1].dims)]
    return format.write(format.Model(tensors, [matrix], [op], *ports), names=names)


def sparse(rng: np.random.Generator, shape: tuple[int, int], density: float, dtype: type, width: int = 1) -> np.ndarray:
    """Normally distributed weights, nonzero in blocks of 1 x `width`."""
    rows, cols = shape
    kept = np.repeat(rng.random((rows, -(-cols // width))) < density, width, axis=1)[:, :cols]
    weights = rng.standard_normal(shape) * kept
    if dtype == np.int8:
        return np.clip(np.rint(weights * 36), -127, 127).astype(np.int8)
    return weights.astype(np.float32)


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_model_comes_back(path):
    content = path.read_bytes()
    packed = format.pack(content)
    assert len(packed) < len(content) and format.is_packed(packed) and not format.is_packed(content)
    assert format.unpack(packed) == content
    assert unpack_model.unpack(packed) == content


@pytest.mark.parametrize("path", PACKED_FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_golden_packed_files(path):
    """They unpack to what they were made from, and those of this version are written again byte for byte."""
    packed, content = path.read_bytes(), path.with_suffix(".nnz").read_bytes()
    assert format.unpack(packed) == content
    again = format.pack(content)
    if again[4:8] == packed[4:8]:
        assert again == packed


def test_there_are_golden_packed_files():
    assert PACKED_FILES


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(np.float32, e) for e in ENCODINGS] + [(np.int8, e) for e in INT8_ENCODINGS]),
    st.integers(1, 40),
    st.integers(1, 160).map(lambda units: 4 * units),
    st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_random_matrices_come_back(kind, rows, cols, density, related, known, seed):
    """`related`: with tables that depend on the block; not `known`: as if the records said nothing about DATA."""
    dtype, encoding = kind
    content = product(sparse(np.random.default_rng(seed), (rows, cols), density, dtype), encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing.content, "RELATED_VALUES", 0 if related else 1 << 30)
        if not known:
            patch.setattr(packing.content.Content, "blobs", lambda self: [])
        packed = format.pack(content)
    assert format.unpack(packed) == content
    if len(content) < 8000:
        assert unpack_model.unpack(packed) == content


class FromLater(packing.content.Content):
    """The content of a file whose matrices have values of a type that is not known here."""

    def __init__(self, file: bytes) -> None:
        super().__init__(file)
        self._matrices = self._matrices.copy()
        self._matrices["dtype"] = 200


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_values_of_unknown_types_are_bytes(encoding, monkeypatch):
    content = product(sparse(np.random.default_rng(1), (20, 300), 0.2, np.float32), encoding)
    known = format.pack(content)
    monkeypatch.setattr(packing, "Content", FromLater)
    packed = format.pack(content)
    assert format.unpack(packed) == content
    assert packing.packed_size(content).parts["matrix", 0] > 0
    assert len(packed) <= 1.05 * len(known) + 100


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 255), max_size=500), st.integers(1, 3), st.integers(0, 2**31))
def test_coder_gives_back_any_bytes(symbols, tables, seed):
    """Long runs of one byte renew tables with halved counts, and many bytes use many lanes."""
    rng = np.random.default_rng(seed)
    coded = np.concatenate([np.array(symbols, np.uint8), np.repeat(rng.integers(0, 256, 2, np.uint8), 6000)])
    under = rng.integers(0, tables, len(coded)).astype(np.uint8)
    slots = rans.slots(coded, under)
    lanes, words = rans.encode(slots)
    decoder = unpack_model.Bytes(bytes(24) + words, tables, lanes)
    assert lanes > 1
    assert [decoder.next(table) for table in under.tolist()] == coded.tolist()
    assert decoder.states == [1 << 16] * lanes and decoder.at == len(decoder.words)
    # States may be as small as twice the number of slots: rounding them costs some hundredths of a bit at times.
    assert abs(len(words) * 8 - rans.bits(slots).sum()) <= 32 * lanes + 0.02 * len(coded)


def test_blocks_beside_the_entropy():
    """Random int8 weights, nine tenths of the 1x4 blocks zero: at most 4 % above what inspect calls the entropy."""
    weights = sparse(np.random.default_rng(0), (512, 4608), 0.1, np.int8, width=4)
    content = product(weights, "q1x4")
    model = format.read(content)
    layers = [{"op": 0, "shape": [512, 4608]}]
    total = add_storage(layers, model, content)
    entropy = mask_entropy(model.matrices[0]) + values_entropy(model.matrices[0].values)
    assert total["packed_bytes"] == len(format.pack(content))
    assert total["entropy_bytes"] == math.ceil(entropy / 8)
    bits = layers[0]["bits_per_weight"]
    assert math.isclose(bits["mask_entropy"] + bits["values_entropy"], entropy / weights.size)
    assert bits["packed"] <= 1.02 * entropy / weights.size
    assert total["packed_bytes"] <= 1.04 * total["entropy_bytes"]


@pytest.mark.parametrize("encoding", ["dense", "u1"])
@pytest.mark.parametrize("way", ["int8", "int4"])
def test_scales_count_as_bits_of_their_matrix(way, encoding):
    rng = np.random.default_rng(8)
    weights = sparse(rng, (800, 60), 0.3, np.float32) * 2 ** rng.uniform(-9, 9, (800, 1)).astype(np.float32)
    file = product(weights, encoding, way=way)
    (matrix,) = format.read(file).matrices
    parts = packing.packed_size(file).parts
    assert parts["matrix", 0] > 0.95 * (values_entropy(matrix.values) + values_entropy(matrix.scale))


def test_entropy_is_what_the_format_says():
    weights = np.zeros((6, 8), np.int8)
    weights[:, :4] = [[1, 1, 1, 1], [1, 1, 1, 1], [2, 2, 2, 2], [2, 2, 2, 2], [0, 0, 0, 0], [0, 0, 0, 0]]
    matrix = encode(weights, "q1x4")
    assert math.isclose(mask_entropy(matrix), math.log2(math.comb(12, 4)))
    assert values_entropy(matrix.values) == 16.0
    assert mask_entropy(encode(weights, "dense")) == 0.0
    assert values_entropy(np.array([1.0, 1.0, -1.0, -1.0], np.float32)) == 4.0


TABLES = 16
"""Where the header says how many tables there are."""


@pytest.mark.parametrize("name", ["conv_u1", "int8_conv_q1x4"])
def test_damage_is_noticed(name):
    """By the decoder, or by the checksum of what it gave. The decoder written after the format refuses the same."""
    original = format.write(MODELS[name]())
    packed = format.pack(original)
    refused = 0
    for at in range(len(packed)):
        bad = bytearray(packed)
        bad[at] ^= 1 << at % 8
        if at == TABLES and bad[at] > packed[at]:
            assert format.unpack(bytes(bad)) == original  # tables that are not used harm nobody
            continue
        with pytest.raises(nnz.FormatError):
            format.read(bytes(bad))
        try:
            content = format.unpack(bytes(bad))
        except nnz.FormatError:
            content = None
            refused += 1
        if at % 5 == 0:
            try:
                assert unpack_model.unpack(bytes(bad)) == content
            except unpack_model.DamagedError:
                assert content is None
    assert 0 < refused < len(packed)


def test_truncated_files_are_refused():
    packed = format.pack(format.write(MODELS["conv_u1"]()))
    for n in range(4, len(packed)):
        with pytest.raises(nnz.FormatError, match=r"header|ends"):
            format.unpack(packed[:n])
        shorter = packed[:8] + n.to_bytes(4, "little") + packed[12:n]
        with pytest.raises(nnz.FormatError, match="packed file"):
            format.unpack(shorter)


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (0, b"PK", "magic number"),
        (4, b"\1", "later version"),
        (8, bytes(4), "header says 0 bytes"),
        (12, b"\1", "a size that no .nnz file has"),
        (16, bytes(2), "out of range"),
        (18, b"\3", "out of range"),
        (20, b"\1", "out of range"),
    ],
)
def test_errors_of_the_header(at, value, message):
    packed = bytearray(format.pack(format.write(MODELS["conv_u1"]())))
    packed[at : at + len(value)] = value
    with pytest.raises(nnz.FormatError, match=message):
        format.unpack(bytes(packed))


def test_sessions_open_packed_files(tmp_path):
    content = format.write(MODELS["feature_maps"]())
    packed = format.pack(content)
    path = tmp_path / "m.nnzp"
    path.write_bytes(packed)
    plain = nnz.Session(content)
    x = {p.name: np.random.default_rng(0).standard_normal(p.shape).astype(p.dtype) for p in plain.inputs}
    for session in (nnz.Session(packed), nnz.Session(path)):
        for name, y in plain.run(x).items():
            np.testing.assert_array_equal(session.run(x)[name], y)
    path.write_bytes(packed[:-10])
    with pytest.raises(nnz.FormatError, match=r"m\.nnzp: the header says"):
        nnz.Session(path)


def test_packing_tells_its_progress():
    calls: list[tuple[int, int]] = []
    format.pack(format.write(MODELS["conv_dense"]()), lambda *call: calls.append(call))
    done, total = zip(*calls, strict=True)
    assert list(done) == sorted(done) and done[-1] == total[-1] and len(set(total)) == 1


def test_what_is_no_file_is_not_packed():
    with pytest.raises(nnz.FormatError, match="magic"):
        format.pack(bytes(128))
