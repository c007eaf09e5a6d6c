"""What the set-up asks for and says; the real thing runs at each ``make``."""

import ctypes
import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
specification = importlib.util.spec_from_file_location("environment", ROOT / "tools" / "environment.py")
environment = importlib.util.module_from_spec(specification)
specification.loader.exec_module(environment)


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine with apt-get and nothing else."""

    def refuse(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(environment, "FONT_FOLDERS", ())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_the_compiler_is_always_needed_the_window_only_where_it_can_open(bare_machine):
    bare = environment.missing_packages(window=False, display=False)
    assert "g++" in bare and f"python{environment.VERSION}-venv" in bare
    assert not {"libegl1", "xvfb", "fonts-dejavu-core"} & set(bare)
    window = environment.missing_packages(window=True, display=False)
    assert {"g++", "libegl1", "libgl1", "libxcb-cursor0", "libxkbcommon-x11-0", "fonts-dejavu-core"} <= set(
        window
    )
    assert "xvfb" not in window
    assert {"xvfb", "xauth"} <= set(environment.missing_packages(window=True, display=True))


def test_instructions_are_counted_where_valgrind_is(bare_machine, monkeypatch):
    assert "valgrind" not in environment.missing_packages(window=False, display=False)
    assert "valgrind" in environment.missing_packages(window=False, display=False, valgrind=True)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert "valgrind" not in environment.missing_packages(window=False, display=False, valgrind=True)


def test_a_user_gets_the_exact_command(bare_machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as stopped:
        environment.install_packages(["g++", "libegl1"])
    assert "    sudo apt-get install -y --no-install-recommends g++ libegl1\n" in str(stopped.value)


def test_root_installs_at_once(bare_machine, monkeypatch):
    commands = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(environment, "run", lambda *command, env: commands.append(command))
    environment.install_packages(["g++"])
    assert [command[:2] for command in commands] == [("apt-get", "update"), ("apt-get", "install")]
    assert "g++" in commands[1]


def test_a_step_is_done_until_its_files_change(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path)
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==2.0")
    environment.finish("packages", environment.fingerprint_of(lock))
    assert environment.is_done("packages", environment.fingerprint_of(lock))
    lock.write_text("numpy==2.1")
    assert not environment.is_done("packages", environment.fingerprint_of(lock))


def test_a_failing_command_stops_with_its_code():
    with pytest.raises(SystemExit) as stopped:
        environment.run("sh", "-c", "exit 3")
    assert stopped.value.code == 3
