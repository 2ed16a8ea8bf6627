"""The Linux machines that the library is cross-compiled for, and the CPUs that QEMU emulates of them."""

from __future__ import annotations

from dataclasses import dataclass

# Random cases of a kernel in quick runs, and of one that another CPU of the machine has checked.
QUICK_ROUNDS, QUICK_ROUNDS_KNOWN = 40, 4


@dataclass(frozen=True)
class Machine:
    """A preset of CMake, and what it needs: commands, modules of Python."""

    name: str
    emulator: str
    compiler: str | None
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cpu:
    """An emulated CPU: the levels it has, the highest last."""

    machine: Machine
    name: str | None
    levels: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.machine.name}-{self.name or 'default'}".split(",")[0]

    @property
    def emulator(self) -> list[str]:
        return [self.machine.emulator, *(["-cpu", self.name] if self.name else [])]


AARCH64 = Machine("aarch64", "qemu-aarch64", "aarch64-linux-gnu-gcc")
ARMV7 = Machine("armv7", "qemu-arm", "arm-linux-gnueabihf-gcc")
ARMV6 = Machine("armv6", "qemu-arm", None, ("ziglang",))
RISCV64 = Machine("riscv64", "qemu-riscv64", "riscv64-linux-gnu-gcc")

# Cortex-A53 (Raspberry Pi 3) and A72 (4) trap dot products: a kernel chosen by mistake ends the program. Cortex-A9 has
# NEON, but not VFPv4.
CPUS = [
    Cpu(AARCH64, "cortex-a53", ("scalar", "neon")),
    Cpu(AARCH64, "cortex-a72", ("scalar", "neon")),
    Cpu(AARCH64, "cortex-a76", ("scalar", "neon", "dotprod")),
    Cpu(AARCH64, "max,sve=off", ("scalar", "neon", "dotprod", "i8mm")),
    Cpu(ARMV7, "cortex-a7", ("scalar", "neon")),
    Cpu(ARMV7, "cortex-a9", ("scalar",)),
    Cpu(ARMV6, "arm1176", ("scalar",)),
    Cpu(RISCV64, None, ("scalar",)),
]
