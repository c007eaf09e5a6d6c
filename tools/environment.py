"""Set up all that ``make`` needs: system packages, the environment in .venv, the compiled core.

Runs with any Python from 3.11 on and its standard library, as often as you like: what is done is not done
again. As root it installs missing system packages through apt-get; otherwise it prints the command and stops.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

WINDOW_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What Qt links to and does not bring along, and the Debian package that has it."""

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def missing_packages(window: bool, display: bool, valgrind: bool = False) -> list[str]:
    """Debian packages to install before the program builds, its window or a display can open, and
    instructions can be counted."""
    packages = []
    if shutil.which("g++") is None:
        packages.append("g++")
    if importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{VERSION}-venv")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        packages.append(f"python{VERSION}-dev")
    if window:
        packages += [package for library, package in WINDOW_LIBRARIES.items() if not is_loadable(library)]
        if not any(True for folder in FONT_FOLDERS for _ in Path(folder).expanduser().rglob("*.[to]tf")):
            packages.append("fonts-dejavu-core")
    if display:
        packages += [
            package
            for program, package in (("Xvfb", "xvfb"), ("xauth", "xauth"))
            if not shutil.which(program)
        ]
    if valgrind and not shutil.which("valgrind"):
        # It stops at programs whose C library has no symbols of its own functions.
        packages += ["valgrind", "libc6-dbg"]
    return sorted(set(packages))


def is_loadable(library: str) -> bool:
    """Whether the dynamic linker finds the library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_packages(packages: list[str]) -> None:
    """Install as root, otherwise say how and stop."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        sys.exit(f"These Debian packages, or what your system calls them, are missing: {' '.join(packages)}")
    if os.geteuid() != 0:
        sys.exit(
            "Some system packages are missing. Install them and run make again:\n\n"
            f"    sudo {' '.join(command)}\n"
        )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-q", env=quiet)
    run(*command, "-q", env=quiet)


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command; when it fails, stop with its exit code."""
    print("+", *command, flush=True)
    code = subprocess.run(
        [str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL, env=env
    ).returncode
    if code:
        sys.exit(code)


def is_done(step: str, fingerprint: str) -> bool:
    """Whether a step was finished for the files as they are now."""
    stamp = ENVIRONMENT / f"{step}.stamp"
    return stamp.exists() and stamp.read_text() == fingerprint


def finish(step: str, fingerprint: str) -> None:
    """Remember that a step is done."""
    (ENVIRONMENT / f"{step}.stamp").write_text(fingerprint)


def fingerprint_of(*paths: Path) -> str:
    """A hash of the Python version and the contents of files."""
    content = hashlib.sha256(sys.version.encode())
    for path in paths:
        content.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


def install_environment() -> None:
    """Create .venv, for the Python that runs this, and install the versions of the lock file."""
    fingerprint = fingerprint_of(ROOT / "requirements.lock")
    fits = PYTHON.exists() and (ENVIRONMENT / "lib" / f"python{VERSION}").exists()
    if fits and is_done("packages", fingerprint):
        return
    if not fits:
        run(sys.executable, "-m", "venv", "--clear", ENVIRONMENT)
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.lock")
    finish("packages", fingerprint)


def build_core() -> None:
    """Compile the core in place and make the packages importable in .venv."""
    sources = [ROOT / "setup.py", ROOT / "pyproject.toml"]
    sources += sorted(
        path for path in (ROOT / "engine").rglob("*.*") if path.suffix in (".pyx", ".pxd", ".hpp")
    )
    fingerprint = fingerprint_of(*sources)
    compiled = all(any(path.parent.glob(f"{path.stem}.*.so")) for path in sources if path.suffix == ".pyx")
    if compiled and is_done("core", fingerprint):
        return
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    run(PYTHON, "-m", "pip", "install", *options, "--editable", ".")
    finish("core", fingerprint)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--window", action="store_true", help="also what the window needs")
    parser.add_argument("--display", action="store_true", help="also a display in memory, for tests")
    parser.add_argument("--valgrind", action="store_true", help="also what counts instructions")
    arguments = parser.parse_args()
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    window = arguments.window and (has_display or arguments.display)
    packages = missing_packages(window, arguments.display, arguments.valgrind)
    if packages:
        install_packages(packages)
    install_environment()
    build_core()


if __name__ == "__main__":
    main()
