"""How a monitor gives its data: as arrays, dictionaries and files, in the shapes that the source has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.monitor_files import check_suffix, save_arrays
from engine.network.recorded import RecordedData, by_rank
from engine.network.spike_statistics import SpikeStatistics

if TYPE_CHECKING:
    from engine.connectivity import Connectivity
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection

SPIKES = ("spike", "axon_spike")
"""Recorded as events, all others as samples."""

Names = str | Sequence[str] | None


class MonitorData(SpikeStatistics):
    """The part of a :class:`Monitor` that hands out what was recorded."""

    name: str
    network: Network
    source: Any
    _variables: list[str]
    _data: dict[str, RecordedData]
    _last_times: dict[str, dict[str, list[int]]]

    # --- of the monitor -------------------------------------------------------------------------------

    @property
    def population(self) -> Population | None:
        """The recorded population (of a view: the whole one)."""
        raise NotImplementedError

    @property
    def projection(self) -> Projection | None:
        """The recorded projection (of a dendrite: the whole one)."""
        raise NotImplementedError

    @property
    def ranks(self) -> NDArray[np.int32] | None:
        """Recorded ranks of a view; None for all."""
        raise NotImplementedError

    @property
    def dendrite(self) -> int | None:
        """Post-synaptic rank of a recorded dendrite; None for the whole projection."""
        raise NotImplementedError

    def settle(self) -> None:
        """Write what waits for its way to a file."""
        raise NotImplementedError

    # --- data -----------------------------------------------------------------------------------------

    def _names(self, variables: Names) -> list[str]:
        if variables is None:
            return list(self._variables)
        return [variables] if isinstance(variables, str) else list(variables)

    def get(
        self,
        variables: Names = None,
        keep: bool = False,
        reshape: bool = False,
        force_dict: bool = False,
    ) -> Any:
        """The recorded data, which are dropped unless ``keep``.

        Parameters
        ----------
        variables : str or list of str, optional
            Default all.
        keep : bool
            Copy the data and go on collecting; otherwise the next call gives only what is new.
        reshape : bool
            Give populations' samples as ``(T,) + geometry`` instead of ``(T, N)``.
        force_dict : bool
            Return a dict even for one name.

        Returns
        -------
        array, or dict of name -> data
            Samples are float64, int64 or bool, one row for each of T samples: ``(T, N)`` of local variables
            and sums, ``(T,)`` of global ones. Spikes are a dict rank -> list of steps, with every recorded
            neuron; :meth:`get_spikes` gives them as arrays. Local variables of a projection are
            ``(T, dendrites, synapses)`` or, where dendrites differ in size, lists in ``(T, dendrites)``, of a
            dendrite ``(T, synapses)``.
        """
        self.settle()
        step = self.network.current_step
        result = {}
        for name in self._names(variables):
            data = self._data[name]
            self._last_times[name] = data.times(step)
            result[name] = self._formatted(name, reshape, keep)
            if not keep:
                data.clear(step)
        single = variables is not None and len(result) == 1 and not force_dict
        return next(iter(result.values())) if single else result

    def save(
        self,
        filename: str,
        variables: Names = None,
        keep: bool = False,
        reshape: bool = False,
        force_dict: bool = False,
    ) -> None:
        """Write the recorded data, which are dropped unless ``keep``.

        Parameters
        ----------
        filename : str
            ``.hdf5`` (or ``.h5``): a dataset for each variable as :meth:`get` gives it, spikes as a group of
            the datasets ``steps`` and ``ranks``. ``.npy``: one variable, spikes as rows (step, rank).
        variables, keep, reshape
            As in :meth:`get`.
        force_dict : bool
            Accepted for compatibility.

        See Also
        --------
        engine.save_recordings : formats that tell units and times, for other programs.
        """
        names = self._names(variables)
        path = check_suffix(filename, f"{self.name}.save()", names)
        save_arrays(path, self.get(names, True, reshape, True), f"{self.name}.save()")
        if not keep:
            self.drop(names)

    def drop(self, variables: Names = None) -> None:
        """Forget the data of all (or the given) variables; a file keeps what it has."""
        self.settle()
        for name in self._names(variables):
            self._data[name].clear(self.network.current_step)

    def __getitem__(self, variable: str) -> Any:
        return self.get(variable)

    def get_spikes(
        self, variable: str = "spike", keep: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The recorded spikes as two arrays, the fast way to many: no list is built.

        Parameters
        ----------
        variable : {"spike", "axon_spike"}
        keep : bool
            As in :meth:`get`.

        Returns
        -------
        steps : int64 array
            Step of each spike, ascending; the time is ``steps * dt``.
        ranks : int32 array
            Rank of its neuron in the population, ascending within a step.
        """
        if variable not in SPIKES or variable not in self._data:
            raise EngineError(f"{self.name} does not record spikes as {variable!r}; add it to its variables.")
        self.settle()
        step = self.network.current_step
        data = self._data[variable]
        self._last_times[variable] = data.times(step)
        spikes = data.spikes(keep=keep)
        if not keep:
            data.clear(step)
        return spikes

    def sample_steps(self, variable: str) -> NDArray[np.int64]:
        """Step of each row that :meth:`get` would give of a variable: row k is its state after that step.

        Returns
        -------
        int64 array (T,)
        """
        if variable in SPIKES:
            raise EngineError(
                f"{self.name}: {variable} has no samples; get_spikes() gives the steps of spikes."
            )
        return self._data[variable].sample_steps()

    def take(self, variable: str) -> Any:
        """New data of one variable since the last ``take`` or ``get``, as plain arrays, and drop them.

        Returns
        -------
        array (T, elements), or for spikes (steps, ranks)
            Samples of projections are in the engine's storage order.
        """
        data = self._data[variable]
        if variable in SPIKES:
            taken: Any = data.spikes(keep=False)
        else:
            tables = [table.rows(keep=False) for table in data.samples]
            taken = np.concatenate(tables) if len(tables) != 1 and tables else (tables or [np.zeros(0)])[0]
        data.clear(self.network.current_step)
        return taken

    def times(self, variables: Names = None) -> dict[str, dict[str, list[int]]]:
        """First step of each recorded block, and the step after it: of the last :meth:`get`, or so far.

        Returns
        -------
        dict of name -> {"start": list of int, "stop": list of int}
        """
        result = {}
        for name in self._names(variables):
            if name not in self._data:
                self.network.warn(f"Variable '{name}' is not monitored.")
            else:
                step = self.network.current_step
                result[name] = self._last_times.get(name) or self._data[name].times(step)
        return result

    def size_in_bytes(self) -> int:
        """Memory of the recorded data; those in a file need none."""
        return sum(data.nbytes for data in self._data.values())

    # --- shapes ---------------------------------------------------------------------------------------

    def _formatted(self, name: str, reshape: bool, keep: bool) -> Any:
        if name in SPIKES:
            assert self.population is not None
            ranks = self.population.ranks if self.ranks is None else self.ranks
            return by_rank(*self._data[name].spikes(keep=keep), ranks, self.population.size)
        geometry = getattr(self.source, "geometry", None)
        parts = [self._shaped(name, rows, layout) for rows, layout in self.flat_parts(name, keep)]
        if not parts:
            return np.zeros((0, *(geometry or ())) if reshape else (0,))
        rows = joined(parts)
        local = rows.ndim == 2 and self.population is not None
        return rows.reshape(-1, *geometry) if local and reshape and geometry else rows

    def locality(self, name: str) -> str:
        """``local``, ``semiglobal`` or ``global``; sums and conductances are local."""
        owner = self.population or self.projection
        assert owner is not None
        attribute = owner._attributes.get(name)
        return "local" if attribute is None else str(attribute.locality)

    def flat_parts(self, name: str, keep: bool) -> list[tuple[NDArray[Any], Any]]:
        """Samples as (T, columns) and the synapses that they belong to, if any. Columns are neurons,
        synapses by dendrites, dendrites, or one. There are several parts where synapses begin or end."""
        data = self._data[name]
        filed = data.samples_in_file()
        parts = [] if filed is None else [(as_double(filed), self.layout(name))]
        for table in data.samples:
            if len(table):
                dtype = np.float64 if table.dtype == np.float32 else None
                parts.append(
                    (self.flat(name, table.rows(keep=keep, dtype=dtype), table.layout), table.layout)
                )
        return parts

    def layout(self, variable: str) -> Connectivity | None:
        """The present synapses, if their values are what is recorded."""
        projection = self.projection
        return (
            projection.connectivity if projection is not None and self.locality(variable) == "local" else None
        )

    def flat(self, name: str, rows: NDArray[Any], synapses: Connectivity | None) -> NDArray[Any]:
        """Rows as the engine stores them with their columns in order."""
        projection, locality = self.projection, self.locality(name)
        if projection is None or locality == "global":
            return rows
        single = rows.shape[1] == 1  # also where one value serves all
        if locality == "semiglobal":
            if self.dendrite is not None:
                return rows
            posts = np.asarray(projection.post_ranks, dtype=np.int64)
            return np.repeat(rows, len(posts), axis=1) if single else rows[:, posts]
        assert synapses is not None
        own = slice(None)
        if self.dendrite is not None:
            own = slice(*synapses.offsets[self.dendrite : self.dendrite + 2].tolist())
            if not projection.structural and not single:
                return rows
        if single:
            return np.repeat(rows, synapses.nnz, axis=1)[:, own]
        order = self._storage_order(projection, synapses)
        return rows[:, own] if order is None else rows[:, order[own]]

    def _shaped(self, name: str, rows: NDArray[Any], synapses: Connectivity | None) -> NDArray[Any]:
        """(T, columns) as :meth:`get` gives it."""
        locality = self.locality(name)
        if locality == "global" or (locality == "semiglobal" and self.dendrite is not None):
            return rows[:, 0]
        whole = self.projection is not None and self.dendrite is None
        return by_dendrite(rows, synapses) if whole and synapses is not None else rows

    def _storage_order(self, projection: Projection, synapses: Connectivity) -> NDArray[Any] | None:
        """Place of each synapse, by dendrites, in the recorded rows; None where it is the same."""
        from engine.codegen.lowering.rows import SparseRows

        instance = self.network.instance
        assert instance is not None
        order = instance.synapse_order(projection)
        if order is None or synapses is projection.connectivity:
            return order
        return SparseRows(synapses, True, 1).order


