"""Markdown with formulas as a page of rich text."""

from __future__ import annotations

import re

from PySide6.QtCore import QByteArray, QMimeData, QRectF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QImage,
    QPainter,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFragment,
    QTextFrameFormat,
    QTextListFormat,
    QTextTable,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QTextBrowser

from app import theme
from app.editor.model_view.mathematics import formula_svg
from engine.reports.markdown import escaped

_FORMULA = re.compile(
    r"^\$\$\n(?P<display>.*?)\n\$\$$|(?<![\\$])\$(?P<inline>[^$\n]+)\$", re.DOTALL | re.MULTILINE
)
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_DISPLAY, _INLINE = 1.6, 1.35
"""Size of formulas beside that of the text in points: alone on a line, and within one."""
_SHARPNESS = 2.0
"""Pixels of a formula's picture for each pixel of the page, so that it stays clear on fine screens."""
_SCHEME = "formula"
_PICTURE = re.compile(rf"!\[[^\]]*\]\({_SCHEME}:(\d+)\)")
_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_INDENT = 28.0
_ABOVE_HEADINGS = {1: 22.0, 2: 16.0}


class ReportPage(QTextBrowser):
    """Shows Markdown; formulas are set one in each turn of the event loop, so that the window goes on."""

    finished = Signal()
    """All formulas are set, the page is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setAccessibleName("Report")
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.document().setDocumentMargin(20)
        self.formulas: list[str] = []
        self._displayed: set[int] = set()
        self._waiting: list[int] = []
        self._pictures: dict[int, tuple[QImage, bool]] = {}
        self._text = ""
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._set_next)

    def show_markdown(self, text: str, title: str) -> None:
        """Show Markdown with formulas between (double) dollar signs; what was seen stays until these are set.

        ``title`` stands above it in the place of a front matter."""
        self.formulas, self._displayed, self._pictures = [], set(), {}
        body = _FORMULA.sub(self._number, _FRONT.sub("", text))
        self._text = f"# {escaped(title)}\n\n{body}"
        self._waiting = list(range(len(self.formulas)))
        self._timer.start()

    def _number(self, match: re.Match[str]) -> str:
        """Note a formula, and leave a picture of that number in its place."""
        number = len(self.formulas)
        if match["display"]:
            self._displayed.add(number)
        self.formulas.append(match["display"] or match["inline"])
        return f"![formula]({_SCHEME}:{number})"

    def _set_next(self) -> None:
        if self._waiting:
            number = self._waiting.pop(0)
            self._pictures[number] = self._picture(number)
            self._timer.start()
            return
        place = self.verticalScrollBar().value()
        self._fill()
        self.verticalScrollBar().setValue(place)
        self.finished.emit()

    def _picture(self, number: int) -> tuple[QImage, bool]:
        """A formula's picture, and whether its middle (not its foot) is to stand on the line.

        Text documents put the foot of a picture as far below the line as letters go. A formula that reaches
        further down gets a picture whose middle is its line."""
        scale = _DISPLAY if number in self._displayed else _INLINE
        size = scale * self.font().pointSizeF()
        renderer = QSvgRenderer(QByteArray(formula_svg(self.formulas[number], size, theme.TEXT)))
        box = renderer.viewBoxF()
        above, below = -box.top(), box.bottom()
        letters = QFontMetricsF(self.font()).descent()
        deep = below > letters + 0.5
        if deep:
            top = bottom = max(above, below)
        else:
            top, bottom = above, letters
        height = round(top + bottom)
        image = QImage(
            round(box.width() * _SHARPNESS),
            round(height * _SHARPNESS),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(_SHARPNESS, _SHARPNESS)
        renderer.render(painter, QRectF(0.0, top - above, box.width(), box.height()))
        painter.end()
        return image, deep

    # --- the page ----------------------------------------------------------------------------------------

    def _fill(self) -> None:
        document = self.document()
        document.setMarkdown(self._text, _FEATURES)
        self._lay_out_blocks()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                _lay_out_table(frame)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _lay_out_blocks(self) -> None:
        block = self.document().begin()
        while block.isValid():
            displayed = self._lay_out_formulas(block)
            cursor = QTextCursor(block)
            if cursor.currentTable() is None:
                form = QTextBlockFormat(block.blockFormat())
                level = form.headingLevel()
                form.setTopMargin(_ABOVE_HEADINGS.get(level, 4.0))
                form.setBottomMargin(4.0)
                form.setLeftMargin(_INDENT if displayed else 0.0)
                # Lists have an indent of their own; Qt gives one more to items that begin with a picture.
                form.setIndent(0)
                cursor.setBlockFormat(form)
            if block.textList() is not None:
                bullets = block.textList().format()
                bullets.setStyle(QTextListFormat.Style.ListDisc)
                block.textList().setFormat(bullets)
            block = block.next()

    def _lay_out_formulas(self, block: QTextBlock) -> bool:
        """Give the pictures of a block their size and their place on the line; return whether it is a
        formula alone."""
        found: list[QTextFragment] = []
        pieces = block.begin()
        while not pieces.atEnd():
            found.append(pieces.fragment())
            pieces += 1
        displayed = False
        for fragment in found:
            form = fragment.charFormat().toImageFormat()
            if not form.isValid():
                continue
            number = int(form.name().partition(":")[2])
            displayed |= number in self._displayed
            image, deep = self._pictures[number]
            form.setWidth(image.width() / _SHARPNESS)
            form.setHeight(image.height() / _SHARPNESS)
            alignment = QTextCharFormat.VerticalAlignment
            form.setVerticalAlignment(alignment.AlignMiddle if deep else alignment.AlignBaseline)
            form.setToolTip(self.formulas[number])
            cursor = QTextCursor(block)
            cursor.setPosition(fragment.position())
            cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(form)
        return displayed

    def loadResource(self, kind: int, name: QUrl) -> QImage | None:
        """The pictures are here; nothing is ever fetched from elsewhere."""
        number = name.path()
        is_formula = name.scheme() == _SCHEME and number.isdigit() and int(number) in self._pictures
        return self._pictures[int(number)][0] if is_formula else None

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied has formulas as LaTeX between dollar signs."""
        data = QMimeData()
        copied = self.textCursor().selection().toMarkdown()
        data.setText(
            re.sub(rf"!\[[^\]]*\]\({_SCHEME}:(\d+)\)", lambda m: f"${self.formulas[int(m[1])]}$", copied)
        )
        return data


def _lay_out_table(table: QTextTable) -> None:
    form = table.format()
    form.setCellPadding(5)
    form.setCellSpacing(0)
    form.setBorder(1)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    form.setBorderBrush(QColor(theme.BORDER))
    form.setBorderCollapse(True)
    form.setBottomMargin(8)
    table.setFormat(form)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        head = cell.format()
        head.setBackground(QBrush(QColor(theme.RAISED)))
        cell.setFormat(head)
