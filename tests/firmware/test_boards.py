"""Images that `nnz embed` makes run on all boards: they give the host's bytes, and hold nothing that firmware lacks."""

from __future__ import annotations

import re
from pathlib import Path

import image as images
import pytest
from firmware_models import unstructured
from tools import ready

from nnz.errors import ArgumentError
from nnz.format import save

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "0.1"
AS_ONNXRUNTIME = ["int8_exact", "int8_factors"]
INT8 = sorted({path.stem for path in GOLDEN.glob("int8_*.nnz")} - {*AS_ONNXRUNTIME})

# The C library's part of an image that computes in int8 alone. The compiler's own helpers begin with two underscores.
LIBC = {"memcpy", "memset"}
OURS = r"nnz_|board_|model_|(main|start|reset)$|(data|bss|stack)_\w+$"


@pytest.fixture(scope="module", params=images.board_names())
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> images.Image:
    return images.build(ready(request.param), GOLDEN / "int8_conv_q1x4.nnz", tmp_path_factory.mktemp("image"))


def test_the_output_is_the_hosts(built: images.Image) -> None:
    run = images.run(built)
    assert run.code == 0, run.text
    assert "the output is the host's" in run.text


def test_a_wrong_output_is_noticed(built: images.Image, tmp_path: Path) -> None:
    for source in built.elf.parent.parent.glob("[!b]*"):
        (tmp_path / source.name).write_text(source.read_text())
    test = tmp_path / "model_test.c"
    before, array, after = re.split(r"(?<=model_test_output_0)(.*?\};)", test.read_text(), maxsplit=1, flags=re.S)
    test.write_text(before + re.sub(r"(\d+),\n\}", lambda m: f"{int(m[1]) ^ 1},\n}}", array) + after)
    run = images.run(images.compile_sources(built.board, tmp_path, "model"))
    assert run.code == 1, run.text
    assert "the output differs" in run.text


def test_a_changed_header_is_compiled_again(built: images.Image) -> None:
    header = built.elf.parent.parent / "model_model.h"
    header.touch()
    images.compile_sources(built.board, header.parent, "model")
    assert (built.elf.parent / "main.o").stat().st_mtime_ns > header.stat().st_mtime_ns


def test_nothing_is_linked_that_firmware_lacks(built: images.Image) -> None:
    """No heap, no printing, no files; of the C library only what copies and fills; no arithmetic in double."""
    names = {name for name, symbol in images.symbols(built).items() if symbol.is_global}
    assert {name for name in names if not re.match(rf"__|_?({OURS})", name)} <= LIBC
    assert not {name for name in names if re.match(r"__(aeabi_)?d(add|sub|mul|div|cmp|2)|__(mul|add|sub|div)df3", name)}


def test_unused_operators_are_not_linked(built: images.Image) -> None:
    used = {name for name in images.symbols(built) if name.startswith(("nnz_op_q", "nnz_kernel_"))}
    assert {name for name in used if name.startswith("nnz_op_q") and "check" not in name} == {"nnz_op_qconv"}
    assert not {name for name in used if "f32" in name or "matvec" in name}


@pytest.mark.parametrize("model", INT8)
def test_all_encodings_and_operators(model: str, tmp_path: Path) -> None:
    run = images.run(images.build(ready("mps2-an386"), GOLDEN / f"{model}.nnz", tmp_path))
    assert run.code == 0, run.text


@pytest.mark.parametrize("model", AS_ONNXRUNTIME)
def test_roundings_of_onnxruntime_are_refused(model: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="which small devices leave out: convert the model again"):
        images.build(ready("mps2-an386"), GOLDEN / f"{model}.nnz", tmp_path)


def test_floats_are_close(tmp_path: Path) -> None:
    run = images.run(images.build(ready("mps2-an386"), GOLDEN / "fc_u1.nnz", tmp_path))
    assert run.code == 0, run.text


def test_microbit_runs_20_kilobytes_of_u1_in_16_of_ram(tmp_path: Path) -> None:
    board = ready("microbit")
    assert board.ram == 16 << 10
    path = tmp_path / "unstructured.nnz"
    save(unstructured(4, 176), path)
    image = images.build(board, path, tmp_path / "image")
    assert images.sections(image)[".model"] >= 20 << 10
    run = images.run(image)
    assert run.code == 0, run.text


def test_microbit_runs_hello_world(shared_directory: Path, tmp_path: Path) -> None:
    from nnz.convert import convert

    board = ready("microbit")
    convert(shared_directory / "models" / "tflm_hello_world_int8.onnx", tmp_path / "hello.nnz")
    run = images.run(images.build(board, tmp_path / "hello.nnz", tmp_path / "image"))
    assert run.code == 0, run.text
