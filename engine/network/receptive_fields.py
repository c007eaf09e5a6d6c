"""Weights of a projection as arrays in the geometry of its populations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.synaptic_values import SynapticValues

if TYPE_CHECKING:
    from engine.connectivity import Connectivity
    from engine.network.population import Population


class ReceptiveFields:
    """What a projection says of its synapses as arrays."""

    name: str
    pre_population: Population
    post_population: Population
    _attributes: Any

    @property
    def connectivity(self) -> Connectivity:
        """The drawn synapses."""
        raise NotImplementedError

    def connectivity_matrix(self, fill: float = 0.0) -> NDArray[np.float64]:
        """Weights as an array (post size, pre size) of the whole populations; ``fill`` where there is no
        synapse."""
        c = self.connectivity
        matrix = np.full((c.n_post, c.n_pre), fill, dtype=np.float64)
        values: Any = SynapticValues(self).post_major(self._attributes["w"])  # type: ignore[arg-type]
        matrix[c.post, c.pre] = values
        return matrix

    def receptive_fields(self, variable: str = "w", in_post_geometry: bool = True) -> NDArray[np.float64]:
        """All receptive fields side by side, for an image.

        Parameters
        ----------
        variable : str
            Attribute of the synapses.
        in_post_geometry : bool
            Each field lies where its neuron lies in the post-synaptic population. Otherwise those of the
            neurons that have synapses follow each other in a nearly square grid.

        Returns
        -------
        ndarray of shape (1 + rows * pre rows, columns * pre columns)
            The first row is empty; 0 where there is no synapse.

        Raises
        ------
        EngineError
            If the populations (the post-synaptic one only with ``in_post_geometry``) have not two dimensions.
        """
        c, projection = self.connectivity, self
        sides = [self.pre_population, *([self.post_population] if in_post_geometry else [])]
        for population in sides:
            if len(population.geometry) != 2:
                raise EngineError(
                    f"Projection {self.name}: receptive_fields() needs populations of two dimensions; "
                    f"{population.name} has the geometry {population.geometry}."
                )
        values = SynapticValues(projection).of_synapses(variable)  # type: ignore[arg-type]
        height, width = self.pre_population.geometry
        posts = c.dendrites
        if in_post_geometry:
            rows, columns = self.post_population.geometry
            places = np.arange(c.n_post)
        else:
            columns = max(1, math.isqrt(len(posts)))
            rows = max(math.ceil(math.sqrt(len(posts))), math.ceil(len(posts) / columns))
            places = np.searchsorted(posts, np.arange(c.n_post))
        mosaic = np.zeros((1 + rows * height, columns * width))
        row, column = np.divmod(places[c.post], columns)
        y, x = np.divmod(c.pre.astype(np.int64), width)
        mosaic[1 + row * height + y, column * width + x] = values
        return mosaic
