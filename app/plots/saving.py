"""Pictures and data of a plot, as files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

Table = dict[str, NDArray]
"""Columns of equal length by their headings."""


def write_csv(table: Table, path: Path) -> None:
    """Write ``table`` with one line of headings."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))


def write_npz(table: Table, path: Path) -> None:
    """Write ``table`` as one numpy array for each column."""
    with path.open("wb") as file:
        np.savez_compressed(file, **table)


def add_saving_actions(menu: QMenu, plot: QWidget, name: str, table: Callable[[], Table]) -> None:
    """Add entries to ``menu`` that save a picture of ``plot`` and its data."""

    def save(title: str, suffix: str, kind: str, write: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(plot, title, f"{name}{suffix}", f"{kind} (*{suffix})")
        if not chosen:
            return
        path = Path(chosen)
        try:
            write(path if path.suffix else path.with_suffix(suffix))
        except OSError as error:
            QMessageBox.warning(plot, title, f"The file could not be written: {error}")

    def write_picture(path: Path) -> None:
        if not plot.grab().save(str(path)):
            raise OSError(f"{path} cannot be written as a picture")

    menu.addAction("Save picture…", lambda: save("Save picture", ".png", "Pictures", write_picture))
    menu.addAction(
        "Export data as CSV…", lambda: save("Export", ".csv", "CSV", lambda p: write_csv(table(), p))
    )
    menu.addAction(
        "Export data as NPZ…", lambda: save("Export", ".npz", "NPZ", lambda p: write_npz(table(), p))
    )
