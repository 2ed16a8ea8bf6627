"""The inner loops of the NEON kernels as clang compiles them, and their cycles by llvm-mca."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPUS = ("cortex-a53", "cortex-a55", "cortex-a72", "neoverse-n1")
"""CPUs that llvm-mca knows: those of Raspberry Pi 3 and 4, and N1 for the Cortex-A76 of the 5, which has no model."""
LACKING_DOTPROD = ("cortex-a53", "cortex-a72")
ITERATIONS = 200


@dataclass(frozen=True)
class Kernel:
    """A kernel, the instruction that multiplies in its inner loop, and the multiplications by a stored weight that one
    of them does.
    """

    family: str
    isa: str
    source: str
    instruction: str
    macs: int

    @property
    def name(self) -> str:
        return f"{self.family}_{self.isa}"


KERNELS = (
    Kernel("spmm_f32_dense", "neon", "spmm_f32_dense", "fmla", 4),
    Kernel("spmm_f32_rb4", "neon", "spmm_f32_rb4", "fmla", 4),
    Kernel("spmm_f32_u1", "neon", "spmm_f32_u1", "fmla", 4),
    Kernel("matvec_f32_dense", "neon", "matvec_f32", "fmla", 4),
    Kernel("matvec_f32_f8x1", "neon", "matvec_f32", "fmla", 4),
    Kernel("matvec_f32_u1", "neon", "matvec_f32", "fmla", 4),
    Kernel("spmm_s8_dense", "neon", "spmm_s8_dense", "smull2?", 8),
    Kernel("spmm_s8_q1x4", "neon", "spmm_s8_blocks", "smull2?", 8),
    Kernel("spmm_s8_u1", "neon", "spmm_s8_blocks", "smull2?", 2),
    Kernel("matvec_s8_dense", "neon", "matvec_s8", "smull2?", 8),
    Kernel("matvec_s8_q8x4", "neon", "matvec_s8", "smull2?", 8),
    Kernel("spmm_s8_dense", "dotprod", "spmm_s8_dense", "sdot", 16),
    Kernel("spmm_s8_q1x4", "dotprod", "spmm_s8_blocks", "sdot", 16),
    Kernel("spmm_s8_u1", "dotprod", "spmm_s8_blocks", "sdot", 4),
    Kernel("matvec_s8_dense", "dotprod", "matvec_s8", "sdot", 16),
    Kernel("matvec_s8_q8x4", "dotprod", "matvec_s8", "sdot", 16),
)


@dataclass(frozen=True)
class Estimate:
    """Of one pass through a loop: its instructions and multiplications, the cycles it takes, and those that its loads
    or its arithmetic keep the busiest unit for them.
    """

    instructions: int
    macs: int
    cycles: float
    limit: float


class ToolError(Exception):
    """A tool that is missing, or that refused."""


def estimate(kernel: Kernel, cpu: str) -> Estimate:
    body, multiplications = widest_loop(kernel)
    done = _run(
        ["llvm-mca-19", "-mtriple=aarch64", f"-mcpu={cpu}", f"-iterations={ITERATIONS}", "--json"], "\n".join(body)
    )
    report = json.loads(done)
    region = report["CodeRegions"][0]
    cycles = region["SummaryView"]["TotalCycles"] / ITERATIONS
    limit = _busiest(region["ResourcePressureView"], report["TargetInfo"]["Resources"], len(body))
    return Estimate(len(body), multiplications * kernel.macs, cycles, limit)


def _busiest(pressure: dict, resources: list[str], instructions: int) -> float:
    """Cycles of the busiest unit that loads, or computes on vectors. The last entries are the whole loop's."""
    units = [i for i, name in enumerate(resources) if re.search(r"Unit(L|V|W|X|FP|Ld)", name)]
    return max(
        entry["ResourceUsage"]
        for entry in pressure["ResourcePressureInfo"]
        if entry["InstructionIndex"] == instructions and entry["ResourceIndex"] in units
    )


@cache
def widest_loop(kernel: Kernel) -> tuple[tuple[str, ...], int]:
    """The instructions of the kernel's innermost loop with the most multiplications, and how many these are; of equal
    loops the shortest, which does not look up where columns lie.
    """
    lines = _function(_assembly(kernel), f"nnz_{kernel.name}")
    labels = {line[:-1]: i for i, line in enumerate(lines) if line.endswith(":")}
    best: tuple[tuple[str, ...], int] = ((), 0)
    for end, line in enumerate(lines):
        branch = re.match(r"(?:b\.\w+|cbn?z|tbn?z)\s.*?(\.L\w+)$", line)
        if not branch or labels.get(branch[1], end) >= end:
            continue
        body = lines[labels[branch[1]] + 1 : end + 1]
        if any(inner.endswith(":") for inner in body):
            continue
        multiplications = sum(bool(re.match(rf"{kernel.instruction}\s", inner)) for inner in body)
        if (multiplications, -len(body)) > (best[1], -len(best[0])):
            best = tuple(body), multiplications
    if not best[1]:
        raise ToolError(f"no inner loop of {kernel.name} has '{kernel.instruction}'")
    return best


@cache
def _assembly(kernel: Kernel) -> str:
    source = ROOT / "runtime/kernels" / kernel.isa / f"{kernel.source}.c"
    options = ["--target=aarch64-linux-gnu", "-std=c11", "-O3", "-ffp-contract=off", f"-I{ROOT / 'runtime/include'}"]
    return _run(["clang-19", *options, "-S", "-o", "-", str(source)])


def _function(assembly: str, name: str) -> list[str]:
    """Labels and instructions of one function."""
    lines = assembly.splitlines()
    begin = lines.index(next(line for line in lines if line.startswith(f"{name}:")))
    result = []
    for line in lines[begin + 1 :]:
        if line.startswith(".Lfunc_end"):
            break
        code = line.split("//")[0].strip()
        if code and (code.endswith(":") or not code.startswith(".")):
            result.append(code)
    return result


def _run(command: list[str], text: str = "") -> str:
    if not shutil.which(command[0]):
        raise ToolError(f"{command[0]} is not installed")
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"{command[0]}: {done.stderr}")
    return done.stdout
