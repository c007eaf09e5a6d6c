"""HomogeneousCorrelatedSpikeTrains: neurons that fire at random, but together more often than by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.inputs.scheduled import (
    Course,
    Schedule,
    Scheduled,
    checked_rates,
)
from engine.network.attributes import is_number
from engine.network.network import Network
from engine.network.neuron import Neuron
from engine.network.timetable import Timetable


class HomogeneousCorrelatedSpikeTrains(Scheduled):
    """Neurons that fire at random with one common rate that fluctuates (Cox process).

    The common rate is ``max(x, 0)`` with ``x += dt*(mu - x)/tau + sigma*sqrt(dt/tau)*Normal(0, 1)``; in each
    step a neuron fires with the probability ``x * dt / 1000``.

    Parameters
    ----------
    geometry : int or tuple of int
    rates : float or list of float
        Mean rate in Hz; a list with one for each time of the schedule.
    corr : float or list of float
        Strength of the correlation, 0 or more; a list with one for each time of the schedule.
    tau : float
        ms: how long correlations last.
    schedule : list of float, optional
        ms at which each of the rates begins.
    period : float
        ms after which the schedule starts again; -1, never.
    name : str, optional
    refractory : float, optional
        ms.

    Attributes
    ----------
    tau, mu, sigma : parameters
        Of the whole population. ``mu`` and ``sigma`` follow from ``rates``, ``corr`` and ``tau``.
    x, p : variables
        The common rate, at first ``mu``, and the random number of the step.
    rates, corr, schedule, period
        Readable and assignable, also after compile.

    Notes
    -----
    ``mu`` and ``sigma`` let max(0, Normal(mu, sigma)) have the mean ``rates`` and the variance
    ``corr * rates / (2 * tau / 1000)`` (Brette 2009, Neural Comput 21:188-215). Those of the process itself
    have the variance ``sigma**2 / 2``: where ``x`` is hardly ever negative, the covariance of the spike
    counts of two neurons in long windows is ``corr / 2`` times their mean.
    """

    _ready = False

    def __init__(
        self,
        geometry: int | tuple[int, ...],
        rates: Any,
        corr: Any,
        tau: float,
        schedule: Schedule | None = None,
        period: float = -1.0,
        name: str | None = None,
        refractory: float | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        self._begin(geometry, name, network)
        self._given = Course(None)
        times = 0.0 if schedule is None else self._checked_schedule(schedule)
        course = self._with(Course(None, times, self._checked_period(period)), rates, corr)
        self._check(course)
        self._given = course
        tau = _checked_tau(tau, self._label)
        first = {attribute: float(rows[0, 0]) for attribute, rows in _moments_of(course, tau).items()}
        given = {"tau": tau, **first}
        neuron = Neuron(
            parameters="\n".join(f"{key} = {value!r} : population" for key, value in given.items()),
            equations="x = x + dt*(mu - x)/tau + sigma*sqrt(dt/tau)*Normal(0.0, 1.0) : population\n"
            "p = Uniform(0.0, 1.0) * 1000.0 / dt",
            spike="p < x",
            refractory=refractory,
            name="HomogeneousCorrelated",
            description="Fires at random with a common rate that fluctuates.",
        )
        super().__init__(geometry, neuron, name, network=network)
        super()._assign("x", given["mu"])
        self._ready = True

    @property
    def rates(self) -> NDArray[np.float64]:
        """Copy of the mean rates in Hz, one for each time of the schedule."""
        assert self._course.rates is not None
        return self._course.rates.copy()

    @rates.setter
    def rates(self, value: Any) -> None:
        self._change(self._with(self._course, value, self.corr))

    @property
    def corr(self) -> NDArray[np.float64]:
        """Copy of the correlations, one for each time of the schedule."""
        assert self._course.corr is not None
        return self._course.corr.copy()

    @corr.setter
    def corr(self, value: Any) -> None:
        self._change(self._with(self._course, self.rates, value))

    def update(
        self,
        rates: Any,
        corr: Any = None,
        schedule: Schedule | None = None,
        tau: float | None = None,
        reset: bool = True,
    ) -> None:
        """Replace the data, also after compile; None keeps what there is.

        Parameters
        ----------
        rates, corr, schedule, tau
            As when the population was made.
        reset : bool
            Start the schedule anew. Otherwise it goes on where it stands.
        """
        course = self._changed(self._course, schedule, None)
        course = self._with(course, rates, self.corr if corr is None else corr)
        self._check(course)
        if tau is not None:
            super()._assign("tau", _checked_tau(tau, self._label))
        self._change(course, restart=reset)

    def _with(self, course: Course, rates: Any, corr: Any) -> Course:
        """The course with other rates and correlations, a correlation for each rate."""
        rows = checked_rates([rates] if is_number(rates) else rates, self._label)
        if rows.ndim != 1:
            raise EngineError(f"{self._label}: rates must be a number or a list of numbers in Hz.")
        shared = checked_rates([corr] if is_number(corr) else corr, self._label)
        if shared.size > 1 and (shared == shared[0]).all():
            shared = shared[:1]
        if shared.ndim != 1 or shared.size not in (1, rows.size):
            raise EngineError(
                f"{self._label}: corr has {shared.size} values for {rows.size} rates; give one, or as many."
            )
        if not (np.isfinite(rows).all() and (rows >= 0.0).all()):
            raise EngineError(f"{self._label}: rates must be 0 Hz or more.")
        if not (np.isfinite(shared).all() and (shared >= 0.0).all()):
            raise EngineError(f"{self._label}: corr must be 0 or more.")
        return replace(course, rates=rows, corr=np.broadcast_to(shared, rows.shape).copy())

    def _check(self, course: Course) -> None:
        if course.rates is not None:
            rows = len(course.rates)
            if isinstance(course.schedule, tuple) and len(course.schedule) != rows:
                raise EngineError(
                    f"{self._label}: there are {rows} rates and {len(course.schedule)} times; "
                    "give as many of both."
                )
            if not isinstance(course.schedule, tuple) and rows > 1:
                raise EngineError(f"{self._label}: {rows} rates need a schedule of as many times (ms).")
        super()._check(course)

    def _checked_schedule(self, schedule: Any) -> float | tuple[float, ...]:
        """A number stands for no schedule, or for the times of as many rates as there are."""
        checked = super()._checked_schedule(schedule)
        rates = self._course.rates
        if isinstance(checked, tuple) or checked <= 0.0 or rates is None:
            return checked
        return tuple(row * checked for row in range(len(rates)))

    def _change(self, course: Course, restart: bool = False) -> None:
        super()._change(course, restart)
        self._take_row()

    def _assign(self, name: str, value: Any) -> None:
        if name == "tau":
            value = _checked_tau(value, self._label)
        super()._assign(name, value)
        if name == "tau" and self._ready:
            self._change(self._course)

    def _take_row(self) -> None:
        """Let ``mu`` and ``sigma`` be those of the present row, or before compile of the first one."""
        values = self._rows(self._course)
        for name in ("mu", "sigma"):
            super()._assign(name, float(values[name][self._present_row(), 0]))
        if not self.network.compiled:
            super()._assign("x", self.get("mu"))

    def _present_row(self) -> int:
        """Row of the schedule that holds now: the one before the next."""
        instance, table = self.network.instance, self.timetable
        if instance is None or table is None:
            return 0
        following, counter = (int(instance.internal(self, name)[0]) for name in ("row", "counter"))
        if following == 0 and counter <= table.steps[0]:
            return 0
        return (following - 1) % len(table.steps)

    @property
    def timetable(self) -> Timetable | None:  # type: ignore[override]
        """Values and steps; None with one rate without a schedule: ``mu`` and ``sigma`` may be assigned."""
        return super().timetable if isinstance(self._course.schedule, tuple) else None

    def _rows(self, course: Course) -> Mapping[str, NDArray[np.float64]]:
        return _moments_of(course, float(self.get("tau")))


def _moments_of(course: Course, tau: float) -> dict[str, NDArray[np.float64]]:
    """``mu`` and ``sigma`` of each row."""
    assert course.rates is not None and course.corr is not None
    moments = np.array([mu_and_sigma(m, c, tau) for m, c in zip(course.rates, course.corr, strict=True)])
    return {"mu": moments[:, :1], "sigma": moments[:, 1:]}


def _checked_tau(tau: Any, label: str) -> float:
    if not is_number(tau) or not 0.0 < float(tau) < math.inf:
        raise EngineError(f"{label}: tau must be a number of ms above 0, not {tau!r}.")
    return float(tau)


def _moments(y: float) -> tuple[float, float]:
    """Mean and standard deviation of max(0, Normal(y, 1))."""
    twice = 1.0 + math.erf(y / math.sqrt(2.0))
    mean = math.exp(-0.5 * y * y) / math.sqrt(2.0 * math.pi) + 0.5 * y * twice
    return mean, math.sqrt((y - mean) * mean + 0.5 * twice)


def _secant(function: Callable[[float], float], start: float) -> float:
    """A zero of a function by the secant method."""
    before, now = start, start * (1.0 + 1e-4) + 1e-4
    at_before, at_now = function(before), function(now)
    for _ in range(100):
        if at_now == at_before:
            return now
        before, now, at_before = now, now - at_now * (now - before) / (at_now - at_before), at_now
        if abs(now - before) < 1e-13 * max(1.0, abs(now)):
            return now
        at_now = function(now)
    return now


def mu_and_sigma(rate: float, corr: float, tau: float) -> tuple[float, float]:
    """Mean and standard deviation of the normal distribution whose positive part has the given moments.

    Parameters
    ----------
    rate : float
        Mean of the positive part, Hz.
    corr : float
        The variance of the positive part is ``corr * rate / (2 * tau / 1000)``.
    tau : float
        ms.
    """
    deviation = math.sqrt(corr * rate / (2.0 * tau / 1000.0))
    if deviation == 0.0:
        return rate, 0.0
    ratio = rate / deviation
    y = _secant(lambda y: _moments(y)[0] / _moments(y)[1] - ratio, 1.1 * ratio)
    sigma = rate / _moments(y)[0]
    return y * sigma, sigma
