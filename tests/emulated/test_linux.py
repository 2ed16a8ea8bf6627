"""The library on emulated CPUs: each kernel against its contract, whole models against the golden outputs.

NNZ_EMULATED=quick or full makes a missing compiler or emulator a failure; full checks every kernel as often as
nnz_check does on the host.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nnz
from emulated.machines import CPUS, QUICK_ROUNDS, QUICK_ROUNDS_KNOWN, Cpu, Machine
from test_golden import FILES, TOLERANCE, arrays

pytestmark = pytest.mark.emulated
ROOT = Path(__file__).resolve().parent.parent.parent
each_cpu = pytest.mark.parametrize("cpu", CPUS, ids=lambda cpu: cpu.id)


def require(machine: Machine) -> None:
    commands = [machine.emulator, *([machine.compiler] if machine.compiler else [])]
    missing = [name for name in commands if not shutil.which(name)]
    missing += [name for name in machine.modules if not importlib.util.find_spec(name)]
    if missing:
        refuse = pytest.fail if os.environ.get("NNZ_EMULATED") else pytest.skip
        refuse(f"{machine.name} needs {', '.join(missing)}")


@pytest.fixture
def program(cpu: Cpu, build: Callable[..., Path]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """program(NAME, argument, ..., level=LEVEL) runs a program of the build for the CPU's machine on the CPU."""
    require(cpu.machine)
    toolchain = ROOT / f"cmake/toolchains/{cpu.machine.name}.cmake"
    directory = build(
        f"CMAKE_TOOLCHAIN_FILE={toolchain}", "NNZ_BUILD_TESTS=ON", f"NNZ_PYTHON={sys.executable}", name=cpu.machine.name
    )

    def run(name: str, *arguments: str | Path, level: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*cpu.emulator, directory / name, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {"NNZ_CPU": level},
        )

    return run


def rounds(cpu: Cpu, level: str) -> list[str]:
    """nnz_check's arguments. Quick runs try few cases where a CPU before has checked the same code."""
    if os.environ.get("NNZ_EMULATED") == "full":
        return []
    before = [other for other in CPUS[: CPUS.index(cpu)] if other.machine is cpu.machine]
    is_known = any(level in other.levels for other in before)
    return ["--rounds", str(QUICK_ROUNDS_KNOWN if is_known else QUICK_ROUNDS)]


@each_cpu
def test_kernels(cpu: Cpu, program: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    for level in cpu.levels:
        done = program("nnz_check", "--isa", level, *rounds(cpu, level))
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"this CPU: {cpu.levels[-1]}\n" in done.stdout
        assert set(re.findall(r"_([a-z0-9]+) +ok", done.stdout)) == {level}


@each_cpu
def test_golden_models(cpu: Cpu, program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """Floats within the golden tests' tolerance; other types are the same bytes as on the host."""
    for path in FILES:
        model = nnz.Session(path)
        given, expected = arrays(path, "in::"), arrays(path, "out::")
        (tmp_path / "in").write_bytes(b"".join(given[port.name].tobytes() for port in model.inputs))
        for level in cpu.levels:
            done = program("nnz_run_model", path, tmp_path / "in", tmp_path / "out", level=level)
            assert done.returncode == 0, f"{path.name}, {level}: {done.stderr}"
            assert done.stdout == f"{level}\n"
            content, at = (tmp_path / "out").read_bytes(), 0
            for port in model.outputs:
                right = expected[port.name]
                result = np.frombuffer(content, right.dtype, right.size, at).reshape(right.shape)
                at += right.nbytes
                bound = TOLERANCE * np.abs(right).max() if right.dtype.kind == "f" else 0
                np.testing.assert_allclose(result, right, rtol=0, atol=bound, err_msg=f"{path.name}, {level}")
            assert at == len(content)


@each_cpu
def test_a_level_that_the_cpu_lacks_is_an_error(
    cpu: Cpu, program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    for level in {"neon", "dotprod", "i8mm", "avx2"} - set(cpu.levels):
        done = program("nnz_run_model", FILES[0], tmp_path / "in", tmp_path / "out", level=level)
        assert done.returncode == 1
        assert done.stderr == f"{FILES[0]}: NNZ_CPU asks for {level}, but this CPU has {cpu.levels[-1]}\n"
