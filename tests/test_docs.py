"""What the documents say of the code is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnz.convert.lower import supported

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])


def test_operators_lists_what_is_registered() -> None:
    onnx, kinds = (ROOT / "docs" / "OPERATORS.md").read_text().split("\n## Operator kinds")
    assert re.findall(r"^\| ([A-Z]\w+) \|", onnx, re.M) == sorted(supported())
    registry = (ROOT / "runtime" / "src" / "registry.c").read_text()
    first_column = " ".join(re.findall(r"^\| (`[^|]+`) \|", kinds, re.M))
    assert set(re.findall(r"`(\w+)`", first_column)) == set(re.findall(r"OPERATOR\((\w+)\)", registry))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_functions_that_comments_and_documents_name_exist() -> None:
    sources = [*(ROOT / "runtime").rglob("*.[ch]"), *(ROOT / "tests").rglob("*.[ch]")]
    code = "\n".join(source.read_text() for source in sources)
    comments = re.findall(r"/\*.*?\*/", code, re.S) + [document.read_text() for document in DOCUMENTS]
    defined = set(re.findall(r"\b(nnz_\w+)\((?!\))", code))
    assert set(re.findall(r"\b(nnz_[a-z0-9_]+)\(\)", "\n".join(comments))) - defined == set()


def test_ci_calls_the_test_command_of_the_readme() -> None:
    command = "pip install '.[test]' && pytest"
    assert f"\n{command}\n" in (ROOT / "README.md").read_text()
    assert f'"{command}"' in (ROOT / ".ci" / "run").read_text()


def test_the_python_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(example, names)
    assert names["y"].shape == (1, 10)
