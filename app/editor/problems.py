"""What is wrong with the project, found while the user types and listed in a dock."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QStackedLayout, QWidget

from app import theme
from app.session import Session
from engine.project.check import Problem, check
from engine.project.document import ProjectDocument

_ORDER = ("error", "warning", "hint")
_PAUSE = 150
"""ms without an edit before the project is checked."""


class ProblemWatch(QObject):
    """Checks the document a moment after the last edit."""

    changed = Signal(list)
    """The problems of the present document."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE)
        self._timer.timeout.connect(self.check_now)
        session.documentChanged.connect(self._wait)
        self.problems: list[Problem] = check(session.document)

    @classmethod
    def of(cls, session: Session) -> ProblemWatch:
        """The one of this session; made when first asked for."""
        return session.findChild(cls) or cls(session)

    def _wait(self, before: ProjectDocument, after: ProjectDocument) -> None:
        self._timer.start()

    def check_now(self) -> None:
        """Check without waiting."""
        self._timer.stop()
        self.problems = check(self._session.document)
        self.changed.emit(self.problems)


class ProblemsDock(QWidget):
    """The list of problems; choosing one leads to its place."""

    activated = Signal(str, str, int, int)
    """(object id, field, line, column) of the problem that was chosen."""
    problemsChanged = Signal(list)
    """All problems, each time that the project was checked."""
    titleChanged = Signal(str)
    """``"Problems"`` with their number."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._watch = ProblemWatch.of(session)
        self.list = QListWidget()
        self.list.setAccessibleName("Problems")
        self.list.setWordWrap(True)
        self.list.setIconSize(QSize(16, 16))
        self.list.setUniformItemSizes(False)
        self.list.itemClicked.connect(self._activate)
        self.list.itemActivated.connect(self._activate)
        self.empty = QLabel("No problems")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setForegroundRole(self.empty.palette().ColorRole.PlaceholderText)
        self.setFocusProxy(self.list)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.list)
        self._icons = {"error": _icon(theme.ERROR, True), "warning": _icon(theme.WARNING, False)}
        self._icons["hint"] = _icon(theme.MUTED, True)
        self._watch.changed.connect(self._show)
        self._show(self._watch.problems)

    @property
    def problems(self) -> list[Problem]:
        """The problems that are listed."""
        return self._watch.problems

    @property
    def title(self) -> str:
        """For the dock's title: ``"Problems (2)"``; hints do not count."""
        count = sum(problem.severity != "hint" for problem in self._watch.problems)
        return f"Problems ({count})" if count else "Problems"

    def _show(self, problems: list[Problem]) -> None:
        row = self.list.currentRow()
        self.list.clear()
        for problem in sorted(problems, key=lambda p: _ORDER.index(p.severity)):
            diagnostic = problem.diagnostic
            item = QListWidgetItem(self._icons[problem.severity], text_of(problem))
            item.setToolTip(str(diagnostic))
            item.setData(Qt.ItemDataRole.UserRole, problem)
            self.list.addItem(item)
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self._stack.setCurrentWidget(self.list if problems else self.empty)
        self.problemsChanged.emit(problems)
        self.titleChanged.emit(self.title)

    def _activate(self, item: QListWidgetItem) -> None:
        problem: Problem = item.data(Qt.ItemDataRole.UserRole)
        diagnostic = problem.diagnostic
        self.activated.emit(problem.object_id, problem.field, diagnostic.line, diagnostic.column)


def text_of(problem: Problem) -> str:
    """A problem in one line: where, what, and how to mend it."""
    diagnostic = problem.diagnostic
    place = ".".join(filter(None, (diagnostic.owner, diagnostic.field)))
    if diagnostic.line:
        place += f", line {diagnostic.line}"
    what = f"{place}: {diagnostic.message}" if place else diagnostic.message
    return f"{what}  {diagnostic.hint}" if diagnostic.hint else what


def _icon(color: str, round_: bool) -> QIcon:
    """A disc with an exclamation mark for errors, a triangle with one for warnings."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(color))
    painter.setPen(Qt.PenStyle.NoPen)
    if round_:
        painter.drawEllipse(2, 2, 28, 28)
    else:
        painter.drawPolygon(QPolygonF.fromList([QPointF(16, 2), QPointF(31, 30), QPointF(1, 30)]))
    painter.setPen(QPen(QColor(theme.BASE), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(16, 10), QPointF(16, 18))
    painter.drawPoint(QPointF(16, 25))
    painter.end()
    return QIcon(pixmap)
