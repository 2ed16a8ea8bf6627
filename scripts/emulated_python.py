#!/usr/bin/env python3
"""Runs Python with numpy, pytest and a wheel of nnz on an emulated machine.

    python scripts/wheels.py aarch64
    python scripts/emulated_python.py dist/nnzrt-*_aarch64.whl -m pytest -c /dev/null tests/test_golden.py
    python scripts/emulated_python.py dist/nnzrt-*_armv7l.whl -m nnz.cli info

Python comes from Debian, numpy from PyPI where it has a wheel for the machine, else from Debian too. They are unpacked,
not installed, into build/emulated/MACHINE, once. Needs qemu-user, apt and pip.
"""

from __future__ import annotations

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
    emulator: list[str]
    debian: str
    platforms: tuple[str, ...] = ()  # of numpy's wheels; none: Debian's numpy
    packages: tuple[str, ...] = ()


MACHINES = {
    "x86_64": Machine(["qemu-x86_64", "-cpu", "max"], "amd64", ("manylinux_2_28_x86_64",)),
    "aarch64": Machine(
        ["qemu-aarch64", "-cpu", "cortex-a72"], "arm64", ("manylinux2014_aarch64", "manylinux_2_28_aarch64")
    ),
    "armv7l": Machine(
        ["qemu-arm", "-cpu", "cortex-a7"], "armhf", packages=("python3-numpy", "libblas3", "liblapack3", "libgfortran5")
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
    return subprocess.run([*machine.emulator, "-L", sysroot, *settings, python, *sys.argv[2:]]).returncode


def install_packages(machine: Machine, site: Path) -> None:
    """pytest, and numpy where there is a wheel."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", site, "--only-binary=:all:"]
    common = ["--python-version", VERSION, "--implementation", "cp"]
    subprocess.run([*pip, *common, "--platform", "any", "pytest"], check=True)
    if machine.platforms:
        platforms = [word for platform in machine.platforms for word in ("--platform", platform)]
        subprocess.run([*pip, *common, *platforms, "numpy"], check=True)


if __name__ == "__main__":
    sys.exit(main())
