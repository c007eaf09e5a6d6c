"""The form of several objects at once: what they are together, and what can be done with all of them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton

from app.editor.bold_section import BoldSection
from app.editor.form import Form, fit_height
from app.session import Session
from engine.project.clipboard import duplicate
from engine.project.document import Population, ProjectDocument
from engine.project.edits import remove, size_of


class SelectionForm(Form):
    """Summary, list and common actions of the selected objects."""

    def __init__(self, session: Session, ids: tuple[str, ...]) -> None:
        super().__init__(session)
        self._ids = ids
        section = self.section("Selection")
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Selected objects")
        self.list.setMinimumSize(QSize(100, 0))
        self.list.itemActivated.connect(self._open)
        self.list.setToolTip("Double-click to select one alone")
        self.duplicate = QPushButton("Du&plicate")
        self.duplicate.clicked.connect(self._duplicate)
        self.remove = QPushButton("Dele&te")
        self.remove.clicked.connect(self._remove)
        for widget in (self.summary, self.list, self.duplicate, self.remove):
            section.rows.addRow(widget)
        populations = tuple(p.id for p in session.document.populations if p.id in ids)
        self.bold = BoldSection(self, populations) if populations else None
        self.column.addStretch(1)
        self.on_refresh(self._show)

    def _touched(self) -> tuple[str, ...]:
        return self._ids

    def _show(self, document: ProjectDocument) -> None:
        chosen = [o for o in (*document.populations, *document.projections) if o.id in self._ids]
        populations = [o for o in chosen if isinstance(o, Population)]
        counts = [
            f"{len(some)} {word}{'' if len(some) == 1 else 's'}"
            for some, word in ((populations, "population"), (chosen[len(populations) :], "projection"))
            if some
        ]
        neurons = f", {sum(map(size_of, populations)):,} neurons" if populations else ""
        self.summary.setText(" and ".join(counts) + neurons)
        self.list.clear()
        for each in chosen:
            item = QListWidgetItem(each.name, self.list)
            item.setData(Qt.ItemDataRole.UserRole, each.id)
        fit_height(self.list)

    def _open(self, item: QListWidgetItem) -> None:
        self.session.select((item.data(Qt.ItemDataRole.UserRole),))

    def _duplicate(self) -> None:
        document, ids = duplicate(self.session.document, self._ids)
        self.session.apply(document, "Duplicate", ids)

    def _remove(self) -> None:
        self.session.apply(remove(self.session.document, self._ids), f"Delete {len(self._ids)} objects")
