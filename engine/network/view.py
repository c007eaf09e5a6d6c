"""Parts of a population: views of several neurons, and single neurons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributed import set_other
from engine.network.attributes import UnknownAttribute, to_number
from engine.network.geometry import coordinates_of, rank_of

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population


class PopulationView:
    """Some neurons of a population, made by indexing it (``pop[2:5]``, ``pop[1, :]``, ``pop[[3, 1]]``).

    Attributes
    ----------
    population : Population
    ranks : ndarray of int32
        Ranks in the population, in the order of the selection.
    geometry : tuple of int or None
        Shape of the selection; None for a sum of views.
    """

    population: Population
    ranks: NDArray[np.int32]
    geometry: tuple[int, ...] | None

    def __init__(
        self, population: Population, ranks: NDArray[np.integer[Any]], geometry: tuple[int, ...] | None
    ) -> None:
        fixed = np.array(ranks, dtype=np.int32)
        fixed.flags.writeable = False
        vars(self).update(population=population, ranks=fixed, geometry=geometry)

    @property
    def network(self) -> Network:
        """Network of the population."""
        return self.population.network

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.ranks)

    @property
    def name(self) -> str:
        """Name of the population."""
        return self.population.name

    @property
    def id(self) -> int:
        """Number of the population."""
        return self.population.id

    @property
    def attributes(self) -> list[str]:
        """Names of parameters and variables."""
        return self.population.attributes

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return self.population.parameters

    @property
    def variables(self) -> list[str]:
        """Names of the variables."""
        return self.population.variables

    @property
    def targets(self) -> list[str]:
        """Targets of the population's incoming projections."""
        return self.population.targets

    @property
    def max_delay(self) -> int:
        """Largest delay (steps) of the population's outgoing projections."""
        return self.population.max_delay

    @property
    def offsets(self) -> list[int]:
        """First rank, and one more than the last."""
        return [int(self.ranks.min()), int(self.ranks.max()) + 1]

    @property
    def neuron_type(self) -> Any:
        """The population's neuron."""
        return self.population.neuron_type

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"<PopulationView of {self.name}: {self.size} neurons>"

    def __getitem__(self, index: Any) -> Any:
        raise TypeError("A view cannot be indexed again; index the population.")

    def __getattr__(self, name: str) -> Any:
        population = self.__dict__.get("population")
        if population is None:  # while it is being copied
            raise AttributeError(name)
        if name in population._attributes:
            return self.get(name)
        raise UnknownAttribute(name, f"View of {self.name}", self.population.attributes)

    def __setattr__(self, name: str, value: Any) -> None:
        population = self.population
        if name in population._attributes:
            population.assign_part(name, self.ranks, _one_dimensional(value, self.name, name))
        else:
            set_other(self, name, value, self.network, f"View of {self.name}", population._attributes)

    def get(self, name: str) -> Any:
        """Values of a local attribute in the order of ``ranks``, or the number of a global one."""
        attribute = self.population._attributes.get(name)
        if attribute is None or attribute.locality != "local":
            return self.population.get(name)
        return self.population.part_of(attribute, self.ranks)

    def set(self, value: Mapping[str, Any]) -> None:
        """Assign several attributes: name to value."""
        for name, given in value.items():
            setattr(self, name, given)

    @property
    def spike(self) -> list[int]:
        """Ranks of the view that spiked in the last step, ascending."""
        spikes: list[int] = np.intersect1d(self.population.spike, self.ranks).tolist()
        return spikes

    def sum(self, target: str) -> NDArray[np.float64]:
        """Weighted sums of the view's neurons."""
        return np.asarray(self.population.sum(target).ravel()[self.ranks])

    def rank_from_coordinates(self, coord: int | Sequence[int], local: bool = False) -> int:
        """Population rank of coordinates in the population, or in the view with ``local=True``."""
        if local:
            return int(self.ranks[rank_of(coord, self._own_geometry(), f"View of {self.name}")])
        rank = self.population.rank_from_coordinates(coord)
        if rank not in self.ranks:
            raise EngineError(f"View of {self.name}: the neuron at {coord} is not in the view.")
        return rank

    def coordinates_from_rank(self, rank: int, local: bool = False) -> tuple[int, ...]:
        """Coordinates of a population rank in the population, or in the view with ``local=True``."""
        if not local:
            return self.population.coordinates_from_rank(rank)
        places = np.flatnonzero(self.ranks == rank)
        if not places.size:
            raise EngineError(f"View of {self.name}: rank {rank} is not in the view.")
        return coordinates_of(int(places[0]), self._own_geometry(), f"View of {self.name}")

    def _own_geometry(self) -> tuple[int, ...]:
        if self.geometry is None:
            raise EngineError(f"View of {self.name}: a sum of views has no geometry of its own.")
        return self.geometry

    def __add__(self, other: PopulationView | IndividualNeuron) -> PopulationView:
        return joined(self, other)


class IndividualNeuron:
    """One neuron of a population; attributes are read and written as numbers."""

    population: Population
    rank: int

    def __init__(self, population: Population, rank: int) -> None:
        vars(self).update(population=population, rank=rank)

    @property
    def ranks(self) -> NDArray[np.int32]:
        """The neuron's rank, as an array."""
        return np.array([self.rank], dtype=np.int32)

    def __getattr__(self, name: str) -> Any:
        population = self.__dict__.get("population")
        if population is None or name not in population._attributes:
            known = [] if population is None else population.attributes
            label = f"Neuron {self.__dict__.get('rank')} of {getattr(population, 'name', None)}"
            raise UnknownAttribute(name, label, known)
        attribute = self.population._attributes[name]
        if attribute.locality != "local":
            return self.population.get(name)
        return self.population.part_of(attribute, slice(self.rank, self.rank + 1))[0].item()

    def __setattr__(self, name: str, value: Any) -> None:
        attribute = self.population._attributes.get(name)
        if attribute is None:
            population = self.population
            label = f"Neuron {self.rank} of {population.name}"
            set_other(self, name, value, population.network, label, population._attributes)
        elif attribute.locality != "local":
            self.population.set({name: value})
        else:
            number = to_number(value, attribute, f"Neuron {self.rank} of {self.population.name}, ")
            self.population.assign_part(name, self.ranks, number)

    def __add__(self, other: PopulationView | IndividualNeuron) -> PopulationView:
        return joined(self, other)

    def __repr__(self) -> str:
        values = ", ".join(f"{name} = {getattr(self, name)}" for name in self.population.attributes)
        return f"<neuron {self.rank} of {self.population.name}: {values}>"


def joined(
    first: PopulationView | IndividualNeuron, second: PopulationView | IndividualNeuron
) -> PopulationView:
    """Union of two parts of one population, by ascending rank."""
    if first.population is not second.population:
        raise EngineError("Only views of the same population can be added.")
    return PopulationView(first.population, np.union1d(first.ranks, second.ranks), None)


def _one_dimensional(value: Any, owner: str, name: str) -> Any:
    if isinstance(value, (list, np.ndarray)) and np.ndim(value) > 1:
        raise EngineError(f"{owner}.{name}: a view takes a number or a flat list of values.")
    return value
