"""Damaged files: refused with a message, or run within their memory; and C and Python refuse the same ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import nnz
from nnz.format import pack, read, write
from small_models import MODELS

PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_stay_in_bounds(part: int, sanitized: Path, tmp_path: Path) -> None:
    """Every byte, word and length of every small model, and of packed ones, under address and undefined behaviour
    sanitizers. In parts, for they take minutes: workers share them.
    """
    files = []
    for name in list(MODELS)[part::PARTS]:
        files.append(tmp_path / f"{name}.nnz")
        files[-1].write_bytes(write(MODELS[name]()))
    for name in ["conv_u1", "int8_conv_q1x4"][part::PARTS]:
        files.append(tmp_path / f"{name}.nnzp")
        files[-1].write_bytes(pack(write(MODELS[name]())))
    done = subprocess.run([sanitized / "nnz_damage", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 100 * len(files)


@pytest.mark.parametrize(
    "name",
    [
        "conv_u1",
        "fc_f8x1",
        "feature_maps",
        "movement",
        "int8_conv_q1x4",
        "int8_fc_q8x4",
        "int8_maps",
        "int8_attention",
        "int8_factors",
        "int8_exact",
        "int8_affine",
        "int8_layernorm",
        "int8_average",
        "encoder",
        "narrow_int8",
        "narrow_int4",
    ],
)
def test_c_and_python_refuse_the_same_files(name: str) -> None:
    good = write(MODELS[name]())
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(1500):
        bad = bytearray(good)
        at = int(rng.integers(16, len(bad) - 3))
        bad[at : at + 4] = int(rng.choice([0, 1, 255, 2**31 - 1, 2**32 - 1, int(rng.integers(2**32))])).to_bytes(
            4, "little"
        )
        bad[12:16] = bytes(4)
        bad[12:16] = nnz._nnz.crc32c(bytes(bad)).to_bytes(4, "little")
        assert opens(bytes(bad)) == reads(bytes(bad)), f"{name}: they disagree on the word at {at}"
        refused += not reads(bytes(bad))
    assert 0 < refused < 1500


def opens(data: bytes) -> bool:
    try:
        nnz.Session(data)
    except nnz.Error:
        return False
    return True


def reads(data: bytes) -> bool:
    try:
        read(data)
    except nnz.FormatError:
        return False
    return True
