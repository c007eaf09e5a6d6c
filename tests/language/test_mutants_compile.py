"""Whatever the parser takes becomes C++ that compiles without a warning and runs."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from mutation import CONSTANTS, METHODS, Text, corpus, mutants, parsed

import engine
from engine import Constant, Network, Neuron, Synapse
from engine.codegen import build
from engine.errors import ModelError

# Little is optimised: the point is what the compiler says.
FLAGS = tuple("-O1" if flag == "-O3" else flag for flag in build.FLAGS)


@pytest.fixture(autouse=True)
def constants_and_strict_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FLAGS", (*FLAGS, "-Werror"))
    engine.clear()
    for name, value in CONSTANTS.items():
        Constant(name, value)


def partner(text: str, side: str, spiking: bool) -> Neuron:
    """A neuron with everything that a synapse reads of it."""
    names = dict.fromkeys(re.findall(rf"\b{side}\s*\.\s*(\w+)", text))
    sums = dict.fromkeys(re.findall(rf"\b{side}\s*\.\s*sum\s*\(\s*(\w+)", text))
    own = [name for name in names if name not in ("r", "sum", "dt", "t") and not name.startswith("g_")]
    parameters = "\n".join(f"{name} = 0.5" for name in own)
    if spiking:
        return Neuron(
            parameters, "dpotential/dt = 1 - potential + g_exc + g_ampa", "potential > 0.3", reset=""
        )
    total = "".join(f" + sum({target})" for target in {"exc": None, **sums})
    return Neuron(parameters, f"r = 0.1{total}")


def add_to(net: Network, text: Text) -> None:
    """The model in a network of its own kind."""
    fields = dict(text.fields)
    if text.kind == "neuron":
        net.create(3, Neuron(**fields, name="M"))
        return
    everything = "\n".join(fields.values())
    spiking = any("spike" in name for name in fields) or "event-driven" in everything
    pre, post = (net.create(3, partner(everything, side, spiking)) for side in ("pre", "post"))
    net.connect(pre, post, "exc", Synapse(**fields, name="M")).all_to_all(0.5)


def is_taken(text: Text, method: str) -> bool:
    """Whether a network of this one model can be lowered and printed; if not it is a mistake in the text."""
    from engine.codegen.lowering import lower

    if parsed(text) is None:
        return False
    net = Network(dt=1.0, seed=1)
    net.config(method=method, structural_plasticity=True)
    try:
        add_to(net, text)
        net._check_structure()
        for projection in net.projections:
            projection.draw()
        lower(net)
    except ModelError:
        return False
    except engine.EngineError as error:
        assert "not available yet" in str(error) or "sum(" in str(error), error
        return False
    return True


def check_many(number: int, count: int) -> None:
    """Compile and run the sound ones of ``count`` mutants together, a network for each method."""
    taken: dict[str, list[Text]] = {method: [] for method in METHODS}

    @seed(number)
    @settings(
        deadline=None,
        database=None,
        max_examples=count,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants())
    def collect(text: Text) -> None:
        method = METHODS[sum(map(len, taken.values())) % len(METHODS)]
        if is_taken(text, method):
            taken[method].append(text)

    collect()
    assert sum(map(len, taken.values())) > count / 20
    for method, texts in taken.items():
        for start in range(0, len(texts), 40):
            run_together(texts[start : start + 40], method, 1 + number % 2)


def run_together(texts: list[Text], method: str, threads: int) -> None:
    net = Network(dt=1.0, seed=1)
    net.config(method=method, num_threads=threads, structural_plasticity=True)
    for text in texts:
        add_to(net, text)
    net.compile(silent=True)
    net.simulate(5.0)


def test_what_is_mutated_compiles() -> None:
    taken = [text for text in corpus() if is_taken(text, "explicit")]
    assert len(taken) > 60
    run_together(taken, "explicit", 2)


def test_mutated_models_compile() -> None:
    check_many(2, 60)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(200, 220))
def test_many_mutated_models_compile(number: int) -> None:
    check_many(number, 600)
