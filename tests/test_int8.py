"""int8 models give the bytes of docs/FORMAT.md section 10, on every level of instructions and number of threads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import nnz
from int8_specification import run_specification
from nnz.format import write
from small_models import MODELS, Builder, word
from test_golden import LEVELS

INT8_MODELS = [name for name in MODELS if name.startswith("int8")]


def random_input(port: nnz.Port, kind: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    if port.dtype == np.float32:
        x = rng.standard_normal(port.shape).astype(np.float32)
        return {"random": x, "lowest": np.full_like(x, -np.inf), "highest": np.full_like(x, np.inf)}[kind]
    info = np.iinfo(port.dtype)
    low, high = {"lowest": (info.min,) * 2, "highest": (info.max,) * 2, "random": (info.min, info.max)}[kind]
    return rng.integers(low, high + 1, port.shape).astype(port.dtype)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["random", "lowest", "highest"])
@pytest.mark.parametrize("name", INT8_MODELS)
def test_every_level_computes_the_specified_bytes(
    name: str, kind: str, level: str, threads: int, use_level: Callable[[str], None]
) -> None:
    use_level(level)
    model = MODELS[name]()
    session = nnz.Session(write(model), threads=threads)
    x = random_input(session.inputs[0], kind)
    actual = session.run({"x": x})
    for (output, y), expected in zip(actual.items(), run_specification(model, x), strict=True):
        assert y.dtype == expected.dtype
        # Normalisations to float differ by their rounding; here none of those to int8 is next to a tie.
        tolerance = 2e-6 if name == "int8_layernorm" and y.dtype == np.float32 else 0
        np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance, err_msg=output)
        if kind == "random":
            assert len(np.unique(y)) > 5, f"{output} says too little: {y}"


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("pixels", [31, 32, 113])  # of two images: functions of few are computed
def test_a_function_between_bytes_gives_the_specified_bytes(
    pixels: int, level: str, threads: int, use_level: Callable[[str], None]
) -> None:
    use_level(level)
    b = Builder(17)
    planes = {"dtype": np.int8, "layout": "planes4"}
    dims = (2, 22, pixels)
    q = b.op("quantize", [b.input("x", dims)], dims, [word(0.023), 3, 1], **planes)
    bias = b.random(22)

    def affine(bias: int | None, scale: float, activation: str) -> int:
        params = [word(0.02), 3, 0, 0, word(scale), 7, 1]
        return b.op("qaffine", [q, bias, None], dims, params, activation=activation, **planes)

    gelu = affine(bias, 0.017, "gelu"), affine(None, 0.017, "gelu")
    # Nearly the same scale, smaller and larger, and others.
    sums = [affine(bias, scale, "none") for scale in (0.01991, 0.02, 0.0203, 0.017, 0.08)]
    model = b.finish(*gelu, *sums)
    session = nnz.Session(write(model), threads=threads)
    x = random_input(session.inputs[0], "random")
    for y, expected in zip(session.run({"x": x}).values(), run_specification(model, x), strict=True):
        np.testing.assert_array_equal(y, expected)


def line(slope: float, zero_x: int, zero_y: int, lo: int = -128) -> np.ndarray:
    y = np.round(slope * (np.arange(-128, 128) - zero_x)) + zero_y
    return np.clip(y, lo, 127).astype(np.int8)


TABLES = {
    "identity": line(1, 0, 0),
    "ReLU": line(0.93, -7, -128, lo=-128),
    "ReLU6 of a steep scale": np.minimum(line(3.7, 12, -100, lo=-100), 90),
    "flat": line(0.004, 3, 5),
    "constant": np.full(256, 17, np.int8),
    "steepest": line(200, 1, 0),
    "falling": line(-0.7, 4, 2),
    "nearly a line": line(0.93, -7, -128) + (np.arange(256) == 200).astype(np.int8),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_a_line_gives_its_bytes(table: str, level: str, use_level: Callable[[str], None]) -> None:
    use_level(level)
    model = MODELS["int8_conv_q1x4"]()
    tables = [t for t in model.tensors if t.data is not None and t.data.dtype == np.int8 and t.dims == (256,)]
    assert tables
    for tensor in tables:
        tensor.data = TABLES[table]
    session = nnz.Session(write(model))
    x = random_input(session.inputs[0], "random")
    for y, expected in zip(session.run({"x": x}).values(), run_specification(model, x), strict=True):
        np.testing.assert_array_equal(y, expected)


def test_ports_tell_uint8_from_int8() -> None:
    session = nnz.Session(write(MODELS["int8_conv_dense"]()))
    assert [p.dtype for p in session.inputs] == [np.uint8]
    assert [p.dtype for p in session.outputs] == [np.int8, np.uint8]
