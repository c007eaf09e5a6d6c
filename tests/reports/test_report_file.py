"""How a report is asked for, and the file that it is written to."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reported import small

import engine
from engine import EngineError, report

ROOT = Path(__file__).parents[2]


def test_report_is_called_as_in_both_dialects(tmp_path, capsys):
    names = [
        "filename",
        "standalone",
        "gather_subprojections",
        "title",
        "author",
        "date",
        "net_id",
        "network",
    ]
    assert list(inspect.signature(report).parameters) == names
    net = small()
    report(net, filename=str(tmp_path / "a.md"), title="One")
    report(net, str(tmp_path / "b.md"), True, False, "One")
    report(str(tmp_path / "c.md"), title="One", network=net)
    texts = {(tmp_path / f"{name}.md").read_text() for name in "abc"}
    assert len(texts) == 1 and "title: One" in texts.pop()
    assert f"Generating report in {tmp_path / 'a.md'} \n" in capsys.readouterr().out


def test_the_top_level_network_is_reported_by_default(tmp_path):
    engine.clear()
    try:
        engine.Population(3, engine.Izhikevich, name="top")
        report(str(tmp_path / "deep" / "er" / "report.md"))
    finally:
        engine.clear()
    assert "| top " in (tmp_path / "deep/er/report.md").read_text()


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.md.txt"])
def test_other_files_are_refused(tmp_path, name):
    with pytest.raises(EngineError, match=r"must end with \.tex or \.md"):
        report(small(), str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match=r"file/report\.md cannot be written"):
        report(small(), str(tmp_path / "file" / "report.md"))


def test_an_old_report_is_replaced_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "report.md"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(EngineError, match="disk full"):
        report(small(), str(path))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_network_is_meant_by_its_number(tmp_path):
    net = small()
    report(str(tmp_path / "number.md"), net_id=net.id)
    assert "cells\\_a" in (tmp_path / "number.md").read_text(encoding="utf-8")
    with pytest.raises(EngineError, match="987654321"):
        report("report.md", net_id=987654321)


def test_a_flag_of_the_script_asks_for_a_report(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import engine\nengine.Population(2, engine.Izhikevich, name='cells')\nengine.compile(silent=True)\n"
    )
    file = tmp_path / "out" / "script.md"
    done = subprocess.run(
        [sys.executable, script, "--report", file], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert f"Generating report in {file}" in done.stdout
    assert "## Izhikevich" in file.read_text(encoding="utf-8")
