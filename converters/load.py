"""Reading an ONNX model: checked, with every input's shape known, simplified.

Simplification is onnxslim's. It removes what exporters leave behind: shape arithmetic, identities, MatMul + Add, batch
norms behind convolutions. It was chosen over onnxsim, which does the same, because it is plain Python, so that it
installs wherever Python does, and because it kept every model we tried valid and equal in its results, where onnxsim
0.8.1 fails on one with branches. The converter does not depend on it: it folds and fuses itself, and takes the plain
model where onnxslim fails.
"""

from __future__ import annotations

import copy
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nnz.records import MAX_BYTES

from .errors import ConvertError, ShapeError
from .sizes import inferred_shapes

OLDEST_OPSET = 7


@dataclass
class Source:
    """An ONNX model as the converter reads it: `plain` as given but for its inputs' shapes, `model` simplified."""

    plain: onnx.ModelProto
    model: onnx.ModelProto
    file: str
    bytes: int
    opset: int
    producer: str
    notes: list[str] = field(default_factory=list)


def load(model: str | os.PathLike | onnx.ModelProto, shapes: dict[str, tuple[int, ...]] | None = None) -> Source:
    """Reads `model`, a path or a ModelProto. `shapes` gives inputs their shapes; a symbolic first dimension is else 1.

    ConvertError where the file cannot be read or is no valid ONNX model of opset 7 or later; ShapeError where a shape
    stays unknown.
    """
    if isinstance(model, onnx.ModelProto):
        plain, file, size = copy.deepcopy(model), "", model.ByteSize()
    else:
        plain, file, size = _read(Path(model)), Path(model).name, Path(model).stat().st_size
    opset = _opset(plain, file)
    _drop_initialized_inputs(plain)
    _fix_shapes(plain, shapes or {})
    _check(plain, file)
    _refuse_wide_axes(plain)
    _refuse_large(plain)
    _densify(plain)
    source = Source(plain, plain, file, size, opset, plain.producer_name)
    source.model = _simplify(plain, source.notes)
    return source


def _read(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(path)
    except OSError as error:
        raise ConvertError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:
        raise ConvertError(f"{path} is not an ONNX model: {error}") from error


def _opset(model: onnx.ModelProto, file: str) -> int:
    if not model.HasField("graph"):
        raise ConvertError(f"{file or 'the model'} is not an ONNX model: it has no graph")
    opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= opset <= newest:
        raise ConvertError(
            f"{file or 'the model'} has opset {opset}; {OLDEST_OPSET} to {newest} can be read. "
            f"Convert it with onnx.version_converter, or install a newer onnx package."
        )
    return opset


def _check(model: onnx.ModelProto, file: str) -> None:
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise ConvertError(f"{file or 'the model'} is not a valid ONNX model: {error}") from error


def _refuse_wide_axes(model: onnx.ModelProto) -> None:
    """onnx cuts an axis to 32 bits, and takes what is left unseen: its shape inference may end the process."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "axis" and not -(1 << 31) <= attribute.i < 1 << 31:
                raise ConvertError(f"{node.op_type} '{node.name or node.output[0]}': there is no axis {attribute.i}")


def _refuse_large(model: onnx.ModelProto) -> None:
    """Before onnxslim computes anything."""
    for name, shape, _ in inferred_shapes(model, model.graph.initializer):
        if math.prod(shape) > MAX_BYTES:
            raise ConvertError(f"'{name}' has the shape {shape}: more than 2^31 - 1 bytes")


def _densify(model: onnx.ModelProto) -> None:
    for sparse in model.graph.sparse_initializer:
        values = numpy_helper.to_array(sparse.values)
        indices = numpy_helper.to_array(sparse.indices)
        if math.prod(sparse.dims) * values.itemsize > MAX_BYTES:
            name, shape = sparse.values.name, list(sparse.dims)
            raise ConvertError(f"'{name}' has the shape {shape}: more than 2^31 - 1 bytes")
        dense = np.zeros(tuple(sparse.dims), values.dtype)
        if indices.ndim == 1:
            dense.reshape(-1)[indices] = values
        else:
            dense[tuple(indices.T)] = values
        model.graph.initializer.append(numpy_helper.from_array(dense, sparse.values.name))
    del model.graph.sparse_initializer[:]


def _drop_initialized_inputs(model: onnx.ModelProto) -> None:
    initialized = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in initialized]
    del model.graph.input[:]
    model.graph.input.extend(inputs)


def _fix_shapes(model: onnx.ModelProto, shapes: dict[str, tuple[int, ...]]) -> None:
    names = [value.name for value in model.graph.input]
    for name in shapes:
        if name not in names:
            raise ShapeError(f"--shape {name}: the model has no such input; its inputs are {', '.join(names)}")
    fixed = False
    for value in model.graph.input:
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type"):
            raise ConvertError(f"input '{value.name}' is not a tensor")
        dims = kind.shape.dim
        if value.name in shapes:
            wanted = tuple(int(dim) for dim in shapes[value.name])
            known = [dim.dim_value if dim.HasField("dim_value") else None for dim in dims]
            same_rank = not kind.HasField("shape") or len(wanted) == len(dims)
            fits = same_rank and all(k in (None, w) for k, w in zip(known, wanted, strict=False))
            if not fits or min(wanted, default=1) < 1:
                shown = "x".join("?" if k is None else str(k) for k in known)
                raise ShapeError(f"--shape {value.name}={'x'.join(map(str, wanted))}: the model's shape is {shown}")
        elif not kind.HasField("shape"):
            raise ShapeError(
                f"input '{value.name}' has no shape: give it with --shape {value.name}=1x3x224x224 (its dimensions)"
            )
        else:
            wanted = tuple(dim.dim_value if dim.dim_value > 0 else 1 if i == 0 else 0 for i, dim in enumerate(dims))
            if 0 in wanted:
                axis = wanted.index(0)
                example = "x".join(str(dim) if dim else "N" for dim in wanted)
                raise ShapeError(
                    f"input '{value.name}' has an unknown dimension (axis {axis}, {dims[axis].dim_param or '?'}): "
                    f"give its shape with --shape, as in --shape {value.name}={example} with a number for N"
                )
        if any(not dim.HasField("dim_value") for dim in dims) or len(dims) != len(wanted):
            fixed = True
            del kind.shape.dim[:]
            for size in wanted:
                kind.shape.dim.add().dim_value = size
            kind.shape.SetInParent()
    if fixed:
        # What was inferred from the symbolic shapes is no longer the truth.
        del model.graph.value_info[:]


def _simplify(model: onnx.ModelProto, notes: list[str]) -> onnx.ModelProto:
    try:
        import onnxslim

        slim = onnxslim.slim(copy.deepcopy(model))
        onnx.checker.check_model(slim)
        for old, new in ((model.graph.input, slim.graph.input), (model.graph.output, slim.graph.output)):
            if [value.name for value in old] != [value.name for value in new]:
                raise ValueError("it changed the model's inputs or outputs")
    except Exception as error:  # whatever goes wrong in a third party's optimiser, the plain model is still good
        notes.append(f"not simplified: onnxslim failed ({type(error).__name__}: {str(error)[:200]})")
        return model
    return slim
