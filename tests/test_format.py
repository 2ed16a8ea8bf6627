"""The Python reader and writer of docs/FORMAT.md, and that the C reader agrees with them."""

import dataclasses
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnz
from nnz import _nnz, format
from nnz.encodings import decode, encode
from nnz.errors import FormatError
from nnz.operators import pool_window
from small_models import MODELS

HEADER_SIZE, SECTION_SIZE = 32, 16


def with_checksum(content: bytes | bytearray) -> bytes:
    """The file with its checksum made right."""
    content = bytearray(content)
    content[12:16] = bytes(4)
    content[12:16] = struct.pack("<I", _nnz.crc32c(content))
    return bytes(content)


def section(content: bytes, name: str) -> tuple[int, int]:
    """Offset and size of a section, read as docs/FORMAT.md says, without the reader."""
    (count,) = struct.unpack_from("<I", content, 16)
    for i in range(count):
        found, _, offset, size = struct.unpack_from("<4sIII", content, HEADER_SIZE + i * SECTION_SIZE)
        if found == name.encode():
            return offset, size
    raise KeyError(name)


def same(a, b) -> bool:
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize("name", MODELS)
def test_read_gives_back_what_was_written(name):
    model = MODELS[name]()
    model.report = {"layers": [], "note": "ümläut"}
    content = format.write(model)
    again = format.read(content)
    assert same(model, again)
    assert format.write(again) == content


@pytest.mark.parametrize("name", MODELS)
def test_the_c_reader_accepts_what_was_written(name):
    model = MODELS[name]()
    session = nnz.Session(format.write(model))
    assert [(p.name, p.shape) for p in session.inputs] == [(p.name, p.dims) for p in model.inputs]
    assert [(op.kind, op.name) for op in session.profile()] == [(op.kind, op.name) for op in model.ops]


def test_tensors_are_numbered_as_they_are_written():
    model = MODELS["conv_u1"]()
    count = len(model.tensors)
    order = list(reversed(range(count)))
    shuffled = format.Model(
        [model.tensors[i] for i in order],
        model.matrices,
        [
            dataclasses.replace(
                op,
                inputs=[None if t is None else order.index(t) for t in op.inputs],
                outputs=[order.index(t) for t in op.outputs],
            )
            for op in model.ops
        ],
        [dataclasses.replace(p, tensor=order.index(p.tensor)) for p in model.inputs],
        [dataclasses.replace(p, tensor=order.index(p.tensor)) for p in model.outputs],
    )
    again = format.read(format.write(shuffled))
    assert [t.data is None for t in again.tensors] == sorted((t.data is None for t in model.tensors), reverse=True)
    x = np.random.default_rng(0).standard_normal(model.inputs[0].dims).astype(np.float32)
    results = [nnz.Session(format.write(m)).run({"x": x})["y0"] for m in (model, shuffled)]
    assert np.array_equal(*results)


