"""Switches of a projection: transmission, updates and plasticity, and when it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.network.attributes import checked_duration, whole_steps

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population


class Switches:
    """What may be switched on and off while the network runs."""

    network: Network
    name: str
    pre_population: Population
    learning_period: int
    """Steps between two updates of the synaptic equations."""
    learning_offset: int
    """Step of the first update, modulo the period."""
    _switches: dict[str, bool]

    def put_switch(self, name: str, value: int) -> None:
        """Hand a switch to the running code, if there is any."""
        raise NotImplementedError

    def warn_not_compiled(self, what: str) -> None:
        """Tell that ``what`` has no effect or value yet."""
        self.network.warn(f"Projection {self.name}: {what} is only possible after compile().")

    def _switch(self, name: str, value: Any) -> None:
        if not isinstance(value, (bool, np.bool_)) and value not in (0, 1):
            raise EngineError(f"Projection {self.name}: {name} is True or False, not {value!r}.")
        self._switches[name] = bool(value)
        self.put_switch(name, int(value))

    @property
    def transmission(self) -> bool:
        """Without it neither rates nor spikes pass, and nothing is learnt."""
        return self._switches["transmission"]

    @transmission.setter
    def transmission(self, value: bool) -> None:
        self._switch("transmission", value)

    @property
    def axon_transmission(self) -> bool:
        """Without it axonal spikes do not pass."""
        return self._switches["axon_transmission"]

    @axon_transmission.setter
    def axon_transmission(self, value: bool) -> None:
        self._switch("axon_transmission", value)

    @property
    def update(self) -> bool:
        """Without it no synaptic variable is updated."""
        return self._switches["update"]

    @update.setter
    def update(self, value: bool) -> None:
        self._switch("update", value)

    @property
    def plasticity(self) -> bool:
        """Without it ``w`` is frozen."""
        return self._switches["plasticity"]

    @plasticity.setter
    def plasticity(self, value: bool) -> None:
        self._switch("plasticity", value)

    def enable_learning(self, period: float | None = None, offset: float | None = None) -> None:
        """Learn every ``period`` ms (default: every step), first ``offset`` ms from now."""
        for what, given in (("period", period), ("offset", offset)):
            if given is not None:
                checked_duration(given, f"Projection {self.name}: the {what} of enable_learning")
        if offset is not None and (period is None or offset >= period):
            reason = "needs a period" if period is None else "must be smaller than the period"
            raise EngineError(f"Projection {self.name}: the offset of enable_learning {reason}.")
        if not self.network.compiled:
            self.warn_not_compiled("enable_learning")
            return
        dt = self.network.dt
        self.update = self.plasticity = True
        self.learning_period = 1 if period is None else max(1, whole_steps(period, dt))
        since = 0 if offset is None else self.network.current_step + whole_steps(offset, dt)
        self.learning_offset = since % self.learning_period
        self.put_switch("period", self.learning_period)
        self.put_switch("offset", self.learning_offset)

    def disable_learning(self, update: bool | None = None) -> None:
        """Stop learning: rate-coded projections stop updating, spiking ones freeze ``w``."""
        if not self.network.compiled:
            self.warn_not_compiled("disable_learning")
        elif self.pre_population.model.kind == "spike":
            self.plasticity = False
        else:
            self.update = False
