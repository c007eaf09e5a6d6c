"""Docstrings of built-in models: equations, every parameter with its default, and the source."""

from __future__ import annotations

import inspect
import re

import pytest

import engine
from engine.extensions.bold import list_bold_models

NEURONS = engine.list_standard_neurons()
SYNAPSES = engine.list_standard_synapses()


@pytest.mark.parametrize("model", [*NEURONS, *SYNAPSES, *list_bold_models()], ids=lambda m: m.__name__)
def test_docstrings_say_equations_parameters_and_source(model: type) -> None:
    text = inspect.getdoc(model) or ""
    assert "::" in text
    assert "Default" in model.__name__ or re.search(r"\b(19|20)\d\d\b", text) or ":class:`" in text
    for name in inspect.signature(model).parameters:
        assert re.search(rf"\b{name}\b", text), name


@pytest.mark.parametrize("model", [*NEURONS, *SYNAPSES], ids=lambda m: m.__name__)
def test_docstrings_say_the_defaults(model: type) -> None:
    entries = re.findall(
        r"^(\w[\w, ]*) : float\n    (.+?)\.?$(?=\n\S|\n\n|\Z)", inspect.getdoc(model) or "", re.M | re.S
    )
    told = {}
    for names, meaning in entries:
        numbers = re.search(r"\(([-\d., \n]+)\)$", meaning)
        assert numbers, meaning
        values = [float(number) for number in numbers[1].split(",")]
        told |= dict(zip(names.split(", "), values, strict=True))
    defaults = {
        name: float(parameter.default)
        for name, parameter in inspect.signature(model).parameters.items()
        if isinstance(parameter.default, int | float)
    }
    assert told == defaults


def test_lists_have_all_models_that_are_exported() -> None:
    exported = {name for name in engine.__all__ if inspect.isclass(getattr(engine, name))}
    kinds = {engine.Neuron: NEURONS, engine.Synapse: SYNAPSES}
    for kind, listed in kinds.items():
        made = {
            n for n in exported if issubclass(getattr(engine, n), kind) and getattr(engine, n) is not kind
        }
        assert {model.__name__ for model in listed} == made
