"""The command line: what it writes, and what its exit codes mean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from project_documents import ROOT

import main
from engine.errors import CompilationError
from engine.project import headless, storage
from engine.project.document import ProjectDocument

PNG = b"\x89PNG"


@pytest.fixture
def project(small: ProjectDocument, tmp_path: Path) -> str:
    path = tmp_path / "small.neuroloom.json"
    storage.save(small, path)
    return str(path)


@pytest.fixture
def broken(small: ProjectDocument, tmp_path: Path) -> str:
    path = tmp_path / "broken.neuroloom.json"
    text = msgspec.structs.replace(small.neurons[0], equations="dv/dt = nonsense")
    storage.save(msgspec.structs.replace(small, neurons=(text,)), path)
    return str(path)


def test_run_writes_recordings_and_pictures(
    project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    assert main.main(["run", project, "--duration", "50", "--seed", "3", "--out", str(out)]) == 0
    with np.load(out / "recordings.npz", allow_pickle=False) as saved:
        times, ranks = saved["Cells.spike.times"], saved["Cells.spike.ranks"]
        assert saved["Cells.v"].shape == (10, 30)
    assert times.shape == ranks.shape
    assert times.max(initial=0.0) < 50.0
    for name in ("raster.png", "rate.png"):
        assert (out / name).read_bytes().startswith(PNG)
    told = capsys.readouterr()
    assert f"Cells: {len(times) / 30 / 0.05:.2f} Hz" in told.out
    assert "Simulating: 100 %" in told.err


def test_check_tells_the_place(project: str, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["check", project]) == 0
    assert main.main(["check", broken]) == 1
    told = capsys.readouterr().out
    assert "Cell.equations, line 1, column 9" in told
    assert "nonsense" in told


def test_export_writes_a_script(project: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.py"
    assert main.main(["export", project, "--to", "python", "-o", str(script)]) == 0
    assert main.main(["export", project]) == 0
    assert capsys.readouterr().out == script.read_text()


@pytest.mark.parametrize("command", [["run"], ["export"]])
def test_errors_of_a_model_end_with_1(
    broken: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([*command, broken]) == 1
    assert "nonsense" in capsys.readouterr().err


def test_a_project_that_is_not_whole_is_not_run(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(project)
    path.write_text(path.read_text().replace('"pattern": "fixed_probability"', '"pattern": "magic"'))
    assert main.main(["run", project]) == 1
    assert "Drive" in capsys.readouterr().err


def test_wrong_usage_ends_with_2(project: str) -> None:
    for arguments in (
        ["run"],
        ["dance"],
        ["run", project, "--duration", "-1"],
        ["run", project, "--threads", "0"],
    ):
        with pytest.raises(SystemExit) as ended:
            main.main(arguments)
        assert ended.value.code == 2


def test_unreadable_file_ends_with_3(
    tmp_path: Path, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["check", str(tmp_path / "missing.json")]) == 3
    assert "no such file" in capsys.readouterr().err
    assert main.main(["export", project, "-o", str(tmp_path / "no" / "folder.py")]) == 3
    assert main.main(["run", project, "--duration", "1", "--out", project]) == 3


def test_interruption_ends_with_130(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(document: ProjectDocument) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(headless, "run", interrupt)
    assert main.main(["run", project]) == 130


def test_without_a_display_the_project_runs(project: str, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, ROOT / "main.py", "open", project],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "there is no display" in ended.stderr
    assert "Cells:" in ended.stdout and "To open the window" in ended.stdout
    assert (tmp_path / "out" / "raster.png").read_bytes().startswith(PNG)
    assert (tmp_path / "out" / "rate.png").read_bytes().startswith(PNG)


def test_user_errors_show_no_traceback(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, ROOT / "main.py", "run", "missing.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 3
    assert ended.stderr == "missing.json cannot be opened: there is no such file.\n"


def test_failure_of_the_compiler_ends_with_4(
    project: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(document: ProjectDocument) -> None:
        raise CompilationError("There is no C++ compiler.")

    monkeypatch.setattr(headless, "run", fail)
    assert main.main(["run", project]) == 4
    assert capsys.readouterr().err == "There is no C++ compiler.\n"


def test_warnings_are_told_and_do_not_stop(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(project)
    path.write_text(path.read_text().replace('"target": "exc"', '"target": "unheard"'))
    assert main.main(["check", project]) == 0
    assert main.main(["export", project]) == 0
    assert "warning: Drive.target: Cells does not read the target 'unheard'" in capsys.readouterr().err
