"""Builds that several tests share, and where shared models and data are."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from command import command

# Workers share the CPUs: in each of them numpy computes in one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent


def _cmake() -> str:
    beside_python = Path(sys.executable).with_name("cmake")
    found = str(beside_python) if beside_python.exists() else shutil.which("cmake")
    if not found:
        pytest.skip("cmake is not installed")
    return found


@pytest.fixture(scope="session")
def cmake() -> str:
    return _cmake()


@pytest.fixture(scope="session")
def build(cmake: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """build("NAME=VALUE", ...) builds the C library with these options, once, and returns the directory; `name` is a
    short name for the options.

    Processes that share the tests share the builds.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def make(*options: str, name: str | None = None) -> Path:
        words = [name] if name else [option.replace("=", "_").replace(",", "_") for option in options]
        directory = shared / "-".join(["build", *words])
        with (shared / f"{directory.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (directory / "built").exists():
                generator = ["-GNinja"] if shutil.which("ninja") else []
                command(cmake, "-S", ROOT, "-B", directory, *generator, *(f"-D{option}" for option in options))
                command(cmake, "--build", directory, "--parallel", "2")
                (directory / "built").touch()
        return directory

    return make


@pytest.fixture(scope="session")
def sanitized(build: Callable[..., Path]) -> Path:
    """The directory of nnz_check and nnz_damage under address and undefined behaviour sanitizers."""
    return build("NNZ_BUILD_TESTS=ON", "NNZ_SANITIZE=address,undefined", "CMAKE_BUILD_TYPE=RelWithDebInfo")


@pytest.fixture(scope="session")
def static_build(build: Callable[..., Path]) -> Path:
    """The directory of libnnz.a and of the programs that measure and check."""
    return build("NNZ_BUILD_TESTS=ON")


@pytest.fixture(scope="session")
def shared_library(build: Callable[..., Path]) -> Path:
    directory = build("BUILD_SHARED_LIBS=ON")
    return directory / ("libnnz.dylib" if sys.platform == "darwin" else "libnnz.so")


@pytest.fixture
def use_level(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """use_level("avx2") has sessions compute with the kernels of that level; where this CPU lacks it, the test is
    skipped.
    """
    import nnz

    def use(level: str) -> None:
        monkeypatch.setenv("NNZ_CPU", level)
        try:
            nnz._nnz.host_isa()
        except nnz.UnsupportedError as error:
            assert level in str(error)
            pytest.skip(f"this CPU has no {level}")

    return use


@pytest.fixture
def conv(tmp_path: Path) -> Path:
    """The file of a small convolutional model."""
    from nnz.format import save
    from small_models import MODELS

    path = tmp_path / "conv.nnz"
    save(MODELS["conv_u1"](), path)
    return path


@pytest.fixture(scope="session")
def shared_directory() -> Path:
    """Models and data that are not part of the repository."""
    directory = Path(os.environ.get("NNZ_SHARED", ROOT.parent / "shared"))
    if not directory.is_dir():
        # Who names a directory wants its tests to run.
        missing = pytest.fail if "NNZ_SHARED" in os.environ else pytest.skip
        missing(f"{directory} is not there: set NNZ_SHARED")
    return directory
