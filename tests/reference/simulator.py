"""The order of one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.language.tree import Name
from reference.evaluation import Value
from reference.mean_input import ReferenceMeanInput
from reference.population import ReferencePopulation
from reference.projection import ReferenceProjection


class ReferenceNetwork:
    """A slow simulator of an ``engine.Network`` that is not compiled yet; it reads models, initial values and
    drawn synapses.

    After each step ``recorded[object name, variable]`` has grown by one sample of every variable:
    ``g_<target>`` and ``sum(<target>)`` as they are after the inputs were computed, all others as they are at
    the end of the step, and ``spike`` as an array of truth values.
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self.dt, self.method = source.dt, source.method
        self.generator = np.random.default_rng(source.seed)
        self.step = self.tick = 0
        """The time, which may be set, and how many steps there were."""
        self.populations = {p.name: ReferencePopulation(p, self) for p in source.populations}
        for projection in source.projections:
            projection.draw()
        self.projections = {
            p.name: ReferenceProjection(
                p, self.populations[p.pre_population.name], self.populations[p.post_population.name], self
            )
            for p in source.projections
        }
        self.mean_inputs = [
            ReferenceMeanInput(
                given, self.populations[given.population.name], self.populations[given.post.name]
            )
            for given in source.mean_inputs
        ]
        self.constants = dict(source.constants)
        self.recorded: dict[tuple[str, str], list[Value]] = {}
        self.steps: list[int] = []
        """Of the samples in ``recorded``."""

    def look(self, node: Name) -> Value:
        """Names that mean the same for all objects."""
        known = {"t": self.step * self.dt, "dt": self.dt, "pi": np.pi} | self.constants
        return known[node.name] if node.name in known else {"E": np.e}[node.name]

    def run(self, steps: int) -> None:
        """Run some steps."""
        with np.errstate(all="ignore"):
            for _ in range(steps):
                self._step()

    def run_until(self, steps: int, populations: Sequence[ReferencePopulation], operator: str) -> int:
        """Run until the stop conditions of all (``"and"``) or of one (``"or"``) of the populations hold, at
        most some steps; how many it were."""
        for done in range(steps):
            self.run(1)
            self.step -= 1  # conditions are tested within the step
            holds = (all if operator == "and" else any)(p.stops() for p in populations)
            self.step += 1
            if holds:
                return done + 1
        return steps

    def _transmit(self) -> None:
        """Phase 2, in order of creation; what reads a sum waits for all that add to it."""
        waiting = list(self.projections.values())
        while waiting:
            adding = {(p.post.name, target) for p in waiting for target in p.source.targets}
            chosen = next(p for p in waiting if not p.summed & adding)
            waiting.remove(chosen)
            chosen.transmit()

    def _step(self) -> None:
        populations = self.populations.values()
        projections = self.projections.values()
        for population in populations:
            population.begin_step()
        self._transmit()
        for given in self.mean_inputs:
            given.transmit()
        self._record_inputs()
        for population in populations:
            population.update()
        for population in populations:
            population.push_history()
            population.reduce()
        for projection in projections:
            projection.learn()
        for projection in projections:
            projection.after_post_spikes()
        for projection in projections:
            projection.create()
        for projection in projections:
            projection.prune()
        self._record_rest()
        self.steps.append(self.step)
        self.step += 1
        self.tick += 1

    def start_bold(self, name: str) -> None:
        """Start the BOLD monitor whose neuron is the population ``name``."""
        self.populations[name].enabled = True
        for given in self.mean_inputs:
            if given.post.name == name:
                given.start()

    def reset(self, projections: bool = False) -> None:
        """Back to step 0."""
        self.step = 0
        for population in self.populations.values():
            population.restart()
        for projection in self.projections.values():
            projection.forget_events()
            projection.forget_spikes()
            if projections:
                projection.restart()
        self.recorded.clear()
        self.steps.clear()

    def _record(self, name: str, variable: str, value: Value) -> None:
        self.recorded.setdefault((name, variable), []).append(np.array(value))

    def _record_inputs(self) -> None:
        for population in self.populations.values():
            for target in population.model.targets:
                if population.spiking:
                    self._record(population.name, f"g_{target}", population.values[f"g_{target}"])
                else:
                    self._record(population.name, f"sum({target})", population.weighted_sum(target))

    def _record_rest(self) -> None:
        for part in (*self.populations.values(), *self.projections.values()):
            for variable in part.model.variables:
                if isinstance(part, ReferenceProjection) or not self._is_input(part, variable.name):
                    self._record(part.name, variable.name, part.values[variable.name])
        for population in self.populations.values():
            if population.spiking:
                self._record(population.name, "spike", population.fired)
                self._record(population.name, "axon_spike", population.axonal)

    @staticmethod
    def _is_input(population: ReferencePopulation, variable: str) -> bool:
        return population.spiking and variable.startswith("g_")
