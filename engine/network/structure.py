"""Structure of a projection: how many synapses there are, between whom, and its dendrites one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.network.dendrite import Dendrite, IndividualSynapse
from engine.network.geometry import rank_of
from engine.network.population import Population


class Counts(list[int]):
    """A list that gives itself when it is called: a property of version 5.0, and a method of 4.8."""

    def __call__(self) -> Counts:
        return self


class Structure:
    """What can be asked of the synapses of a projection once they are drawn."""

    name: str
    post: Any
    pre_population: Population
    post_population: Population
    _connectivity: Connectivity | None

    @property
    def connectivity(self) -> Connectivity:
        """The drawn synapses."""
        raise NotImplementedError

    @property
    def _own_projection(self) -> Any:
        """This object, which is a projection."""
        return self

    def warn_not_compiled(self, what: str) -> None:
        """Tell that ``what`` has no effect or value yet."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Number of dendrites: post-synaptic neurons with synapses; 0 before compile."""
        if self._connectivity is None:
            self.warn_not_compiled("size")
            return 0
        return len(self._connectivity.dendrites)

    def __len__(self) -> int:
        return self.size

    @property
    def nb_synapses(self) -> int:
        """Number of synapses; 0 before compile."""
        if self._connectivity is None:
            self.warn_not_compiled("nb_synapses")
            return 0
        return self._connectivity.nnz

    @property
    def nb_synapses_per_dendrite(self) -> Counts:
        """Number of synapses of each dendrite, in the order of ``post_ranks``: a list, which may be called
        (``proj.nb_synapses_per_dendrite()``), too."""
        return Counts(np.diff(self.connectivity.offsets)[self.post_ranks or []].tolist())

    def nb_efferent_synapses(self) -> dict[int, int]:
        """Number of synapses of each pre-synaptic neuron that has any (spiking only)."""
        if self.pre_population.model.kind != "spike":
            raise EngineError(f"Projection {self.name}: nb_efferent_synapses is for spiking projections.")
        counts = np.bincount(self.connectivity.pre)
        ranks = np.flatnonzero(counts)
        return dict(zip(ranks.tolist(), counts[ranks].tolist(), strict=True))

    @property
    def post_ranks(self) -> list[int] | None:
        """Ascending ranks of the post-synaptic neurons that have synapses; None before compile.

        With structural plasticity those that had some at compile, even if they have none left."""
        if self._connectivity is None:
            self.warn_not_compiled("post_ranks")
            return None
        ranks: list[int] = self._connectivity.dendrites.tolist()
        return ranks

    @property
    def pre_ranks(self) -> list[list[int]]:
        """Pre-synaptic ranks of each dendrite."""
        c = self.connectivity
        return [c.pre[c.offsets[p] : c.offsets[p + 1]].tolist() for p in self.post_ranks or []]

    # --- dendrites ------------------------------------------------------------------------------------

    def dendrite(self, post: int | tuple[int, ...]) -> Dendrite:
        """Synapses of the post-synaptic neuron of that rank (in the population) or coordinates."""
        rank = rank_of(post, self.post_population.geometry, self.post_population.name)
        if not self.connectivity.has_dendrite(rank):
            raise EngineError(f"Projection {self.name}: neuron {rank} of {self.post.name} has no synapse.")
        return Dendrite(self._own_projection, rank)

    def __getitem__(self, post: int | tuple[int, ...]) -> Dendrite:
        return self.dendrite(post)

    @property
    def dendrites(self) -> Iterator[Dendrite]:
        """All dendrites by ascending post-synaptic rank."""
        return (Dendrite(self._own_projection, rank) for rank in self.post_ranks or [])

    def __iter__(self) -> Iterator[Dendrite]:
        return self.dendrites

    def synapse(self, pre: int, post: int) -> IndividualSynapse:
        """The synapse between two ranks."""
        return self.dendrite(post).synapse(pre)
