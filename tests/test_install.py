"""libnnz installed, and used by a C program outside the tree, through CMake and through pkg-config."""

import shutil
import subprocess
from pathlib import Path

import pytest

from command import command
from nnz import format
from small_models import MODELS

PROGRAM = r"""
#include <nnz.h>
#include <stdio.h>

int main(int argc, char **argv) {
    nnz_program *program;
    nnz_error error;
    if (argc != 2 || nnz_load(&program, argv[1], 2, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    float x[60] = {1}, y[38];
    const void *inputs[] = {x};
    void *outputs[] = {y};
    if (nnz_run(nnz_program_session(program), inputs, outputs, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    double sum = 0;
    for (int i = 0; i < 38; i++)
        sum += y[i];
    printf("%s %.3f\n", nnz_version(), sum);
    nnz_free(program);
    return 0;
}
"""

CMAKE_LISTS = """
cmake_minimum_required(VERSION 3.20)
project(outside C)
find_package(nnz 0.1 REQUIRED)
add_executable(outside main.c)
target_link_libraries(outside PRIVATE nnz::nnz)
"""


@pytest.fixture(scope="module", params=["static", "shared"])
def installed(request, static_build, shared_library, cmake, tmp_path_factory) -> Path:
    directory = shared_library.parent if request.param == "shared" else static_build
    prefix = tmp_path_factory.mktemp(f"installed-{request.param}")
    command(cmake, "--install", directory, "--prefix", prefix)
    return prefix


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / "main.c").write_text(PROGRAM)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE_LISTS)
    (tmp_path / "m.nnz").write_bytes(format.write(MODELS["fc_u1"]()))
    return tmp_path


def assert_runs(program: Path, model: Path, prefix: Path) -> None:
    (library,) = prefix.glob("lib*/libnnz.*.*.*") if list(prefix.glob("lib*/*.so*")) else prefix.glob("lib*/libnnz.a")
    done = command(program, model, env={"LD_LIBRARY_PATH": str(library.parent)})
    # The output is a softmax of two vectors: each sums to one.
    assert done.stdout.split()[1] == "2.000"


def test_find_package(installed, project, cmake):
    build = project / "build"
    command(cmake, "-S", project, "-B", build, f"-DCMAKE_PREFIX_PATH={installed}")
    command(cmake, "--build", build)
    assert_runs(build / "outside", project / "m.nnz", installed)


def test_pkg_config(installed, project):
    compiler = shutil.which("cc")
    if not shutil.which("pkg-config") or not compiler:
        pytest.skip("pkg-config or a C compiler is not installed")
    (pc,) = installed.glob("lib*/pkgconfig")
    flags = command("pkg-config", "--cflags", "--libs", "nnz", env={"PKG_CONFIG_PATH": str(pc)}).stdout.split()
    command(compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", project / "main.c", "-o", project / "outside", *flags)
    assert_runs(project / "outside", project / "m.nnz", installed)


def test_nothing_but_the_interface_is_installed(installed):
    headers = [p.relative_to(installed).as_posix() for p in installed.glob("include/**/*") if p.is_file()]
    assert sorted(headers) == ["include/nnz.h", "include/nnz_registry.h"]


def test_the_header_is_valid_c11_and_cxx11(tmp_path):
    compiler, cxx = shutil.which("cc"), shutil.which("c++")
    if not compiler or not cxx:
        pytest.skip("no C or C++ compiler")
    include = Path(__file__).resolve().parent.parent / "runtime" / "include"
    for tool, standard, language in ((compiler, "c11", "c"), (cxx, "c++11", "c++")):
        check = [tool, f"-std={standard}", "-x", language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
        done = subprocess.run([*check, include / "nnz_registry.h"], capture_output=True, text=True)
        errors = [line for line in done.stderr.splitlines() if "#pragma once in main file" not in line]
        assert done.returncode == 0, errors
