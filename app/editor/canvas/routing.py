"""How a projection runs from its pre- to its post-synaptic population: pure geometry."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath

LANE = 42.0
"""Distance between the lanes of projections that would run on top of each other; a label's height fits."""
_STUB = 26.0
_CORNER = 14.0
_CLEAR = 34.0
"""Distance of a line, and of the label on it, from the cards that it passes."""


@dataclass(frozen=True)
class Lane:
    """Place of a projection among those between the same two populations."""

    index: int
    count: int
    turn: int
    """Place among those of the same direction, of which there are ``turns``."""
    turns: int


@dataclass(frozen=True)
class Route:
    """The line of a projection and where its label sits."""

    path: QPainterPath
    label: QPointF


def route(start: QPointF, end: QPointF, pre: QRectF, post: QRectF, lane: Lane) -> Route:
    """Run from ``start``, on the right side of ``pre``, to ``end``, on the left side of ``post``."""
    if pre == post:
        return _around(start, end, pre.top() - _CLEAR - LANE * lane.index, lane.index)
    if end.x() - start.x() >= 2 * _STUB:
        return _forward(start, end, lane)
    upper, lower = sorted((pre, post), key=QRectF.top)
    if lower.top() - upper.bottom() >= LANE * (lane.count + 0.5):
        level = (upper.bottom() + lower.top()) / 2 + _shift(lane.index, lane.count)
    elif abs(pre.x() - post.x()) < pre.width() + 2 * _STUB:  # both directions come back below
        level = max(pre.bottom(), post.bottom()) + _CLEAR + LANE * lane.index
    else:
        forward = (start.y() + end.y() + (lane.count - lane.turns) * LANE) / 2  # where those reach down to
        level = max(pre.bottom() + _CLEAR, post.bottom() + _CLEAR, forward + LANE) + LANE * lane.turn
    return _around(start, end, level, lane.index)


def _shift(index: int, count: int) -> float:
    """Distance of a lane from the middle of all."""
    return (index - (count - 1) / 2) * LANE


def _forward(start: QPointF, end: QPointF, lane: Lane) -> Route:
    reach = max(40.0, (end.x() - start.x()) / 2)
    bend = _shift(lane.turn, lane.turns) * 4 / 3  # a cubic's middle moves by 3/4 of what its handles move
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(reach, bend), end + QPointF(-reach, bend), end)
    return Route(path, path.pointAtPercent(0.5))


def _around(start: QPointF, end: QPointF, level: float, index: int) -> Route:
    """Leave to the right, run back along the height ``level``, and enter from the left."""
    right, left = start.x() + _STUB + 9 * index, end.x() - _STUB - 9 * index
    corners = [
        start,
        QPointF(right, start.y()),
        QPointF(right, level),
        QPointF(left, level),
        QPointF(left, end.y()),
        end,
    ]
    return Route(_rounded(corners), QPointF((left + right) / 2, level))


def _rounded(points: list[QPointF]) -> QPainterPath:
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        incoming, outgoing = QLineF(corner, before), QLineF(corner, after)
        radius = min(_CORNER, incoming.length() / 2, outgoing.length() / 2)
        if radius > 0:
            incoming.setLength(radius)
            outgoing.setLength(radius)
            path.lineTo(incoming.p2())
            path.quadTo(corner, outgoing.p2())
    path.lineTo(points[-1])
    return path
