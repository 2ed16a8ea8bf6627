"""`nnz embed` on the command line: what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnz.cli import main

MODEL = Path(__file__).resolve().parent.parent / "golden" / "0.1" / "int8_conv_q1x4.nnz"


def test_writes_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", str(MODEL), "--out", str(tmp_path), "--board", "mps2-an386", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in tmp_path.iterdir()) == result["files"]
    header = (tmp_path / "int8_conv_q1x4_model.h").read_text()
    assert f"#define INT8_CONV_Q1X4_ARENA_SIZE {result['arena_size']}\n" in header
    registry = (tmp_path / "int8_conv_q1x4_registry.c").read_text()
    assert "&nnz_kernel_spmm_s8_q1x4_dsp" in registry
    assert "f32" not in registry


def test_lists_boards(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", "--list"]) == 0
    assert "mps2-an386" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["int8_factors", "int8_exact"])
def test_refuses_what_is_for_hosts(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = MODEL.with_name(f"{name}.nnz")
    assert main(["embed", str(model), "--out", str(tmp_path / "out"), "--board", "mps2-an386"]) == 2
    assert "convert the model again with their profile" in capsys.readouterr().err
    assert main(["embed", str(model), "--out", str(tmp_path / "out"), "--isa", "scalar"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--board", "mps2-an387"], "there is no board 'mps2-an387': expected one of "),
        ([], "--board or --isa is needed"),
        (["--board", "mps2-an386", "--name", "2fast"], "'2fast' cannot begin the names of C"),
    ],
)
def test_refuses(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", str(MODEL), "--out", str(tmp_path / "out"), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    assert main(["embed", str(MODEL), "--out", str(out), "--isa", "scalar"]) == 2
    assert f"--out {out}: is a file: name a folder" in capsys.readouterr().err
    assert out.read_text() == "mine"
