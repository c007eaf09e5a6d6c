"""Monitor: what is recorded of a population, view, projection or dendrite, and the recorded data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributes import whole_steps
from engine.network.dendrite import Dendrite
from engine.network.monitor_data import SPIKES as SPIKES
from engine.network.monitor_data import Names
from engine.network.monitor_streams import MonitorToDisk
from engine.network.population import Population
from engine.network.projection import Projection
from engine.network.recorded import RecordedData, Table
from engine.network.view import PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network

Source = Population | PopulationView | Projection | Dendrite


class Monitor(MonitorToDisk):
    """Records variables while the network runs.

    Parameters
    ----------
    obj : Population, PopulationView, Projection or Dendrite
        What is recorded.
    variables : str or list of str, optional
        Variables of ``obj``; ``"spike"`` and ``"axon_spike"`` of spiking and ``"sum(target)"`` of rate-coded
        populations. Default none; :meth:`start` adds some.
    period : float, optional
        ms between two samples; default every step. Spikes are always all recorded.
    period_offset : float, optional
        ms within the period.
    start : bool
        Record from compile on; otherwise :meth:`start` begins.
    name : str, optional
        Default ``Monitor_<name of obj>``.

    Notes
    -----
    In step n a variable is stored if ``(n - offset) % period == period_offset`` where ``offset`` is the step
    of creation, modulo the period; sample 0 is the state after the first step.
    """

    def __init__(
        self,
        obj: Source,
        variables: Names = None,
        period: float | None = None,
        period_offset: float | None = None,
        start: bool = True,
        net_id: int = 0,
        *,
        name: str | None = None,
    ) -> None:
        if not isinstance(obj, (Population, PopulationView, Projection, Dendrite)):
            raise EngineError(
                f"Monitor: {type(obj).__name__} cannot be recorded; give a population or projection."
            )
        self.source = obj
        self.name = name or f"Monitor_{obj.name}"
        self.network: Network = obj.network
        self._variables = [] if variables is None else self._names(variables)
        for variable in self._variables:
            self._check(variable)
        dt = self.network.dt
        self.period_steps = 1 if period is None else whole_steps(period, dt)
        self.period_offset_steps = 0 if period_offset is None else whole_steps(period_offset, dt)
        self._check_period()
        if isinstance(obj, Projection) and self._variables and self.period_steps == 1:
            self.network.warn(f"{self.name}: recording all synapses in every step takes much memory.")
        step = self.network.current_step
        self.offset_steps = step % self.period_steps
        self._data = {variable: RecordedData(step, recording=start) for variable in self._variables}
        self._last_times: dict[str, dict[str, list[int]]] = {}
        self.id = self.network.add_monitor(self)

    def for_source(self, source: Source) -> Monitor:
        """A monitor of another object that records in the same way."""
        started = not self._variables or any(data.recording for data in self._data.values())
        period, within = self.period, self.period_offset
        return type(self)(source, self.variables, period, within, started, name=self.name)

    def _check_period(self) -> None:
        if self.period_steps < 1:
            raise EngineError(f"{self.name}: the period must be at least one step ({self.network.dt} ms).")
        if not 0 <= self.period_offset_steps < self.period_steps:
            raise EngineError(f"{self.name}: period_offset must be smaller than the period.")

    def _check(self, variable: str) -> None:
        source = self.population or self.projection
        assert source is not None
        if self.population is not None and self.population.model.kind == "spike":
            if variable == "spike":
                return
            if variable == "axon_spike":
                if self.population.model.axon_spike is None:
                    raise EngineError(f"{self.name}: the neuron of {source.name} has no axon_spike.")
                return
        model = None if self.population is None else self.population.model
        if model is not None and variable.startswith("sum(") and (model.kind == "rate" or model.summed):
            known = model.summed
            if self.population is not None and model.kind == "rate":
                known = (*model.targets, *self.population.targets)
            later = model.uses_sum_of_all and not self.network.compiled
            if variable.endswith(")") and (variable[4:-1] in known or later):
                return
            targets = ", ".join(dict.fromkeys(known)) or "none"
            raise EngineError(
                f"{self.name}: the neuron of {source.name} does not use {variable}; its targets: {targets}."
            )
        if variable in source.parameters:
            raise EngineError(f"{self.name}: {variable} is a parameter; parameters are not recordable.")
        if variable not in source.variables:
            raise EngineError(
                f"{self.name}: {source.name} has no variable named {variable!r}; "
                f"it has: {', '.join(source.variables)}."
            )

    # --- what the engine reads ------------------------------------------------------------------------

    @property
    def population(self) -> Population | None:
        """The recorded population (of a view: the whole one)."""
        if isinstance(self.source, PopulationView):
            return self.source.population
        return self.source if isinstance(self.source, Population) else None

    @property
    def projection(self) -> Projection | None:
        """The recorded projection (of a dendrite: the whole one)."""
        if isinstance(self.source, Dendrite):
            return self.source.proj
        return self.source if isinstance(self.source, Projection) else None

    @property
    def ranks(self) -> NDArray[np.int32] | None:
        """Recorded ranks of a view; None for all."""
        return self.source.ranks if isinstance(self.source, PopulationView) else None

    @property
    def dendrite(self) -> int | None:
        """Post-synaptic rank of a recorded dendrite; None for the whole projection."""
        return self.source.post_rank if isinstance(self.source, Dendrite) else None

    @property
    def active(self) -> bool:
        """True if any variable is being recorded."""
        return any(data.recording for data in self._data.values())

    def is_recording(self, variable: str) -> bool:
        """True if this variable is being recorded."""
        return variable in self._data and self._data[variable].recording

    def table(self, variable: str, dtype: Any, width: int) -> Table:
        """Where the engine stores samples of ``width`` elements."""
        return self._data[variable].table(dtype, width, self.layout(variable))

    def commit(self, variable: str, first: int, rows: int) -> None:
        """The engine stored ``rows`` samples in the table, the first one in step ``first``."""
        data = self._data[variable]
        data.samples[-1].commit(rows)
        data.note(first, self.period_steps, rows)

    def append(self, variable: str, rows: NDArray[Any], first: int) -> None:
        """Add samples (rows, elements), the first one of step ``first``."""
        if len(rows):
            self.table(variable, rows.dtype, rows.shape[1]).append(rows)
            self._data[variable].note(first, self.period_steps, len(rows))

    def take_back(self, variable: str, pieces: Sequence[Any]) -> None:
        """Give back all that was taken since step 0: arrays of samples, or pairs (steps, ranks) of spikes."""
        first = self.period_offset_steps
        for piece in pieces:
            if variable in SPIKES:
                self.append_events(variable, *piece)
            else:
                self.append(variable, piece, first)
                first += self.period_steps * len(piece)
        self._data[variable].begun = 0

    def drop_last(self, variable: str, step: int) -> bool:
        """Forget the sample of ``step``, the last one, if there is one of synapses that begin and end."""
        data = self._data.get(variable)
        if data is None or data.last_sample != step or self.layout(variable) is None:
            return False
        data.drop_last()
        return True

    def append_events(self, variable: str, steps: NDArray[np.int64], ranks: NDArray[np.int32]) -> None:
        """Take spikes from the engine, by ascending step and rank."""
        data = self._data[variable]
        data.steps.append(steps[:, np.newaxis])
        data.ranks.append(ranks[:, np.newaxis])

    # --- recording ------------------------------------------------------------------------------------

    @property
    def variables(self) -> list[str]:
        """Names of the recorded variables."""
        return list(self._variables)

    @variables.setter
    def variables(self, names: Any) -> None:
        raise EngineError(
            f"{self.name}: the list of variables cannot be assigned; start(names) adds, stop() drops all."
        )

    @property
    def period(self) -> float:
        """ms between two samples."""
        return self.period_steps * self.network.dt

    @period.setter
    def period(self, value: float) -> None:
        self.period_steps = whole_steps(value, self.network.dt)
        self._check_period()

    @property
    def period_offset(self) -> float:
        """ms within the period."""
        return self.period_offset_steps * self.network.dt

    @period_offset.setter
    def period_offset(self, value: float) -> None:
        self.period_offset_steps = whole_steps(value, self.network.dt)
        self._check_period()

    def start(self, variables: Names = None, period: float | None = None) -> None:
        """Begin to record after compile.

        Parameters
        ----------
        variables : str or list of str, optional
            Default all of the monitor; others that the source has are added to it.
        period : float, optional
            New period in ms, counted from now.
        """
        if not self.network.compiled:
            self.network.warn(f"{self.name}.start() has no effect before compile().")
            return
        step = self.network.current_step
        if period is not None:
            self.period = period
            self.offset_steps = step % self.period_steps
        for variable in self._names(variables):
            if variable in self._data:
                self._data[variable].resume(step)
            else:
                self._add(variable, step)

    def _add(self, variable: str, step: int) -> None:
        try:
            self._check(variable)
        except EngineError as error:
            self.network.warn(f"{error} It is not recorded.")
            return
        self._variables.append(variable)
        self._data[variable] = RecordedData(step, recording=True)
        self.network.replan()

    def pause(self) -> None:
        """Stop recording for a while."""
        for data in self._data.values():
            data.pause(self.network.current_step)

    def resume(self) -> None:
        """Record again after :meth:`pause`."""
        for data in self._data.values():
            data.resume(self.network.current_step)

    def stop(self) -> None:
        """End the recording and drop its data; a file keeps them."""
        self.end_file()
        self._variables.clear()
        self._data.clear()
        self.network.replan()

    def reset(self) -> None:
        """Drop the recorded data; time stamps restart now. A file keeps what it has."""
        self.drop()
        self._last_times = {}

    def _spikes(self, spikes: Any) -> Mapping[int, Sequence[int]]:
        if "spike" not in self._variables:
            raise EngineError(f"{self.name} does not record spikes; add 'spike' to its variables.")
        return super()._spikes(spikes or self.get("spike"))

    def _block(self) -> tuple[int, int]:
        times = self.times("spike")["spike"]
        return times["start"][-1], times["stop"][-1]

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(self._variables) or 'nothing'}>"


class GeometricMonitor(Monitor):
    """A monitor made by ``Network.monitor``: as in version 5.0 of the API, samples of populations come in
    the shape of their geometry unless ``reshape=False`` is given."""

    def get(
        self, variables: Names = None, keep: bool = False, reshape: bool = True, force_dict: bool = False
    ) -> Any:
        """As :meth:`Monitor.get`."""
        return super().get(variables, keep, reshape, force_dict)

    def save(
        self,
        filename: str,
        variables: Names = None,
        keep: bool = False,
        reshape: bool = True,
        force_dict: bool = False,
    ) -> None:
        """As :meth:`Monitor.save`."""
        super().save(filename, variables, keep, reshape, force_dict)
