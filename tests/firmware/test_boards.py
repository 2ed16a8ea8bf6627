"""Images that `nnz embed` makes run on every board, and give the host's bytes."""

from __future__ import annotations

import re
from pathlib import Path

import image as images
import pytest

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "0.1"


@pytest.mark.parametrize("model", ["int8_conv_q1x4", "int8_maps"])
def test_the_output_is_the_hosts(board: images.Board, model: str, tmp_path: Path) -> None:
    run = images.run(images.build(board, GOLDEN / f"{model}.nnz", tmp_path))
    assert run.code == 0, run.text
    assert "the output is the host's" in run.text


def test_a_wrong_output_is_noticed(board: images.Board, tmp_path: Path) -> None:
    model = GOLDEN / "int8_fc_q8x4.nnz"
    assert images.run(images.build(board, model, tmp_path)).code == 0
    test = tmp_path / "model_test.c"
    before, array, after = re.split(r"(?<=model_test_output_0)(.*?\};)", test.read_text(), maxsplit=1, flags=re.S)
    test.write_text(before + re.sub(r"(\d+),\n\}", lambda m: f"{int(m[1]) ^ 1},\n}}", array) + after)
    run = images.run(images.compile_sources(board, tmp_path, "model"))
    assert run.code == 1, run.text
    assert "the output differs" in run.text
