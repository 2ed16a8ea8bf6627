"""A part of Debian for another architecture, unpacked into a folder; nothing of this machine is changed."""

from __future__ import annotations

import subprocess
from pathlib import Path


def unpack(architecture: str, packages: list[str], folder: Path) -> None:
    """Unpacks Debian packages, and what they depend on, of `architecture` ("arm64", "armhf", "amd64") into `folder`."""
    state = folder.parent / f"{folder.name}-apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    options = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Dir::State": f"{state}/state",
        "Dir::State::status": f"{state}/status",
        "Dir::Cache": f"{state}/cache",
    }
    apt = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in options.items())]
    # One of several archives may be between two states; whether a package is missing, the installation says.
    subprocess.run([*apt, "update"], capture_output=True)
    _run([*apt, "install", "--yes", "--download-only", *packages])
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted((state / "cache/archives").glob("*.deb")):
        _run(["dpkg", "-x", package, folder])


def _run(command: list) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} {command[-1]}: {done.stdout}{done.stderr}")