def test_sections_cover_the_file():
    content = format.write(MODELS["conv_rb4"]())
    (count,) = struct.unpack_from("<I", content, 16)
    end = HEADER_SIZE + count * SECTION_SIZE
    for i in range(count):
        _, _, offset, size = struct.unpack_from("<4sIII", content, HEADER_SIZE + i * SECTION_SIZE)
        assert offset == -(-end // 64) * 64
        end = offset + size
    assert len(content) == -(-end // 64) * 64 == struct.unpack_from("<I", content, 8)[0]
    offset, size = section(content, "DATA")
    assert size % 64 == 0 and not any(content[offset + size - 64 : offset + size])


def test_names_and_report_can_be_left_out():
    model = MODELS["fc_u1"]()
    model.report = {"a": 1}
    stripped = format.read(format.write(model, names=False, report=False))
    assert stripped.report is None and stripped.inputs[0].name == ""
    session = nnz.Session(format.write(model, names=False, report=False))
    assert [p.name for p in (*session.inputs, *session.outputs)] == ["input0", "output0"]


def test_names_stand_one_after_the_other():
    content = format.write(MODELS["fc_u1"]())
    offset, size = section(content, "NAME")
    end = offset + size - 1
    (first,) = struct.unpack_from("<I", content, offset)
    for at, damage in (
        (offset, struct.pack("<I", first + 1)),  # "x" becomes what stands behind its first letter
        (offset, struct.pack("<I", size)),
        (offset, struct.pack("<I", 0)),
        (offset + first, b"\x80"),
        (end, b"x"),
    ):
        damaged = with_checksum(content[:at] + damage + content[at + len(damage) :])
        assert "NAME" in python_verdict(damaged) and "NAME" in c_verdict(damaged)


def test_words():
    assert format.word(1.0) == 0x3F800000
    assert format.signed(-1) == 0xFFFFFFFF
    assert format.signed(7) == 7


def test_save_replaces_the_file_whole(tmp_path):
    path = tmp_path / "m.nnz"
    path.write_bytes(b"old")
    model = MODELS["fc_dense"]()
    broken = dataclasses.replace(model, outputs=[format.Port("y", 99, (1,), (1,), (0,))])
    with pytest.raises(nnz.FormatError):
        format.save(broken, path)
    assert path.read_bytes() == b"old"
    format.save(model, path)
    assert path.read_bytes() == format.write(model)
    assert os.listdir(tmp_path) == ["m.nnz"]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_crc32c():
    # The check value of CRC-32C, and that pieces add up.
    assert _nnz.crc32c(b"123456789") == 0xE3069283
    assert _nnz.crc32c(b"6789", _nnz.crc32c(b"12345")) == 0xE3069283


def test_a_changed_file_is_noticed():
    content = bytearray(format.write(MODELS["fc_u1"]()))
    content[section(content, "DATA")[0]] ^= 1
    with pytest.raises(nnz.FormatError, match="checksum"):
        format.read(bytes(content))
    with pytest.raises(nnz.FormatError, match="checksum"):
        nnz.Session(bytes(content))


@pytest.mark.parametrize("name", ["conv_u1", "fc_f8x1", "feature_maps", "movement"])
def test_truncated_files_are_refused(name):
    content = format.write(MODELS[name]())
    for size in [*range(0, 1024, 7), *range(1024, len(content), 61)]:
        with pytest.raises(nnz.FormatError):
            format.read(content[:size])
        if size >= HEADER_SIZE:
            cut = with_checksum(content[:8] + struct.pack("<I", size) + content[12:size])
            with pytest.raises(nnz.FormatError):
                format.read(cut)


def python_verdict(content: bytes) -> str:
    try:
        format.read(content)
    except nnz.FormatError as error:
        return str(error)
    return ""


def c_verdict(content: bytes) -> str:
    try:
        nnz.Session(content, threads=1)
    except nnz.Error as error:
        assert str(error), "an error without a message"
        return str(error)
    return ""


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("part", ["header", "TENS", "OPER", "ARGS", "PARM", "MATX", "INPT", "OUTP"])
def test_both_readers_judge_damage_alike(name, part):
    """Every byte of the records set to extremes, with the checksum made right again."""
    content = format.write(MODELS[name](), names=False)
    offset, size = (0, section(content, "TENS")[0]) if part == "header" else section(content, part)
    refused = 0
    for at in range(offset, offset + size):
        if 12 <= at < 16:
            continue
        for value in {0, 1, 0x7F, 0xFF, content[at] ^ 0x80} - {content[at]}:
            damaged = bytearray(content)
            damaged[at] = value
            damaged = with_checksum(damaged)
            ours, theirs = python_verdict(damaged), c_verdict(damaged)
            refused += bool(ours)
            assert bool(ours) == bool(theirs), f"byte {at - offset} = {value}: Python: {ours!r}, C: {theirs!r}"
    assert refused or not size


@given(st.binary(max_size=400))
def test_random_bytes_are_refused(content):
    for candidate in (content, b"NNZ\x1a\0\0\1\0" + content):
        with pytest.raises(nnz.FormatError):
            format.read(candidate)


def break_model(change):
    model = MODELS["conv_u1"]()
    change(model)
    return model


def set_act(m):
    m.ops[0].activation, m.ops[0].act = "clip", (2.0, 1.0)


def set_matrix(m):
    m.ops[0].params[0] = 9


def set_output(m):
    m.ops[0].outputs = [m.inputs[0].tensor]


def set_input(m):
    m.ops[0].inputs[0] = m.ops[1].outputs[0]


def set_kind(m):
    m.ops[0].kind = "lstm"


def set_dims(m):
    y = m.tensors[m.ops[0].outputs[0]]
    y.dims = (*y.dims[:3], y.dims[3] + 1)


def set_dtype(m):
    m.tensors[0].dtype = np.dtype("float64")


def set_strides(m):
    m.inputs[0].strides = (0, *m.inputs[0].strides[1:3], 2)


def set_names(m):
    m.outputs.append(m.outputs[0])


def set_index(m):
    m.matrices[0] = dataclasses.replace(m.matrices[0], index=m.matrices[0].index[::-1])


def set_start(m):
    m.matrices[0] = dataclasses.replace(m.matrices[0], start=m.matrices[0].start + np.uint32(1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_act, r"operator 0 \(conv\) 'conv_0': clip from 2.0 to 1.0"),
        (set_matrix, "there is no matrix 9"),
        (set_output, "operator 0.*writes tensor 0, which is written already"),
        (set_input, "operator 0.*reads tensor 2 before it is written"),
        (set_kind, "unknown kind 'lstm'"),
        (set_dims, r"output is \[1, .*\], not \[1, .*\]"),
        (set_dtype, "tensor 0 'x': dtype float64 cannot be stored"),
        (set_strides, "input 0 'x': strides .* are not those of a permutation"),
        (set_names, "outputs: names are not distinct"),
        (set_index, "matrix 0: an index lies outside|matrix 0: indices of a group are not ascending"),
        (set_start, "matrix 0: start is not the running sum of count"),
    ],
)
def test_errors_name_the_thing(change, message):
    with pytest.raises(nnz.FormatError, match=message):
        format.write(break_model(change))


def test_matrices_are_shared_between_operators():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((4, 4)).astype(np.float32)
    dims = (1, 4, 3)
    model = format.Model(
        [format.Tensor(np.float32, dims) for _ in range(3)],
        [encode(weights, "u1")],
        [format.Op("conv", [i, None, None, None], [i + 1], [0, *[1] * 6, *[0] * 4]) for i in range(2)],
        [format.plain_port("x", 0, dims)],
        [format.plain_port("y", 2, dims)],
    )
    again = format.read(format.write(model))
    assert np.array_equal(decode(again.matrices[0]), weights)
    x = rng.standard_normal(dims).astype(np.float32)
    y = nnz.Session(format.write(model)).run({"x": x})["y"]
    np.testing.assert_allclose(y[0], weights @ weights @ x[0], rtol=1e-5, atol=1e-5)


def test_checking_windows_takes_no_memory_by_the_size_that_a_file_says():
    tensors = [format.Tensor(np.float32, (1, 1, 1, 2**27)) for _ in range(2)]
    tracemalloc.start()
    try:
        pool_window([1] * 6 + [0] * 4, *tensors)
        with pytest.raises(FormatError, match="a window misses the input's width"):
            pool_window([1, 1, 1, 1, 1, 1, 0, 1, 0, 0], tensors[0], format.Tensor(np.float32, (1, 1, 1, 2**27 + 1)))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
