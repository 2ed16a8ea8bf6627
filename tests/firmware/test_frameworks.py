"""Packages for firmware frameworks: their descriptions are valid, and what they would compile compiles and runs."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from firmware_models import unstructured
from tools import require_tools

from command import command
from nnz.errors import ArgumentError
from nnz.format import save

ROOT = Path(__file__).resolve().parent.parent.parent
FRAMEWORKS = ROOT / "frameworks"
sys.path.insert(0, str(FRAMEWORKS))

import package  # noqa: E402

MODEL = ROOT / "tests" / "golden" / "0.1" / "int8_conv_q1x4.nnz"


def test_every_source_is_listed() -> None:
    listed = {path.as_posix() for path in package.sources()}
    on_disk = {path.relative_to(ROOT).as_posix() for path in (ROOT / "runtime" / "src").rglob("*.c")}
    assert on_disk - listed == {path for path in on_disk if path.startswith("runtime/src/host/")}
    assert "runtime/kernels/scalar/spmm_s8.c" in listed


# ---- CMake frameworks: their commands are stubs here -----------------------------------------------------------------


PROGRAM = """
#include "model_model.h"
int main(void) {
    nnz_model model;
    return (int)nnz_open(&model, model_model, MODEL_MODEL_SIZE, &model_registry, NULL);
}
"""


def cmake_project(folder: Path, cmake: str, prologue: str, adding: str, library: str, *options: str) -> Path:
    """Builds a program that links `library`, after the framework's commands were defined in `prologue`."""
    command(sys.executable, "-m", "nnz.cli", "embed", MODEL, "--out", folder, "--isa", "scalar", "--name", "model")
    (folder / "main.c").write_text(PROGRAM)
    (folder / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.20)\nproject(test C)\n{prologue}\nadd_subdirectory({adding} nnz)\n"
        f"add_executable(program main.c model_model.c model_registry.c)\ntarget_link_libraries(program {library} m)\n"
        "target_link_options(program PRIVATE -Wl,--gc-sections)\n"
    )
    command(cmake, "-S", folder, "-B", folder / "build", *options)
    command(cmake, "--build", folder / "build", "--parallel", "2")
    return folder / "build" / "program"


ZEPHYR = """
macro(zephyr_library_named name)
    add_library(${name} STATIC)
    set(zephyr_library ${name})
endmacro()
macro(zephyr_library_sources)
    target_sources(${zephyr_library} PRIVATE ${ARGN})
    target_compile_options(${zephyr_library} PRIVATE -std=c11 -Os -ffreestanding -fno-common -Wall -Werror)
endmacro()
macro(zephyr_library_compile_options)
    target_compile_options(${zephyr_library} PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_compile_definitions)
    target_compile_definitions(${zephyr_library} PRIVATE ${ARGN})
endmacro()
macro(zephyr_include_directories)
    include_directories(${ARGN})
endmacro()
include_directories(${CMAKE_SOURCE_DIR})
set(CONFIG_NNZ y)
"""

ESP_IDF = """
macro(idf_component_register)
    cmake_parse_arguments(COMPONENT "" "" "SRCS;INCLUDE_DIRS" ${ARGN})
    set(COMPONENT_LIB nnz)
    add_library(nnz STATIC ${COMPONENT_SRCS})
    target_include_directories(nnz PUBLIC ${COMPONENT_INCLUDE_DIRS})
    target_compile_options(nnz PRIVATE -std=gnu17 -Os -Wall -Werror=all -Wextra -Wno-unused-parameter)
endmacro()
"""


def test_zephyr(cmake: str, tmp_path: Path) -> None:
    module = dict(re.findall(r"^\s*(\w+): (\S+)$", (ROOT / "zephyr" / "module.yml").read_text(), re.M))
    assert module.keys() == {"name", "cmake", "kconfig"}
    assert (ROOT / module["kconfig"]).is_file()
    prologue = ZEPHYR + f"include_directories({ROOT}/runtime/include)"
    program = cmake_project(tmp_path, cmake, prologue, ROOT / module["cmake"], "nnz")
    command(program)


def test_kconfig() -> None:
    kconfiglib = pytest.importorskip("kconfiglib")
    configuration = kconfiglib.Kconfig(str(FRAMEWORKS / "zephyr" / "Kconfig"), warn_to_stderr=False)
    assert set(configuration.syms) >= {"NNZ", "NNZ_TEXT"}
    assert not configuration.warnings


def test_esp_idf(cmake: str, tmp_path: Path) -> None:
    manifest = (FRAMEWORKS / "esp-idf" / "nnz" / "idf_component.yml").read_text()
    assert re.search(r'^version: "(.*)"$', manifest, re.M)[1] == package.version()
    command(cmake_project(tmp_path, cmake, ESP_IDF, FRAMEWORKS / "esp-idf" / "nnz", "nnz"))


