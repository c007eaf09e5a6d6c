"""What populations with a schedule share: their data, which may change at any time, and the schedule."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributes import is_number, whole_steps
from engine.network.geometry import checked_geometry
from engine.network.network import Network
from engine.network.population import Population
from engine.network.registry import home_network
from engine.network.timetable import Timetable

Schedule = float | Sequence[float]


@dataclass(frozen=True, eq=False)
class Course:
    """Data of a population with a schedule, as they were given.

    Attributes
    ----------
    rates : float array (rows, ...) or None
        None: not given yet.
    schedule : float or tuple of float
        ms: between two rows (0 or less: one step), or of each row.
    period : float
        ms of a cycle, -1 for none.
    corr : float array (rows,) or None
        Correlation of each row, where there is such a thing.
    """

    rates: NDArray[np.float64] | None
    schedule: float | tuple[float, ...] = 0.0
    period: float = -1.0
    corr: NDArray[np.float64] | None = None


class Scheduled(Population):
    """A population some of whose attributes follow a schedule.

    What is assigned after compile is forgotten by ``reset()``, like every other attribute.
    """

    _given: Course
    """Data of before compile."""
    _later: Course | None = None
    """Data that were given to the compiled population."""

    def _begin(self, geometry: int | tuple[int, ...], name: str | None, network: Network | None) -> None:
        """What checks need before the population is part of a network."""
        self.network = network or home_network()
        self.name = name or ""
        self._geometry = checked_geometry(geometry, self._label)
        self._size = math.prod(self._geometry)

    # --- data -----------------------------------------------------------------------------------------

    @property
    def _course(self) -> Course:
        """The present data."""
        return self._given if self._later is None else self._later

    @property
    def schedule(self) -> Any:
        """ms at which each row begins: a list, and an array once the network is compiled; a number while
        there are no rows. Takes a list, or the ms between two rows."""
        course = self._course
        if isinstance(course.schedule, tuple):
            times = list(course.schedule)
        elif course.rates is None:
            return course.schedule
        else:
            times = [row * self._interval(course.schedule) for row in range(len(course.rates))]
        return np.array(times) if self.network.compiled else times

    @schedule.setter
    def schedule(self, value: Schedule) -> None:
        self._change(replace(self._course, schedule=self._checked_schedule(value)))

    @property
    def period(self) -> float:
        """ms after which the schedule starts again; -1 for never."""
        return self._course.period

    @period.setter
    def period(self, value: float) -> None:
        self._change(replace(self._course, period=self._checked_period(value)))

    def _changed(self, course: Course, schedule: Any, period: Any) -> Course:
        """The course with another schedule and period; None leaves them."""
        if schedule is not None:
            course = replace(course, schedule=self._checked_schedule(schedule))
        if period is not None:
            course = replace(course, period=self._checked_period(period))
        return course

    def _change(self, course: Course, restart: bool = False) -> None:
        """Use other data from now on, where the schedule stands or from its start."""
        self._check(course)
        if self.network.compiled and self._given.rates is not None:
            self._later = course
        else:
            self._given = course
        self._hand_over()
        instance = self.network.instance
        if instance is not None and restart and instance.has_internal(self, "counter"):
            for name in ("counter", "row"):
                instance.internal(self, name)[...] = 0

    # --- the compiled network -------------------------------------------------------------------------

    @abstractmethod
    def _rows(self, course: Course) -> Mapping[str, NDArray[np.float64]]:
        """What the attributes become: of each, (rows, size) or (rows, 1)."""

    @property
    def timetable(self) -> Timetable | None:  # type: ignore[override]
        """Values and steps, by the network's dt."""
        course = self._course
        if course.rates is None:
            return None
        return Timetable(self._steps(course), self._period_steps(course), self._rows(course))

    def _steps(self, course: Course) -> NDArray[np.int64]:
        assert course.rates is not None
        dt = self.network.dt
        if isinstance(course.schedule, tuple):
            return np.array([whole_steps(t, dt) for t in course.schedule], dtype=np.int64)
        interval = self._interval(course.schedule)
        return np.array([whole_steps(row * interval, dt) for row in range(len(course.rates))], dtype=np.int64)

    def _interval(self, schedule: float) -> float:
        return schedule if schedule > 0.0 else self.network.dt

    def _period_steps(self, course: Course) -> int:
        return whole_steps(course.period, self.network.dt) if course.period > 0.0 else -1

    def _hand_over(self) -> None:
        """Give a compiled population its present data."""
        if not self.network.compiled:
            return
        table, prefix = self.timetable, f"table{self.id}_"
        given = {} if table is None else {prefix + name: values for name, values in table.buffers().items()}
        instance = self.network.refresh()
        sizes = {name: array.size for name, array in instance.arrays.items() if name.startswith(prefix)}
        if sizes != {name: values.size for name, values in given.items()}:
            self.network.replan()
            instance = self.network.refresh()
        for name, values in given.items():
            instance.arrays[name][...] = values
        if table is not None:
            instance.internal(self, "row")[...] %= len(table.steps)

    def forget_run(self) -> None:
        """Be as declared, for a copy: with nothing of what came after compile."""
        super().forget_run()
        self._later = None

    def restart(self) -> None:
        """Bring a compiled population back to the state after compile: its data and its schedule, too."""
        super().restart()
        if self._later is not None:
            self._later = None
            self._hand_over()

    # --- checks ---------------------------------------------------------------------------------------

    def _checked_schedule(self, schedule: Any) -> float | tuple[float, ...]:
        return checked_schedule(schedule, self._label)

    def _checked_period(self, period: Any) -> float:
        return checked_period(period, self._label)

    @property
    def _label(self) -> str:
        return f"{type(self).__name__} {self.__dict__.get('name') or ''}".strip()

    def _check(self, course: Course) -> None:
        """Raise where rates and schedule do not fit; warn of rows that are never reached."""
        if course.rates is None:
            return
        rows, label = len(course.rates), self._label
        if not rows:
            raise EngineError(f"{label}: rates has no row; its first axis is time.")
        steps = self._steps(course)
        if len(steps) > rows:
            raise EngineError(
                f"{label}: the schedule has {len(steps)} times for {rows} rows of rates; its length cannot "
                "exceed the first axis of rates. Give as many rows as times."
            )
        if len(steps) < rows:
            self.network.warn(
                f"{label}: the schedule has {len(steps)} times, so only as many of the {rows} rows of "
                "rates are used."
            )
        late = np.flatnonzero(np.diff(steps) <= 0)
        if late.size:
            row = int(late[0]) + 1
            self.network.warn(
                f"{label}: row {row} of the schedule is not at a later step than row {row - 1}, so it waits "
                "for the next cycle. Give ascending times, a step apart or more."
            )