def by_dendrite(rows: NDArray[Any], synapses: Connectivity) -> NDArray[Any]:
    """(T, synapses) as (T, dendrites, synapses), or as lists in (T, dendrites) where dendrites differ."""
    posts = synapses.dendrites
    starts, ends = synapses.offsets[posts], synapses.offsets[posts + 1]
    counts = ends - starts
    if (counts == counts[:1]).all():
        return rows.reshape(len(rows), len(posts), counts.max(initial=0))
    nested = np.empty((len(rows), len(posts)), dtype=object)
    for d, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        lists = rows[:, start:end].tolist()
        for k, values in enumerate(lists):
            nested[k, d] = values
    return nested


def as_double(rows: NDArray[Any]) -> NDArray[Any]:
    """Single precision as double."""
    return rows.astype(np.float64) if rows.dtype == np.float32 else rows


def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """All parts as one; nested lists where they are of synapses that changed in number."""
    if len(parts) == 1:
        return parts[0]
    if len({part.shape[1:] for part in parts}) == 1:
        return np.concatenate(parts)
    if all(part.ndim == 2 and part.dtype != object for part in parts):  # of a dendrite
        nested = np.empty(sum(map(len, parts)), dtype=object)
        nested[:] = [row for part in parts for row in part.tolist()]
        return nested
    return np.concatenate([part if part.dtype == object else listed(part) for part in parts])


def listed(rows: NDArray[Any]) -> NDArray[Any]:
    """(T, dendrites, synapses) as lists in (T, dendrites)."""
    nested = np.empty(rows.shape[:2], dtype=object)
    for k, row in enumerate(rows.tolist()):
        nested[k, :] = row
    return nested
