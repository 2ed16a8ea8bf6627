"""Whole quantised models: what onnxruntime's quantiser makes of the sample, and those of frameworks, where present."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from qdq_models import session_of

import nnz
from nnz.convert import convert

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits"
LEVELS = ("scalar", "avx2", "avxvnni", "avx512", "avx512vnni")
SAMPLES = 200
MODELS = (
    "mlperf_kws_dscnn_int8",
    "mlperf_ad01_int8",
    "mlperf_ic_resnet8_int8",
    "tflm_hello_world_int8",
    "tflm_micro_speech_int8",
)
SENSITIVE = "mlperf_ic_resnet8_int8"
"""One unit of its averages is up to 30 of its probabilities. onnxruntime computes some of its convolutions and
two additions in float32, and in 3 of 200 pictures so rounds a result, and then an average, to the other side of a tie:
there the classes are compared. `--match onnxruntime` rounds as it does."""
SENSITIVE_PICTURES = 3
PICTURES = 1200


class Reader(CalibrationDataReader):
    def __init__(self, name: str, samples: np.ndarray):
        self.feeds: Iterator[dict] = iter([{name: sample[None]} for sample in samples])

    def get_next(self) -> dict | None:
        return next(self.feeds, None)


@pytest.mark.parametrize("quant_format", [QuantFormat.QDQ, QuantFormat.QOperator], ids=["qdq", "qoperator"])
@pytest.mark.parametrize("activations", [QuantType.QInt8, QuantType.QUInt8], ids=["int8", "uint8"])
@pytest.mark.parametrize("per_channel", [True, False], ids=["channel", "tensor"])
def test_digits_quantised_by_onnxruntime(tmp_path, quant_format, activations, per_channel) -> None:
    path = tmp_path / "digits.onnx"
    source = onnx.load(DIGITS / "digits.onnx")
    name = source.graph.input[0].name
    with np.load(DIGITS / "digits.npz") as data:
        samples = data[name].astype(np.float32)
    options = {"quant_format": quant_format, "activation_type": activations, "weight_type": QuantType.QInt8}
    quantize_static(DIGITS / "digits.onnx", path, Reader(name, samples[:50]), per_channel=per_channel, **options)
    result = convert(path, tmp_path / "digits.nnz", verify=False)
    ops = [op.kind for op in result.model.ops]
    assert {"qconv", "qfc"} <= set(ops)
    assert not {"conv", "fc", "depthwise", "binary", "pool"} & set(ops)
    session, reference = nnz.Session(tmp_path / "digits.nnz"), session_of(str(path))
    output = session.outputs[0].name
    actual = np.concatenate([session.run({name: x[None]})[output] for x in samples[:SAMPLES]])
    expected = np.concatenate([reference.run([output], {name: x[None]})[0] for x in samples[:SAMPLES]])
    noise = ((actual - expected) ** 2).sum()
    assert noise == 0 or 10 * np.log10((expected**2).sum() / noise) >= 30
    assert (actual.argmax(1) == expected.argmax(1)).mean() >= 0.99


def converted(name: str, match: str | None, shared_directory, tmp_path_factory) -> tuple[Path, Path]:
    path = shared_directory / "models" / f"{name}.onnx"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    written = tmp_path_factory.mktemp("models") / f"{name}.nnz"
    convert(path, written, match=match, verify=False)
    return path, written


@pytest.fixture(scope="module", params=MODELS)
def quantised(request, shared_directory, tmp_path_factory) -> tuple[Path, Path]:
    """A model, and what it is converted into."""
    return converted(request.param, None, shared_directory, tmp_path_factory)


@pytest.fixture(scope="module", params=MODELS)
def matched(request, shared_directory, tmp_path_factory) -> tuple[Path, Path]:
    """The same with `--match onnxruntime`."""
    return converted(request.param, "onnxruntime", shared_directory, tmp_path_factory)


def assert_framework(path: Path, written: Path, shared_directory: Path) -> None:
    with np.load(shared_directory / "io" / f"{path.stem}.npz") as data:
        feed = {key.removeprefix("in::"): data[key] for key in data if key.startswith("in::")}
        expected = {key.removeprefix("out::"): data[key] for key in data if key.startswith("out::")}
    for name, actual in nnz.Session(written).run(feed).items():
        assert actual.dtype == expected[name].dtype
        assert np.array_equal(actual, expected[name])


def test_outputs_are_those_of_the_framework(quantised, shared_directory) -> None:
    assert_framework(*quantised, shared_directory)


def test_matched_outputs_are_those_of_the_framework(matched, shared_directory) -> None:
    assert_framework(*matched, shared_directory)


def beside_onnxruntime(path: Path, written: Path, shared_directory: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """What both give for `count` samples."""
    session, reference = nnz.Session(written), session_of(str(path))
    spec, output = session.inputs[0], session.outputs[0].name
    samples = _samples(path.stem, spec, shared_directory, count)
    assert len(samples) == count
    actual = np.stack([session.run({spec.name: x})[output] for x in samples]).astype(int)
    expected = np.stack([reference.run(None, {spec.name: x})[0] for x in samples]).astype(int)
    assert np.ptp(expected) > 20
    return actual, expected


def test_outputs_are_those_of_onnxruntime(quantised, shared_directory) -> None:
    path, written = quantised
    actual, expected = beside_onnxruntime(path, written, shared_directory, SAMPLES)
    assert (actual == expected).mean() >= 0.99
    off = np.abs(actual - expected).reshape(SAMPLES, -1).max(1) > 1
    assert off.sum() <= (SENSITIVE_PICTURES if path.stem == SENSITIVE else 0)
    assert (actual.argmax(-1) == expected.argmax(-1))[off].all()


@pytest.mark.parametrize("level", LEVELS[1:])
def test_matched_outputs_are_those_of_onnxruntime(matched, shared_directory, level, use_level) -> None:
    """The scalar level adds in the same order, but rounds each product."""
    path, written = matched
    use_level(level)
    actual, expected = beside_onnxruntime(path, written, shared_directory, SAMPLES)
    assert (actual == expected).mean() >= 0.99
    assert np.abs(actual - expected).max() <= 1


def test_all_pictures_are_equal_when_matched(shared_directory, tmp_path_factory) -> None:
    path, written = converted(SENSITIVE, "onnxruntime", shared_directory, tmp_path_factory)
    actual, expected = beside_onnxruntime(path, written, shared_directory, PICTURES)
    assert np.array_equal(actual, expected)


def test_accuracy_is_that_of_onnxruntime(shared_directory, tmp_path) -> None:
    path = shared_directory / "models" / "mlperf_kws_dscnn_int8.onnx"
    features = shared_directory / "data" / "kws_features.npz"
    if not path.exists() or not features.exists():
        pytest.skip(f"{path} or {features} is not there")
    convert(path, tmp_path / "kws.nnz", verify=False)
    session, reference = nnz.Session(tmp_path / "kws.nnz"), session_of(str(path))
    spec, output = session.inputs[0], session.outputs[0].name
    with np.load(features) as data:
        samples = _quantize(data["mlperf_mfcc_49x10"][200:1400], spec)
        labels = data["mlperf_label"][200:1400]
    ours = [session.run({spec.name: x})[output].argmax() for x in samples]
    theirs = [reference.run(None, {spec.name: x})[0].argmax() for x in samples]
    accuracy, expected = np.mean(ours == labels), np.mean(theirs == labels)
    assert expected > 0.85
    assert abs(accuracy - expected) <= 0.002


def test_every_level_and_number_of_threads_gives_the_same_bytes(quantised, shared_directory, monkeypatch) -> None:
    path, written = quantised
    results = {}
    for level in LEVELS:
        monkeypatch.setenv("NNZ_CPU", level)
        for threads in (1, 2):
            try:
                session = nnz.Session(written, threads=threads)
            except nnz.UnsupportedError:
                assert level != "scalar"
                continue
            spec = session.inputs[0]
            samples = _samples(path.stem, spec, shared_directory, 10)
            results[level, threads] = [next(iter(session.run({spec.name: x}).values())) for x in samples]
    first = results["scalar", 1]
    assert len(results) >= 2
    assert all(np.array_equal(result, first) for result in results.values())


def _samples(model: str, spec, shared_directory: Path, count: int = SAMPLES) -> np.ndarray:
    """Real data for the model's int8 input where there is some, else any int8 values."""
    features, pictures = (shared_directory / "data" / name for name in ("kws_features.npz", "cifar10_jpeg.npz"))
    if model == "mlperf_kws_dscnn_int8" and features.exists():
        with np.load(features) as data:
            return _quantize(data["mlperf_mfcc_49x10"][200 : 200 + count], spec)
    if model == "mlperf_ic_resnet8_int8" and pictures.exists():
        with np.load(pictures) as data:
            return (data["rgb32"][:count].astype(np.int16) - 128).astype(np.int8)[:, None]
    return np.random.default_rng(0).integers(-128, 128, (count, *spec.shape)).astype(np.int8)


def _quantize(samples: np.ndarray, spec) -> np.ndarray:
    integers = np.rint(samples.reshape(-1, *spec.shape) / spec.scale) + spec.zero_point
    return np.clip(integers, -128, 127).astype(np.int8)
