"""The whole way from an ONNX model to a `.nnz` file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx

from nnz import format as nnz_format
from nnz.costs import for_small_devices, load_profile
from nnz.narrow import DEFAULT_SHARE
from nnz.progress import Progress, Report

from .arguments import check_match, check_pruning, check_quantization, check_weights, prunes
from .build import build, read
from .calibration import Data, load_samples, model_inputs
from .cost import choose_encoding, choose_encodings
from .errors import ConvertError
from .ir import Graph
from .load import Source
from .narrow import Stored, narrow_graph
from .narrow.layers import VALUE_BYTES
from .prune import Layer, prune_graph
from .quantize.ptq import QuantizedLayer, quantize_graph
from .report import build_report
from .save import save_onnx as write_onnx
from .statistics import Statistics, collect_statistics
from .verify import compare, random_samples

DEVIATIONS = (1.0, 1.0, 4.0, 4.0)
"""Standard deviations of the inputs that weights are rounded for where there are no samples: features vary in size."""


@dataclass(frozen=True)
class ConversionResult:
    """`path` is the file written (None: none was), `report` what the file says of its making, `model` its content."""

    path: Path | None
    report: dict
    model: nnz_format.Model


def convert(
    model: str | os.PathLike | onnx.ModelProto,
    output: str | os.PathLike | None = None,
    *,
    sparsity: float | None = None,
    keep: bool | None = None,
    pattern: str = "auto",
    method: str = "magnitude",
    calibration: Data | None = None,
    calibration_keys: Mapping[str, str] | None = None,
    calibration_samples: slice | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    exclude: str | None = None,
    include: str | None = None,
    global_: bool = False,
    zero_threshold: float = 1e-6,
    quantize: str | None = None,
    range: str | None = None,
    float_layers: str | None = None,
    weights: str | None = None,
    group: int = DEFAULT_SHARE,
    integer_ports: bool = False,
    match: str | None = None,
    target: str = "host",
    encoding: str = "auto",
    save_onnx: str | os.PathLike | None = None,
    verify: bool = True,
    pack: bool = False,
    progress: Report | None = None,
) -> ConversionResult:
    """Converts an ONNX model, pruning it first where `sparsity` or an N:M `pattern` is given.

    model         a path or a ModelProto
    output        what to write; by default the model's path with the suffix .nnz, or .nnzp with `pack` (nothing for a
                  ModelProto)
    sparsity      share of zeros, 0 to below 1, over the weights of all layers that are not excluded
    keep          True: prune nothing, use the zeros that are there, as by default; not with a sparsity or N:M pattern
    pattern       "auto" (the one that `target` runs fastest for the layer), "unstructured", "4x1", "1x4", "N:M"
    method        "magnitude", or "wanda", which needs `calibration`
    calibration   an .npz file, or arrays by input name, or the array of the only input, with samples along the first
                  axis: for saliency, for bias correction and for the comparison at the end
    calibration_keys, calibration_samples    the array of an input where it has another name, and which samples to use
    shapes        shapes of inputs with symbolic dimensions; a symbolic first dimension is 1 without it
    exclude, include    regular expressions on layer names: not to prune, to prune although excluded by default
    global_       one ranking of weights for all layers instead of the same share of each
    zero_threshold      weights below this share of their layer's largest magnitude are zero
    quantize      "int8": quantise after training, with `calibration`; the result computes in int8
    range         how activations get their int8 ranges: "minmax", "percentile", "mse", "entropy" (quantize/ranges.py);
                  by default mse, and for inputs whichever of them leaves the outputs the least noise
    float_layers  a regular expression on layer names: layers that are not quantised
    weights       "fp16", "int8" or "int4": how to store the weights of a model that computes in float; with
                  `calibration` they are rounded for that data, otherwise for random inputs
    group         of int4: how many weights of a row share a scale: 16, 32, 64, 128 or 256
    integer_ports   inputs and outputs that are quantised are int8 to the user, too; scale and zero point are the port's
    match         "onnxruntime": of a quantised model, compute in float32 what onnxruntime does, in its order (that of
                  x86 with one thread), and give its outputs; by default whatever has an int8 form computes in int8
    target        "host", the name of a cost profile or the path of one
    encoding      "auto" (for each layer the one that `target` runs fastest), "dense" (zeros are stored and multiplied)
    save_onnx     also write the pruned model as ONNX: the simplified source with its weights replaced
    verify        run source (onnxruntime) and result and put the errors into the report
    pack          write a packed file (docs/FORMAT.md section 11): smaller, but unpacked into memory before it runs
    progress      called with (what, done, of how many); by default a bar is drawn on a terminal

    ConvertError (a ValueError) for a model or data that cannot be used, UnsupportedError naming every operator that
    cannot be converted, ValueError for other arguments out of range.
    """
    check_pruning(sparsity, keep, pattern, zero_threshold, encoding)
    check_quantization(quantize, range, float_layers, calibration is not None, integer_ports)
    check_weights(weights, group, quantize)
    check_match(match, target, prunes(sparsity, pattern), quantize or weights)
    path = _output(model, output, ".nnzp" if pack else ".nnz")
    for file in filter(None, (path, save_onnx)):
        nnz_format.check_place(file)
    profile = load_profile(target)
    with Progress(progress) as step:
        source, graph = read(model, shapes)
        if match and not any(value.quant is not None and not value.constant for value in graph.values()):
            raise ConvertError(f"--match {match} is for models that are quantised: this one has no quantised tensors")
        if profile.estimate:
            source.notes.append(f"encodings are chosen by estimated costs of {profile.cpu}: {profile.estimate}")
        samples = _samples(calibration, calibration_keys, calibration_samples, source)
        before = [(node, node.inputs[1], node.inputs[2]) for node in graph.weighted()]
        layers: list[Layer] = []
        if prunes(sparsity, pattern):
            statistics = _statistics(graph, source, samples, step)
            options = {"compete": global_, "include": include, "exclude": exclude, "target": target}
            options["int8"] = quantize is not None
            layers = prune_graph(graph, sparsity, pattern=pattern, method=method, statistics=statistics, **options)
        if save_onnx is not None:
            write_onnx(source.model, before, save_onnx)
        quantized: list[QuantizedLayer] = []
        stored: dict[int, Stored] = {}

        def annotate(graph: Graph) -> None:
            quantized.extend(quantize_graph(graph, samples, step, range, float_layers))

        def store_narrow(graph: Graph) -> None:
            data = samples or random_samples(source.plain, DEVIATIONS)
            choose = partial(choose_encoding, target=target, value_bytes=VALUE_BYTES[weights], encoding=encoding)
            stored.update(narrow_graph(graph, weights, group, data, bool(samples), choose, step))

        last = annotate if quantize else store_narrow if weights else None
        choose_all = partial(choose_encodings, target=target, encoding=encoding)
        built = build(
            graph,
            zero_threshold,
            choose_all,
            partial(step, "encoding"),
            last,
            stored,
            integer_ports,
            as_onnxruntime=not for_small_devices(target),
            match=match is not None,
        )
        result = built.model
        result.report = report = build_report(source, target, built, layers, quantized)
        if verify:
            data = samples or random_samples(source.plain)
            content = nnz_format.write(result)
            report["error"] = compare(source.plain, content, data, partial(step, "comparing"), match is not None)
        if path is not None:
            content = nnz_format.write(result)
            content = nnz_format.pack(content, partial(step, "packing")) if pack else content
            nnz_format.replace_file(path, content)
    return ConversionResult(path, report, result)


def _samples(calibration, keys, which, source: Source) -> dict[str, np.ndarray] | None:
    if calibration is None:
        return None
    return load_samples(calibration, model_inputs(source.plain), keys, which)


def _statistics(
    graph: Graph, source: Source, samples: dict[str, np.ndarray] | None, step: Progress
) -> dict[str, Statistics] | None:
    """What the layers of the graph see on the samples; None without samples."""
    if samples is None:
        return None
    names = [node.origin.output for node in graph.weighted() if node.origin]
    return collect_statistics(source.model, samples, names, partial(step, "calibrating"))


def _output(model: str | os.PathLike | onnx.ModelProto, output: str | os.PathLike | None, suffix: str) -> Path | None:
    if output is not None:
        return Path(output)
    return None if isinstance(model, onnx.ModelProto) else Path(model).with_suffix(suffix)
