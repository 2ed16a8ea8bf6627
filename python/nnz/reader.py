"""Reads and validates a `.nnz` file (docs/FORMAT.md)."""

from __future__ import annotations

import json
import math

import numpy as np

from . import records
from ._nnz import crc32c, unpack
from .encodings import block_shape
from .errors import FormatError
from .narrow import SHARES, count_shares
from .records import Matrix, Model, Op, Port, Tensor, align64, written_order
from .validate import require, validate, validate_names

_ENCODING_NAMES = {code: name for name, code in records.ENCODING_CODES.items()}
_VALUE_NAMES = {code: name for name, code in records.VALUE_CODES.items()}
_STORED = {"float32": "<f4", "float16": "<f2", "int8": "i1", "scaled8": "i1", "scaled4": "u1"}
_OP_NAMES = {code: name for name, code in records.OP_KINDS.items()}


def read(data: bytes, *, checksum: bool = True) -> Model:
    """The model in the bytes of a file, packed or not; its arrays are read-only views. FormatError says what is bad."""
    if is_packed(data):
        data = unpack(data)
    sections = _sections(memoryview(data).cast("B"), checksum)
    constants = sections["DATA"]
    require(len(constants) % 64 == 0, "section DATA", "size is not a multiple of 64")
    require(len(constants) >= 64 and not any(constants[-64:]), "section DATA", "does not end in 64 zero bytes")

    args = np.frombuffer(_whole(sections, "ARGS", 4), "<u4").tolist()
    params = np.frombuffer(_whole(sections, "PARM", 4), "<u4").tolist()
    tensors = [_tensor(i, r, constants) for i, r in enumerate(_records(sections, "TENS", records.TENSOR))]
    matrices = [_matrix(i, r, constants) for i, r in enumerate(_records(sections, "MATX", records.MATRIX))]
    ops = [_op(i, r, args, params) for i, r in enumerate(_records(sections, "OPER", records.OPERATOR))]
    inputs = [_port(f"input {i}", r) for i, r in enumerate(_records(sections, "INPT", records.PORT))]
    outputs = [_port(f"output {i}", r) for i, r in enumerate(_records(sections, "OUTP", records.PORT))]
    named = [*tensors, *ops, *inputs, *outputs]
    if "NAME" in sections:
        for item, name in zip(named, _names(sections["NAME"], len(named)), strict=True):
            item.name = name
    report = _report(sections["REPT"]) if "REPT" in sections else None
    model = Model(tensors, matrices, ops, inputs, outputs, report)
    validate(model)
    if "NAME" in sections:
        validate_names(model)
    ordered = written_order(model) == list(range(len(tensors)))
    require(ordered, "section TENS", "tensors are not in the order in which they are written")
    return model


def is_packed(data: bytes) -> bool:
    """Whether these are the bytes of a packed file."""
    return bytes(data[:4]) == records.PACKED_MAGIC.to_bytes(4, "little")


def _sections(file: memoryview, checksum: bool) -> dict[str, memoryview]:
    """The sections by id, after the header and the section table are checked."""
    require(len(file) >= records.HEADER.itemsize, "file", f"{len(file)} bytes are shorter than a header")
    header = np.frombuffer(file, records.HEADER, 1)[0]
    require(header["magic"] == records.MAGIC, "header", "this is not a .nnz file (magic differs)")
    version = int(header["major"]), int(header["minor"])
    require(
        version[0] == records.MAJOR and version[1] <= records.MINOR,
        "header",
        f"version {version[0]}.{version[1]} is newer than {records.MAJOR}.{records.MINOR}, which this nnz reads",
    )
    require(
        header["file_size"] == len(file) <= records.MAX_BYTES,
        "header",
        f"file_size is {header['file_size']}, the file has {len(file)} bytes",
    )
    require(not header["reserved"].any(), "header", "reserved fields are not zero")
    if checksum:
        crc = crc32c(bytes(4), crc32c(file[:12]))
        crc = crc32c(file[16:], crc)
        require(crc == header["crc32c"], "header", "checksum differs: the file was changed after it was written")

    count = int(header["section_count"])
    require(1 <= count <= records.MAX_SECTIONS, "header", f"section_count is {count}, not 1 to {records.MAX_SECTIONS}")
    end = records.HEADER.itemsize + count * records.SECTION.itemsize
    require(end <= len(file), "section table", "exceeds the file")
    sections: dict[str, memoryview] = {}
    for entry in np.frombuffer(file, records.SECTION, count, records.HEADER.itemsize):
        name = entry["id"].decode("ascii", "backslashreplace")
        where, offset, size, flags = f"section {name}", int(entry["offset"]), int(entry["size"]), int(entry["flags"])
        known = name in records.REQUIRED_SECTIONS or name in records.OPTIONAL_SECTIONS
        require(flags & ~records.SECTION_REQUIRED == 0, where, f"reserved flags are set ({flags:#x})")
        require(known or not flags & records.SECTION_REQUIRED, where, "is required, and unknown to this version of nnz")
        require(name not in sections, where, "stands twice")
        require(offset == align64(end), where, f"begins at {offset} instead of {align64(end)}: a hole or an overlap")
        require(offset + size <= len(file), where, "exceeds the file")
        require(not any(file[end:offset]), where, "padding before it is not zero")
        sections[name] = file[offset : offset + size]
        end = offset + size
    require(align64(end) == len(file), "section table", f"sections end at {align64(end)}, the file at {len(file)}")
    require(not any(file[end:]), "file", "padding at the end is not zero")
    for name in records.REQUIRED_SECTIONS:
        require(name in sections, f"section {name}", "is missing")
    return sections


