"""The names of the Python API as the specification lists them, and what the engine has of each.

``python tests/api/names.py`` prints the table: name, implemented, called alike, files of tests that use it.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

import engine

HERE = Path(__file__).parent
TESTS = HERE.parent
LISTS = {"4.8": HERE / "names_4_8.pyi", "5.0": HERE / "names_5_0.pyi"}

# Where the two dialects want one method of Network with its parameters in another order, 5.0 has the say.
OTHER_ORDER = {("4.8", "Network.reset"): "5.0 has synapses before monitors"}


@dataclass(frozen=True)
class Name:
    """One name of the list: a function, a class (its constructor), a method or an attribute."""

    dialect: str
    path: str
    call: Callable[..., Any] | None

    @property
    def owner(self) -> str | None:
        """Class that the name belongs to, if any."""
        return self.path.partition(".")[0] if "." in self.path else None

    @property
    def last(self) -> str:
        """The name without its class."""
        return self.path.rpartition(".")[2]


def listed(dialect: str) -> Iterator[Name]:
    """All names of one dialect's list."""
    namespace: dict[str, Any] = {}
    exec(compile(LISTS[dialect].read_text(), LISTS[dialect], "exec"), namespace)
    for name in namespace.get("__annotations__", {}):
        yield Name(dialect, name, None)
    for name, value in namespace.items():
        if isinstance(value, FunctionType):
            yield Name(dialect, name, value)
        elif isinstance(value, type):
            if "__init__" in vars(value):
                yield Name(dialect, name, vars(value)["__init__"])
            for member, given in vars(value).items():
                if isinstance(given, FunctionType) and member != "__init__":
                    yield Name(dialect, f"{name}.{member}", given)
            for member in vars(value).get("__annotations__", {}):
                yield Name(dialect, f"{name}.{member}", None)


def all_names() -> list[Name]:
    """The names of both dialects."""
    return [name for dialect in LISTS for name in listed(dialect)]


class Examples:
    """One object of each class, in networks that are compiled."""

    def __init__(self) -> None:
        engine.clear()
        engine.setup(seed=1, structural_plasticity=False)
        rate = engine.Neuron("b = 1.0", "r = b + sum(exc)")
        spiking = engine.Neuron("tau = 10.0", "dv/dt = (g_exc - v) / tau", spike="v > 1", reset="v = 0")
        self.synapse = engine.Synapse("eta = 0.1", "w = w + eta", name="growing")
        self.spiking = engine.Population((2, 3), spiking, name="spiking")
        self.rate = engine.Population(6, rate, name="rate")
        self.projection = engine.Projection(self.rate, self.rate, "exc", self.synapse)
        self.projection.connect_all_to_all(1.0)
        self.poisson = engine.PoissonPopulation(6, rates=10.0)
        engine.Projection(self.poisson, self.spiking, "exc").connect_one_to_one(1.0)
        self.monitor = engine.Monitor(self.spiking, "spike")
        self.made: dict[str, Any] = {}
        self.made["CurrentInjection"] = engine.CurrentInjection(
            self.rate, self.spiking, "exc"
        ).connect_current()
        self.inputs()
        engine.compile(silent=True)
        engine.simulate(2.0)
        self.network = engine.Network(dt=1.0, seed=1)
        self.network.create(3, rate)
        self.network.compile(silent=True)

    def inputs(self) -> None:
        """Add the inputs, whose attributes are known before and after compile."""
        self.made["InputArray"] = engine.InputArray(6)
        self.made["TimedArray"] = engine.TimedArray(rates=np.eye(6), schedule=2.0, period=20.0)
        self.made["TimedPoissonPopulation"] = engine.TimedPoissonPopulation(6, [10.0, 20.0], [0.0, 5.0])
        self.made["SpikeSourceArray"] = engine.SpikeSourceArray([[1.0], [2.0]])
        self.made["HomogeneousCorrelatedSpikeTrains"] = engine.HomogeneousCorrelatedSpikeTrains(
            6, rates=10.0, corr=0.3, tau=20.0
        )

    def of(self, owner: str) -> Any:
        """Return an object of a class."""
        made = {
            **self.made,
            "Population": self.spiking,
            "PopulationView": self.spiking[1:3],
            "IndividualNeuron": self.spiking.neuron(1),
            "Projection": self.projection,
            "Dendrite": self.projection.dendrite(1),
            "IndividualSynapse": self.projection.synapse(0, 1),
            "Monitor": self.monitor,
            "Network": self.network,
            "PoissonPopulation": self.poisson,
            "Neuron": engine.LeakyIntegrator(),
            "Synapse": self.synapse,
            "Constant": engine.get_constant("c_example") or engine.Constant("c_example", 2.0),
        }
        if owner in made:
            return made[owner]
        return {
            "LILConnectivity": lambda: engine.LILConnectivity(),
            "Uniform": lambda: engine.Uniform(0.0, 1.0),
            "DiscreteUniform": lambda: engine.DiscreteUniform(0, 3),
            "Normal": lambda: engine.Normal(0.0, 1.0),
            "LogNormal": lambda: engine.LogNormal(0.0, 1.0),
            "Exponential": lambda: engine.Exponential(1.0),
            "Gamma": lambda: engine.Gamma(1.0),
            "Binomial": lambda: engine.Binomial(3, 0.5),
        }[owner]()


