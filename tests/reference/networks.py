"""Generated networks: what describes them, and how the engine and the reference simulator build them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from engine import Monitor, Network, Neuron, SpikeSourceArray, Synapse, Uniform
from reference.models import Text, neuron, rate_synapse, spiking_synapse
from reference.simulator import ReferenceNetwork
from reference.texts import Draw

SIZES = (1, 2, 3, 7, 20, 63, 64, 65, 100, 130)


@dataclass
class PopulationDescription:
    """``spike_seed`` is given for a spike source, whose times it draws."""

    size: int
    text: Text
    set: dict[str, int] = field(default_factory=dict)
    """Attributes that get one value for each neuron, with the seed of the values."""
    window: float | None = None
    spike_seed: int | None = None


@dataclass
class ProjectionDescription:
    pre: int
    post: int
    targets: list[str]
    text: Text | None
    pattern: str
    delay: float | tuple[float, float]
    """ms; two numbers: each synapse has one between them."""
    seed: int
    set: dict[str, int] = field(default_factory=dict)


@dataclass
class Action:
    """Before step ``step``: set an attribute or switch, or call a method."""

    step: int
    kind: str
    index: int
    name: str
    argument: Any = None


@dataclass
class NetworkDescription:
    dt: float
    method: str
    steps: int
    populations: list[PopulationDescription]
    projections: list[ProjectionDescription]
    actions: list[Action]

    def __str__(self) -> str:
        lines = [f"dt={self.dt} method={self.method} steps={self.steps}"]
        for index, p in enumerate(self.populations):
            lines.append(f"--- pop{index}: size={p.size} set={p.set} window={p.window} {p.spike_seed}")
            lines += [f"{name}:\n{text}" for name, text in p.text.fields.items()]
        for index, j in enumerate(self.projections):
            lines.append(
                f"--- proj{index}: {j.pre} -> {j.post} {j.targets} {j.pattern} delay={j.delay} {j.set}"
            )
            lines += [f"{name}:\n{text}" for name, text in (j.text.fields if j.text else {}).items()]
        return "\n".join([*lines, *map(str, self.actions)])


# --- strategies ---------------------------------------------------------------------------------------


@st.composite
def networks(draw: Draw) -> NetworkDescription:
    """One to four populations of one kind or of both, and up to five projections."""
    dt = draw(st.sampled_from([1.0, 0.5, 0.1]))
    method = draw(st.sampled_from(["explicit", "exponential", "semiimplicit", "midpoint", "rk4"]))
    populations = []
    for spiking in draw(st.sampled_from([(0,), (1,), (0, 0), (1, 1), (0, 1), (1, 1, 1), (0, 0, 1, 1)])):
        populations.append(draw(_population(bool(spiking), method, dt)))
    if any(p.text.spiking for p in populations) and draw(st.booleans()):
        source = Text(spiking=True)
        populations.append(PopulationDescription(draw(_size()), source, spike_seed=draw(st.integers(0, 99))))
    projections = draw(st.lists(_projection(populations, method, dt), min_size=1, max_size=5))
    steps = draw(st.integers(20, 60))
    actions = draw(st.lists(_action(steps, populations, projections, dt), max_size=8))
    actions.sort(key=lambda action: action.step)
    return NetworkDescription(dt, method, steps, populations, projections, actions)


def _size() -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from(SIZES), st.integers(1, 130))


@st.composite
def _population(draw: Draw, spiking: bool, method: str, dt: float) -> PopulationDescription:
    text = draw(neuron(spiking, method, dt))
    result = PopulationDescription(draw(_size()), text)
    settable = [*text.settable, *text.local, *(["theta", "potential"] if spiking else [])]
    result.set = draw(st.dictionaries(st.sampled_from(settable), st.integers(0, 99), max_size=3))
    if spiking and draw(st.booleans()):
        result.window = draw(st.integers(3, 12)) * dt
    return result


@st.composite
def _projection(
    draw: Draw, populations: list[PopulationDescription], method: str, dt: float
) -> ProjectionDescription:
    posts = [i for i, p in enumerate(populations) if p.spike_seed is None]
    post = draw(st.sampled_from(posts))
    spiking = populations[post].text.spiking
    pre = draw(st.sampled_from([i for i, p in enumerate(populations) if p.text.spiking == spiking]))
    target = draw(st.sampled_from([["exc"], ["exc"], ["inh"], ["exc", "inh"]]))
    strategy = spiking_synapse if spiking else rate_synapse
    model = strategy(populations[pre].text, populations[post].text, target[0], method, dt)
    text = draw(model) if draw(st.integers(0, 4)) else None
    delay = draw(_delay(dt))
    if text and "pre_axon_spike" in text.fields and isinstance(delay, tuple):
        delay = delay[0]
    return ProjectionDescription(
        pre,
        post,
        target,
        text,
        draw(st.sampled_from(["all_to_all", "one_to_one", "matrix", "matrix"])),
        delay,
        draw(st.integers(0, 99)),
        draw(st.dictionaries(st.sampled_from(text.settable), st.integers(0, 99), max_size=2))
        if text and text.settable
        else {},
    )


def _delay(dt: float) -> st.SearchStrategy[float | tuple[float, float]]:
    spread = st.sampled_from([(0, 3), (1, 2), (2, 6)])
    return st.one_of(
        st.sampled_from([0, 1, 1, 2, 3, 5]).map(lambda steps: steps * dt),
        spread.map(lambda steps: (steps[0] * dt, steps[1] * dt)),
    )


@st.composite
def _action(
    draw: Draw,
    steps: int,
    populations: list[PopulationDescription],
    projections: list[ProjectionDescription],
    dt: float,
) -> Action:
    step = draw(st.integers(0, steps - 1))
    kind = draw(st.sampled_from(["population"] * 3 + ["projection"] * 7 + ["network"]))
    if kind == "network":
        return Action(step, kind, 0, "reset", draw(st.booleans()))
    if kind == "population":
        index = draw(st.integers(0, len(populations) - 1))
        text = populations[index].text
        name = draw(st.sampled_from([*text.settable, *text.local, *["enabled"] * 4]))
        return Action(step, kind, index, name, draw(st.integers(0, 99)))
    index = draw(st.integers(0, len(projections) - 1))
    names = ["transmission", "update", "plasticity", "enable_learning", "enable_learning", "disable_learning"]
    names += projections[index].text.settable if projections[index].text else []
    name = draw(st.sampled_from([*names, "w"]))
    argument = draw(st.booleans())
    if name not in names[:6]:
        argument = draw(st.sampled_from([0.3, -0.1, 0.02]))
    if name == "enable_learning":
        argument = draw(st.sampled_from([None, dt, 2 * dt, 3 * dt, 5 * dt]))
    return Action(step, kind, index, name, argument)


# --- both simulators ----------------------------------------------------------------------------------


def numbers(seed: int, count: int, name: str) -> np.ndarray:
    """Values for an attribute; thresholds stay where neurons fire."""
    low, high = (0.4, 1.2) if name == "theta" else (-0.9, 0.9)
    return np.random.default_rng(seed).uniform(low, high, count)


class Built:
    """A described network in the engine."""

    def __init__(self, description: NetworkDescription, threads: int) -> None:
        self.description = description
        self.net = Network(dt=description.dt, seed=1)
        self.net.config(method=description.method, num_threads=threads, suppress_warnings=True)
        self.populations = [self._population(p) for p in description.populations]
        self.projections = [self._projection(p) for p in description.projections]
        self.monitors: dict[str, Monitor] = {}
        for part in (*self.populations, *self.projections):
            self.monitors[part.name] = self.net.monitor(part, self._variables(part))

    def _population(self, p: PopulationDescription) -> Any:
        if p.spike_seed is not None:
            rng = np.random.default_rng(p.spike_seed)
            dt, steps = self.description.dt, self.description.steps
            trains = [(np.flatnonzero(rng.random(steps) < 0.2) * dt).tolist() for _ in range(p.size)]
            return self.net.create(SpikeSourceArray(trains))
        population = self.net.create(p.size, Neuron(**p.text.fields))
        for name, seed in p.set.items():
            setattr(population, name, numbers(seed, p.size, name))
        if p.window is not None:
            population.compute_firing_rate(p.window)
        return population

    def _projection(self, p: ProjectionDescription) -> Any:
        pre, post = self.populations[p.pre], self.populations[p.post]
        synapse = Synapse(**p.text.fields) if p.text else None
        projection = self.net.connect(pre, post, p.targets, synapse)
        delays: Any = p.delay
        if isinstance(delays, tuple):
            delays = Uniform(*delays)
        rng = np.random.default_rng(p.seed)
        weight = rng.uniform(0.3, 1.5) / np.sqrt(pre.size)
        if p.pattern == "matrix":
            exists = rng.random((post.size, pre.size)) < min(1.0, 12 / pre.size)
            weights = rng.uniform(0.2, 1.0, exists.shape) / np.sqrt(min(pre.size, 12))
            rows = [
                [w if e else None for w, e in zip(*row, strict=True)]
                for row in zip(weights, exists, strict=True)
            ]
            return projection.connect_from_matrix(rows, delays=delays)
        if p.pattern == "one_to_one":
            return projection.connect_one_to_one(weights=weight, delays=delays)
        return projection.connect_all_to_all(
            weights=weight, delays=delays, allow_self_connections=p.seed % 2 == 0
        )

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

    def run(self) -> None:
        """Compile and run to the end, with all actions."""
        self.net.compile(silent=True)
        done = 0
        for action in self.description.actions:
            self.net.run_steps(action.step - done)
            done = action.step
            self._act(action)
        self.net.run_steps(self.description.steps - done)

    def _act(self, action: Action) -> None:
        if action.kind == "network":
            self.net.reset(projections=action.argument)
            return
        part = (self.populations if action.kind == "population" else self.projections)[action.index]
        if action.name == "enabled":
            (part.disable if action.argument % 2 else part.enable)()
        elif action.kind == "population":
            setattr(part, action.name, numbers(action.argument, part.size, action.name))
        elif action.name == "enable_learning":
            part.enable_learning(period=action.argument)
        elif action.name == "disable_learning":
            part.disable_learning()
        else:
            setattr(part, action.name, action.argument)


def run_reference(description: NetworkDescription, built: Built) -> ReferenceNetwork:
    """The same in the reference simulator. ``built`` must not be compiled yet."""
    reference = ReferenceNetwork(built.net)
    parts = {
        "population": list(reference.populations.values()),
        "projection": list(reference.projections.values()),
    }
    done = 0
    for action in description.actions:
        reference.run(action.step - done)
        done = action.step
        if action.kind == "network":
            reference.reset(projections=action.argument)
            continue
        part = parts[action.kind][action.index]
        if action.name == "enabled":
            part.enabled = action.argument % 2 == 0
        elif action.kind == "population":
            part.set(action.name, numbers(action.argument, part.size, action.name))
        elif action.name == "enable_learning":
            part.enable_learning(action.argument)
        elif action.name == "disable_learning":
            part.disable_learning()
        elif action.name in ("transmission", "update", "plasticity"):
            setattr(part, action.name, action.argument)
        else:
            part.set(action.name, action.argument)
    reference.run(description.steps - done)
    return reference
