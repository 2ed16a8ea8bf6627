"""Checks a model against docs/FORMAT.md: all that does not depend on where things lie in a file."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from . import int8_operators, operators, records, sequence_operators
from .encodings import block_positions, block_shape
from .errors import FormatError
from .narrow import SHARES, count_shares
from .records import Matrix, Model, Op, Port, Tensor

_OPERATOR_CHECKS = operators.CHECKS | sequence_operators.CHECKS | int8_operators.CHECKS


def require(condition: bool | np.bool_, where: str, what: str) -> None:
    """Raises FormatError("WHERE: WHAT") unless `condition` holds."""
    if not condition:
        raise FormatError(f"{where}: {what}")


def validate(model: Model) -> None:
    """Raises FormatError, naming what is wrong. Like the C reader, does not look at names and values."""
    for what in ("tensors", "matrices", "ops", "inputs", "outputs"):
        count = len(getattr(model, what))
        most = records.MAX_PORTS if what in ("inputs", "outputs") else records.MAX_RECORDS
        require(count <= most, what, f"{count} exceed {most}")
    for i, tensor in enumerate(model.tensors):
        _check_tensor(_label("tensor", i, tensor.name), tensor)
    for i, matrix in enumerate(model.matrices):
        _check_matrix(f"matrix {i}", matrix)
    written = _check_inputs(model)
    for i, op in enumerate(model.ops):
        where = _label("operator", i, op.name, op.kind)
        _check_op(where, op, model, written)
        try:
            _OPERATOR_CHECKS[op.kind](operators.View(op, model))
        except FormatError as error:
            raise FormatError(f"{where}: {error}") from None
    for i, tensor in enumerate(model.tensors):
        where = _label("tensor", i, tensor.name)
        require(tensor.data is not None or i in written, where, "is an activation that nothing writes")
    for i, port in enumerate(model.outputs):
        _check_port(_label("output", i, port.name), port, model)


def validate_names(model: Model) -> None:
    """Raises FormatError where names cannot be stored or do not tell ports apart."""
    for what, ports in (("inputs", model.inputs), ("outputs", model.outputs)):
        seen = [p.name for p in ports]
        require(len(set(seen)) == len(seen), what, f"names are not distinct: {seen}")
    for named in (*model.tensors, *model.ops, *model.inputs, *model.outputs):
        require("\0" not in named.name, "names", f"{named.name!r} contains a zero byte")


def _label(what: str, i: int, name: str, kind: str = "") -> str:
    return " ".join([what, str(i), *([f"({kind})"] if kind else []), *([f"'{name}'"] if name else [])])


def _check_dims(where: str, dims: Iterable[int]) -> None:
    dims = tuple(dims)
    require(len(dims) <= records.MAX_RANK, where, f"rank is {len(dims)}, more than {records.MAX_RANK}")
    require(all(1 <= d <= records.MAX_BYTES for d in dims), where, f"dims {list(dims)}: each must be 1 to 2^31 - 1")


def _check_tensor(where: str, tensor: Tensor) -> None:
    require(tensor.dtype in records.DTYPE_CODES, where, f"dtype {tensor.dtype} cannot be stored")
    _check_dims(where, tensor.dims)
    require(tensor.layout in records.LAYOUTS, where, f"unknown layout {tensor.layout!r}")
    if tensor.layout == "planes4":
        fits = tensor.data is None and tensor.dtype == np.int8 and 3 <= len(tensor.dims) <= 4
        require(fits, where, "planes4 is for int8 activations of rank 3 and 4")
    require(tensor.nbytes <= records.MAX_BYTES, where, f"{tensor.nbytes} bytes exceed 2^31 - 1")
    if tensor.data is not None:
        have = tensor.data.dtype, tensor.data.shape
        require(
            have == (tensor.dtype, tensor.dims),
            where,
            f"data is {have[0]} {list(have[1])}, the tensor {tensor.dtype} {list(tensor.dims)}",
        )


def _check_matrix(where: str, m: Matrix) -> None:
    require(m.encoding in records.ENCODING_CODES, where, f"unknown encoding {m.encoding!r}")
    fits = all(1 <= n <= records.MAX_ROWS_COLS for n in (m.rows, m.cols))
    require(fits, where, f"{m.rows} rows by {m.cols} columns: each must be 1 to {records.MAX_ROWS_COLS}")
    require(m.dtype in records.VALUE_CODES, where, f"values are {m.dtype}, not {', '.join(records.VALUE_CODES)}")
    try:
        height, width = block_shape(m.encoding, m.dtype)
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from None
    groups, units = -(-m.rows // height), -(-m.cols // width)
    block = height * width
    stored = -(-m.blocks * block // 2) if m.dtype == "scaled4" else m.blocks * block
    require(m.values.size == stored, where, f"{m.values.size} stored values for {m.blocks} blocks of {block}")
    if m.encoding == "dense":
        require(m.blocks == groups * units, where, f"{m.blocks} blocks instead of {groups * units}")
    else:
        _check_index(where, m, groups, units)
    _check_scales(where, m, groups, height)


def _check_scales(where: str, m: Matrix, groups: int, height: int) -> None:
    require(m.share in SHARES if m.dtype == "scaled4" else m.share == 0, where, f"share is {m.share}")
    if m.scale is None:
        return
    if m.dtype == "scaled8":
        dtype, shape = np.dtype(np.float32), (groups, height)
    else:
        dtype, shape = np.dtype(np.float16), (count_shares(m), height)
    fits = m.scale.dtype == dtype and m.scale.shape == shape
    require(fits, where, f"scale is {m.scale.dtype} {list(m.scale.shape)}, not {dtype} {list(shape)}")
    require(bool(np.isfinite(m.scale).all()), where, "a scale is not finite")


def _check_index(where: str, m: Matrix, groups: int, units: int) -> None:
    """Counts, starts and indices of a sparse matrix."""
    require(1 <= m.kblock <= 256, where, f"kblock is {m.kblock}, not 1 to 256")
    kblocks = -(-units // m.kblock)
    shapes = {
        "index": (np.uint8, (m.blocks,)),
        "count": (np.uint16, (kblocks, groups)),
        "start": (np.uint32, (kblocks + 1,)),
    }
    for field, (dtype, shape) in shapes.items():
        array = getattr(m, field)
        require(
            array is not None and array.dtype == dtype and array.shape == shape,
            where,
            f"{field} is not {np.dtype(dtype)} {list(shape)}",
        )
    assert m.index is not None and m.count is not None and m.start is not None
    start = np.concatenate([[0], np.cumsum(m.count.sum(axis=1, dtype=np.int64))])
    require(np.array_equal(start, m.start), where, "start is not the running sum of count")
    require(start[-1] == m.blocks, where, f"counts add up to {start[-1]} blocks, not {m.blocks}")
    k, group = block_positions(m)
    width = np.minimum(m.kblock, units - k * m.kblock)
    require(bool((m.index < width).all()), where, "an index lies outside its K-block")
    same_group = (k[1:] == k[:-1]) & (group[1:] == group[:-1])
    require(not (same_group & (m.index[1:] <= m.index[:-1])).any(), where, "indices of a group are not ascending")


def _check_inputs(model: Model) -> set[int]:
    """The tensors that the inputs write."""
    written: set[int] = set()
    for i, port in enumerate(model.inputs):
        where = _label("input", i, port.name)
        _check_port(where, port, model)
        require(model.tensors[port.tensor].data is None, where, f"tensor {port.tensor} is a constant")
        require(port.tensor not in written, where, f"tensor {port.tensor} is written by another input")
        written.add(port.tensor)
    return written


def _check_port(where: str, port: Port, model: Model) -> None:
    require(0 <= port.tensor < len(model.tensors), where, f"there is no tensor {port.tensor}")
    tensor = model.tensors[port.tensor]
    _check_dims(where, port.dims)
    _check_dims(f"{where}: view", port.view)
    require(len(port.strides) == len(port.view), where, f"{len(port.strides)} strides for {len(port.view)} axes")
    shapes = f"dims {list(port.dims)}, view {list(port.view)} and tensor {list(tensor.dims)}"
    same = math.prod(port.dims) == math.prod(port.view) == tensor.elements
    require(same, where, f"{shapes} differ in their number of elements")
    require(not port.unsigned or tensor.dtype == np.int8, where, f"cannot show {tensor.dtype} as uint8")
    whole = tensor.layout == "plain" or port.view == tensor.dims
    require(whole, where, f"view {list(port.view)} of a planes4 tensor differs from its dims {list(tensor.dims)}")
    step = 1
    axes = sorted(zip(port.strides, port.view, strict=True))
    for stride, d in axes:
        expected = step if d > 1 else 0
        require(stride == expected, where, f"strides {list(port.strides)} are not those of a permutation")
        step *= d


def _check_op(where: str, op: Op, model: Model, written: set[int]) -> None:
    """Arguments exist and are written once, before they are read; adds the outputs to `written`."""
    require(op.kind in records.OP_KINDS, where, f"unknown kind {op.kind!r}")
    require(op.activation in records.ACTIVATIONS, where, f"unknown activation {op.activation!r}")
    require(len(op.outputs) >= 1, where, "has no output")
    require(max(len(op.inputs), len(op.outputs)) < 2**16, where, "has more than 65535 inputs or outputs")
    require(all(0 <= p < 2**32 for p in op.params), where, "a parameter is not an unsigned 32-bit word")
    for t in op.inputs:
        if t is not None:
            require(0 <= t < len(model.tensors), where, f"there is no tensor {t}")
            require(model.tensors[t].data is not None or t in written, where, f"reads tensor {t} before it is written")
    for t in op.outputs:
        require(0 <= t < len(model.tensors), where, f"there is no tensor {t}")
        require(model.tensors[t].data is None, where, f"writes tensor {t}, a constant")
        require(t not in written, where, f"writes tensor {t}, which is written already")
        written.add(t)
    if op.kind not in int8_operators.PLANES4_KINDS:
        plain = all(t is None or model.tensors[t].layout == "plain" for t in (*op.inputs, *op.outputs))
        require(plain, where, "takes plain tensors only")
