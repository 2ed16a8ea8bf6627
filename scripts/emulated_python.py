#!/usr/bin/env python3
"""Runs Python with numpy, pytest and a wheel of nnz on an emulated machine.

    python scripts/wheels.py aarch64
    python scripts/emulated_python.py dist/nnzrt-*_aarch64.whl -m pytest -c /dev/null tests/test_golden.py
    QEMU_CPU=max python scripts/emulated_python.py dist/nnzrt-*_aarch64.whl -m nnz.cli info
    python scripts/emulated_python.py dist/nnzrt-*_armv7l.whl -m nnz.cli info

Python comes from Debian, numpy and scipy from PyPI where it has wheels for the machine, else numpy from Debian. They
are unpacked, not installed, into build/emulated/MACHINE, once. The CPU is the lowest that the wheel is for, unless
QEMU_CPU names another. Needs qemu-user, apt and pip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sysroot import unpack

ROOT = Path(__file__).resolve().parent.parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = [
    *(f"python{VERSION}-minimal", f"libpython{VERSION}-stdlib", "libstdc++6", "zlib1g", "libssl3", "libffi8"),
    *("libbz2-1.0", "liblzma5", "libsqlite3-0"),
]


@dataclass(frozen=True)
class Machine:
    emulator: str
    cpu: str
    debian: str
    platforms: tuple[str, ...] = ()  # of numpy's and scipy's wheels; none: Debian's numpy
    packages: tuple[str, ...] = ()


MACHINES = {
    "x86_64": Machine("qemu-x86_64", "max", "amd64", ("manylinux_2_28_x86_64",)),
    "aarch64": Machine("qemu-aarch64", "cortex-a53", "arm64", ("manylinux2014_aarch64", "manylinux_2_28_aarch64")),
    "armv7l": Machine(
        *("qemu-arm", "cortex-a7", "armhf"),
        packages=("python3-numpy", "libblas3", "liblapack3", "libgfortran5"),
    ),
}


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    wheel = Path(sys.argv[1]).resolve()
    name = next((name for name in MACHINES if wheel.stem.endswith(name)), None)
    if not name or not wheel.is_file():
        print(f"{wheel}: not a wheel for one of {', '.join(MACHINES)}", file=sys.stderr)
        return 2
    machine, folder = MACHINES[name], ROOT / "build/emulated" / name
    sysroot, site = folder / "sysroot", folder / "site"
    if not (folder / "complete").exists():
        unpack(machine.debian, [*PACKAGES, *machine.packages], sysroot)
        install_packages(machine, site)
        (folder / "complete").touch()
    shutil.rmtree(site / "nnz", ignore_errors=True)  # of another wheel
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    paths = [site, sysroot / "usr/lib/python3/dist-packages", ROOT / "tests"]
    libraries = [str(path) for path in sysroot.glob("usr/lib/*/*") if path.name in ("blas", "lapack")]
    environment = {"PYTHONPATH": ":".join(map(str, paths)), "LD_LIBRARY_PATH": ":".join(libraries)}
    settings = [word for key, value in environment.items() if value for word in ("-E", f"{key}={value}")]
    python = sysroot / f"usr/bin/python{VERSION}"
    command = [machine.emulator, "-L", sysroot, *settings, python, *sys.argv[2:]]
    return subprocess.run(command, env={"QEMU_CPU": machine.cpu} | os.environ).returncode


def install_packages(machine: Machine, site: Path) -> None:
    """What the tests need: all where there are wheels for the machine, else what runs on any."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", site, "--only-binary=:all:"]
    common = ["--python-version", VERSION, "--implementation", "cp"]
    subprocess.run([*pip, *common, "--platform", "any", "pytest", "hypothesis"], check=True)
    if machine.platforms:
        platforms = [word for platform in machine.platforms for word in ("--platform", platform)]
        subprocess.run([*pip, *common, *platforms, "numpy", "scipy"], check=True)


if __name__ == "__main__":
    sys.exit(main())
