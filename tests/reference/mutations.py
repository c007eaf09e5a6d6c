"""Faults: what the reference simulator would be, had one rule been understood wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.language.model import Bounds
from reference import evaluation, methods, population, projection
from reference.population import ReferencePopulation
from reference.projection import ReferenceProjection
from reference.running import Reference
from reference.simulator import ReferenceNetwork
from reference.structural import ReferenceRules

Part = projection._Part


@dataclass(frozen=True)
class Mutation:
    """``change`` makes the wrong value of an attribute from the right one."""

    name: str
    owner: Any
    attribute: str
    change: Callable[[Any], Any]


MUTATIONS: list[Mutation] = []


def fault(name: str, owner: Any, attribute: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Enter a function that takes the right method and gives the wrong one."""

    def enter(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        MUTATIONS.append(Mutation(name, owner, attribute, change))
        return change

    return enter


def values(name: str, owner: Any, attribute: str, wrong: Callable[[Any], Any]) -> None:
    """Enter a wrong value."""
    MUTATIONS.append(Mutation(name, owner, attribute, wrong))


# --- methods ------------------------------------------------------------------------------------------

values("rk4 of synapses as one system", ReferenceProjection, "alone", lambda alone: alone - {"rk4"})
values("implicit of neurons one by one", ReferencePopulation, "alone", lambda alone: alone | {"implicit"})
values("implicit of synapses one by one", ReferenceProjection, "alone", lambda alone: alone | {"implicit"})
values("midpoint of neurons one by one", ReferencePopulation, "alone", lambda alone: alone | {"midpoint"})
values("midpoint of synapses one by one", ReferenceProjection, "alone", lambda alone: alone | {"midpoint"})
values("rk4 of neurons one by one", ReferencePopulation, "alone", lambda alone: alone | {"rk4"})
values(
    "semiimplicit as exponential",
    methods,
    "_SOLVERS",
    lambda solvers: solvers | {"semiimplicit": solvers["exponential"]},
)


# --- time ---------------------------------------------------------------------------------------------


@fault("rates delayed one step more", ReferencePopulation, "delayed")
def _(right: Any) -> Any:
    return lambda self, name, delay: right(self, name, delay + (delay > 1))


@fault("spikes delayed one step more", ReferencePopulation, "arriving")
def _(right: Any) -> Any:
    return lambda self, delay, axonal=False: right(self, delay + (delay > 1), axonal)


@fault("rates of different delays one step more", ReferencePopulation, "delayed_each")
def _(right: Any) -> Any:
    return lambda self, name, delays, ranks: right(self, name, np.asarray(delays) + 1, ranks)


@fault("learning one step late", ReferenceProjection, "enable_learning")
def _(right: Any) -> Any:
    def wrong(self: Any, period: float | None = None, offset: float | None = None) -> None:
        right(self, period, offset)
        self.offset += 1

    return wrong


@fault("dt of synapses is one step", ReferenceProjection, "learning_step")
def _(_right: Any) -> Any:
    return lambda self: self.network.dt


@fault("pruning one step late", ReferenceRules, "prune")
def _(right: Any) -> Any:
    def wrong(self: Any) -> None:
        self.network.step -= 1
        right(self)
        self.network.step += 1

    return wrong


@fault("creating one step late", ReferenceRules, "create")
def _(right: Any) -> Any:
    def wrong(self: Any) -> None:
        self.network.step -= 1
        right(self)
        self.network.step += 1

    return wrong


@fault("refractory one step longer", ReferencePopulation, "_fire")
def _(right: Any) -> Any:
    def wrong(self: Any) -> None:
        right(self)
        self.refractory_left[self.fired & (self.refractory_left > 0)] += 1

    return wrong


@fault("event-driven decay one step longer", ReferenceProjection, "emission")
def _(_right: Any) -> Any:
    return lambda self: self.network.step


@fault("t_pre and t_post one step late", Part, "look")
def _(right: Any) -> Any:
    def wrong(self: Any, node: Any) -> Any:
        late = getattr(node, "name", "") in ("t_pre", "t_post")
        return right(self, node) + late * self.projection.network.dt

    return wrong


@fault("a run ends one step after its condition", ReferenceNetwork, "run_until")
def _(right: Any) -> Any:
    def wrong(self: Any, steps: int, populations: Any, operator: str) -> int:
        done = right(self, steps, populations, operator)
        if done < steps:
            self.run(1)
        return min(done + 1, steps)

    return wrong


@fault("operations over a population see this step", ReferenceNetwork, "_transmit")
def _(right: Any) -> Any:
    def wrong(self: Any) -> None:
        for each in self.populations.values():
            each.reduce()
        right(self)

    return wrong


# --- sums ---------------------------------------------------------------------------------------------


@fault("a psp sees the sums so far", ReferenceNetwork, "_transmit")
def _(_right: Any) -> Any:
    def wrong(self: Any) -> None:
        for each in self.projections.values():
            each.transmit()

    return wrong


@fault("sum() of one target", ReferencePopulation, "weighted_sum")
def _(right: Any) -> Any:
    return lambda self, target: right(self, target or (sorted(self.sums) or ["exc"])[0])


@fault("mean instead of sum", ReferenceProjection, "_reduced")
def _(right: Any) -> Any:
    def wrong(self: Any, psp: Any) -> Any:
        result = right(self, psp)
        if self.model.operation == "sum":
            result = result / np.maximum(np.bincount(self.post_of, minlength=self.post.size), 1)
        return result

    return wrong


# --- bounds, types ------------------------------------------------------------------------------------


def _without(limit: str) -> Callable[[Any], Any]:
    def change(right: Any) -> Any:
        def wrong(self: Any, name: str, value: Any, bounds: Bounds) -> None:
            right(self, name, value, Bounds(tuple(b for b in bounds.limits if b[0] != limit)))

        return wrong

    return change


values("min of neurons ignored", ReferencePopulation, "_write", _without("min"))
values("max of synapses ignored", Part, "write", _without("max"))


@fault("bounds in the other order", ReferencePopulation, "_write")
def _(right: Any) -> Any:
    def wrong(self: Any, name: str, value: Any, bounds: Bounds) -> None:
        right(self, name, value, Bounds(bounds.limits[::-1]))

    return wrong


@fault("whole numbers rounded down", population, "typed")
def _(right: Any) -> Any:
    return lambda value, dtype: np.floor(value) if dtype == "int" else right(value, dtype)


@fault("is not as or", evaluation, "_BINARY")
def _(right: Any) -> Any:
    return right | {"!=": right["or"]}


# --- switches and actions -----------------------------------------------------------------------------


@fault("w changes without plasticity", Part, "write")
def _(right: Any) -> Any:
    def wrong(self: Any, *arguments: Any) -> None:
        was, self.projection.plasticity = self.projection.plasticity, True
        right(self, *arguments)
        self.projection.plasticity = was

    return wrong


@fault("a Constant keeps its value", Reference, "act_on_network")
def _(right: Any) -> Any:
    return lambda self, action: None if action.name == "constant" else right(self, action)


@fault("unless_post ignored", ReferenceProjection, "_statements")
def _(right: Any) -> Any:
    def wrong(self: Any, synapses: Any, statements: Any) -> None:
        from dataclasses import replace

        right(self, synapses, [replace(statement, unless_post=False) for statement in statements])

    return wrong


@fault("axonal spikes without axonal transmission", ReferenceProjection, "transmit")
def _(right: Any) -> Any:
    def wrong(self: Any) -> None:
        was, self.axon_transmission = self.axon_transmission, True
        right(self)
        self.axon_transmission = was

    return wrong


# --- structure ----------------------------------------------------------------------------------------


@fault("views forgotten as synapses begin", ReferenceRules, "create")
def _(right: Any) -> Any:
    class All:
        """Stands for the engine's projection."""

        def __init__(self, source: Any) -> None:
            self.source = source
            self.pre_candidates = np.arange(source.pre_population.size)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.source, name)

    def wrong(self: Any) -> None:
        was, self.source = self.source, All(self.source)
        right(self)
        self.source = was

    return wrong


@fault("new synapses begin with zeros", ReferenceRules, "_insert")
def _(right: Any) -> Any:
    def wrong(self: Any, *arguments: Any) -> None:
        self.newborn = dict.fromkeys(self.newborn, 0.0)
        right(self, *arguments)

    return wrong


@fault("post-synaptic variables end with the last synapse", ReferenceProjection, "learn")
def _(right: Any) -> Any:
    def wrong(self: Any) -> None:
        was, self.dendrites = self.dendrites, np.unique(self.post_of)
        right(self)
        self.dendrites = was

    return wrong
