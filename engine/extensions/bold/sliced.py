"""BOLD signals of several parts of one population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.extensions.bold.model import BoldModel
from engine.extensions.bold.monitor import BoldMonitor
from engine.network.population import Population


class SlicedBoldMonitor:
    """One :class:`BoldMonitor` for each part of a population; made by ``network.boldmonitor_from_slices``.

    Attributes
    ----------
    monitors : list of BoldMonitor
        In the order of the slices.
    """

    def __init__(
        self,
        population: Population,
        slices: Sequence[Any],
        bold_model: BoldModel | type[BoldModel],
        mapping: Mapping[str, str] | None = None,
        normalize_input: float | Sequence[float] | None = None,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
    ) -> None:
        if not slices:
            raise EngineError("boldmonitor_from_slices(): the list of slices is empty.")
        self.monitors = [
            BoldMonitor(
                population[part],  # type: ignore[arg-type]  # views of each part, told if they are none
                bold_model,
                mapping,
                None,
                normalize_input,
                recorded_variables,
                start,
            )
            for part in slices
        ]

    @property
    def variables(self) -> list[str]:
        """Names of the recorded variables."""
        return self.monitors[0].variables

    def start(self) -> None:
        """Begin to compute and record, and measure the baselines; after compile."""
        for monitor in self.monitors:
            monitor.start()

    def stop(self) -> None:
        """End computing and recording; data that were not fetched are dropped."""
        for monitor in self.monitors:
            monitor.stop()

    def get(self, variable: str | None = None) -> Any:
        """Recorded data of a variable, ``(T, number of slices)``, or a dict of all; they are dropped."""
        if variable is None:
            return {name: self.get(name) for name in self.variables}
        return np.concatenate([m.get(variable).reshape(-1, 1) for m in self.monitors], axis=1)
