"""Runs source and result on the same data and measures how far they are apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from onnxruntime import GraphOptimizationLevel

from nnz import Session, dequantize, quantize

from .calibration import model_inputs, sample
from .reference import Reference

RANDOM_SAMPLES = 4


def random_samples(model: onnx.ModelProto, deviations: Sequence[float] = (1.0,)) -> dict[str, np.ndarray]:
    """A few samples for each input, always the same: RANDOM_SAMPLES for each of `deviations`.

    Floats are uniform in [0, 1) in one half of the samples, as pictures are, and normal in the other, as features are,
    with that standard deviation; integers cover the range of a byte.
    """
    rng = np.random.default_rng(0)
    samples = {}
    for spec in model_inputs(model):
        shape = (RANDOM_SAMPLES * len(deviations), *spec.shape)
        if spec.dtype.kind == "f":
            wide = np.repeat(np.float32(deviations), RANDOM_SAMPLES).reshape(-1, *(1,) * len(spec.shape))
            halves = [rng.random(shape, np.float32), rng.standard_normal(shape, np.float32) * wide]
            uniform = np.arange(len(wide)).reshape(wide.shape) % RANDOM_SAMPLES < RANDOM_SAMPLES // 2
            samples[spec.name] = np.where(uniform, *halves).astype(spec.dtype)
        elif spec.dtype.kind == "b":
            samples[spec.name] = rng.random(shape) < 0.5
        else:
            limits = np.iinfo(np.int8 if spec.dtype.itemsize > 1 else spec.dtype)
            samples[spec.name] = rng.integers(limits.min, limits.max, shape, spec.dtype, endpoint=True)
    return samples


def compare(
    model: onnx.ModelProto,
    content: bytes,
    samples: Mapping[str, np.ndarray],
    progress: Callable[[int, int], None] | None = None,
    optimised: bool = False,
) -> dict[str, dict]:
    """For each output of `model` (in onnxruntime) and of the `.nnz` file `content`, over all samples:

    max, mean     largest and mean difference, relative to the largest magnitude of the output
    snr_db        10 log10 of the output's energy by that of the difference; None where there is no difference

    What is the same NaN or infinity in both does not count; where only one of them has it, all three are None.
    `optimised`: onnxruntime computes as in its default session with one thread, and not as the nodes say.
    """
    reference = Reference(model, threads=1) if optimised else Reference(model, GraphOptimizationLevel.ORT_ENABLE_BASIC)
    session = Session(content)
    errors = {name: Difference() for name in reference.outputs}
    count = len(next(iter(samples.values()), ()))
    for i in range(count):
        feed = sample(samples, i)
        expected = dict(zip(reference.outputs, reference.run(feed), strict=True))
        results = _reals(session, session.run(_integers(session, feed)), expected)
        for name in reference.outputs:
            errors[name].add(expected[name], results[name])
        if progress:
            progress(i + 1, count)
    return {name: error.result() for name, error in errors.items()}


def _integers(session: Session, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The source's arrays for the session: quantised where its input is an integer and the source's is not."""
    ports = {port.name: port for port in session.inputs}
    return {
        name: quantize(array, ports[name].scale, ports[name].zero_point, ports[name].dtype)
        if array.dtype.kind == "f" and ports[name].dtype.kind != "f"
        else array
        for name, array in feed.items()
    }


def _reals(
    session: Session, results: Mapping[str, np.ndarray], like: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The session's results: dequantised where the source's are real and the session's integers."""
    return {
        port.name: dequantize(results[port.name], port.scale, port.zero_point)
        if like[port.name].dtype.kind == "f" and results[port.name].dtype.kind != "f"
        else results[port.name]
        for port in session.outputs
    }


class Difference:
    """How far an output is from what was expected, over all that was added: see compare() for result()."""

    def __init__(self) -> None:
        self.largest = self.worst = self.total = self.energy = self.noise = 0.0
        self.count = 0
        self.finite = True

    def add(self, expected: np.ndarray, actual: np.ndarray) -> None:
        expected, actual = expected.astype(np.float64), actual.astype(np.float64)
        counted = np.isfinite(expected) | ~((expected == actual) | (np.isnan(expected) & np.isnan(actual)))
        expected, actual = expected[counted], actual[counted]
        self.finite = self.finite and bool(np.isfinite(expected).all() and np.isfinite(actual).all())
        if not self.finite:
            return
        difference = np.abs(actual - expected)
        self.largest = max(self.largest, float(np.abs(expected).max(initial=0)))
        self.worst = max(self.worst, float(difference.max(initial=0)))
        self.total += float(difference.sum())
        self.energy += float((expected**2).sum())
        self.noise += float((difference**2).sum())
        self.count += expected.size

    def result(self) -> dict:
        if not self.finite:
            return {"max": None, "mean": None, "snr_db": None}
        scale = self.largest or 1.0
        snr = 10 * np.log10(self.energy / self.noise) if self.noise > 0 and self.energy > 0 else None
        return {
            "max": self.worst / scale,
            "mean": self.total / max(self.count, 1) / scale,
            "snr_db": None if snr is None else float(snr),
        }
