"""Dendrite: the synapses of a projection onto one post-synaptic neuron."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributed import set_other
from engine.network.attributes import UnknownAttribute, to_number, unknown_attribute
from engine.network.geometry import rank_of
from engine.network.synaptic_values import SynapticValues

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection


class Dendrite:
    """Synapses onto one neuron; made by ``proj.dendrite(post)`` after compile.

    Attributes
    ----------
    proj : Projection
    post_rank : int
        Rank in the post-synaptic population.
    """

    proj: Projection
    post_rank: int

    def __init__(self, proj: Projection, post_rank: int) -> None:
        vars(self).update(proj=proj, post_rank=post_rank)

    @property
    def network(self) -> Network:
        """Network of the projection."""
        return self.proj.network

    @property
    def name(self) -> str:
        """Name of the projection and the rank."""
        return f"{self.proj.name}[{self.post_rank}]"

    @property
    def idx(self) -> int:
        """Position in the projection's ``post_ranks``."""
        return int(np.searchsorted(SynapticValues(self.proj).posts, self.post_rank))

    @property
    def pre(self) -> Population:
        """The pre-synaptic population."""
        return self.proj.pre_population

    @property
    def target(self) -> Any:
        """Target of the projection."""
        return self.proj.target

    @property
    def attributes(self) -> list[str]:
        """Names of parameters and variables."""
        return self.proj.attributes

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return self.proj.parameters

    @property
    def variables(self) -> list[str]:
        """Names of the variables."""
        return self.proj.variables

    @property
    def pre_ranks(self) -> list[int]:
        """Ranks of the pre-synaptic neurons, ascending."""
        ranks: list[int] = self.proj.connectivity.pre[self._row].tolist()
        return ranks

    @property
    def rank(self) -> list[int]:
        """Old name of :attr:`pre_ranks`."""
        self.network.warn("Dendrite.rank is deprecated; use Dendrite.pre_ranks.")
        return self.pre_ranks

    @property
    def pre_rank(self) -> list[int]:
        """Old name of :attr:`pre_ranks`."""
        self.network.warn("Dendrite.pre_rank is deprecated; use Dendrite.pre_ranks.")
        return self.pre_ranks

    @property
    def delay(self) -> float | list[float]:
        """Delay in ms; a list by ascending pre rank where each synapse has its own."""
        return self.proj.delay_of_dendrite(self.post_rank)

    @delay.setter
    def delay(self, value: Any) -> None:
        self.proj.set_delay_of_dendrite(self.post_rank, value)

    @property
    def _row(self) -> slice:
        return SynapticValues(self.proj).row(self.post_rank)

    @property
    def size(self) -> int:
        """Number of synapses."""
        return len(range(*self._row.indices(self.proj.connectivity.nnz)))

    def __len__(self) -> int:
        return self.size

    def __getattr__(self, name: str) -> Any:
        if "proj" not in self.__dict__:  # while it is being copied
            raise AttributeError(name)
        if name in self.proj._attributes:
            return self.get(name)
        raise UnknownAttribute(name, f"Dendrite {self.name}", self.proj.attributes)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.proj._attributes:
            SynapticValues(self.proj).assign_dendrite(self.proj._attributes[name], self.post_rank, value)
        else:
            set_other(self, name, value, self.network, f"Dendrite {self.name}", self.proj._attributes)

    def get(self, name: str) -> Any:
        """List of a local attribute's values, or the number of another."""
        if name in ("pre_ranks", "delay"):
            return getattr(self, name)
        if name not in self.proj._attributes:
            raise EngineError(unknown_attribute(name, self.name, self.proj.attributes))
        return SynapticValues(self.proj).of_dendrite(self.proj._attributes[name], self.post_rank)

    def set(self, value: Mapping[str, Any]) -> None:
        """Assign several attributes; an error names those that do not exist."""
        for name in value:
            if name not in self.proj._attributes and name != "delay":
                raise EngineError(unknown_attribute(name, f"Dendrite {self.name}", self.proj.attributes))
        for name, given in value.items():
            setattr(self, name, given)

    def synapse(self, pos: int | tuple[int, ...]) -> IndividualSynapse:
        """The synapse from the pre-synaptic neuron of that rank or coordinates."""
        rank = rank_of(pos, self.pre.geometry, self.pre.name)
        self.place(rank)
        return IndividualSynapse(self, rank)

    def place(self, rank: int) -> int:
        """Post-major position of the synapse from a pre-synaptic rank."""
        ranks = self.proj.connectivity.pre[self._row]
        place = int(np.searchsorted(ranks, rank))
        if place == len(ranks) or ranks[place] != rank:
            raise EngineError(f"{self.name}: there is no synapse from neuron {rank} of {self.pre.name}.")
        return int(self._row.start) + place

    def __getitem__(self, pos: int | tuple[int, ...]) -> IndividualSynapse:
        return self.synapse(pos)

    @property
    def synapses(self) -> Iterator[IndividualSynapse]:
        """All synapses by ascending pre-synaptic rank."""
        return (IndividualSynapse(self, rank) for rank in self.pre_ranks)

    def __iter__(self) -> Iterator[IndividualSynapse]:
        return self.synapses

    # --- structural plasticity ------------------------------------------------------------------------

    def create_synapse(self, rank: int | tuple[int, ...], w: float = 0.0, delay: float = 0) -> None:
        """Begin a synapse from a pre-synaptic neuron; its other attributes get their initial values.

        Parameters
        ----------
        rank : int or tuple
            Rank or coordinates of the pre-synaptic neuron.
        w : float
            Weight.
        delay : float
            ms; 0 takes that of the projection.
        """
        self.create_synapses([rank], [w], [delay])

    def create_synapses(
        self,
        ranks: Sequence[int | tuple[int, ...]],
        weights: Sequence[float] | None = None,
        delays: Sequence[float] | None = None,
    ) -> None:
        """Begin several synapses; see :meth:`create_synapse`. Either all begin or, on an error, none."""
        count = len(ranks)
        for what, given in (("weights", weights), ("delays", delays)):
            if given is not None and len(given) != count:
                raise EngineError(f"{self.name}: {count} ranks, but {len(given)} {what} are given.")
        self.proj.create_synapses(
            self.post_rank,
            self._pre_ranks_of(ranks),
            [0.0] * count if weights is None else weights,
            [0.0] * count if delays is None else delays,
        )

    def prune_synapse(self, rank: int | tuple[int, ...]) -> None:
        """End the synapse from a pre-synaptic neuron."""
        self.prune_synapses([rank])

    def prune_synapses(self, ranks: Sequence[int | tuple[int, ...]]) -> None:
        """End several synapses; on an error none."""
        self.proj.prune_synapses(self.post_rank, self._pre_ranks_of(ranks))

    def _pre_ranks_of(self, ranks: Sequence[int | tuple[int, ...]]) -> list[int]:
        return [rank_of(rank, self.pre.geometry, self.pre.name) for rank in ranks]

    def receptive_field(self, variable: str = "w", fill: float = 0.0) -> NDArray[np.float64]:
        """Values in the geometry of the pre-synaptic population; ``fill`` where there is no synapse."""
        field = np.full(self.pre.size, fill, dtype=np.float64)
        field[self.pre_ranks] = self.get(variable)
        return field.reshape(self.pre.geometry)

    def __repr__(self) -> str:
        return f"<Dendrite {self.name}: {self.size} synapses>"


