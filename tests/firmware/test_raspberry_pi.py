"""The demo for the Raspberry Pi: cross-compiled, it reads pictures and sounds, and the service is well formed."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from firmware_models import means
from tools import full, require_tools

from command import command
from nnz.format import save

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "boards" / "raspberry-pi"
MACHINES = {"aarch64": ("aarch64-linux-gnu-gcc", "qemu-aarch64"), "armv7": ("arm-linux-gnueabihf-gcc", "qemu-arm")}


@pytest.fixture(scope="module", params=MACHINES)
def demo(
    request: pytest.FixtureRequest, build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> list[str | Path]:
    """The command that runs it under emulation. The library is that of tests/emulated."""
    compiler, emulator = MACHINES[request.param]
    require_tools(request.param, [compiler, emulator])
    toolchain = ROOT / f"cmake/toolchains/{request.param}.cmake"
    options = (f"CMAKE_TOOLCHAIN_FILE={toolchain}", "NNZ_BUILD_TESTS=ON", f"NNZ_PYTHON={sys.executable}")
    library = build(*options, name=request.param) / "libnnz.a"
    program = tmp_path_factory.mktemp("demo") / "nnz_demo"
    flags = ["-std=c11", "-O2", "-static", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{ROOT}/runtime/include"]
    command(compiler, *flags, DEMO / "demo.c", DEMO / "signal_file.c", library, "-lm", "-pthread", "-o", program)
    return [emulator, program]


@full
def test_cmake_project(cmake: str, tmp_path: Path) -> None:
    require_tools("aarch64", MACHINES["aarch64"])
    toolchain = ROOT / "cmake" / "toolchains" / "aarch64.cmake"
    command(cmake, "-S", DEMO, "-B", tmp_path, f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")
    command(cmake, "--build", tmp_path, "--parallel", "2")
    assert "usage: " in subprocess.run(["qemu-aarch64", tmp_path / "nnz_demo"], capture_output=True, text=True).stderr


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save(means(1, 3, 4, 5), tmp_path / "model.nnz")
    return tmp_path / "model.nnz"


def values(text: str) -> dict[int, float]:
    return {int(i): float(x) for i, x in re.findall(r"(\d+): (-?[\d.]+)", text)}


def write_picture(path: Path, pixels: np.ndarray) -> None:
    height, width, _ = pixels.shape
    path.write_bytes(b"P6\n# a comment\n%d %d\n255\n" % (width, height) + pixels.tobytes())


def test_picture(demo: list[str | Path], model: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    write_picture(tmp_path / "x.ppm", pixels)
    found = values(command(*demo, model, tmp_path / "x.ppm").stdout)
    right = pixels.mean((0, 1)) / 255
    assert list(found) == np.argsort(-right).tolist()
    # Four digits are printed.
    np.testing.assert_allclose([found[i] for i in range(3)], right, atol=1e-4)


def test_sound(demo: list[str | Path], tmp_path: Path) -> None:
    save(means(1, 2, 4, 8), tmp_path / "model.nnz")
    samples = np.random.default_rng(0).integers(-32768, 32768, 80).astype("<i2")
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.tobytes())
    found = values(command(*demo, tmp_path / "model.nnz", tmp_path / "x.wav").stdout)
    right = samples[:64].reshape(2, 32).mean(1) / 32768
    np.testing.assert_allclose([found[i] for i in range(2)], right, atol=1e-4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"P6\n5 4\n255\n" + bytes(59), "the picture is not whole"),
        (b"P6\n6 4\n255\n" + bytes(72), "do not fit the input"),
        (b"P6\n5 4\n65535\n", "expected a picture of 8 bits"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0", "expected samples of 16 bits"),
        (b"GIF89a", "expected a binary PGM or PPM picture, or a WAV file"),
        (b"", "expected a binary PGM or PPM picture, or a WAV file"),
    ],
)
def test_refuses(demo: list[str | Path], model: Path, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x").write_bytes(content)
    done = subprocess.run([*demo, model, tmp_path / "x"], capture_output=True, text=True)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.fixture
def watching(demo: list[str | Path], model: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    arguments = [*demo, model, "--watch", tmp_path / "x.ppm"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_watches(watching: subprocess.Popen[str], tmp_path: Path) -> None:
    for brightness in (51, 204):
        write_picture(tmp_path / "new.ppm", np.full((4, 5, 3), brightness, np.uint8))
        (tmp_path / "new.ppm").replace(tmp_path / "x.ppm")
        assert watching.stdout is not None
        assert values(watching.stdout.readline())[0] == pytest.approx(brightness / 255, abs=1e-4)
        time.sleep(0.02)


def test_service_starts_what_is_installed() -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str
    unit.read(DEMO / "nnz-demo.service")
    assert set(unit) - {"DEFAULT"} == {"Unit", "Service", "Install"}
    program, model, option, _ = unit["Service"]["ExecStart"].split()
    assert (Path(program).name, Path(model).suffix, option) == ("nnz_demo", ".nnz", "--watch")
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", DEMO / "nnz-demo.service"], capture_output=True, text=True)
        assert "Unknown" not in done.stderr
