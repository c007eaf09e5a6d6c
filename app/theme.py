"""One dark theme for forms, canvas and plots: the colours, the fonts, and how they reach Qt.

Widgets take their colours from the application's palette; whatever paints by itself (canvas, plots,
syntax colours) takes them from here. Colours that carry meaning keep their meaning for colour-blind
eyes: they are of the Okabe-Ito set (2008), lightened for the dark ground.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

WINDOW: Final = "#23262d"
"""Ground of the window, its tool bars and docks."""
BASE: Final = "#1a1d22"
"""Ground of fields, lists, canvas and plots."""
RAISED: Final = "#30353e"
"""Buttons, cards, nodes."""
BORDER: Final = "#4a515d"
TEXT: Final = "#e8eaed"
MUTED: Final = "#a9b1bd"
"""Secondary text; still 4.5:1 on every ground above."""
ACCENT: Final = "#4aa8ff"
"""Selected text, focus, the main button."""
SELECTION: Final = "#f4f6f8"
"""Frame of what is selected on the canvas, where each of the other colours means something."""
ON_ACCENT: Final = "#0b1420"

ERROR: Final = "#ff7b72"
WARNING: Final = "#f2b84b"
GOOD: Final = "#5fd0a0"

EXCITATORY: Final = "#ff9a57"
INHIBITORY: Final = "#63b8f4"
OTHER_TARGET: Final = "#cfa6e8"

SPIKING: Final = "#5fd0a0"
RATE: Final = "#e3d364"
SOURCE: Final = "#cfa6e8"

SERIES: Final = ("#5fd0a0", "#e3d364", "#cfa6e8", "#7fd6e8", "#f08a8a", "#c9cdd4", "#63b8f4", "#ff9a57")
"""Colours of populations and traces in plots, in order; those that mean a target come last."""

SYNTAX: Final = {
    "number": "#f2b880",
    "keyword": "#cfa6e8",
    "function": "#7fd6e8",
    "flag": "#e3d364",
    "comment": "#8b95a3",
    "operator": "#c9cdd4",
    "name": "#e8eaed",
    "own": "#8fd3ff",
    "target": "#ff9a57",
    "error": "#ff7b72",
}
"""Colours of the equation editor by kind of token."""

_STYLE = f"""
QToolTip {{ color: {TEXT}; background: {RAISED}; border: 1px solid {BORDER}; padding: 4px; }}
QDockWidget::title {{ background: {WINDOW}; padding: 5px 8px; border-bottom: 1px solid {BORDER}; }}
QMainWindow::separator {{ background: {BORDER}; width: 3px; height: 3px; }}
QMainWindow::separator:hover {{ background: {ACCENT}; }}
QToolBar {{ border: none; border-bottom: 1px solid {BORDER}; padding: 3px; spacing: 4px; }}
QToolBar::separator {{ background: {BORDER}; width: 1px; margin: 4px; }}
QStatusBar {{ border-top: 1px solid {BORDER}; }}
QMenu {{ border: 1px solid {BORDER}; }}
QGroupBox {{ font-weight: 600; border: 1px solid {BORDER}; border-radius: 4px; margin-top: 10px;
             padding: 8px 6px 6px 6px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 8px; padding: 0 3px; }}
"""


def target_kind(target: str) -> str:
    """``"excitatory"``, ``"inhibitory"`` or ``"other"`` by the customary names of targets."""
    name = target.lower()
    if name.startswith(("inh", "gaba", "i_", "in_")) or name in ("i", "neg"):
        return "inhibitory"
    if name.startswith(("exc", "ampa", "nmda", "e_", "ff", "in")) or name in ("e", "pos"):
        return "excitatory"
    return "other"


def target_color(target: str) -> QColor:
    """Colour of the synapses onto ``target``."""
    return QColor(
        {"excitatory": EXCITATORY, "inhibitory": INHIBITORY, "other": OTHER_TARGET}[target_kind(target)]
    )


def series_color(index: int) -> QColor:
    """Colour of the population or trace number ``index``; they repeat after :data:`SERIES`."""
    return QColor(SERIES[index % len(SERIES)])


def monospace() -> QFont:
    """The font of equations and of scripts, as large as the rest of the window."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF())
    return font


def apply_theme(application: QApplication) -> None:
    """Give ``application`` the Fusion style in the colours of this module."""
    application.setStyle("Fusion")
    palette = _palette()
    application.setPalette(palette)
    palette.setColor(QPalette.ColorRole.Base, QColor(BORDER))  # the box is seen only by its ground
    for box in ("QCheckBox", "QRadioButton"):
        application.setPalette(palette, box)
    application.setStyleSheet(_STYLE)
    font = application.font()
    font.setPointSizeF(max(10.0, font.pointSizeF()))
    application.setFont(font)


def _palette() -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for each, color in {
        role.Window: WINDOW,
        role.WindowText: TEXT,
        role.Base: BASE,
        role.AlternateBase: WINDOW,
        role.Text: TEXT,
        role.PlaceholderText: MUTED,
        role.Button: RAISED,
        role.ButtonText: TEXT,
        role.BrightText: ERROR,
        role.ToolTipBase: RAISED,
        role.ToolTipText: TEXT,
        role.Highlight: ACCENT,
        role.HighlightedText: ON_ACCENT,
        role.Link: ACCENT,
        role.LinkVisited: OTHER_TARGET,
        role.Light: BORDER,
        role.Midlight: RAISED,
        role.Mid: BORDER,
        role.Dark: BASE,
        role.Shadow: "#101216",
        role.Accent: ACCENT,
    }.items():
        palette.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, QColor("#7d8592"))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(BORDER))
    return palette