def checked_schedule(schedule: Any, label: str) -> float | tuple[float, ...]:
    """A schedule as a number or a tuple of times."""
    if is_number(schedule):
        if not math.isfinite(schedule):
            raise EngineError(
                f"{label}: the schedule must be a number of ms or a list of times, not {schedule}."
            )
        return float(schedule)
    try:
        times = tuple(float(t) for t in schedule)
    except (TypeError, ValueError):
        raise EngineError(
            f"{label}: the schedule must be a number of ms or a list of times in ms, not {schedule!r}."
        ) from None
    if not times or not all(math.isfinite(t) and t >= 0.0 for t in times):
        raise EngineError(f"{label}: the schedule needs one or more times of 0 ms or later.")
    return times


def checked_period(period: Any, label: str) -> float:
    """A period in ms; negative: none."""
    if not is_number(period) or not math.isfinite(period):
        raise EngineError(f"{label}: the period must be a number of ms, or -1 for none, not {period!r}.")
    return float(period)


def checked_rates(rates: Any, label: str) -> NDArray[np.float64]:
    """Rates as an array of numbers; its first axis is time."""
    try:
        array = np.array(rates, dtype=np.float64)
    except (TypeError, ValueError):
        raise EngineError(
            f"{label}: rates must be an array of numbers; its first axis is time, the others are "
            "those of the geometry."
        ) from None
    if array.ndim == 0:
        raise EngineError(f"{label}: rates must have an axis of time, so it cannot be one number.")
    return array
