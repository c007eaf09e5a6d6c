"""Generated networks: what describes them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from reference.neurons import neuron, stop_condition
from reference.statements import Text
from reference.synapses import Place, rate_synapse, spiking_synapse
from reference.texts import Draw

SIZES = (1, 2, 3, 7, 20, 63, 64, 65, 100, 130)
SMALL_SIZES = (1, 2, 5, 12, 30, 65)
METHODS = ("explicit", "exponential", "semiimplicit", "midpoint", "rk4", "implicit")


@dataclass
class PopulationDescription:
    """``spike_seed`` is given for a spike source, whose times it draws."""

    size: int
    text: Text
    set: dict[str, int] = field(default_factory=dict)
    """Attributes that get one value for each neuron, with the seed of the values."""
    window: float | None = None
    spike_seed: int | None = None
    stop: str | None = None
    refractory: str | None = None
    """``each``: another period for each neuron; ``all``: one for all."""


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
    set: dict[str, float | None] = field(default_factory=dict)
    """Attributes that get a value before compile; None: one for each synapse."""
    views: tuple[str, str] = ("all", "all")
    """Which neurons of the two populations are joined."""


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
    structural: bool
    sampling: tuple[int, int]
    """Steps between two samples, and which of those is recorded."""
    populations: list[PopulationDescription]
    projections: list[ProjectionDescription]
    actions: list[Action]
    records_spikes_arriving: bool = True
    """Spiking projections and conductances are recorded, too."""

    def __str__(self) -> str:
        lines = [f"dt={self.dt} method={self.method} steps={self.steps} {self.structural} {self.sampling}"]
        for index, p in enumerate(self.populations):
            lines.append(f"--- pop{index}: {replace(p, text=Text())}")
            lines += [f"{name}:\n{text}" for name, text in p.text.fields.items()]
        for index, j in enumerate(self.projections):
            lines.append(f"--- proj{index}: {replace(j, text=None)}")
            lines += [f"{name}:\n{text}" for name, text in (j.text.fields if j.text else {}).items()]
        return "\n".join([*lines, *map(str, self.actions)])


# --- strategies ---------------------------------------------------------------------------------------


@st.composite
def networks(draw: Draw) -> NetworkDescription:
    """One to four populations of one kind or of both, and up to five projections."""
    dt = draw(st.sampled_from([1.0, 0.5, 0.1]))
    method = draw(st.sampled_from(METHODS))
    structural = draw(st.booleans())
    sizes = st.sampled_from(SMALL_SIZES) if structural else st.sampled_from(SIZES) | st.integers(1, 130)
    populations = []
    for spiking in draw(st.sampled_from([(0,), (1,), (0, 0), (1, 1), (0, 1), (1, 1, 1), (0, 0, 1, 1)])):
        populations.append(draw(_population(bool(spiking), method, dt, sizes)))
    if any(p.text.spiking for p in populations) and draw(st.booleans()):
        source = Text(spiking=True)
        populations.append(PopulationDescription(draw(sizes), source, spike_seed=draw(st.integers(0, 99))))
    projections: list[ProjectionDescription] = []
    for _ in range(draw(st.integers(1, 5))):
        projections.append(draw(_projection(populations, projections, method, dt, structural)))
    projections = draw(st.permutations(projections))  # what reads a sum may come before what adds to it
    steps = draw(st.integers(20, 60))
    actions = draw(st.lists(_action(steps, populations, projections, dt), max_size=8))
    actions += draw(_starts(steps, projections, dt))
    actions.sort(key=lambda action: action.step)
    sampling = draw(st.sampled_from([(1, 0), (1, 0), (1, 0), (2, 1), (3, 0)]))
    return NetworkDescription(dt, method, steps, structural, sampling, populations, projections, actions)


@st.composite
def _population(
    draw: Draw, spiking: bool, method: str, dt: float, sizes: st.SearchStrategy[int]
) -> PopulationDescription:
    text = draw(neuron(spiking, method, dt))
    result = PopulationDescription(draw(sizes), text)
    settable = [*text.settable, *text.local, *(["theta", "potential"] if spiking else [])]
    result.set = draw(st.dictionaries(st.sampled_from(settable), st.integers(0, 99), max_size=3))
    result.stop = draw(stop_condition(text))
    if spiking and draw(st.booleans()):
        result.window = draw(st.integers(3, 12)) * dt
    if spiking and not isinstance(text.fields["refractory"], str):
        result.refractory = draw(st.sampled_from([None, None, "each", "all"]))
    return result


@st.composite
def _projection(
    draw: Draw,
    populations: list[PopulationDescription],
    earlier: list[ProjectionDescription],
    method: str,
    dt: float,
    structural: bool,
) -> ProjectionDescription:
    posts = [i for i, p in enumerate(populations) if p.spike_seed is None]
    post = draw(st.sampled_from(posts))
    spiking = populations[post].text.spiking
    pre = draw(st.sampled_from([i for i, p in enumerate(populations) if p.text.spiking == spiking]))
    targets = draw(st.sampled_from([["exc"], ["exc"], ["inh"], ["inh"], ["exc", "inh"]]))
    delay = draw(_delay(dt))
    sums = [] if spiking else _sums(pre, post, targets, delay, dt, earlier)
    # What reads a sum of "exc" while it transmits adds to "inh" alone, so that there are no circles.
    transmitted = [term for term in sums if "exc" in term] if targets == ["inh"] else []
    place = Place(
        populations[pre].text,
        populations[post].text,
        targets[0],
        method,
        dt,
        delay,
        tuple(sums),
        tuple(transmitted),
        structural,
    )
    text = draw((spiking_synapse if spiking else rate_synapse)(place)) if draw(st.integers(0, 4)) else None
    if text and "pre_axon_spike" in text.fields and isinstance(delay, tuple):
        delay = delay[0]
    value = st.sampled_from([0.3, -0.4, None])
    settable = text.settable if text else []
    views = st.sampled_from(["all", "all", "slice", "list"])
    return ProjectionDescription(
        pre,
        post,
        targets,
        text,
        draw(st.sampled_from(["all_to_all", "one_to_one", "matrix", "matrix"])),
        delay,
        draw(st.integers(0, 99)),
        draw(st.dictionaries(st.sampled_from(settable), value, max_size=2)) if settable else {},
        draw(st.sampled_from([("all", "all")]) | st.tuples(views, views)),
    )


def _sums(
    pre: int,
    post: int,
    targets: list[str],
    delay: float | tuple[float, float],
    dt: float,
    earlier: list[ProjectionDescription],
) -> list[str]:
    """Weighted sums that a synapse may read: something adds to them, and those of ``pre`` have no delay."""
    received = {(p.post, target) for p in earlier for target in p.targets} | {(post, t) for t in targets}
    sums = [f"post.sum({target})" for whose, target in sorted(received) if whose == post]
    if not isinstance(delay, tuple) and delay <= dt:
        sums += [f"pre.sum({target})" for whose, target in sorted(received) if whose == pre]
    return sums


def _delay(dt: float) -> st.SearchStrategy[float | tuple[float, float]]:
    spread = st.sampled_from([(0, 3), (1, 2), (2, 6)])
    return st.one_of(
        st.sampled_from([0, 1, 1, 2, 3, 5]).map(lambda steps: steps * dt),
        spread.map(lambda steps: (steps[0] * dt, steps[1] * dt)),
    )


# --- what happens meanwhile ---------------------------------------------------------------------------


@st.composite
def _starts(draw: Draw, steps: int, projections: list[ProjectionDescription], dt: float) -> list[Action]:
    """Rules of structural plasticity begin, and some end."""
    actions = []
    for index, projection in enumerate(projections):
        fields = projection.text.fields if projection.text else {}
        for rule in ("creating", "pruning"):
            if rule in fields:
                first = draw(st.integers(0, steps // 3))
                period = draw(st.sampled_from([None, 2 * dt, 3 * dt, 7 * dt]))
                actions.append(Action(first, "projection", index, f"start_{rule}", period))
                if not draw(st.integers(0, 3)):
                    last = draw(st.integers(first, steps - 1))
                    actions.append(Action(last, "projection", index, f"stop_{rule}"))
    return actions


@st.composite
def _action(
    draw: Draw,
    steps: int,
    populations: list[PopulationDescription],
    projections: list[ProjectionDescription],
    dt: float,
) -> Action:
    step = draw(st.integers(0, steps - 1))
    kind = draw(st.sampled_from(["population"] * 4 + ["projection"] * 8 + ["network"] * 3))
    if kind == "network":
        name, argument = draw(_of_network(populations))
        return Action(step, kind, 0, name, argument)
    if kind == "population":
        index = draw(st.integers(0, len(populations) - 1))
        p = populations[index]
        names = [*p.text.settable, *p.text.local, *["enabled"] * 4]
        if p.refractory:
            names.append("refractory")
        name = draw(st.sampled_from(names))
        return Action(step, kind, index, name, draw(st.integers(0, 99)))
    index = draw(st.integers(0, len(projections) - 1))
    name, argument = draw(_of_projection(projections[index], dt))
    return Action(step, kind, index, name, argument)


@st.composite
def _of_network(draw: Draw, populations: list[PopulationDescription]) -> tuple[str, Any]:
    stopping = [index for index, p in enumerate(populations) if p.stop is not None]
    forms: list[tuple[str, Any]] = [
        ("reset", draw(st.booleans())),
        ("constant", (draw(st.sampled_from(["gain", "shift"])), draw(st.sampled_from([0.45, -0.6, 1.1])))),
        ("forward", draw(st.integers(1, 9))),
    ]
    if stopping:
        asked = draw(st.lists(st.sampled_from(stopping), unique=True, min_size=1))
        forms += [("until", (draw(st.integers(3, 15)), asked, draw(st.sampled_from(["and", "or"]))))] * 4
    return draw(st.sampled_from(forms))


@st.composite
def _of_projection(draw: Draw, p: ProjectionDescription, dt: float) -> tuple[str, Any]:
    switches = ["transmission", "update", "plasticity"]
    if p.text and "pre_axon_spike" in p.text.fields:
        switches += ["axon_transmission"] * 4
    values = [*(p.text.settable if p.text else []), "w"]
    names = [*switches, *["enable_learning"] * 3, "disable_learning", *values]
    longest = p.delay if not isinstance(p.delay, tuple) else p.delay[0]
    if longest > dt:
        names += ["delay"] * 2
    name = draw(st.sampled_from(names))
    if name == "delay":
        return name, draw(st.integers(1, round(longest / dt))) * dt
    if name == "enable_learning":
        period = draw(st.sampled_from([None, dt, 2 * dt, 3 * dt, 5 * dt]))
        steps = None if period is None else draw(st.sampled_from([None, *range(round(period / dt))]))
        return name, (period, None if steps is None else steps * dt)
    if name in values:
        return name, draw(st.sampled_from([0.3, -0.1, 0.02]))
    return name, draw(st.booleans())
