"""``save``, ``load`` and what belongs to them: methods of populations, projections and networks."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.files.errors import FileError
from engine.files.formats import save_content
from engine.network import saved
from engine.network.attributes import is_number
from engine.network.distributions import RandomDistribution
from engine.network.loaded import content_of, load_network, load_population, load_projection
from engine.network.recipe import Recipe, always
from engine.network.storage import asked_storage
from engine.network.stored_synapses import number, stored_synapses

if TYPE_CHECKING:
    from engine.connectivity import Connectivity
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection

Filename = str | PathLike[str]


class SavedPopulation:
    """How the attributes of a population are kept in files."""

    def save(self, filename: Filename) -> None:
        """Save all attributes.

        Parameters
        ----------
        filename : str or path
            The extension gives the format: ``.npz``, ``.gz`` (a compressed pickle), ``.h5``, ``.mat``; any
            other one is a pickle. Missing folders are made; an old file is replaced as a whole.
        """
        population: Population = self  # type: ignore[assignment]
        save_content(filename, saved.population_content(population), "network")

    def load(self, filename: Filename, pickle_encoding: str | None = None) -> None:
        """Set all attributes that a file of :meth:`save` holds; others are named in a warning.

        Parameters
        ----------
        filename : str or path
            All formats of :meth:`save` but ``.mat``. Nothing in a file is executed.
        pickle_encoding : str, optional
            Of text in pickles of Python 2, e.g. ``"latin1"``.

        Raises
        ------
        FileError
            If the file is missing, damaged, of another size, or holds more than plain data.
        """
        population: Population = self  # type: ignore[assignment]
        with content_of(filename, pickle_encoding) as content:
            load_population(population, content)


class SavedProjection:
    """How the synapses of a projection are kept in files."""

    def save(self, filename: Filename) -> None:
        """Save the synapses with all attributes and delays (ms); formats as in :meth:`Population.save`."""
        projection: Projection = self  # type: ignore[assignment]
        save_content(filename, saved.projection_content(projection), "network")

    def load(self, filename: Filename, pickle_encoding: str | None = None) -> None:
        """Set synapses, delays and attributes from a file of :meth:`save`; see :meth:`Population.load`.

        Where the synapses of the file are others than those of the projection, it is rebuilt with them."""
        projection: Projection = self  # type: ignore[assignment]
        with content_of(filename, pickle_encoding) as content:
            load_projection(projection, content)

    def save_connectivity(self, filename: Filename) -> None:
        """Save which neurons are joined, weights and delays (in steps), for :meth:`connect_from_file`.

        Formats as in :meth:`Population.save`."""
        projection: Projection = self  # type: ignore[assignment]
        save_content(filename, saved.connectivity_content(projection), "connectivity")

    def connect_from_file(
        self,
        filename: Filename,
        pickle_encoding: str | None = None,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect as a file of :meth:`save_connectivity` says.

        Parameters
        ----------
        filename : str or path
        pickle_encoding : str, optional
            Of text in pickles of Python 2.
        storage_format, storage_order : str, optional
            See :meth:`Projection.connect_all_to_all`.

        Raises
        ------
        FileError
            If the file is missing, damaged, does not fit the populations, or holds more than plain data.

        Notes
        -----
        Files hold delays in steps. Those of this simulator also hold ``dt``, so that the delays in ms stay
        the same in a network with another one.
        """
        projection: Projection = self  # type: ignore[assignment]
        with content_of(filename, pickle_encoding) as content:
            connectivity, uniform = _connectivity(projection, content)
        multiple = not is_number(connectivity.weights)
        storage = asked_storage(projection, storage_format, storage_order)
        longest = connectivity.max_delay_steps
        name = "From File"
        return projection._connect(
            Recipe(name, always(connectivity), None, uniform, multiple, name, storage, longest)
        )

    from_file = connect_from_file

    def _rebuild(self, recipe: Recipe) -> None:
        """Give a compiled projection the synapses of a recipe. Lists that were given for the former synapses
        before compile cannot be initial values any more."""
        projection: Projection = self  # type: ignore[assignment]
        for name, value in projection._given.items():
            if not is_number(value) and not isinstance(value, RandomDistribution):
                projection._given[name] = projection._attributes[name].initial
        projection._recipe = recipe
        projection.network.redraw(projection)


def _connectivity(projection: Projection, content: dict[str, Any]) -> tuple[Connectivity, int | None]:
    """Synapses in the content of a file, and their delay in steps (0: none; None: each has its own)."""
    stored = stored_synapses(content, projection)
    if "w" not in content:
        raise FileError(f"Projection {projection.name}: there are no weights (w)")
    weights, delay = number(content["w"]), number(content.get("delay"))
    if not is_number(weights):
        weights = stored.flat("w", weights).astype(np.float64)
    scale = float(number(content.get("dt", projection.network.dt))) / projection.network.dt
    steps: Any = 1
    uniform: int | None = 0
    if is_number(delay):
        steps = uniform = max(1, round(float(delay) * scale))
    elif delay is not None:
        steps = np.maximum(1, np.rint(stored.flat("delay", delay) * scale)).astype(np.int32)
        uniform = None
    return stored.connectivity(projection, weights, steps), uniform


class SavedNetwork:
    """How the state of a network is kept in files."""

    def save(self, filename: Filename, populations: bool = True, projections: bool = True) -> None:
        """Save the step and the attributes of all populations and projections.

        Parameters
        ----------
        filename : str or path
            Formats as in :meth:`Population.save`.
        populations, projections : bool
            What is saved.
        """
        network: Network = self  # type: ignore[assignment]
        save_content(filename, saved.network_content(network, populations, projections), "network")

    def load(
        self,
        filename: Filename,
        populations: bool = True,
        projections: bool = True,
        pickle_encoding: str | None = None,
    ) -> None:
        """Set the step and every population and projection whose name is in a file of :meth:`save`.

        Parameters
        ----------
        populations, projections : bool
            What is loaded.
        pickle_encoding : str, optional
            Of text in pickles of Python 2.
        """
        network: Network = self  # type: ignore[assignment]
        with content_of(filename, pickle_encoding) as content:
            load_network(network, content, populations, projections)
