"""The one entry of the program: the window, or a project from the command line.

Exit codes: 0 done; 1 the project or a model has errors; 2 wrong usage; 3 a file cannot be read or written;
4 compiling or running failed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import EngineError
from engine.files.errors import FileError
from engine.network import command_line
from engine.project import headless
from engine.project.build import build
from engine.project.check import check, errors
from engine.project.document import ProjectDocument
from engine.project.storage import StorageError, load

DONE, PROBLEMS, FILE, FAILURE, INTERRUPTED = 0, 1, 3, 4, 130
EXAMPLE = Path(__file__).resolve().parent / "resources" / "examples" / "coba.neuroloom.json"


class ProjectError(EngineError):
    """A project has problems that keep it from being run or exported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line; return the exit code."""
    command_line.ignore()
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except ProjectError as error:
        return _fail(str(error), PROBLEMS)
    except (FileError, StorageError, OSError) as error:
        return _fail(str(error), FILE)
    except EngineError as error:
        return _fail(str(error), FAILURE)
    except KeyboardInterrupt:
        return _fail("Interrupted.", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Draw a neural network, press Run, watch it live. Without a command the window opens.",
        epilog=(__doc__ or "").split("\n\n", 1)[1],
    )
    parser.set_defaults(command=_open, project=None)
    commands = parser.add_subparsers(title="commands")

    opened = commands.add_parser("open", help="open a project in the window")
    opened.add_argument("project", type=Path, nargs="?", metavar="PROJECT")
    opened.set_defaults(command=_open)

    run = commands.add_parser("run", help="run a project without the window")
    run.add_argument("project", type=Path, metavar="PROJECT")
    run.add_argument("--duration", type=_positive, metavar="MS", help="simulated time in ms")
    run.add_argument("--threads", type=_count, metavar="N", help="threads to use")
    run.add_argument("--seed", type=_seed, metavar="N", help="seed of all random numbers")
    run.add_argument("--out", type=Path, metavar="DIR", help="save recordings and pictures there")
    run.set_defaults(command=_run)

    checked = commands.add_parser("check", help="list what is wrong with a project")
    checked.add_argument("project", type=Path, metavar="PROJECT")
    checked.set_defaults(command=_check)

    export = commands.add_parser("export", help="write a project as a script")
    export.add_argument("project", type=Path, metavar="PROJECT")
    export.add_argument("--to", choices=("python",), default="python", help="language (default: python)")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")
    export.set_defaults(command=_export)

    report = commands.add_parser("report", help="write what a project's network is made of, with equations")
    report.add_argument("project", type=Path, metavar="PROJECT")
    report.add_argument("file", type=_report_file, metavar="FILE", help=".md (Markdown) or .tex (LaTeX)")
    report.set_defaults(command=_report)
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return value


def _report_file(text: str) -> Path:
    if Path(text).suffix.lower() not in (".md", ".tex"):
        raise argparse.ArgumentTypeError(f"{text} ends with neither .md nor .tex")
    return Path(text)


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 2^63 - 1")
    return value


# --- commands --------------------------------------------------------------------------------------------


def _open(options: argparse.Namespace) -> int:
    """Open the window; where that is impossible run the project without it."""
    reason = _no_window()
    if reason:
        return _run_example(options.project or EXAMPLE, reason)
    from app.main import run_window

    return run_window(options.project or EXAMPLE)


def _no_window() -> str:
    """Return why no window can open; empty if one can."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        return "there is no display"
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError as error:
        return f"Qt cannot be loaded ({error})"
    return ""


def _run_example(project: Path, reason: str) -> int:
    print(f"No window can open: {reason}. The project runs without it.", file=sys.stderr)
    document = _loaded(project)
    result = headless.run(document)
    files = headless.save(document, result, Path("out"))
    print(headless.report(document, result))
    print("Written:", ", ".join(str(file) for file in files))
    print("To open the window, run this where there is a display: on a desktop, or through ssh -X.")
    return DONE


def _run(options: argparse.Namespace) -> int:
    document = headless.with_settings(
        _loaded(options.project), options.duration, options.threads, options.seed
    )
    _refuse_errors(document)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    result = headless.run(document)
    print(headless.report(document, result))
    if options.out:
        print("Written:", ", ".join(str(file) for file in headless.save(document, result, options.out)))
    return DONE


def _check(options: argparse.Namespace) -> int:
    loaded = load(options.project)
    found = check(loaded.document)
    for line in (*(f"error: {problem}" for problem in loaded.problems), *map(str, found)):
        print(line)
    if loaded.problems or errors(found):
        return PROBLEMS
    build(loaded.document)
    print(f"{loaded.document.name}: no errors")
    return DONE


def _export(options: argparse.Namespace) -> int:
    from engine.export.python import export_python

    document = _loaded(options.project)
    _refuse_errors(document)
    source = export_python(document)
    if options.output is None:
        sys.stdout.write(source)
    else:
        options.output.write_text(source, encoding="utf-8")
    return DONE


def _report(options: argparse.Namespace) -> int:
    from engine.project.report import write_report

    description = write_report(_loaded(options.project), options.file)
    for omission in description.omissions:
        print(f"left out: {omission.what}: {' '.join(omission.reasons)}", file=sys.stderr)
    return PROBLEMS if description.omissions else DONE


def _loaded(path: Path) -> ProjectDocument:
    """Read a project of which nothing had to be left out."""
    loaded = load(path)
    if loaded.problems:
        raise ProjectError("\n".join((f"{path} could not be read completely:", *loaded.problems)))
    return loaded.document


def _refuse_errors(document: ProjectDocument) -> None:
    """Raise if the document has errors; tell its warnings."""
    found = check(document)
    if errors(found):
        raise ProjectError("\n".join(map(str, found)))
    for problem in found:
        print(problem, file=sys.stderr)


def _fail(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
