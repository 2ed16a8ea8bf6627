"""The kernels of each level of Cortex-M against their contracts: nnz_check on emulated boards."""

from __future__ import annotations

import re
from pathlib import Path

import image as images
import pytest

from conftest import ROOT, ready

ROUNDS = 12
BOARDS = {"mps2-an386": "dsp", "mps3-an547": "helium"}


@pytest.mark.parametrize("name", BOARDS)
def test_kernels_of_a_level(name: str, tmp_path: Path) -> None:
    board, level = ready(name), BOARDS[name]
    for folder in (ROOT / "tests" / "check", ROOT / "tests" / "firmware" / "check"):
        for file in folder.iterdir():
            if file.name != "check.c":  # port.c contains it
                (tmp_path / file.name).symlink_to(file)
    image = images.compile_sources(board, tmp_path, "nnz_check", BOARD=name, CHECK=ROOT / "tests" / "check")
    run = images.run(image, arguments=["nnz_check", "--isa", level, "--rounds", str(ROUNDS)])
    assert run.code == 0, run.text
    source = (ROOT / "runtime" / "kernels" / "kernels.inc").read_text()
    registered = re.findall(rf"NNZ_KERNEL\(\w+, \w+, \w+, {level.upper()}, ", source)
    assert f"{len(registered)} kernels checked, 0 failed" in run.text
