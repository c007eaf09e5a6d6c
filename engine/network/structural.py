"""Synapses that begin and end after compile: by rules while the network runs, or by hand between runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity import Connectivity
from engine.connectivity import rewire as rewired
from engine.errors import EngineError
from engine.language.model import SynapseModel
from engine.network.attributes import Attribute, Scalar, checked_duration, whole_steps

if TYPE_CHECKING:
    from engine.network.network import Network


class Structural:
    """What a projection can do in a network with ``structural_plasticity=True``."""

    network: Network
    name: str
    model: SynapseModel
    init: dict[str, Any]
    rules: dict[str, tuple[bool, int, int]]
    """Whether ``creating`` and ``pruning`` are running, their period and the step that they count from."""
    _attributes: Any
    _connectivity: Connectivity | None

    def put_switch(self, name: str, value: int) -> None:
        """Hand a switch to the running code, if there is any."""
        raise NotImplementedError

    def warn_not_compiled(self, what: str) -> None:
        """Tell that ``what`` has no effect or value yet."""
        raise NotImplementedError

    @property
    def connectivity(self) -> Connectivity:
        """The drawn synapses."""
        raise NotImplementedError

    @property
    def structural(self) -> bool:
        """Synapses may begin and end after compile."""
        return bool(self.network.configuration.values["structural_plasticity"])

    # --- rules ----------------------------------------------------------------------------------------

    def start_creating(self, period: float | None = None) -> None:
        """Let the rule ``creating`` of the synapse make synapses, from this step on.

        Parameters
        ----------
        period : float, optional
            ms between two looks at the condition; default every step.
        """
        self._start("creating", period)

    def stop_creating(self) -> None:
        """Make no more synapses."""
        self._stop("creating")

    def start_pruning(self, period: float | None = None) -> None:
        """Let the rule ``pruning`` of the synapse end synapses, from this step on.

        Parameters
        ----------
        period : float, optional
            ms between two looks at the condition; default every step.
        """
        self._start("pruning", period)

    def stop_pruning(self) -> None:
        """End no more synapses."""
        self._stop("pruning")

    def _start(self, rule: str, period: float | None) -> None:
        self._check_rule(rule)
        dt = self.network.dt
        label = f"Projection {self.name}: the period of start_{rule}"
        if period is not None and checked_duration(period, label) == 0.0:
            raise EngineError(f"{label} must be positive (ms).")
        if not self.network.compiled:
            self.warn_not_compiled(f"start_{rule}")
            return
        steps = 1 if period is None else max(1, whole_steps(period, dt))
        self.rules[rule] = (True, steps, self.network.current_step)
        for name, value in zip(("", "_period", "_offset"), self.rules[rule], strict=True):
            self.put_switch(f"{rule}{name}", int(value))

    def _stop(self, rule: str) -> None:
        self._check_rule(rule)
        if not self.network.compiled:
            self.warn_not_compiled(f"stop_{rule}")
            return
        self.rules[rule] = (False, *self.rules[rule][1:])
        self.put_switch(rule, 0)

    def _check_rule(self, rule: str) -> None:
        if getattr(self.model, rule) is None:
            raise EngineError(
                f"Projection {self.name}: its synapse {self.model.name} has no rule for {rule}; "
                f"define it with Synapse({rule}='...')."
            )

    def check_rules(self) -> None:
        """Refuse rules where the network does not allow for changes of its structure."""
        given = [rule for rule in ("creating", "pruning") if getattr(self.model, rule) is not None]
        if given and not self.structural:
            raise EngineError(
                f"Synapse {self.model.name}: '{given[0]}' needs "
                '"structural_plasticity", which has not been set to True in setup(). '
                "Call setup(structural_plasticity=True), or network.config(...), first."
            )

    def checked_delay(self, delay: float | None, what: str) -> int:
        """The delay (ms) of a new synapse in steps: that of all the others or, where each has its own, none
        longer than the longest. None or 0: not given, which is the uniform or the shortest one."""
        longest, uniform = self.connectivity.max_delay_steps, self.connectivity.uniform
        if not delay:
            return longest if uniform else 1
        steps = max(1, round(delay / self.network.dt))
        if not uniform and steps > longest:
            raise EngineError(
                f"Projection {self.name}: {what} has a delay of {delay} ms, but the longest of the "
                f"projection is {longest * self.network.dt} ms; assign longer ones to its delay first."
            )
        if uniform and steps != longest:
            raise EngineError(
                f"Projection {self.name}: {what} has a delay of {delay} ms, but all of the projection have "
                f"{longest * self.network.dt} ms; leave it out."
            )
        return steps

    def delay_of_created(self) -> int:
        """Delay in steps of the synapses that the rule ``creating`` makes."""
        assert self.model.creating is not None
        return self.checked_delay(self.model.creating.delay, "d of the rule creating")

    # --- changes --------------------------------------------------------------------------------------

    def newborn(self, name: str) -> Scalar:
        """What an attribute is in a new synapse: the one number given before compile, or that of the
        model."""
        value, attribute = self.init.get(name), self._attributes[name]
        initial: Scalar = attribute.initial if value is None or isinstance(value, np.ndarray) else value
        return initial

    def rewire(
        self,
        ended: NDArray[np.int64],
        post: NDArray[np.int64],
        pre: NDArray[np.int64],
        weights: float | NDArray[np.float64],
        delay_steps: int | NDArray[np.int32] = 1,
    ) -> None:
        """End synapses (post-major positions) and begin others, ascending by post and then pre rank."""
        instance = self.network.instance
        assert instance is not None
        change = rewired(self.connectivity, ended, post, pre, weights, delay_steps)
        for name, value in self.init.items():
            attribute: Attribute = self._attributes[name]
            if attribute.locality == "local" and isinstance(value, np.ndarray):
                self.init[name] = change.carry(value, attribute.initial)
        instance.rewire(self, change)  # type: ignore[arg-type]  # a Projection
        self._connectivity = change.connectivity

    def create_synapses(
        self, post: int, ranks: Sequence[int], weights: Sequence[float], delays: Sequence[float]
    ) -> None:
        """Begin synapses from neurons of the pre-synaptic population to one dendrite."""
        label = f"{self.name}[{post}]"
        self._check_allowed(label)
        existing = self._row(post)
        steps = np.ones(len(ranks), dtype=np.int32)
        for number, rank in enumerate(ranks):
            if rank in existing or rank in ranks[:number]:
                raise EngineError(f"{label}: there is already a synapse from neuron {rank}.")
            steps[number] = self.checked_delay(delays[number], f"the synapse from neuron {rank}")
        order = np.argsort(np.asarray(ranks, dtype=np.int64))
        pre = np.asarray(ranks, dtype=np.int64)[order]
        none = np.zeros(0, dtype=np.int64)
        self.network.refresh()
        weight = np.asarray(weights, dtype=np.float64)[order]
        self.rewire(none, np.full_like(pre, post), pre, weight, steps[order])

    def prune_synapses(self, post: int, ranks: Sequence[int]) -> None:
        """End synapses from neurons of the pre-synaptic population to one dendrite."""
        label = f"{self.name}[{post}]"
        self._check_allowed(label)
        existing = self._row(post)
        for number, rank in enumerate(ranks):
            if rank not in existing or rank in ranks[:number]:
                raise EngineError(f"{label}: there is no synapse from neuron {rank} to prune.")
        places = np.flatnonzero(np.isin(existing, ranks)) + self.connectivity.offsets[post]
        none = np.zeros(0, dtype=np.int64)
        self.network.refresh()
        self.rewire(places, none, none, 0.0)

    def _row(self, post: int) -> NDArray[Any]:
        c = self.connectivity
        return c.pre[c.offsets[post] : c.offsets[post + 1]]

    def _check_allowed(self, label: str) -> None:
        if not self.structural:
            raise EngineError(
                f'{label}: "structural_plasticity" has not been set to True in setup(), so synapses stay as '
                "they were drawn. Call setup(structural_plasticity=True) before compile()."
            )