def test_esp_idf_manifest_by_its_own_manager(tmp_path: Path) -> None:
    pytest.importorskip("idf_component_manager")
    from idf_component_tools.manager import ManifestManager

    assert str(ManifestManager(str(FRAMEWORKS / "esp-idf" / "nnz"), "nnz").load().version) == package.version()


def test_pico_sdk(cmake: str, tmp_path: Path) -> None:
    require_tools("the pico-sdk", ["arm-none-eabi-gcc"])
    flags = "-mcpu=cortex-m0plus;-mthumb;-Os;-Wall;-Werror"
    prologue = f"add_compile_options({flags})\nadd_link_options(-mcpu=cortex-m0plus -mthumb --specs=nosys.specs)"
    settings = ("SYSTEM_NAME=Generic", "C_COMPILER=arm-none-eabi-gcc", "TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY")
    options = [f"-DCMAKE_{setting}" for setting in settings]
    assert cmake_project(tmp_path, cmake, prologue, FRAMEWORKS / "pico-sdk", "nnz", *options).exists()


# ---- Packages --------------------------------------------------------------------------------------------------------

ARDUINO_H = """
#include <cstdio>
#include <cstring>
struct { void begin(long) {} void println(const char *text) { std::puts(text); } } Serial;
"""


@pytest.fixture(scope="module")
def arduino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arduino")
    save(unstructured(2, 64), folder / "model.nnz")
    return package.arduino(folder, "https://example.org/nnz", folder / "model.nnz")


def test_arduino_refuses_what_its_sketch_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="its example takes a model of one input and one output"):
        package.arduino(tmp_path, "", MODEL)


def test_arduino_properties(arduino: Path) -> None:
    """The fields that the Arduino library specification requires, none of them empty."""
    lines = (arduino / "library.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert required <= {key for key, value in properties.items() if value}
    assert re.fullmatch(r"\d+\.\d+\.\d+", properties["version"])
    assert (arduino / "src" / properties["includes"]).is_file()


def test_arduino_sketch_runs(arduino: Path, tmp_path: Path) -> None:
    """As the IDE does it: all of src/ with src/ on the path, the sketch behind Arduino.h; for this machine."""
    require_tools("the sketch", ["cc", "c++"])
    example = arduino / "examples" / "nnz_run"
    sketch = tmp_path / "sketch.cpp"
    loop = "int main() { setup(); loop(); }\n"
    sketch.write_text(ARDUINO_H + (example / "nnz_run.ino").read_text() + loop)
    sources = [*arduino.glob("src/**/*.c"), *example.glob("*.c")]
    objects = tmp_path / "objects"
    objects.mkdir()
    sections = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]
    flags = ["-Os", "-Wall", "-Wextra", "-Werror", *sections, f"-I{arduino / 'src'}", f"-I{example}"]
    for i, source in enumerate(sources):
        command("cc", "-std=gnu11", *flags, "-c", source, "-o", objects / f"{i}.o")
    linked = [sketch, *objects.glob("*.o"), "-lm", "-o", tmp_path / "run"]
    command("c++", "-std=gnu++11", "-fno-exceptions", *flags, *linked)
    assert command(tmp_path / "run").stdout == "the output is the host's\n"


def test_platformio_manifest(arduino: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.loads((arduino / "library.json").read_text())
    assert {"name", "version", "description", "keywords", "license"} <= manifest.keys()
    schema = pytest.importorskip("platformio.package.manifest.schema")
    parser = pytest.importorskip("platformio.package.manifest.parser")
    # It would ask the network which licences there are.
    monkeypatch.setattr(schema.ManifestSchema, "validate_license", lambda *_, **__: None)
    parsed = parser.ManifestParserFactory.new_from_file(str(arduino / "library.json")).as_dict()
    schema.ManifestSchema().load_manifest(parsed)


def test_cmsis_pack(tmp_path: Path) -> None:
    pack = package.cmsis_pack(tmp_path, "https://example.org/nnz")
    assert pack.name == f"nnz.nnz.{package.version()}.pack"
    with zipfile.ZipFile(pack) as file:
        root = ElementTree.fromstring(file.read("nnz.nnz.pdsc"))
        names = set(file.namelist())
    # In this order, as the schema wants it.
    tags = ["vendor", "name", "description", "url", "license", "releases", "components"]
    assert [child.tag for child in root] == tags
    listed = {element.get("name") for element in root.iter("file")}
    assert {path.as_posix() for path in package.sources()} == listed - {"runtime/include/"}
    assert {name for name in listed if not name.endswith("/")} <= names
