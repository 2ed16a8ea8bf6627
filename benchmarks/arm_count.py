"""Instructions that the kernels execute on AArch64, counted under QEMU by the plugin in tools/insn-count."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from nnz.format import Model, write

ROOT = Path(__file__).resolve().parent.parent
CPU = {"neon": "cortex-a72", "dotprod": "cortex-a76"}  # what a level is emulated on
KERNELS = r"nnz_(?:pack|spmm|matvec)_\w+"


class Counter:
    """Runs models on an emulated CPU. The programs are those of the preset aarch64."""

    def __init__(self, build: Path = ROOT / "build/aarch64") -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._plugin = Path(self._folder.name) / "libinsn_count.so"
        self._program = build / "nnz_run_model"
        if not self._program.exists():
            raise FileNotFoundError(
                f"{self._program} is not there: cmake --preset aarch64 && cmake --build --preset aarch64"
            )
        source = ROOT / "tools/insn-count/insn_count.c"
        subprocess.run(["gcc", "-O2", "-fPIC", "-shared", "-o", self._plugin, source], check=True)

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def count(self, model: Model, level: str) -> dict[str, int]:
        """Instructions of one inference by kernel: "spmm_f32_rb4_neon", "pack_f32_neon"."""
        folder = Path(self._folder.name)
        (folder / "model.nnz").write_bytes(write(model))
        x = model.tensors[model.inputs[0].tensor]
        (folder / "in").write_bytes(np.ones(x.dims, x.dtype).tobytes())
        subprocess.run(
            [
                *("qemu-aarch64", "-cpu", CPU[level], "-plugin", f"{self._plugin},fn=nnz_,out={folder / 'counts'}"),
                *(self._program, folder / "model.nnz", folder / "in", folder / "out"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"NNZ_CPU": level},
        )
        lines = (folder / "counts").read_text().splitlines()
        found = (re.fullmatch(rf"insns ({KERNELS}) (\d+)", line) for line in lines)
        return {match[1].removeprefix("nnz_"): int(match[2]) for match in found if match}
