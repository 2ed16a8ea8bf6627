"""What the layers of a model see on calibration data: statistics of the columns x of each layer's product y = W x.

They are taken from the ONNX model in onnxruntime, one sample at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from .calibration import sample
from .reference import Reference

LAYERS = ("Conv", "Gemm", "MatMul")
"""The ONNX operators that collect_statistics() can describe."""


@dataclass
class Statistics:
    """Sums over all columns x that a layer's matrix was multiplied with; arrays are float64 [groups, channels, taps].

    A convolution has `groups` of `channels` input channels and `taps` kernel positions, and ONNX weights [M, channels,
    *kernel]; other layers have one group and one tap, and ONNX weights [M, K] or [K, M] with K at `axis`.
    """

    total: np.ndarray
    squares: np.ndarray
    count: int = 0
    axis: int | None = None

    @property
    def mean(self) -> np.ndarray:
        """E[x] of each column."""
        return self.total / max(self.count, 1)

    @property
    def power(self) -> np.ndarray:
        """E[x^2] of each column."""
        return self.squares / max(self.count, 1)

    @property
    def variance(self) -> np.ndarray:
        """E[(x - E[x])^2] of each column."""
        return np.maximum(self.power - self.mean**2, 0.0)

    def of_weights(self, columns: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
        """Spreads `columns` (mean, power or variance) over ONNX weights of `shape`: for each weight, that of the
        column it multiplies. None where the shape is not that of this layer's weights.
        """
        groups, channels, taps = columns.shape
        if self.axis is not None:
            fits = len(shape) > 1 and shape[-2:][self.axis] == channels
            return np.broadcast_to(columns[0] if self.axis == 0 else columns[0].T, shape) if fits else None
        fits = len(shape) > 2 and shape[1] == channels and int(np.prod(shape[2:])) == taps and shape[0] % groups == 0
        return columns.repeat(shape[0] // groups, axis=0).reshape(shape) if fits else None


def collect_statistics(
    model: onnx.ModelProto,
    samples: Mapping[str, np.ndarray],
    layers: Iterable[str],
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Statistics]:
    """What each of `layers` sees: named by the tensor that the ONNX node writes (ir.Origin.output).

    samples: as load_samples() returns them. Layers that no node of LAYERS writes are not in the result.
    progress(done, all) is called after each sample.
    """
    wanted = set(layers)
    variable = _depends_on_inputs(model)
    found = []
    for node in model.graph.node:
        if node.op_type in LAYERS and node.output[0] in wanted:
            position = next((i for i, name in enumerate(node.input[:2]) if name in variable), None)
            if position is not None:
                found.append((node, position))
    if not found:
        return {}
    kernels = {i.name: tuple(i.dims[2:]) for i in model.graph.initializer}
    statistics: dict[str, Statistics] = {}
    number = len(next(iter(samples.values())))
    tensors = {node.input[position] for node, position in found}
    for done, values in enumerate(_run(model, samples, tensors), 1):
        for node, position in found:
            seen = _columns(node, position, values[node.input[position]], kernels.get(node.input[1], ()))
            known = statistics.setdefault(
                node.output[0], Statistics(0.0 * seen.total, 0.0 * seen.squares, axis=seen.axis)
            )
            known.total += seen.total
            known.squares += seen.squares
            known.count += seen.count
        if progress:
            progress(done, number)
    return statistics


def _run(
    model: onnx.ModelProto, samples: Mapping[str, np.ndarray], tensors: set[str]
) -> Iterator[dict[str, np.ndarray]]:
    """The values of inputs and inner tensors, for one sample after the other."""
    inner = sorted(tensors - samples.keys())
    reference = _reference(model, inner) if inner else None
    for i in range(len(next(iter(samples.values())))):
        feed = sample(samples, i)
        values = reference.run(feed, inner) if reference else []
        yield {**feed, **dict(zip(inner, values, strict=True))}


def _reference(model: onnx.ModelProto, outputs: list[str]) -> Reference:
    """`model` as far as the tensors called `outputs`."""
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    del exposed.graph.output[:]
    exposed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
    return Reference(exposed)


def _columns(node: onnx.NodeProto, position: int, x: np.ndarray, kernel: tuple[int, ...]) -> Statistics:
    """The statistics of one run: x is the node's input at `position`, `kernel` that of a Conv that does not say it."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    x = x.astype(np.float64)
    if node.op_type == "Conv":
        return _conv_columns(x, {"kernel_shape": kernel, **attributes})
    if node.op_type == "Gemm":
        columns = x.T if attributes.get("transA") else x
        axis = 1 if attributes.get("transB") else 0
    else:
        on_the_right = position == 1
        columns = np.moveaxis(x, -2, -1) if on_the_right and x.ndim > 1 else x
        axis = 1 if on_the_right else 0
    columns = columns.reshape(-1, columns.shape[-1])
    return Statistics(columns.sum(0)[None, :, None], (columns**2).sum(0)[None, :, None], len(columns), axis)


def _conv_columns(x: np.ndarray, attributes: dict) -> Statistics:
    axes = x.ndim - 2
    kernel = attributes["kernel_shape"]
    strides = attributes.get("strides") or [1] * axes
    dilations = attributes.get("dilations") or [1] * axes
    extents = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = _pads(attributes, x.shape[2:], extents, strides)
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    out = [(size - extent) // stride + 1 for size, extent, stride in zip(x.shape[2:], extents, strides, strict=True)]
    over = (0, *range(2, x.ndim))
    total, squares = [], []
    for tap in np.ndindex(*kernel):
        window = tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, n, s in zip(tap, dilations, out, strides, strict=True)
        )
        seen = x[(slice(None), slice(None), *window)]
        total.append(seen.sum(over))
        squares.append((seen**2).sum(over))
    groups = attributes.get("group", 1)
    shape = (groups, x.shape[1] // groups, len(total))
    count = x.shape[0] * int(np.prod(out))
    return Statistics(np.stack(total, -1).reshape(shape), np.stack(squares, -1).reshape(shape), count)


def _pads(attributes: dict, size: tuple, extents: list[int], strides: list[int]) -> list[tuple[int, int]]:
    mode = attributes.get("auto_pad", b"NOTSET").decode()
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        missing = [max((-(-n // s) - 1) * s + e - n, 0) for n, e, s in zip(size, extents, strides, strict=True)]
        small = [m // 2 for m in missing]
        pairs = [(a, m - a) for a, m in zip(small, missing, strict=True)]
        return pairs if mode == "SAME_UPPER" else [(b, a) for a, b in pairs]
    pads = attributes.get("pads") or [0] * (2 * len(extents))
    return list(zip(pads[: len(extents)], pads[len(extents) :], strict=True))


def _depends_on_inputs(model: onnx.ModelProto) -> set[str]:
    """The tensors that are not constant."""
    variable = {i.name for i in model.graph.input} - {i.name for i in model.graph.initializer}
    for node in model.graph.node:
        if variable.intersection(node.input):
            variable.update(node.output)
    return variable
