"""How the user wants a network to be built: arguments of ``compile``, and a file of settings."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from engine.codegen.build import DEBUG, BuildOptions
from engine.errors import EngineError

USER_FILE = Path("~/.config/ANNarchy/annarchy.json")
"""Settings of a user, in the format that ANNarchy writes."""

UNCHANGED = {("-O2", "-march=native"), ("-O3", "-march=native")}
"""Flags that ANNarchy writes into the file itself: nobody chose them."""


def place_of_copy(directory: str, number: int) -> Path | None:
    """Where ``compile(directory=...)`` puts the generated text; with its default nowhere."""
    return None if str(directory) == "annarchy" else Path(directory) / f"network{number or ''}.cpp"


def build_options(
    *,
    copy: Path | None,
    clean: bool,
    compiler: str,
    compiler_flags: str,
    extra_libs: str,
    annarchy_json: str,
    debug: bool,
) -> BuildOptions:
    """What ``compile`` was asked for.

    Raises
    ------
    EngineError
        Where a text cannot be split into words, or the file of settings cannot be read.
    """
    settings = file_settings(annarchy_json)
    if compiler == "default":
        compiler = settings.get("compiler", "g++")
    flags: tuple[str, ...] | None = None
    if compiler_flags != "default":
        flags = _words(compiler_flags, "compiler_flags")
    elif debug:
        flags = DEBUG
    elif "flags" in settings and tuple(sorted(settings["flags"].split())) not in UNCHANGED:
        flags = _words(settings["flags"], "flags")
    return BuildOptions(
        compiler=compiler,
        flags=flags,
        libraries=_words(extra_libs, "extra_libs"),
        clean=bool(clean),
        copy=copy,
    )


def file_settings(annarchy_json: str) -> dict[str, str]:
    """``compiler`` and ``flags`` of the section ``openmp`` of a file: of the one given or, if it exists,
    that of the user."""
    path = Path(annarchy_json or USER_FILE).expanduser()
    if not annarchy_json and not path.is_file():
        return {}
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineError(
            f"compile(): the settings {path} cannot be read: {error.strerror or error}."
        ) from None
    except ValueError as error:
        raise EngineError(f"compile(): the settings {path} are no JSON: {error}.") from None
    section = content.get("openmp", {}) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise EngineError(f"compile(): the settings {path} need a section 'openmp': {{'compiler', 'flags'}}.")
    settings = {key: section[key] for key in ("compiler", "flags") if key in section}
    for key, value in settings.items():
        if not isinstance(value, str):
            raise EngineError(f"compile(): {key} in the settings {path} must be text, not {value!r}.")
    return settings


def _words(text: str, what: str) -> tuple[str, ...]:
    if not isinstance(text, str):
        raise EngineError(f"compile(): {what} must be text, not {type(text).__name__}.")
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise EngineError(f"compile(): {what}={text!r} cannot be split into words: {error}.") from None