def found(name: Name, examples: Examples) -> Any:
    """Return what the engine has under a name.

    Raises
    ------
    AttributeError
        If it has nothing.
    """
    if name.owner is None:
        return getattr(engine, name.last)
    if name.owner == "MonitorList":
        return getattr(engine.MonitorList, name.last)
    owner = examples.of(name.owner)
    if name.call is None:
        return getattr(owner, name.last)
    member = getattr(type(owner), name.last)
    return getattr(owner, name.last) if isinstance(member, property) else member


def call_differs(name: Name, thing: Any) -> str | None:
    """Say in what a call of the engine's object differs from the list, or None."""
    if name.call is None or name.last.startswith("__"):
        return None
    wanted = [p for p in inspect.signature(name.call).parameters.values() if p.name != "self"]
    given = {p.name: p for p in inspect.signature(thing).parameters.values() if p.name != "self"}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in given.values())
    for parameter in wanted:
        if parameter.kind is parameter.VAR_KEYWORD:
            if not takes_any:
                return f"no **{parameter.name}"
        elif parameter.kind is parameter.VAR_POSITIONAL:
            if not any(p.kind is p.VAR_POSITIONAL for p in given.values()):
                return f"no *{parameter.name}"
        elif parameter.name not in given:
            return f"no parameter {parameter.name}"
        elif not _same_default(parameter.default, given[parameter.name].default):
            return (
                f"default of {parameter.name}: {given[parameter.name].default!r}, not {parameter.default!r}"
            )
    positional = [p.name for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD]
    order = [n for n, p in given.items() if p.kind is p.POSITIONAL_OR_KEYWORD][: len(positional)]
    if name.dialect == "4.8" and ("4.8", name.path) not in OTHER_ORDER and order != positional:
        return f"order {order}, not {positional}"
    more = [
        n
        for n, p in given.items()
        if p.default is p.empty
        and n not in {w.name for w in wanted}
        and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    return f"needs {', '.join(more)}, too" if more else None


def _same_default(wanted: object, given: object) -> bool:
    if isinstance(wanted, list | dict) and given is None:  # no list or dict that calls could share
        return True
    if wanted is inspect.Parameter.empty:  # a default of our own breaks no script
        return True
    if given is inspect.Parameter.empty:
        return False
    return bool(wanted == given)


def uses() -> Counter[str]:
    """Count the files of tests outside of this folder in which each name occurs."""
    counts: Counter[str] = Counter()
    for file in TESTS.rglob("*.py"):
        if HERE not in file.parents:
            counts.update(_names_in(ast.parse(file.read_text(encoding="utf-8"))))
    for golden in (TESTS / "golden").glob("*.json"):  # names of models
        counts.update(set(re.findall(r"\w+", golden.read_text(encoding="utf-8"))))
    return counts


def _names_in(file: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(file):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.keyword) and node.arg:
            names.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


def main() -> None:
    """Print the table in Markdown."""
    examples = Examples()
    counts = uses()
    print("| name | dialect | implemented | called alike | tests |\n| --- | --- | --- | --- | --- |")
    for name in all_names():
        try:
            thing = found(name, examples)
        except AttributeError:
            print(f"| {name.path} | {name.dialect} | no | | |")
            continue
        differs = call_differs(name, thing)
        print(f"| {name.path} | {name.dialect} | yes | {differs or 'yes'} | {counts[name.last]} |")


if __name__ == "__main__":
    sys.exit(main())
