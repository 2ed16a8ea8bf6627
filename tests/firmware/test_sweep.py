"""Every int8 model on every board: the host's bytes, or a refusal because the board is too small."""

from __future__ import annotations

from pathlib import Path

import image as images
import measure
import pytest
from tools import full, ready

from nnz.errors import ArgumentError

MODELS = (
    "mlperf_kws_dscnn_int8",
    "mlperf_ad01_int8",
    "mlperf_ic_resnet8_int8",
    "tflm_micro_speech_int8",
    "tflm_hello_world_int8",
)


@pytest.fixture(scope="module")
def models(shared_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from nnz.convert import convert

    folder = tmp_path_factory.mktemp("models")
    for name in MODELS:
        convert(shared_directory / "models" / f"{name}.onnx", folder / f"{name}.nnz", target="cortex-m4")
    return {name: folder / f"{name}.nnz" for name in MODELS}


@full
@pytest.mark.parametrize("name", images.board_names())
@pytest.mark.parametrize("model", MODELS)
def test_sweep(name: str, model: str, models: dict[str, Path], tmp_path: Path) -> None:
    board = ready(name)
    try:
        figures = measure.measure(board, models[model], tmp_path)
    except ArgumentError as error:
        assert "bytes of RAM" in str(error) or "bytes of flash" in str(error)
        return
    ram = figures["ram"]
    assert sum(ram.values()) <= board.ram
    assert ram["stack"] < board.stack


@pytest.mark.parametrize("model", ["mlperf_kws_dscnn_int8"])
def test_bars_of_size_and_preparation(model: str, models: dict[str, Path], tmp_path: Path) -> None:
    figures = measure.measure(ready("mps2-an386"), models[model], tmp_path)
    assert figures["flash"]["code"] <= 24 << 10
    assert figures["instructions"]["init"] <= 200_000
