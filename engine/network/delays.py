"""Delays of a projection: one for all synapses, or one for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.network.attributes import Attribute, is_number, to_values
from engine.network.distributions import RandomDistribution
from engine.network.recipe import Recipe, checked_delays, delays_in_steps, largest_value
from engine.network.synaptic_values import SynapticValues

if TYPE_CHECKING:
    from engine.network.network import Network


class Delays:
    """What a projection says of its delays, and how they are changed while the network runs."""

    network: Network
    name: str
    _recipe: Recipe | None
    _connectivity: Connectivity | None

    @property
    def _own_projection(self) -> Any:
        """This object, which is a projection."""
        return self

    @property
    def uniform_delay(self) -> int:
        """Delay in steps; 0 if none was asked for, -1 where each synapse has its own."""
        if self._recipe is None:
            return 0
        return self._recipe.delays if isinstance(self._recipe.delays, int) else -1

    @property
    def max_delay(self) -> int:
        """Largest delay in steps: what a distribution allows, and what synapses have once they exist."""
        if self.uniform_delay >= 0:
            return self.uniform_delay
        assert self._recipe is not None
        asked = self._recipe.delays
        largest = largest_value(asked) if isinstance(asked, RandomDistribution) else None
        allowed = self._recipe.longest_delay if largest is None else max(1, round(largest / self.network.dt))
        return allowed if self._connectivity is None else max(allowed, self._connectivity.max_delay_steps)

    @property
    def delay(self) -> float | list[list[float]]:
        """Delay in ms; a list of lists (dendrites, synapses by ascending pre rank) where they differ."""
        if self.uniform_delay >= 0:
            return max(1, self.uniform_delay) * self.network.dt
        projection = self._own_projection
        delays: list[list[float]] = SynapticValues(projection).by_dendrite(
            projection.connectivity.delays * self.network.dt
        )
        return delays

    @delay.setter
    def delay(self, value: Any) -> None:
        if not self.network.compiled or self._recipe is None:
            raise EngineError(
                f"Projection {self.name}: give the delay to the connect_* method before compile()."
            )
        if self.uniform_delay >= 0:
            self._set_uniform_delay(value)
        else:
            self._set_delays(value)

    def delay_of_dendrite(self, post: int) -> float | list[float]:
        """Delay in ms of the synapses onto one neuron: one number, or a list where they differ."""
        if self.uniform_delay >= 0:
            return max(1, self.uniform_delay) * self.network.dt
        steps = self._own_projection.connectivity.delays_onto(post)
        delays: list[float] = (steps * self.network.dt).tolist()
        return delays

    def set_delay_of_dendrite(self, post: int, value: Any) -> None:
        """Give the synapses onto one neuron their delays in ms: a number, or one number for each."""
        projection = self._own_projection
        if self.uniform_delay >= 0:
            self._refuse_own_delay(value, post)
            return
        connectivity = projection.connectivity
        row = slice(int(connectivity.offsets[post]), int(connectivity.offsets[post + 1]))
        attribute = Attribute("delay", self.network.dt, "float", "local", is_parameter=False)
        label = f"{self.name}[{post}]"
        flat = connectivity.delays.copy()
        given = to_values(value, attribute, row.stop - row.start, label, self.network.draw)
        flat[row] = delays_in_steps(given, projection)
        self._retime(flat)

    def _refuse_own_delay(self, value: Any, post: int) -> None:
        asked = np.asarray(value, dtype=np.float64) / self.network.dt if is_number(value) else np.inf
        if round(float(asked) if np.isfinite(asked) else -1.0) != max(1, self.uniform_delay):
            raise EngineError(
                f"{self.name}[{post}]: all synapses of the projection share one delay; assign it to the "
                "projection, or connect with a distribution or a matrix of delays."
            )

    def _set_uniform_delay(self, value: Any) -> None:
        assert self._recipe is not None
        if not is_number(value):
            raise EngineError(f"Projection {self.name} has one delay for all synapses; assign a number (ms).")
        asked = checked_delays(value, self._own_projection)
        assert isinstance(asked, int)
        steps = max(1, asked)
        if max(1, self.uniform_delay) == steps:
            return
        if self.uniform_delay <= 1:
            raise EngineError(f"Projection {self.name} was made without a delay, so it cannot get one now.")
        self._recipe = replace(self._recipe, delays=steps)
        self._retime(steps)
        self.network.set_flag(self._own_projection, "delay", steps)

    def _set_delays(self, value: Any) -> None:
        projection = self._own_projection
        values = SynapticValues(projection)
        flat: Any = values.flat(
            Attribute("delay", self.network.dt, "float", "local", is_parameter=False), value
        )
        flat = np.broadcast_to(flat, projection.connectivity.nnz)
        self._retime(delays_in_steps(flat, projection))

    def _retime(self, delay_steps: Any) -> None:
        present = self._own_projection.connectivity
        self._connectivity = replace(present, delay_steps=delay_steps, delays_by_pre=None)
        self.network.replan()
