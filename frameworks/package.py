"""Packs the firmware sources for frameworks that want a folder of their own: Arduino, PlatformIO, CMSIS-Pack.

What is compiled stands in runtime/firmware_sources.txt, the version in runtime/src/version.c.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from nnz.errors import ArgumentError, Error
from nnz.firmware import generate
from nnz.reader import read

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent

SENTENCE = "Runs sparse (pruned) neural networks."
PARAGRAPH = "A small C11 runtime without heap, files or threads for models that nnz convert and nnz embed make."

EXAMPLES = """examples:
  python frameworks/package.py arduino --model model.nnz --out build/arduino      also a library of PlatformIO
  python frameworks/package.py cmsis-pack --out build/pack
"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("framework", choices=("arduino", "cmsis-pack"))
    parser.add_argument("--out", required=True, type=Path, help="where to write")
    parser.add_argument("--model", type=Path, help="arduino: the .nnz file of the example, of one input and one output")
    parser.add_argument("--url", default="", help="the address that the package's description gives")
    args = parser.parse_args(argv)
    try:
        if args.framework == "cmsis-pack":
            print(cmsis_pack(args.out, args.url))
        else:
            print(arduino(args.out, args.url, args.model))
    except (Error, OSError) as error:
        print(f"package: error: {error}", file=sys.stderr)
        return 1
    return 0


def version() -> str:
    match = re.search(r'"([\d.]+)"', (ROOT / "runtime" / "src" / "version.c").read_text())
    assert match
    return match[1]


def sources() -> list[Path]:
    """The C files that every framework compiles, from the root."""
    patterns = (ROOT / "runtime" / "firmware_sources.txt").read_text().split()
    return sorted(path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern))


def headers() -> list[Path]:
    """What the sources include, but for the public headers."""
    return sorted(
        path.relative_to(ROOT) for folder in ("src", "kernels") for path in (ROOT / "runtime" / folder).rglob("*.[hi]*")
    )


def public_headers() -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / "runtime" / "include").glob("*.h"))


# ---- Arduino and PlatformIO ------------------------------------------------------------------------------------------


def arduino(out: Path, url: str, model: Path | None) -> Path:
    """A library that the Arduino IDE and PlatformIO take as it is: public headers in src/, the rest below."""
    library = out / "nnz"
    shutil.rmtree(library, ignore_errors=True)
    for path in public_headers():
        _copy(path, library / "src" / path.name)
    for path in sources() + headers():
        _copy(path, library / "src" / path)
    _copy(Path("LICENSE"), library / "LICENSE")
    properties = {
        "name": "nnz",
        "version": version(),
        "author": "The nnz authors",
        "maintainer": "The nnz authors",
        "sentence": SENTENCE,
        "paragraph": PARAGRAPH,
        "category": "Data Processing",
        "url": url,
        "architectures": "*",
        "includes": "nnz.h",
    }
    (library / "library.properties").write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
    manifest = {
        "name": "nnz",
        "version": version(),
        "description": f"{SENTENCE} {PARAGRAPH}",
        "keywords": ["neural network", "sparse", "inference"],
        "license": "Apache-2.0",
        "frameworks": "*",
        "platforms": "*",
        "headers": "nnz.h",
        "build": {"flags": ["-DNNZ_NO_TEXT", "-ffp-contract=off"]},
    } | ({"homepage": url} if url else {})
    (library / "library.json").write_text(json.dumps(manifest, indent=4) + "\n")
    if model:
        _example(library / "examples" / "nnz_run", model)
    return library


def _example(folder: Path, model: Path) -> None:
    network = read(model.read_bytes())
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise ArgumentError(f"{model}: its example takes a model of one input and one output")
    folder.mkdir(parents=True)
    name = "example"
    for file, text in generate(network, name, "scalar").items():
        (folder / file).write_text(text)
    sketch = (FOLDER / "arduino" / "nnz_run.ino.in").read_text()
    (folder / "nnz_run.ino").write_text(sketch.replace("@name@", name).replace("@NAME@", name.upper()))


# ---- CMSIS-Pack ------------------------------------------------------------------------------------------------------


def cmsis_pack(out: Path, url: str) -> Path:
    """nnz.nnz.VERSION.pack: a zip of the sources, with their description in nnz.nnz.pdsc."""
    out.mkdir(parents=True, exist_ok=True)
    pack = out / f"nnz.nnz.{version()}.pack"
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("nnz.nnz.pdsc", _pdsc(url))
        for path in [Path("LICENSE"), *public_headers(), *sources(), *headers()]:
            file.write(ROOT / path, path.as_posix())
    return pack


def _pdsc(url: str) -> str:
    package = ElementTree.Element(
        "package",
        {
            "schemaVersion": "1.7.7",
            "xmlns:xs": "http://www.w3.org/2001/XMLSchema-instance",
            "xs:noNamespaceSchemaLocation": "PACK.xsd",
        },
    )
    head = {"vendor": "nnz", "name": "nnz", "description": SENTENCE, "url": url, "license": "LICENSE"}
    for tag, text in head.items():
        ElementTree.SubElement(package, tag).text = text
    releases = ElementTree.SubElement(package, "releases")
    ElementTree.SubElement(releases, "release", version=version()).text = "See the project's history."
    component = ElementTree.SubElement(
        ElementTree.SubElement(package, "components"),
        "component",
        {"Cclass": "Machine Learning", "Cgroup": "nnz", "Csub": "Runtime", "Cversion": version()},
    )
    ElementTree.SubElement(component, "description").text = PARAGRAPH
    files = ElementTree.SubElement(component, "files")
    ElementTree.SubElement(files, "file", category="include", name="runtime/include/")
    for path in sources():
        ElementTree.SubElement(files, "file", category="source", name=path.as_posix())
    ElementTree.indent(package)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(package, encoding="unicode") + "\n"


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / path, target)


if __name__ == "__main__":
    sys.exit(main())