class IndividualSynapse:
    """One synapse; attributes are read and written as numbers.

    Attributes
    ----------
    dendrite : Dendrite
    rank : int
        Rank of the pre-synaptic neuron.
    """

    dendrite: Dendrite
    rank: int

    def __init__(self, dendrite: Dendrite, rank: int) -> None:
        vars(self).update(dendrite=dendrite, rank=rank)

    @property
    def _place(self) -> slice:
        place = self.dendrite.place(self.rank)
        return slice(place, place + 1)

    def __getattr__(self, name: str) -> Any:
        if "dendrite" not in self.__dict__:  # while it is being copied
            raise AttributeError(name)
        if name not in self.dendrite.proj._attributes:
            raise UnknownAttribute(name, repr(self), self.dendrite.attributes)
        values = SynapticValues(self.dendrite.proj)
        attribute = self.dendrite.proj._attributes[name]
        if attribute.locality == "local":
            return values.post_major(attribute, self._place)[0].item()
        return values.of_dendrite(attribute, self.dendrite.post_rank)

    def __setattr__(self, name: str, value: Any) -> None:
        proj = self.dendrite.proj
        attribute = proj._attributes.get(name)
        if attribute is None:
            set_other(self, name, value, proj.network, repr(self), proj._attributes)
        elif attribute.locality == "local":
            number = to_number(value, attribute, f"{self!r}.")
            SynapticValues(proj).assign_synapses(attribute, self._place, number)
        elif attribute.locality == "semiglobal":
            setattr(self.dendrite, name, value)
        else:
            proj.set({name: value})

    @property
    def delay(self) -> float:
        """Delay in ms."""
        delays = self.dendrite.delay
        return delays[self._place.start - self.dendrite._row.start] if isinstance(delays, list) else delays

    @delay.setter
    def delay(self, value: float) -> None:
        delays = self.dendrite.delay
        if isinstance(delays, list):
            delays[self._place.start - self.dendrite._row.start] = value
        self.dendrite.delay = delays if isinstance(delays, list) else value

    def __repr__(self) -> str:
        return f"<synapse from {self.rank} to {self.dendrite.name}>"
