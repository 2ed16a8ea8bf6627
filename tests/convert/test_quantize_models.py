"""Real models quantised after training: as accurate as the float ones, within what int8 may cost."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import nnz
from nnz.convert import convert

CALIBRATED = 200
LEAST_INT8 = 0.95
"""The share of multiply-accumulates that are to be int8."""

SPEECH = {
    "armkws_DNN_S": ("arm_mfcc_25x10", "arm_label"),
    "armkws_CNN_S": ("arm_mfcc_49x10", "arm_label"),
    "armkws_DS_CNN_S": ("arm_mfcc_49x10", "arm_label"),
    "mlperf_kws_dscnn_fp32": ("mlperf_mfcc_49x10", "mlperf_label"),
}


class Case:
    """A float model, quantised with samples in the shape of its input."""

    def __init__(self, directory, name, samples, **options):
        self.path = directory / "models" / f"{name}.onnx"
        if not self.path.exists():
            pytest.skip(f"{self.path} is not there")
        self.source = start(self.path)
        (port,) = self.source.get_inputs()
        self.input = port.name
        self.shape = tuple(size if isinstance(size, int) else 1 for size in port.shape)
        self.samples = samples.astype(np.float32).reshape(-1, *self.shape)
        calibration = {self.input: self.samples[:CALIBRATED]}
        result = convert(onnx.load(self.path), quantize="int8", calibration=calibration, verify=False, **options)
        self.report = result.report
        self.content = nnz.format.write(result.model)

    def run(self, samples):
        """For each output, what source and result make of the samples."""
        session = nnz.Session(self.content)
        names = [port.name for port in self.source.get_outputs()]
        exact = [self.source.run(names, {self.input: x}) for x in samples]
        found = [session.run({self.input: x.reshape(session.inputs[0].shape)}) for x in samples]
        for i, name in enumerate(names):
            a = np.stack([outputs[i] for outputs in exact])
            yield a, np.stack([outputs[name] for outputs in found]).reshape(a.shape)


def start(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def arrays(directory, name):
    path = directory / "data" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with np.load(path) as data:
        return dict(data)


def points(scores, labels):
    """Accuracy in percent."""
    return 100 * np.mean(scores.reshape(len(labels), -1).argmax(axis=1) == labels)


def snr(exact, found):
    exact = exact.astype(np.float64)
    return 10 * np.log10((exact**2).sum() / ((exact - found) ** 2).sum())


@pytest.mark.parametrize("name", SPEECH)
def test_keyword_spotting(shared_directory, name):
    features, labels = (arrays(shared_directory, "kws_features")[key] for key in SPEECH[name])
    case = Case(shared_directory, name, features)
    ((exact, found),) = case.run(case.samples[CALIBRATED:])
    assert case.report["int8_macs"] >= LEAST_INT8
    assert points(found, labels[CALIBRATED:]) >= points(exact, labels[CALIBRATED:]) - 0.5


def test_image_classification(shared_directory):
    images, labels = by_rank(arrays(shared_directory, "cifar10_jpeg"))
    case = Case(shared_directory, "mlperf_ic_resnet8_fp32", images)
    ((exact, found),) = case.run(case.samples[CALIBRATED:])
    assert case.report["int8_macs"] >= LEAST_INT8
    assert points(found, labels[CALIBRATED:]) >= points(exact, labels[CALIBRATED:]) - 1


def by_rank(data):
    """The images and the labels of a file."""
    images = next(a for a in data.values() if a.ndim == 4)
    return images, next(a for a in data.values() if a.ndim == 1 and a.dtype.kind in "iu")


def test_selfie_segmentation(shared_directory):
    case = Case(shared_directory, "mp_selfie_segmentation", arrays(shared_directory, "faces")["rgb256"] / 255)
    ((exact, found),) = case.run(case.samples)
    assert case.report["int8_macs"] >= LEAST_INT8
    assert ((exact > 0.5) == (found > 0.5)).mean() >= 0.98


def test_visual_wake_words_use_the_zeros_that_are_there(shared_directory):
    photos = arrays(shared_directory, "photos")["rgb96"] / 255
    case = Case(shared_directory, "mlperf_vww_96_fp32", photos, keep=True)
    ((exact, found),) = case.run(case.samples)
    assert case.report["int8_macs"] >= LEAST_INT8
    assert (exact.reshape(len(photos), -1).argmax(1) == found.reshape(len(photos), -1).argmax(1)).mean() >= 0.98

    calibration = {case.input: case.samples[:8]}
    options = {"quantize": "int8", "calibration": calibration, "range": "minmax", "keep": True}
    dense = convert(onnx.load(case.path), zero_threshold=0, encoding="dense", verify=False, **options)
    assert not dense.report["dead_channels"]
    assert all(layer["encoding"] == "dense" for layer in dense.report["layers"])
    assert len(case.content) <= 0.45 * len(nnz.format.write(dense.model))


def shrunk(images):
    """[N, 256, 256, 3] as [N, 192, 192, 3]: each pixel the mean of four, weighted by how near they are."""
    place = (np.arange(192) + 0.5) * 256 / 192 - 0.5
    low = place.astype(int)
    part = (place - low)[:, None, None]
    rows = images[:, low] * (1 - part) + images[:, low + 1] * part
    return rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part


class Reader(CalibrationDataReader):
    def __init__(self, name, samples):
        self.feeds = iter([{name: x} for x in samples])

    def get_next(self):
        return next(self.feeds, None)


@pytest.mark.slow
def test_face_detection(shared_directory, tmp_path):
    images = [shrunk(arrays(shared_directory, "faces")["rgb256"]), arrays(shared_directory, "photos")["rgb192"]]
    case = Case(shared_directory, "mp_face_detection_full_range", np.concatenate(images) / 127.5 - 1)
    ours = [snr(exact, found) for exact, found in case.run(case.samples)]
    assert case.report["int8_macs"] >= LEAST_INT8
    assert min(ours) >= 20

    prepared, peer = tmp_path / "prepared.onnx", tmp_path / "peer.onnx"
    quant_pre_process(case.path, prepared)
    reader = Reader(case.input, case.samples)
    quantize_static(prepared, peer, reader, per_channel=True, weight_type=QuantType.QInt8)
    session = start(peer)
    exact = [case.source.run(None, {case.input: x}) for x in case.samples]
    found = [session.run(None, {case.input: x}) for x in case.samples]
    theirs = [
        snr(np.stack(a), np.stack(b)) for a, b in zip(zip(*exact, strict=True), zip(*found, strict=True), strict=True)
    ]
    assert all(a >= b - 1 for a, b in zip(ours, theirs, strict=True))
