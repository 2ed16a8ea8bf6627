"""Writes a model as a `.nnz` file (docs/FORMAT.md)."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import records
from ._nnz import crc32c
from .errors import FormatError
from .records import Matrix, Model, Op, Port, Tensor, align64, written_order
from .validate import validate, validate_names


def write(model: Model, *, names: bool = True, report: bool = True) -> bytes:
    """The bytes of a file; FormatError for a model that breaks the format. `names`, `report`: whether to store them."""
    validate(model)
    if names:
        validate_names(model)
    model = _renumbered(model)
    data = _Data()
    args: list[int] = []
    params: list[int] = []
    sections: dict[str, bytes | bytearray] = {
        "TENS": _records(records.TENSOR, [_tensor(t, data) for t in model.tensors]),
        "OPER": _records(records.OPERATOR, [_op(op, args, params) for op in model.ops]),
        "ARGS": np.array(args, "<u4").tobytes(),
        "PARM": np.array(params, "<u4").tobytes(),
        "MATX": _records(records.MATRIX, [_matrix(m, data) for m in model.matrices]),
        "INPT": _records(records.PORT, [_port(p) for p in model.inputs]),
        "OUTP": _records(records.PORT, [_port(p) for p in model.outputs]),
        "DATA": data.finish(),
    }
    if names:
        sections["NAME"] = _names(model)
    if report and model.report is not None:
        sections["REPT"] = json.dumps(model.report, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return _assemble(sections)


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Writes a model as a file, whole or not at all."""
    replace_file(path, write(model))


def check_place(path: str | os.PathLike[str]) -> None:
    """OSError where a file cannot be written for want of a folder, or is one: to be asked before long work for it."""
    folder = Path(path).parent
    if not folder.is_dir():
        reason = f"there is no folder {folder}: make it first, or write elsewhere"
        raise FileNotFoundError(errno.ENOENT, reason, os.fspath(path))
    if Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder: name a file in it", os.fspath(path))


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes into a temporary file beside `path`, which is then renamed. What the system refuses is an OSError of
    `path`."""
    path = Path(path)
    check_place(path)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(content)
                file.close()
                # NamedTemporaryFile makes files that only their owner can read.
                umask = os.umask(0)
                os.umask(umask)
                os.chmod(file.name, 0o666 & ~umask)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _renumbered(model: Model) -> Model:
    """The same model with its tensors in the order of a file."""
    order = written_order(model)
    ids = {old: new for new, old in enumerate(order)}
    ops = [
        replace(op, inputs=[None if t is None else ids[t] for t in op.inputs], outputs=[ids[t] for t in op.outputs])
        for op in model.ops
    ]
    ports = [[replace(p, tensor=ids[p.tensor]) for p in group] for group in (model.inputs, model.outputs)]
    return Model([model.tensors[t] for t in order], model.matrices, ops, *ports, model.report)


class _Data:
    """The DATA section as it grows."""

    def __init__(self) -> None:
        self._parts: list[bytes | memoryview] = []
        self._size = 0

    def add(self, array: np.ndarray | None) -> int:
        """The offset at which `array` is stored; 0 for None."""
        if array is None:
            return 0
        offset = self._size
        content = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        self._parts += [content.reshape(-1).view(np.uint8).data, bytes(-content.nbytes % 64)]
        self._size = align64(offset + content.nbytes)
        if self._size > records.MAX_BYTES:
            raise FormatError("weights and constants exceed 2^31 - 1 bytes, the most a file can hold")
        return offset

    def finish(self) -> bytes:
        """Everything, and the 64 zero bytes that let kernels read past a blob."""
        return b"".join([*self._parts, bytes(64)])


def _records(dtype: np.dtype, rows: list[dict[str, object]]) -> bytes:
    table = np.zeros(len(rows), dtype)
    for record, row in zip(table, rows, strict=True):
        for field, value in row.items():
            if isinstance(value, tuple):
                record[field][: len(value)] = value
            else:
                record[field] = value
    return table.tobytes()


def _tensor(t: Tensor, data: _Data) -> dict[str, object]:
    return {
        "dtype": records.DTYPE_CODES[t.dtype],
        "rank": len(t.dims),
        "kind": int(t.data is not None),
        "layout": records.LAYOUTS.index(t.layout),
        "dims": t.dims,
        "data": data.add(t.data),
        "scale": t.scale,
        "zero_point": t.zero_point,
    }


def _matrix(m: Matrix, data: _Data) -> dict[str, object]:
    return {
        "encoding": records.ENCODING_CODES[m.encoding],
        "dtype": records.VALUE_CODES[m.dtype],
        "kblock": m.kblock,
        "rows": m.rows,
        "cols": m.cols,
        "blocks": m.blocks,
        "nonzeros": m.nonzeros,
        "values": data.add(m.values),
        "index": data.add(m.index),
        "count": data.add(m.count),
        "start": data.add(m.start),
        "scale": data.add(m.scale),
        "share": m.share,
    }


def _op(op: Op, args: list[int], params: list[int]) -> dict[str, object]:
    record = {
        "kind": records.OP_KINDS[op.kind],
        "activation": records.ACTIVATIONS.index(op.activation),
        "inputs": len(op.inputs),
        "outputs": len(op.outputs),
        "args": len(args),
        "params": len(params),
        "param_count": len(op.params),
        "act": tuple(op.act),
    }
    args += [records.NONE if i is None else i for i in op.inputs] + op.outputs
    params += op.params
    return record


def _port(p: Port) -> dict[str, object]:
    return {
        "tensor": p.tensor,
        "rank": len(p.dims),
        "dtype": records.DTYPE_CODES[np.dtype("uint8")] if p.unsigned else 0,
        "dims": p.dims,
        "view": p.view,
        "strides": p.strides,
        "view_rank": len(p.view),
    }


def _names(model: Model) -> bytes:
    names = [named.name for group in (model.tensors, model.ops, model.inputs, model.outputs) for named in group]
    text, offsets, seen = bytearray(), [], {}
    for name in names:
        if name not in seen:
            seen[name] = 4 * len(names) + len(text)
            text += name.encode() + b"\0"
        offsets.append(seen[name])
    return np.array(offsets, "<u4").tobytes() + (bytes(text) or b"\0")


def _assemble(sections: dict[str, bytes | bytearray]) -> bytes:
    table = np.zeros(len(sections), records.SECTION)
    offset = align64(records.HEADER.itemsize + table.nbytes)
    for entry, (name, content) in zip(table, sections.items(), strict=True):
        entry["id"] = name.encode()
        entry["flags"] = records.SECTION_REQUIRED if name in records.REQUIRED_SECTIONS else 0
        entry["offset"], entry["size"] = offset, len(content)
        offset = align64(offset + len(content))
        if offset > records.MAX_BYTES:
            raise FormatError("the file exceeds 2^31 - 1 bytes")
    file = bytearray(offset)
    file[records.HEADER.itemsize : records.HEADER.itemsize + table.nbytes] = table.tobytes()
    for entry, content in zip(table, sections.values(), strict=True):
        file[int(entry["offset"]) : int(entry["offset"]) + len(content)] = content
    header = np.zeros(1, records.HEADER)
    header["magic"], header["major"], header["minor"] = records.MAGIC, records.MAJOR, records.MINOR
    header["file_size"], header["section_count"] = offset, len(sections)
    file[: records.HEADER.itemsize] = header.tobytes()
    header["crc32c"] = crc32c(file)
    file[: records.HEADER.itemsize] = header.tobytes()
    return bytes(file)
