"""The documentation builds without a warning, names all that is public, and its Python runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

import engine
from engine.network.configuration import DEFAULTS

DOCS = Path(__file__).resolve().parents[1] / "docs"
GUIDE = sorted((DOCS / "guide").glob("*.md"))


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_the_python_of_the_guide_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    engine.clear()
    engine.setup(**DEFAULTS | {"seed": 1})
    try:
        for example in Sybil([PythonCodeBlockParser()]).parse(page).examples():
            example.evaluate()
    finally:
        engine.clear_all_callbacks()
        engine.clear()
        engine.clear_all_callbacks()


def test_every_page_of_the_guide_is_in_the_contents():
    contents = (DOCS / "index.md").read_text(encoding="utf-8")
    assert [page.stem for page in GUIDE if f"guide/{page.stem}\n" not in contents] == []


def test_the_reference_has_every_public_name():
    reference = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    described = {line.split("::")[1].strip() for line in reference.splitlines() if line.startswith(".. auto")}
    assert set(engine.__all__) - {"np"} - described == set()


@pytest.mark.timeout(600)  # Half a minute alone; several on a busy machine.
def test_the_documentation_builds_without_a_warning(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", DOCS, tmp_path / "html"],
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
    )
    assert ended.returncode == 0, ended.stderr
    assert "connect_fixed_probability" in (tmp_path / "html/reference/core.html").read_text(encoding="utf-8")
