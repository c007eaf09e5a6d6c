"""Described networks in the engine and in the reference simulator."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Monitor, Network, Neuron, SpikeSourceArray, Synapse, Uniform
from reference.networks import Action, NetworkDescription, PopulationDescription, ProjectionDescription
from reference.simulator import ReferenceNetwork


def numbers(seed: int, count: int, name: str) -> np.ndarray:
    """Values for an attribute; thresholds stay where neurons fire."""
    low, high = (0.4, 1.2) if name == "theta" else (-0.9, 0.9)
    return np.random.default_rng(seed).uniform(low, high, count)


def periods(seed: int, dt: float) -> float:
    """A refractory period, in ms; none is a whole number of steps, which are cut."""
    return dt * (seed % 5 + 0.5)


class Player:
    """Carries out the actions of a description."""

    dt: float

    def play(self, description: NetworkDescription) -> list[int]:
        """Run to the end, with all actions; how many steps those of ``until`` took."""
        done, ended = 0, []
        for action in description.actions:
            self.run_steps(max(0, action.step - done))
            done = max(done, action.step)
            if action.name == "until":
                ended.append(self.run_until(*action.argument))
                done += ended[-1]
            elif action.kind == "network":
                self.act_on_network(action)
            else:
                self.act(action)
        self.run_steps(max(0, description.steps - done))
        return ended

    def run_steps(self, steps: int) -> None:
        raise NotImplementedError

    def run_until(self, steps: int, populations: list[int], operator: str) -> int:
        """Steps done."""
        raise NotImplementedError

    def act_on_network(self, action: Action) -> None:
        raise NotImplementedError

    def act(self, action: Action) -> None:
        raise NotImplementedError


class Built(Player):
    """A described network in the engine."""

    def __init__(self, description: NetworkDescription, threads: int) -> None:
        self.description, self.dt = description, description.dt
        self.net = Network(dt=description.dt, seed=1)
        self.net.config(
            method=description.method,
            num_threads=threads,
            structural_plasticity=description.structural,
            suppress_warnings=True,
        )
        self.populations = [self._population(p) for p in description.populations]
        self.projections = [self._projection(p) for p in description.projections]
        self.monitors: dict[str, Monitor] = {}
        every, offset = (steps * self.dt for steps in description.sampling)
        watched = [
            projection
            for projection in self.projections
            if description.records_spikes_arriving or projection.pre_population.model.kind != "spike"
        ]
        for part in (*self.populations, *watched):
            variables = self._variables(part)
            if not description.records_spikes_arriving:
                variables = [name for name in variables if not name.startswith("g_")]
            self.monitors[part.name] = self.net.monitor(part, variables, every, offset)

    # --- building -------------------------------------------------------------------------------------

    def _population(self, p: PopulationDescription) -> Any:
        if p.spike_seed is not None:
            rng = np.random.default_rng(p.spike_seed)
            dt, steps = self.dt, self.description.steps
            trains = [(np.flatnonzero(rng.random(steps) < 0.2) * dt).tolist() for _ in range(p.size)]
            return self.net.create(SpikeSourceArray(trains))
        population = self.net.create(p.size, Neuron(**p.text.fields), stop_condition=p.stop)
        for name, seed in p.set.items():
            setattr(population, name, numbers(seed, p.size, name))
        if p.window is not None:
            population.compute_firing_rate(p.window)
        if p.refractory is not None:
            each = np.array([periods(rank, self.dt) for rank in range(p.size)])
            population.refractory = each if p.refractory == "each" else periods(2, self.dt)
        return population

    def _projection(self, p: ProjectionDescription) -> Any:
        synapse = Synapse(**p.text.fields) if p.text else None
        pre = self._part(p.pre, p.views[0])
        post = self._part(p.post, p.views[1])
        projection = self.net.connect(pre, post, p.targets, synapse)
        self._connect(projection, p, pre.size, post.size)
        for name, value in p.set.items():
            setattr(projection, name, Uniform(-0.5, 0.5) if value is None else value)
        return projection

    def _part(self, index: int, view: str) -> Any:
        """A population, or every second or a few neurons of it."""
        population = self.populations[index]
        if view == "slice":
            return population[population.size // 3 :]
        if view == "list":
            return population[list(range(0, population.size, 2))]
        return population

    @staticmethod
    def _connect(projection: Any, p: ProjectionDescription, pre: int, post: int) -> None:
        delays: Any = Uniform(*p.delay) if isinstance(p.delay, tuple) else p.delay
        rng = np.random.default_rng(p.seed)
        weight = rng.uniform(0.3, 1.5) / np.sqrt(pre)
        if p.pattern == "one_to_one":
            projection.connect_one_to_one(weights=weight, delays=delays)
        elif p.pattern == "all_to_all":
            projection.connect_all_to_all(
                weights=weight, delays=delays, allow_self_connections=p.seed % 2 == 0
            )
        else:
            exists = rng.random((post, pre)) < min(1.0, 12 / pre)
            weights = rng.uniform(0.2, 1.0, exists.shape) / np.sqrt(min(pre, 12))
            rows = [
                [w if e else None for w, e in zip(*row, strict=True)]
                for row in zip(weights, exists, strict=True)
            ]
            projection.connect_from_matrix(rows, delays=delays)

    @staticmethod
    def _variables(part: Any) -> list[str]:
        variables = list(part.variables)
        if hasattr(part, "geometry"):
            if part.model.kind == "spike":
                variables.append("spike")
                if part.model.axon_spike is not None:
                    variables.append("axon_spike")
            else:
                variables += [f"sum({target})" for target in part.model.targets]
        return variables

    # --- running --------------------------------------------------------------------------------------

    def run(self) -> list[int]:
        """Compile and play."""
        self.net.compile(silent=True)
        return self.play(self.description)

    def run_steps(self, steps: int) -> None:
        self.net.run_steps(steps)

    def run_until(self, steps: int, populations: list[int], operator: str) -> int:
        asked = [self.populations[index] for index in populations]
        return round(self.net.simulate_until(steps * self.dt, asked, operator) / self.dt)

    def act_on_network(self, action: Action) -> None:
        if action.name == "reset":
            self.net.reset(projections=action.argument)
        elif action.name == "forward":
            self.net.set_current_step(self.net.current_step + action.argument)
        else:
            self.net.set_constant(*action.argument)

    def act(self, action: Action) -> None:
        part = (self.populations if action.kind == "population" else self.projections)[action.index]
        if action.name == "enabled":
            (part.disable if action.argument % 2 else part.enable)()
        elif action.name == "refractory":
            part.refractory = periods(action.argument, self.dt)
        elif action.kind == "population":
            setattr(part, action.name, numbers(action.argument, part.size, action.name))
        elif action.name == "enable_learning":
            part.enable_learning(*action.argument)
        elif action.name == "disable_learning":
            part.disable_learning()
        elif action.name.startswith("start_"):
            getattr(part, action.name)(action.argument)
        elif action.name.startswith("stop_"):
            getattr(part, action.name)()
        else:
            setattr(part, action.name, action.argument)


class Reference(Player):
    """A described network in the reference simulator. ``built`` must not be compiled yet."""

    def __init__(self, built: Built) -> None:
        self.net = ReferenceNetwork(built.net)
        self.dt = built.dt
        self.parts = {
            "population": list(self.net.populations.values()),
            "projection": list(self.net.projections.values()),
        }

    def run_steps(self, steps: int) -> None:
        self.net.run(steps)

    def run_until(self, steps: int, populations: list[int], operator: str) -> int:
        asked = [self.parts["population"][index] for index in populations]
        return self.net.run_until(steps, asked, operator)

    def act_on_network(self, action: Action) -> None:
        if action.name == "reset":
            self.net.reset(projections=action.argument)
        elif action.name == "forward":
            self.net.step += action.argument
        else:
            name, value = action.argument
            self.net.constants[name] = value

    def act(self, action: Action) -> None:
        part: Any = self.parts[action.kind][action.index]
        if action.name == "enabled":
            part.enabled = action.argument % 2 == 0
        elif action.name == "refractory":
            part.refractory = periods(action.argument, self.dt)
        elif action.kind == "population":
            part.set(action.name, numbers(action.argument, part.size, action.name))
        elif action.name == "enable_learning":
            part.enable_learning(*action.argument)
        elif action.name == "disable_learning":
            part.disable_learning()
        elif action.name == "delay":
            part.set_delay(action.argument)
        elif action.name.startswith("start_"):
            getattr(part, action.name)(action.argument)
        elif action.name.startswith("stop_"):
            getattr(part, action.name)()
        elif action.name in ("transmission", "update", "plasticity", "axon_transmission"):
            setattr(part, action.name, action.argument)
        else:
            part.set(action.name, action.argument)
