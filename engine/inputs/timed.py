"""TimedArray and TimedPoissonPopulation: rates that change by a schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.inputs.given import GivenRate
from engine.inputs.scheduled import (
    Course,
    Schedule,
    Scheduled,
    checked_rates,
)
from engine.network.attributes import Attribute, Values
from engine.network.network import Network
from engine.network.neuron import Neuron


class _Default(float):
    """A default of ``TimedArray.update``, told from the same number by its identity."""


_STEP, _NONE = _Default(0.0), _Default(-1.0)


class _TimedRates(Scheduled):
    """A population whose rates are the rows of an array, one after the other."""

    @property
    def rates(self) -> NDArray[np.float64] | None:
        """Copy of all rows; None where none were given yet. Other ones may be assigned."""
        return None if self._course.rates is None else self._course.rates.copy()

    @rates.setter
    def rates(self, value: Any) -> None:
        self._change(replace(self._course, rates=self._as_rows(value)))

    def _checked_course(self, rates: Any, schedule: Schedule, period: float) -> Course:
        """What the population was made with."""
        course = Course(
            None if rates is None else self._as_rows(rates),
            self._checked_schedule(schedule),
            self._checked_period(period),
        )
        self._check(course)
        return course

    def _as_rows(self, rates: Any) -> NDArray[np.float64]:
        """Rates as an array of rows, each for all neurons."""
        array = checked_rates(rates, self._label)
        if math.prod(array.shape[1:]) != self.size:
            raise EngineError(
                f"{self._label}: rates has shape {array.shape}; after the first axis, which is time, it "
                f"needs the geometry {self.geometry}, {self.size} neurons."
            )
        return array


class TimedArray(_TimedRates):
    """Rate-coded neurons whose rates follow a schedule.

    Parameters
    ----------
    rates : array (rows, ...), optional
        Rows of rates, one for each time; the other axes are the geometry.
    geometry : int or tuple of int, optional
        Needed only without ``rates``, which then follow with :meth:`update`.
    schedule : float or list of float
        ms: 0 or less, a row in each step; a number d, rows at 0, d, 2 d ...; a list, the time of each row.
    period : float
        ms after which the schedule starts again; -1, never.
    name : str, optional

    Attributes
    ----------
    r : variable
        Rate: 0 before the first time, then that of the last row that was reached.
    rates, schedule, period
        Readable and assignable, also after compile.

    Notes
    -----
    Times count from 0 or the last ``reset()`` and stand still while the population is disabled. ``reset()``
    also forgets data that were given after compile.

    Examples
    --------
    >>> inp = TimedArray(rates=np.eye(10), schedule=20.0, period=200.0)  # doctest: +SKIP
    """

    def __init__(
        self,
        rates: Any = None,
        geometry: int | tuple[int, ...] | None = None,
        schedule: Schedule = 0.0,
        period: float = -1.0,
        name: str | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        label = f"TimedArray {name or ''}".strip()
        if geometry is None:
            if rates is None:
                raise EngineError(f"{label}: give rates or, if they follow later, the geometry.")
            rates = checked_rates(rates, label)
            geometry = rates.shape[1:] or 1
        self._begin(geometry, name, network)
        self._given = self._checked_course(rates, schedule, period)
        neuron = GivenRate(name="TimedArray", description="Rates that follow a schedule.")
        super().__init__(geometry, neuron, name, network=network)

    def update(
        self,
        rates: Any,
        schedule: Schedule | None = _STEP,
        period: float | None = _NONE,
        reset: bool | None = None,
    ) -> None:
        """Replace the data, also after compile.

        Parameters
        ----------
        rates : array (rows, ...)
            Rows for as many neurons as before; there may be more or fewer rows.
        schedule, period : float or list, float
            As when the array was made; None keeps what there is.
        reset : bool
            Start the schedule anew, with ``r = 0`` until the first time. Otherwise it goes on where it
            stands, and ``r`` takes the row that comes next at once.

        Notes
        -----
        What is not given is a row in each step, no period and no reset, as in version 4.8; of an array that
        was given to ``Network.create``, schedule and period stay and the schedule starts anew, as in 5.0.
        """
        if self.adopted:
            schedule = None if schedule is _STEP else schedule
            period = None if period is _NONE else period
        course = replace(self._course, rates=self._as_rows(rates))
        restart = self.adopted if reset is None else bool(reset)
        self._change(self._changed(course, schedule, period), restart=restart)

    def store(self, attribute: Attribute, values: Values) -> None:
        """Make ``values`` the present rates, until the next row."""
        if not self.network.compiled:
            raise EngineError(
                f"{self._label}: r follows the schedule and cannot be assigned before compile(). Use "
                "update() or an InputArray."
            )
        super().store(attribute, values)

    def _change(self, course: Course, restart: bool = False) -> None:
        """Also show the rates of the next row at once, or none from the start of the schedule."""
        super()._change(course, restart)
        instance = self.network.instance
        if instance is not None and course.rates is not None:
            row = int(instance.internal(self, "row")[0])
            instance.values(self, "r")[...] = 0.0 if restart else course.rates[row].reshape(-1)

    def _rows(self, course: Course) -> Mapping[str, NDArray[np.float64]]:
        assert course.rates is not None
        return {"r": course.rates.reshape(len(course.rates), -1)}


class TimedPoissonPopulation(_TimedRates):
    """Neurons that fire at random with rates that follow a schedule.

    Parameters
    ----------
    geometry : int or tuple of int
    rates : array (rows,) or (rows, ...)
        Hz: one rate for all neurons in each row, or rates in the geometry.
    schedule : list of float, or float
        ms at which each row begins, as many as ``rates`` has rows; a number d: rows at 0, d, 2 d ...
    period : float
        ms after which the schedule starts again; -1, never.
    name : str, optional

    Attributes
    ----------
    proba : parameter
        Present rate in Hz, 0 before the first time.
    p : variable
        The random number of the step, in Hz; the neuron fires where it is below ``proba``.
    rates, schedule, period
        Readable and assignable, also after compile; ``rates`` has a value for each neuron.

    Notes
    -----
    Times count as those of :class:`TimedArray`.
    """

    def __init__(
        self,
        geometry: int | tuple[int, ...],
        rates: Any,
        schedule: Schedule,
        period: float = -1.0,
        name: str | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        self._begin(geometry, name, network)
        self._given = self._checked_course(rates, schedule, period)
        neuron = Neuron(
            parameters="proba = 0.0",
            equations="p = Uniform(0.0, 1.0) * 1000.0 / dt",
            spike="p < proba",
            name="TimedPoisson",
            description="Fires at random with a rate that follows a schedule.",
        )
        super().__init__(geometry, neuron, name, network=network)

    def update(
        self,
        rates: Any,
        schedule: Schedule | None = None,
        period: float | None = None,
        reset: bool = True,
    ) -> None:
        """Replace the data, also after compile.

        Parameters
        ----------
        rates : array (rows,) or (rows, ...)
            As when the population was made; there may be more or fewer rows.
        schedule, period : float or list, float
            As when the population was made; None keeps what there is.
        reset : bool
            Start the schedule anew. Otherwise it goes on where it stands.
        """
        course = replace(self._course, rates=self._as_rows(rates))
        self._change(self._changed(course, schedule, period), restart=reset)

    def _as_rows(self, rates: Any) -> NDArray[np.float64]:
        array = checked_rates(rates, self._label)
        if array.ndim == 1:
            array = np.repeat(array[:, None], self.size, axis=1)
        return super()._as_rows(array)

    def _check(self, course: Course) -> None:
        if course.rates is not None and isinstance(course.schedule, tuple):
            rows, times = len(course.rates), len(course.schedule)
            if rows != times:
                raise EngineError(
                    f"{self._label}: the first axis of rates has {rows} rows and the schedule {times} times; "
                    "give as many of both."
                )
        super()._check(course)

    def _rows(self, course: Course) -> Mapping[str, NDArray[np.float64]]:
        assert course.rates is not None
        return {"proba": course.rates.reshape(len(course.rates), -1)}
