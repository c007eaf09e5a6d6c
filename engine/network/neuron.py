"""Neuron: the text of a neuron model, checked when a population is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.errors import EngineError
from engine.language.model import NeuronModel
from engine.network.constant import constant_values, global_functions
from engine.network.declarations import Declarations, Statements


def checked_text(value: str | None, field: str, owner: str) -> str | None:
    """``value`` if it is text or None; a clear error otherwise."""
    if value is not None and not isinstance(value, str):
        raise EngineError(f"{owner}.{field} must be text, not {type(value).__name__}.")
    return value


def with_extra_values(text: str, values: Mapping[str, object] | None) -> str:
    """``%(name)s`` in ``text`` replaced by ``values[name]``."""
    if not values:
        return text
    try:
        return text % values
    except (KeyError, ValueError, TypeError) as error:
        raise EngineError(f"extra_values do not fit the parameters: {error}.") from None


class Neuron:
    """A neuron model as text.

    Parameters
    ----------
    parameters, equations : str
        Declarations of parameters (``tau = 10.0 : population``) and equations, one a line. Parameters may be
        a dict of numbers and :class:`Parameter` objects, which are global unless they say otherwise;
        equations and resets may be a list of statements and :class:`Variable` objects.
    spike, reset : str, optional
        Condition for a spike and the statements that follow it. With ``spike`` the neuron is a spiking
        one, without it is rate-coded and must define ``r``.
    refractory : float or str, optional
        Duration in ms, or the name of an attribute.
    axon_spike, axon_reset : str, optional
        Condition and statements of axonal spikes: a second kind of spikes, which leave ``t_last``, the
        firing rate and refractoriness alone.
    functions : str, optional
        Functions for use in the equations.
    name, description : str
        For reports and messages.
    extra_values : dict, optional
        Substitutions ``%(name)s`` in ``parameters``.

    Notes
    -----
    The text is analysed when a population uses it; mistakes raise :class:`engine.errors.ModelError` there.
    """

    needs_rate: ClassVar[bool] = True
    """A rate-coded neuron must define ``r``."""

    def __init__(
        self,
        parameters: str | Mapping[str, Any] = "",
        equations: Statements = "",
        spike: str | None = None,
        axon_spike: str | None = None,
        reset: Statements | None = None,
        axon_reset: Statements | None = None,
        refractory: float | str | None = None,
        functions: str | None = None,
        name: str = "",
        description: str = "",
        extra_values: Mapping[str, object] | None = None,
    ) -> None:
        owner = name or type(self).__name__
        declared = Declarations("neuron", owner)
        self.parameters = with_extra_values(declared.parameters(parameters) or "", extra_values)
        self.equations = declared.text(equations, "equations") or ""
        self.spike = checked_text(spike, "spike", owner)
        self.axon_spike = checked_text(axon_spike, "axon_spike", owner)
        self.reset = declared.text(reset, "reset")
        self.axon_reset = declared.text(axon_reset, "axon_reset")
        self.initial = declared.initial
        """Initial values that the text does not hold: distributions and names of parameters."""
        self.refractory = refractory
        self.functions = checked_text(functions, "functions", owner)
        self.extra_values = dict(extra_values or {})
        self.name = name or ("Spiking neuron" if spike else "Rate-coded neuron")
        self.description = description
        self._analysed: tuple[object, NeuronModel] | None = None

    @property
    def type(self) -> str:
        """``"spike"`` or ``"rate"``."""
        return "spike" if self.spike else "rate"

    def analyse(self) -> NeuronModel:
        """The checked model; mistakes raise :class:`engine.errors.ModelError`."""
        from engine.language import parse_neuron

        constants, functions = constant_values(), global_functions()
        key = (
            self.parameters,
            self.equations,
            self.spike,
            self.reset,
            self.refractory,
            self.functions,
            self.axon_spike,
            self.axon_reset,
            self.name,
            tuple(constants.items()),
            functions,
        )
        if self._analysed is None or self._analysed[0] != key:
            model = parse_neuron(
                parameters=self.parameters,
                equations=self.equations,
                spike=self.spike,
                reset=self.reset,
                refractory=self.refractory,
                functions=self.functions,
                axon_spike=self.axon_spike,
                axon_reset=self.axon_reset,
                name=self.name,
                constants=constants,
                global_functions=functions,
                needs_rate=self.needs_rate,
            )
            self._analysed = key, model
        return self._analysed[1]

    def __repr__(self) -> str:
        fields = ("parameters", "equations", "spike", "axon_spike", "reset", "axon_reset", "refractory")
        lines = [f"{self.name} ({self.type})"]
        for field in fields:
            text = getattr(self, field)
            if text not in (None, ""):
                body = "\n".join("    " + line.strip() for line in str(text).strip().splitlines())
                lines.append(f"{field}:\n{body}")
        return "\n".join(lines)
