"""The estimates of ARM costs: inner loops near the limit of the CPU's ports, and instructions counted."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))

from arm_loops import KERNELS, estimate

pytestmark = pytest.mark.emulated


@pytest.fixture(autouse=True)
def tools() -> None:
    missing = [name for name in ("clang-19", "llvm-mca-19") if not shutil.which(name)]
    if missing:
        refuse = pytest.fail if os.environ.get("NNZ_EMULATED") else pytest.skip
        refuse(f"needs {', '.join(missing)}")


@pytest.mark.parametrize(
    ("kernel", "cpu"),
    [
        ("spmm_s8_q1x4_dotprod", "neoverse-n1"),
        ("spmm_s8_dense_neon", "cortex-a72"),
        ("spmm_s8_q1x4_neon", "cortex-a72"),
        ("matvec_s8_dense_neon", "cortex-a72"),
        ("matvec_s8_q8x4_neon", "cortex-a72"),
        ("spmm_f32_rb4_neon", "cortex-a72"),
        ("spmm_f32_dense_neon", "cortex-a72"),
    ],
)
def test_inner_loops_are_bound_by_loads_or_arithmetic(kernel: str, cpu: str) -> None:
    (chosen,) = (k for k in KERNELS if k.name == kernel)
    loop = estimate(chosen, cpu)
    assert loop.limit <= loop.cycles <= 1.3 * loop.limit


def test_every_kernel_has_an_inner_loop() -> None:
    for kernel in KERNELS:
        assert estimate(kernel, "neoverse-n1").macs >= 8, kernel.name
