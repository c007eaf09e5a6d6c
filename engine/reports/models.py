"""A checked model as what a report tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.language import parse_functions
from engine.language.latex import (
    bounds_latex,
    equation_latex,
    expression_latex,
    function_latex,
    name_latex,
    statement_latex,
)
from engine.language.model import (
    Assignment,
    Bounds,
    Equation,
    NeuronModel,
    Ode,
    StructuralRule,
    SynapseModel,
    Variable,
    is_implicit,
)
from engine.language.reading import as_written
from engine.language.tree import Binary, Expression, Name
from engine.reports import description as told

_NEURON = {"local": "per neuron", "global": "per population"}
_SYNAPSE = {"local": "per synapse", "semiglobal": "per post-synaptic neuron", "global": "per projection"}
_LIMITS = {"min": "minimum", "max": "maximum"}
_DEFAULT_PSP = Binary("*", Name("w"), Name("r", "pre"))


def number_text(value: Any) -> str:
    """A number, a truth value or a text as Python writes it."""
    return str(value.item() if hasattr(value, "item") else value)


class Reader:
    """Tells models of one network.

    Parameters
    ----------
    constants : mapping
        Value of each Constant.
    functions : sequence of str
        Functions shared by all models, as text.
    method : str
        Numerical method of ODEs without a flag.
    """

    def __init__(self, constants: Mapping[str, float], functions: Sequence[str], method: str) -> None:
        self._constants = constants
        self._functions = functions
        self._method = method

    def shared_functions(self) -> tuple[str, ...]:
        """The functions shared by all models, as formulas."""
        known = parse_functions(self._functions, self._constants)
        return tuple(map(function_latex, known.values()))

    def neuron(
        self, model: NeuronModel, name: str, description: str, initial: Mapping[str, str]
    ) -> told.Model:
        """Tell a neuron model under the given name; ``initial``: values that its text does not hold."""
        model = as_written(model, self._constants, self._functions)
        return told.Model(
            name=name,
            description=description,
            spiking=model.kind == "spike",
            parameters=_parameters(model, _NEURON, initial),
            equations=self._equations(model, _NEURON, initial),
            functions=tuple(map(function_latex, model.functions)),
            events=tuple(_neuron_events(model)),
        )

    def synapse(
        self, model: SynapseModel, name: str, description: str, spiking: bool, initial: Mapping[str, str]
    ) -> told.Model:
        """Tell a synapse model under the given name; ``spiking``: its pre-synaptic neurons spike."""
        model = as_written(model, self._constants, self._functions)
        psp: Expression | None = model.psp or (None if spiking else _DEFAULT_PSP)
        return told.Model(
            name=name,
            description=description,
            spiking=spiking,
            parameters=_parameters(model, _SYNAPSE, initial),
            equations=self._equations(model, _SYNAPSE, initial),
            functions=tuple(map(function_latex, model.functions)),
            events=tuple(_synapse_events(model)),
            psp="" if psp is None else expression_latex(psp),
            operation=model.operation,
        )

    def _equations(
        self, model: NeuronModel | SynapseModel, localities: Mapping[str, str], initial: Mapping[str, str]
    ) -> tuple[told.Equation, ...]:
        variables = {variable.name: variable for variable in model.variables}
        written = (equation for equation in model.equations if not is_implicit(equation))
        return tuple(self._equation(e, variables[e.name], localities, initial) for e in written)

    def _equation(
        self,
        equation: Equation,
        variable: Variable,
        localities: Mapping[str, str],
        initial: Mapping[str, str],
    ) -> told.Equation:
        begins = initial.get(variable.name, number_text(variable.init))
        details = [localities[variable.locality], f"initial value: {begins}"]
        details += [f"{_LIMITS[kind]}: ${expression_latex(limit)}$" for kind, limit in equation.bounds.limits]
        if isinstance(equation, Ode):
            details.append(f"{equation.method or self._method} numerical method")
        if variable.dtype != "float":
            details.append(f"type {variable.dtype}")
        return told.Equation(
            symbol=name_latex(equation.name),
            formula=equation_latex(replace(equation, bounds=Bounds())),
            details=tuple(details),
            bounds=tuple(bounds_latex(equation.name, equation.bounds)),
        )


def _parameters(
    model: NeuronModel | SynapseModel, localities: Mapping[str, str], initial: Mapping[str, str]
) -> tuple[told.Parameter, ...]:
    values = {p.name: initial.get(p.name, number_text(p.value)) for p in model.parameters}
    return tuple(
        told.Parameter(name_latex(p.name), values[p.name], localities[p.locality], p.dtype)
        for p in model.parameters
    )


def _neuron_events(model: NeuronModel) -> Iterator[told.Event]:
    if model.spike is not None:
        refractory, remark = model.refractory, ""
        if isinstance(refractory, str):
            remark = f"Refractory period: ${name_latex(refractory)}$ (ms)"
        elif refractory:
            remark = f"Refractory period: {number_text(refractory)} ms"
        yield told.Event("spike", expression_latex(model.spike), _statements(model.reset), remark)
    if model.axon_spike is not None:
        yield told.Event("axon_spike", expression_latex(model.axon_spike), _statements(model.axon_reset))


def _synapse_events(model: SynapseModel) -> Iterator[told.Event]:
    for kind, statements in (
        ("pre_spike", model.pre_spike or ()),
        ("pre_axon_spike", model.pre_axon_spike),
        ("post_spike", model.post_spike),
    ):
        if statements:
            yield told.Event(kind, "", _statements(statements))
    for kind, rule in (("creating", model.creating), ("pruning", model.pruning)):
        if rule is not None:
            yield told.Event(kind, expression_latex(rule.condition), (), _rule(rule, kind))


def _rule(rule: StructuralRule, kind: str) -> str:
    words = [f"probability {number_text(rule.probability)}"]
    if kind == "creating":
        words.append(f"weight {number_text(rule.weight)}")
        words += [] if rule.delay is None else [f"delay {number_text(rule.delay)} ms"]
    return ", ".join(words).capitalize()


def _statements(statements: Sequence[Assignment]) -> tuple[told.Statement, ...]:
    return tuple(
        told.Statement(
            statement_latex(replace(statement, bounds=Bounds())),
            tuple(bounds_latex(statement.name, statement.bounds)),
        )
        for statement in statements
    )
