"""Calibration data: `.npz` files with one array an input, keyed by the input's name, samples along the first axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import onnx

from nnz.arrays import read_arrays
from nnz.errors import ArgumentError

from .errors import ConvertError


class CalibrationError(ConvertError):
    """The data do not fit the model."""


@dataclass(frozen=True)
class Input:
    """An input of a model. `shape` is that of one sample run by itself, with the batch axis as 1."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype


Data = str | PathLike | Mapping[str, np.ndarray] | np.ndarray
"""A file, arrays by name, or the one array."""


def load_samples(
    data: Data,
    inputs: Iterable[Input],
    keys: Mapping[str, str] | None = None,
    samples: slice | None = None,
) -> dict[str, np.ndarray]:
    """`{input name: [samples, *shape]}` of an `.npz` (or `.npy`) file, or of arrays, in the dtypes of `inputs`.

    keys: for an input, the key that holds its data, where that is not its name. A model of one input takes the only
    array, or the only one with samples of the right shape. samples: which of them, all by default. Axes of length 1
    are added and removed as the input's shape wants.
    """
    inputs, keys = list(inputs), dict(keys or {})
    unknown = keys.keys() - {i.name for i in inputs}
    if unknown:
        raise CalibrationError(f"no input '{min(unknown)}': the model has {_list(i.name for i in inputs)}")
    where, arrays = _arrays(data)
    result = {}
    for spec in inputs:
        key = keys.get(spec.name) or _find_key(where, arrays, spec, single=len(inputs) == 1)
        if key not in arrays:
            raise CalibrationError(f"{where}: no array '{key}': there are {_describe(arrays)}")
        array = arrays[key][samples] if samples is not None and arrays[key].ndim else arrays[key]
        result[spec.name] = _fit(f"{where}: array '{key}'", array, spec)
    counts = {name: len(array) for name, array in result.items()}
    if len(set(counts.values())) > 1:
        raise CalibrationError(f"{where}: inputs have different numbers of samples: {counts}")
    if 0 in counts.values():
        raise CalibrationError(f"{where}: no samples left of {_describe(arrays)}")
    return result


def sample(samples: Mapping[str, np.ndarray], i: int) -> dict[str, np.ndarray]:
    """Sample `i` of every input, an array even where that is a single number."""
    return {name: array[i, ...] for name, array in samples.items()}


def model_inputs(model: onnx.ModelProto) -> list[Input]:
    """The inputs of a model (initializers listed as inputs left out); a symbolic first dimension is 1."""
    constants = {i.name for i in model.graph.initializer}
    result = []
    for value in model.graph.input:
        if value.name in constants:
            continue
        dims = [d.dim_value for d in value.type.tensor_type.shape.dim]
        if any(d < 1 for d in dims[1:]):
            raise CalibrationError(f"input '{value.name}' has a symbolic dimension: give its shape with --shape")
        shape = tuple(max(d, 1) if i == 0 else d for i, d in enumerate(dims))
        dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        result.append(Input(value.name, shape, np.dtype(dtype)))
    return result


def _arrays(data: Data) -> tuple[str | PathLike, dict[str, np.ndarray]]:
    """What to call the data in messages, and its arrays."""
    if isinstance(data, Mapping):
        return "calibration", {name: np.asarray(array) for name, array in data.items()}
    if isinstance(data, np.ndarray):
        return "calibration", {"array": data}
    return data, _read(Path(data))


def _read(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file; that of an `.npy` file under the file's name."""
    try:
        arrays = read_arrays(path)
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ArgumentError as error:
        raise CalibrationError(str(error)) from error
    return arrays if isinstance(arrays, dict) else {path.stem: arrays}


def _find_key(where: str | PathLike, arrays: dict[str, np.ndarray], spec: Input, single: bool) -> str:
    if spec.name in arrays:
        return spec.name
    if single:
        fitting = [key for key, array in arrays.items() if _squeezed(array.shape[1:]) == _squeezed(spec.shape)]
        if len(arrays) == 1 or len(fitting) == 1:
            return fitting[0] if fitting else next(iter(arrays))
    raise CalibrationError(
        f"{where}: no array for input '{spec.name}' {list(spec.shape)}: there are {_describe(arrays)}; "
        f"name one with --input-key {spec.name}=KEY"
    )


def _fit(what: str, array: np.ndarray, spec: Input) -> np.ndarray:
    if array.ndim == 0 or _squeezed(array.shape[1:]) != _squeezed(spec.shape):
        raise CalibrationError(
            f"{what} has shape {list(array.shape)}: expected samples along the first axis, "
            f"each of shape {list(spec.shape)} (input '{spec.name}')"
        )
    if not np.can_cast(array.dtype, spec.dtype, "same_kind"):
        raise CalibrationError(
            f"{what} is {array.dtype}: input '{spec.name}' takes {spec.dtype}; quantise it with the input's scale"
        )
    result = np.ascontiguousarray(array.reshape(len(array), *spec.shape), spec.dtype)
    if spec.dtype.kind in "iu" and not np.array_equal(result.ravel(), array.ravel()):
        raise CalibrationError(f"{what} has values outside {spec.dtype}, which input '{spec.name}' takes")
    return result


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(d for d in shape if d != 1)


def _describe(arrays: Mapping[str, np.ndarray]) -> str:
    return _list(f"'{key}' {list(array.shape)}" for key, array in arrays.items()) or "no arrays"


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)
