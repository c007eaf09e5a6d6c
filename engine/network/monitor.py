"""Monitor: what is recorded of a population, view, projection or dendrite, and the recorded data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributes import whole_steps
from engine.network.dendrite import Dendrite
from engine.network.population import Population
from engine.network.projection import Projection
from engine.network.recorded import RecordedData
from engine.network.spike_statistics import SpikeStatistics
from engine.network.view import PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network

SPIKES = ("spike", "axon_spike")
"""Recorded as events, all others as samples."""

Source = Population | PopulationView | Projection | Dendrite


class Monitor(SpikeStatistics):
    """Records variables while the network runs.

    Parameters
    ----------
    obj : Population, PopulationView, Projection or Dendrite
        What is recorded.
    variables : str or list of str
        Variables of ``obj``; ``"spike"`` and ``"axon_spike"`` of spiking and ``"sum(target)"`` of rate-coded
        populations.
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
        variables: str | Sequence[str] = (),
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
        self._variables = [variables] if isinstance(variables, str) else list(variables)
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
        elif self.population is not None and variable.startswith("sum("):
            known = (*self.population.model.targets, *self.population.targets)
            if variable.endswith(")") and variable[4:-1] in known:
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
    def ranks(self) -> NDArray[np.int64] | None:
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

    def append(self, variable: str, array: NDArray[Any]) -> None:
        """Take rows of samples (rows, elements) from the engine."""
        if self._is_ragged(variable):
            array = self._ragged(array)
        self._data[variable].chunks.append((array,))

    def drop_last(self, variable: str, step: int) -> bool:
        """Forget the sample of ``step``, the last one, if there is one of synapses that begin and end."""
        due = (step - self.offset_steps) % self.period_steps == self.period_offset_steps
        if not (due and self.is_recording(variable) and self._is_ragged(variable)):
            return False
        chunks = self._data[variable].chunks
        chunks[-1] = (chunks[-1][0][:-1],)
        return True

    def _is_ragged(self, variable: str) -> bool:
        """True if samples differ in length, because synapses begin and end."""
        projection = self.projection
        if projection is None or not projection.structural:
            return False
        return projection._attributes[variable].locality == "local"

    def _ragged(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows in storage order as a list for each dendrite (T, dendrites), by the present synapses."""
        projection, instance = self.projection, self.network.instance
        assert projection is not None and instance is not None
        order, offsets = instance.synapse_order(projection), projection.connectivity.offsets
        posts = projection.post_ranks if self.dendrite is None else [self.dendrite]
        nested = np.empty((len(rows), len(posts or [])), dtype=object)
        for k, row in enumerate(rows if order is None else rows[:, order]):
            for d, post in enumerate(posts or []):
                nested[k, d] = row[offsets[post] : offsets[post + 1]].tolist()
        return nested

    def append_events(self, variable: str, steps: NDArray[np.int64], ranks: NDArray[np.int32]) -> None:
        """Take spikes from the engine, by ascending step and rank."""
        self._data[variable].chunks.append((steps, ranks))

    # --- recording ------------------------------------------------------------------------------------

    @property
    def variables(self) -> list[str]:
        """Names of the recorded variables."""
        return list(self._variables)

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

    def start(self, variables: str | Sequence[str] | None = None, period: float | None = None) -> None:
        """Begin to record all (or the given) variables; new names are added."""
        if not self.network.compiled:
            self.network.warn(f"{self.name}.start() has no effect before compile().")
            return
        step = self.network.current_step
        if period is not None:
            self.period = period
            self.offset_steps = step % self.period_steps
        chosen = (
            self._variables if variables is None else [variables] if isinstance(variables, str) else variables
        )
        for variable in list(chosen):
            if variable not in self._data:
                self._check(variable)
                self._variables.append(variable)
                self._data[variable] = RecordedData(step, recording=True)
                self.network.replan()
            else:
                self._data[variable].resume(step)

    def pause(self) -> None:
        """Stop recording for a while."""
        for data in self._data.values():
            data.pause(self.network.current_step)

    def resume(self) -> None:
        """Record again after :meth:`pause`."""
        for data in self._data.values():
            data.resume(self.network.current_step)

    def stop(self) -> None:
        """End the recording and drop its data."""
        self._variables.clear()
        self._data.clear()
        self.network.replan()

    def reset(self) -> None:
        """Drop the recorded data; time stamps restart now."""
        for data in self._data.values():
            data.clear(self.network.current_step)
        self._last_times = {}

    # --- data -----------------------------------------------------------------------------------------

    def get(
        self,
        variables: str | Sequence[str] | None = None,
        keep: bool = False,
        reshape: bool = False,
        force_dict: bool = False,
    ) -> Any:
        """The recorded data, which are dropped unless ``keep``.

        Parameters
        ----------
        variables : str or list of str, optional
            Default all.
        reshape : bool
            Give populations' samples as ``(T,) + geometry`` instead of ``(T, N)``.
        force_dict : bool
            Return a dict even for one name.

        Returns
        -------
        array, or dict of name -> data
            Spikes are a dict rank -> list of steps, with every recorded neuron. Local variables of a
            projection are nested [T][dendrite][synapse].
        """
        names = (
            self._variables if variables is None else [variables] if isinstance(variables, str) else variables
        )
        step = self.network.current_step
        result = {}
        for name in list(names):
            result[name] = self._formatted(name, reshape)
            self._last_times[name] = self._data[name].times(step)
            if not keep:
                self._data[name].clear(step)
        single = variables is not None and len(result) == 1 and not force_dict
        return next(iter(result.values())) if single else result

    def __getitem__(self, variable: str) -> Any:
        return self.get(variable)

    def take(self, variable: str) -> Any:
        """New data of one variable since the last ``take`` or ``get``, as plain arrays, and drop them.

        Returns
        -------
        array (T, elements), or for spikes (steps, ranks)
            Samples of projections are in the engine's storage order.
        """
        data = self._data[variable]
        arrays = data.joined(2 if variable in SPIKES else 1)
        data.clear(self.network.current_step)
        return arrays if variable in SPIKES else arrays[0]

    def _formatted(self, name: str, reshape: bool) -> Any:
        data = self._data[name]
        if name in SPIKES:
            assert self.population is not None
            ranks = self.population.ranks if self.ranks is None else self.ranks
            return data.spikes_by_rank(ranks)
        geometry = getattr(self.source, "geometry", None)
        if not data.chunks:
            return np.zeros((0, *(geometry or ())) if reshape else (0,))
        rows = data.joined(1)[0]
        if rows.dtype == np.float32:
            rows = rows.astype(np.float64)
        if self.projection is not None:
            return self._synaptic(self.projection, name, rows)
        assert self.population is not None
        attribute = self.population._attributes.get(name)
        if attribute is not None and attribute.locality != "local":
            return rows[:, 0]
        return rows.reshape(-1, *geometry) if reshape and geometry else rows

    def _synaptic(self, projection: Projection, name: str, rows: NDArray[Any]) -> Any:
        """Rows in storage order as [T][dendrite][synapse]."""
        if rows.dtype == object:
            return rows if self.dendrite is None else rows[:, 0]
        if rows.shape[1] == 1 and (self.dendrite is None and len(projection.connectivity.pre) != 1):
            return rows[:, 0]
        locality = projection._attributes[name].locality
        if self.dendrite is not None:
            return rows if locality == "local" else rows[:, 0]
        posts = np.asarray(projection.post_ranks, dtype=np.int64)
        if locality == "global":
            return rows[:, 0]
        if locality == "semiglobal":
            return rows[:, posts]
        instance = self.network.instance
        assert instance is not None
        order = instance.synapse_order(projection)
        ordered = rows if order is None else rows[:, order]
        counts = np.diff(projection.connectivity.offsets)[posts]
        if (counts == counts[:1]).all():
            return ordered.reshape(len(rows), len(posts), counts.max(initial=0))
        nested = np.empty((len(rows), len(posts)), dtype=object)
        ends = np.cumsum(counts)[:-1]
        for k, row in enumerate(ordered):
            for d, part in enumerate(np.split(row, ends)):
                nested[k, d] = part.tolist()
        return nested

    def times(self, variables: str | Sequence[str] | None = None) -> dict[str, dict[str, list[int]]]:
        """Start and stop steps of the recorded blocks: of the last :meth:`get`, or so far."""
        names = (
            self._variables if variables is None else [variables] if isinstance(variables, str) else variables
        )
        result = {}
        for name in names:
            if name not in self._data:
                self.network.warn(f"{self.name}: {name!r} is not recorded.")
            else:
                step = self.network.current_step
                result[name] = self._last_times.get(name) or self._data[name].times(step)
        return result

    def size_in_bytes(self) -> int:
        """Memory of the recorded data."""
        arrays = (a for data in self._data.values() for chunk in data.chunks for a in chunk)
        return sum(a.nbytes for a in arrays)

    def _spikes(self, spikes: Mapping[Any, Any] | None) -> Mapping[int, Sequence[int]]:
        if "spike" not in self._variables:
            raise EngineError(f"{self.name} does not record spikes; add 'spike' to its variables.")
        return super()._spikes(spikes or self.get("spike"))

    def _block(self) -> tuple[int, int]:
        times = self.times("spike")["spike"]
        return times["start"][-1], times["stop"][-1]

    def __repr__(self) -> str:
        return f"<{self.name}: {', '.join(self._variables) or 'nothing'}>"
