"""BOLD signals of the populations of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.network.live import Live

if TYPE_CHECKING:
    from engine.extensions.bold import BoldModel, BoldMonitor
    from engine.extensions.bold.sliced import SlicedBoldMonitor
    from engine.network.population import Population
    from engine.network.projection import Part


class BoldSignals(Live):
    """How the BOLD signals of a network are recorded."""

    def boldmonitor(
        self,
        populations: Part | Sequence[Part],
        bold_model: BoldModel | type[BoldModel] | None = None,
        mapping: Mapping[str, str] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        normalize_input: float | Sequence[float] | None = None,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        name: str | None = None,
    ) -> BoldMonitor:
        """Record the BOLD signal of populations; see :class:`engine.extensions.bold.BoldMonitor`."""
        from engine.extensions.bold import BoldMonitor, balloon_RN

        return BoldMonitor(
            populations,
            bold_model or balloon_RN,
            mapping,
            scale_factor,
            normalize_input,
            recorded_variables,
            start,
            name=name,
            network=self._as_network(),
        )

    def boldmonitor_from_slices(
        self,
        population: Population,
        slices: Sequence[Any],
        bold_model: BoldModel | type[BoldModel] | None = None,
        mapping: Mapping[str, str] | None = None,
        normalize_input: float | Sequence[float] | None = 0,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
    ) -> SlicedBoldMonitor:
        """Record the BOLD signal of each of several parts of a population.

        Parameters
        ----------
        slices : list
            What ``population[...]`` takes: slices, ranks or lists of ranks. Each part has its own signal.
        bold_model, mapping, normalize_input, recorded_variables, start
            As of :class:`engine.extensions.bold.BoldMonitor`, the same for all parts.

        Returns
        -------
        SlicedBoldMonitor
            ``get("BOLD")`` is an array (T, number of slices).
        """
        from engine.extensions.bold import balloon_RN
        from engine.extensions.bold.sliced import SlicedBoldMonitor

        if population.network is not self._as_network():
            raise EngineError(f"boldmonitor_from_slices(): {population.name} belongs to another network.")
        return SlicedBoldMonitor(
            population,
            slices,
            bold_model or balloon_RN,
            mapping,
            normalize_input,
            recorded_variables,
            start,
        )