def _whole(sections: dict[str, memoryview], name: str, size: int) -> memoryview:
    section = sections[name]
    require(
        len(section) % size == 0, f"section {name}", f"{len(section)} bytes are no whole number of {size}-byte records"
    )
    return section


def _records(sections: dict[str, memoryview], name: str, dtype: np.dtype) -> np.ndarray:
    table = np.frombuffer(_whole(sections, name, dtype.itemsize), dtype)
    for field in ("reserved", "reserved2"):
        if field in (dtype.names or ()):
            require(not table[field].any(), f"section {name}", "reserved fields are not zero")
    return table


def _blob(where: str, data: memoryview, offset: int, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """An array in DATA. The section's last 64 bytes belong to no blob."""
    size = math.prod(shape) * dtype.itemsize
    require(offset % 64 == 0, where, f"offset {offset} in DATA is not a multiple of 64")
    require(offset + size <= len(data) - 64, where, f"bytes {offset} to {offset + size} lie outside DATA")
    return np.frombuffer(data, dtype, math.prod(shape), offset).reshape(shape)


def _dims(where: str, what: str, values: np.ndarray, rank: int) -> tuple[int, ...]:
    require(rank <= records.MAX_RANK, where, f"rank of {what} is {rank}, more than {records.MAX_RANK}")
    require(not values[rank:].any(), where, f"{what} beyond the rank are not zero")
    return tuple(values[:rank].tolist())


def _tensor(i: int, record: np.void, data: memoryview) -> Tensor:
    where = f"tensor {i}"
    code, kind, offset = int(record["dtype"]), int(record["kind"]), int(record["data"])
    require(code in records.DTYPES, where, f"unknown dtype {code}")
    require(record["layout"] < len(records.LAYOUTS), where, f"unknown layout {record['layout']}")
    require(kind <= 1, where, f"unknown kind {kind}")
    dims = _dims(where, "dims", record["dims"], int(record["rank"]))
    require(kind == 1 or offset == 0, where, "is an activation with data")
    constant = None
    if kind == 1:
        if code == 6:
            raw = _blob(where, data, offset, np.dtype("u1"), dims)
            require(bool((raw <= 1).all()), where, "a bool is neither 0 nor 1")
        constant = _blob(where, data, offset, records.DTYPES[code], dims)
    scale, zero_point = float(record["scale"]), int(record["zero_point"])
    return Tensor(records.DTYPES[code], dims, constant, scale, zero_point, layout=records.LAYOUTS[record["layout"]])


def _matrix(i: int, record: np.void, data: memoryview) -> Matrix:
    where = f"matrix {i}"
    encoding = _ENCODING_NAMES.get(int(record["encoding"]), "")
    require(bool(encoding), where, f"unknown encoding {record['encoding']}")
    dtype = _VALUE_NAMES.get(int(record["dtype"]), "")
    require(bool(dtype), where, f"unknown dtype {record['dtype']} of values")
    try:
        height, width = block_shape(encoding, dtype)
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from None
    rows, cols, kblock, blocks, nonzeros = (int(record[f]) for f in ("rows", "cols", "kblock", "blocks", "nonzeros"))
    require(rows >= 1 and cols >= 1, where, f"{rows} rows by {cols} columns: each must be at least 1")
    offsets = {f: int(record[f]) for f in ("values", "index", "count", "start")}
    groups, units = -(-rows // height), -(-cols // width)
    shape = (-(-blocks * height // 2),) if dtype == "scaled4" else (blocks, height * width)
    values = _blob(where, data, offsets["values"], np.dtype(_STORED[dtype]), shape)
    if encoding == "dense":
        indexed = kblock or any(offsets[f] for f in ("index", "count", "start"))
        require(not indexed, where, "dense, but has index fields")
        require(blocks == groups * units, where, f"{blocks} blocks instead of {groups * units}")
        if dtype != "scaled4":
            values = values.reshape(groups, units, -1)
        return _scaled(where, Matrix(encoding, rows, cols, 0, values, blocks=blocks, nonzeros=nonzeros), record, data)
    require(1 <= kblock <= 256, where, f"kblock is {kblock}, not 1 to 256")
    kblocks = -(-units // kblock)
    index = _blob(where, data, offsets["index"], np.dtype("u1"), (blocks,))
    count = _blob(where, data, offsets["count"], np.dtype("<u2"), (kblocks, groups))
    start = _blob(where, data, offsets["start"], np.dtype("<u4"), (kblocks + 1,))
    matrix = Matrix(encoding, rows, cols, kblock, values, index, count, start, blocks, nonzeros)
    return _scaled(where, matrix, record, data)


def _scaled(where: str, matrix: Matrix, record: np.void, data: memoryview) -> Matrix:
    """The matrix with the scales that its record names."""
    dtype, offset, share = _VALUE_NAMES[int(record["dtype"])], int(record["scale"]), int(record["share"])
    require(share in SHARES if dtype == "scaled4" else share == 0, where, f"share is {share}")
    if dtype not in ("scaled8", "scaled4"):
        require(offset == 0, where, f"{dtype} values have scales")
        return matrix
    matrix.share = share
    height, _ = block_shape(matrix.encoding, dtype)
    if dtype == "scaled8":
        shape, stored = (-(-matrix.rows // height), height), "<f4"
    else:
        shape, stored = (count_shares(matrix), height), "<f2"
    matrix.scale = _blob(where, data, offset, np.dtype(stored), shape)
    return matrix


def _op(i: int, record: np.void, args: list[int], params: list[int]) -> Op:
    kind = _OP_NAMES.get(int(record["kind"]), "")
    require(bool(kind), f"operator {i}", f"unknown kind {record['kind']}")
    where = f"operator {i} ({kind})"
    require(record["activation"] < len(records.ACTIVATIONS), where, f"unknown activation {record['activation']}")
    inputs, outputs, first = int(record["inputs"]), int(record["outputs"]), int(record["args"])
    param, param_count = int(record["params"]), int(record["param_count"])
    require(first + inputs + outputs <= len(args), where, "arguments exceed section ARGS")
    require(param + param_count <= len(params), where, "parameters exceed section PARM")
    ids = args[first : first + inputs + outputs]
    act = float(record["act"][0]), float(record["act"][1])
    return Op(
        kind,
        [None if t == records.NONE else t for t in ids[:inputs]],
        ids[inputs:],
        params[param : param + param_count],
        records.ACTIVATIONS[record["activation"]],
        act,
    )


def _port(where: str, record: np.void) -> Port:
    view_rank, code = int(record["view_rank"]), int(record["dtype"])
    require(code in (0, 3), where, f"its array has dtype {code}, not 0 (the tensor's) or 3 (uint8)")
    return Port(
        "",
        int(record["tensor"]),
        _dims(where, "dims", record["dims"], int(record["rank"])),
        _dims(where, "view", record["view"], view_rank),
        _dims(where, "strides", record["strides"], view_rank),
        unsigned=code == 3,
    )


def _names(section: memoryview, count: int) -> list[str]:
    where = "section NAME"
    text = bytes(section[4 * count :])
    require(text[-1:] == b"\0", where, f"is too short for {count} names, or does not end in a zero byte")
    names, at = {}, 4 * count
    for name in text[:-1].split(b"\0"):
        try:
            names[at] = name.decode()
        except UnicodeDecodeError as error:
            raise FormatError(f"{where}: name at {at} is not UTF-8") from error
        at += len(name) + 1
    offsets = np.frombuffer(section, "<u4", count).tolist()
    for offset in offsets:
        require(offset in names, where, f"no name begins at {offset}")
    return [names[offset] for offset in offsets]


def _report(section: memoryview) -> dict:
    try:
        report = json.loads(bytes(section))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"section REPT: not JSON: {error}") from None
    require(isinstance(report, dict), "section REPT", "not a JSON object")
    return report
