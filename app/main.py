"""Start of the window."""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from app.session import Session
from app.theme import apply_theme
from app.window import MainWindow


def run_window(path: Path | None) -> int:
    """Open the window, with the project at ``path`` if one is given, until it is closed.

    Returns
    -------
    int
        The exit code.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    window = open_window(path)
    _report_faults(window)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return application.exec()


def open_window(path: Path | None) -> MainWindow:
    """Show the window; the project at ``path``, if one is given, follows at once."""
    QCoreApplication.setOrganizationName("Neuroloom")
    QCoreApplication.setApplicationName("Neuroloom")
    apply_theme(QApplication.instance())
    window = MainWindow(Session())
    window.show()
    if path is not None:
        window.open_later(path)
    return window


def _report_faults(window: MainWindow) -> None:
    """A fault of the program itself is printed and told, and leaves window and document alive."""

    def report(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, fault, trace)
        if issubclass(kind, Exception):
            text = f"Something went wrong inside the program ({kind.__name__}: {fault}). Save your work."
            window.notice.show_notice(text, error=True)

    sys.excepthook = report
