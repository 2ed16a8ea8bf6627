"""Real models, end to end: they agree with onnxruntime and with the frameworks they come from, without transposes."""

import numpy as np
import onnxruntime
import pytest
from sample_models import LEVELS, MODELS

import nnz
from nnz.convert import convert

TOLERANCE = 1e-4
RECORDED_TOLERANCE = {"mlperf_kws_dscnn_fp32": 1e-3}  # onnxruntime itself is 2.7e-4 away


class Case:
    """A model, converted, with an input for it and what the framework it comes from made of that, where recorded."""

    def __init__(self, directory, name, output):
        self.name = name
        self.path = directory / "models" / f"{name}.onnx"
        if not self.path.exists():
            pytest.skip(f"{self.path} is not there")
        self.model = convert(self.path, output, verify=False).model
        self.content = output.read_bytes()
        self.recorded = {}
        inputs = {}
        io = directory / "io" / f"{name}.npz"
        if io.exists():
            with np.load(io) as data:
                inputs = {key.removeprefix("in::"): data[key] for key in data if key.startswith("in::")}
                self.recorded = {key.removeprefix("out::"): data[key] for key in data if key.startswith("out::")}
        rng = np.random.default_rng(0)
        self.inputs = {
            port.name: inputs.get(port.name, rng.standard_normal(port.dims, np.float32)).reshape(port.dims)
            for port in self.model.inputs
        }


@pytest.fixture(scope="module", params=MODELS)
def case(request, shared_directory, tmp_path_factory):
    return Case(shared_directory, request.param, tmp_path_factory.mktemp("models") / "model.nnz")


@pytest.fixture(params=LEVELS)
def outputs(request, case, use_level):
    use_level(request.param)
    return nnz.Session(case.content).run(case.inputs)


def relative(actual, expected):
    return np.abs(actual.reshape(expected.shape) - expected).max() / np.abs(expected).max()


def test_agrees_with_onnxruntime(case, outputs):
    session = onnxruntime.InferenceSession(case.path, providers=["CPUExecutionProvider"])
    for port, expected in zip(session.get_outputs(), session.run(None, case.inputs), strict=True):
        assert outputs[port.name].shape == expected.shape
        assert relative(outputs[port.name], expected) < TOLERANCE


def test_agrees_with_its_framework(case, outputs):
    if not case.recorded:
        pytest.skip(f"no output of {case.name} is recorded")
    for name, expected in case.recorded.items():
        assert relative(outputs[name], expected) < RECORDED_TOLERANCE.get(case.name, TOLERANCE)


def test_no_transpose_inside(case):
    """No copy only permutes a tensor: what is copied is joined, padded or cut."""
    for op in case.model.ops:
        if op.kind == "copy" and len(op.inputs) == 1:
            source, target = case.model.tensors[op.inputs[0]], case.model.tensors[op.outputs[0]]
            assert source.elements != target.elements, f"{op.name} permutes {source.dims}"


def test_dead_channels_are_gone(shared_directory, tmp_path):
    path = shared_directory / "models" / "mlperf_vww_96_fp32.onnx"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    result = convert(path, tmp_path / "vww.nnz")
    assert sum(layer["channels"] for layer in result.report["dead_channels"]) > 1000
    for layer, matrix in zip((op for op in result.model.ops if op.kind == "conv"), result.model.matrices, strict=False):
        rows = nnz.encodings.decode(matrix).any(axis=1)
        assert rows.all(), f"{layer.name} has {np.count_nonzero(~rows)} rows of zeros"
