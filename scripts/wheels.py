#!/usr/bin/env python3
"""Builds wheels for Linux on x86_64, aarch64 and armv7l, for the Python that runs this, with zig as cross compiler.

    pip install '.[cross]'
    python scripts/wheels.py                      # all, into dist/
    python scripts/wheels.py aarch64 --out dist
    python3.13 scripts/wheels.py x86_64           # for another Python, with ziglang and auditwheel in it

A wheel runs on every distribution with the C library that its tag names, and auditwheel must find that it asks for no
newer one; C++ is linked into it. This machine's wheel takes the headers of the Python that runs this, others those of
Debian's Python, by apt: so they are for the version that the Debian here has. Releases are built for all versions by
cibuildwheel (pyproject.toml).
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sysroot import unpack

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Target:
    zig: str
    debian: str
    triple: str  # of Debian's folders, and in the names of extension modules
    tag: str
    flags: str = ""


TARGETS = {
    "x86_64": Target("x86_64-linux-gnu.2.17", "amd64", "x86_64-linux-gnu", "manylinux_2_17_x86_64"),
    "aarch64": Target("aarch64-linux-gnu.2.17", "arm64", "aarch64-linux-gnu", "manylinux_2_17_aarch64"),
    "armv7l": Target(
        "arm-linux-gnueabihf.2.31", "armhf", "arm-linux-gnueabihf", "manylinux_2_31_armv7l", "-mcpu=cortex_a7"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("machines", nargs="*", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="directory for the wheels (default: dist)")
    args = parser.parse_args()
    unknown = [name for name in args.machines if name not in TARGETS]
    if unknown:
        parser.error(f"no such machine: {', '.join(unknown)}; expected {', '.join(TARGETS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.machines or TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            print(build(TARGETS[name], Path(folder), args.out))


def build(target: Target, folder: Path, out: Path) -> Path:
    """The wheel's path in `out`."""
    include, flags = headers(target, folder)
    defines = {
        "CMAKE_TOOLCHAIN_FILE": f"{ROOT}/cmake/toolchains/zig.cmake",
        "NNZ_PYTHON": sys.executable,
        "NNZ_ZIG_TARGET": target.zig,
        "NNZ_ZIG_FLAGS": target.flags,
        "CMAKE_CXX_FLAGS": flags,
        "Python_INCLUDE_DIR": include,
        "PYTHON_MODULE_EXTENSION": f".cpython-{sys.version_info.major}{sys.version_info.minor}-{target.triple}.so",
    }
    options = [f"--config-settings=cmake.define.{name}={value}" for name, value in defines.items()]
    wheels = folder / "wheels"
    build_dir = f"--config-settings=build-dir={folder}/build"
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", build_dir, *options, "-w", wheels, ROOT)
    run(sys.executable, "-m", "wheel", "tags", "--remove", "--platform-tag", target.tag, next(wheels.glob("*.whl")))
    made = next(wheels.glob("*.whl"))
    found = json.loads(run(sys.executable, "-m", "auditwheel", "show", "--json", made))["overall_tag"]
    if not found.startswith("manylinux") or glibc(found) > glibc(target.tag):
        raise SystemExit(f"{made.name}: auditwheel finds that it is {found}")
    return Path(shutil.move(made, out / made.name))


def glibc(tag: str) -> list[int]:
    """The version of the C library that a tag like manylinux_2_17_x86_64 asks for."""
    return [int(number) for number in tag.split("_")[1:3]]


def headers(target: Target, folder: Path) -> tuple[str, str]:
    """The directory of Python.h for the target, and the compiler's options that it needs."""
    if target is TARGETS.get(platform.machine()):
        include = Path(sysconfig.get_path("include"))
        own = include.parent / target.triple / PYTHON
        if not own.is_dir():
            return str(include), ""
        # Debian's includes <TRIPLE/PYTHON/pyconfig.h>, whose neighbours zig, with a C library of its own, must not see.
        link = folder / "include" / target.triple / PYTHON
        link.parent.mkdir(parents=True)
        link.symlink_to(own)
        return str(include), f"-isystem {folder}/include"
    unpack(target.debian, [f"lib{PYTHON}-dev"], folder / "sysroot")
    include = folder / "sysroot/usr/include"
    return f"{include}/{PYTHON}", f"-isystem {include}"


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
