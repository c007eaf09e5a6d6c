"""What the README says is true: its script runs, its commands and its files exist."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_script_runs_from_any_folder(tmp_path):
    (script,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(script.strip().splitlines()) <= 12
    file = tmp_path / "script.py"
    file.write_text(script, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, file], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert ended.returncode == 0, ended.stderr
    rate = re.search(r"([\d.]+) Hz", ended.stdout)
    assert rate and 1.0 < float(rate[1]) < 500.0


def test_links_lead_to_files():
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^):]+)\)", text):
            assert (document.parent / link).exists(), (document.name, link)


def test_commands_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        named = re.findall(r"`make ([a-z-]+)`", (ROOT / document).read_text(encoding="utf-8"))
        assert named and set(named) <= targets
    for command in re.findall(r"main\.py (\w+)", TEXT):
        ended = subprocess.run([sys.executable, ROOT / "main.py", command, "--help"], capture_output=True)
        assert ended.returncode == 0, command
