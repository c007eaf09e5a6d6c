"""Parameters and variables as objects: turned into the text of a model, and values that no text can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.constant import Constant, constant_values
from engine.network.distributions import RandomDistribution

Locality = Literal["global", "semiglobal", "local", "population", "projection", "postsynaptic"]
_WORDS = ("global", "semiglobal", "local", "population", "projection", "postsynaptic")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a neuron or synapse.

    Parameters
    ----------
    value : float, Constant or RandomDistribution
        Its value.
    locality : str
        ``"global"`` (default): one value for all; ``"semiglobal"``: one for each post-synaptic neuron;
        ``"local"``: one for each neuron or synapse.
    type : {"float", "int", "bool"}
    """

    value: Any
    locality: Locality = "global"
    type: str = "float"


@dataclass(frozen=True)
class Variable:
    """A variable with the equation that defines it.

    Parameters
    ----------
    equation : str
        One statement without flags.
    init : float, Constant, RandomDistribution or str, optional
        Value at the start, 0 or False if None; text is the name of a parameter or Constant.
    min, max : float or str, optional
        Bounds: numbers or expressions.
    method : str, optional
        Numerical method of an ODE.
    locality : str
        As of :class:`Parameter`; default ``"local"``.
    type : {"float", "int", "bool"}
    """

    equation: str
    init: Any = None
    min: float | str | None = None
    max: float | str | None = None
    method: str | None = None
    locality: Locality = "local"
    type: str = "float"


Statements = str | Variable | Sequence[str | Variable]
"""The text of statements, or a list of them."""


class Declarations:
    """Collects the text fields of one model.

    Attributes
    ----------
    initial : dict
        Values that an owner of the model gets when it is made: distributions, or the name of a parameter.
    """

    def __init__(self, kind: Literal["neuron", "synapse"], owner: str) -> None:
        self.kind, self.owner = kind, owner
        self.initial: dict[str, Any] = {}

    def parameters(self, given: Any) -> str | None:
        """The text of ``parameters``, which may be a dict name -> value or :class:`Parameter`."""
        if not isinstance(given, Mapping):
            return self.text(given, "parameters", single=True)
        lines = []
        for name, value in given.items():
            parameter = value if isinstance(value, Parameter) else Parameter(value)
            flags = self._flags(parameter, name)
            if isinstance(parameter.value, RandomDistribution):
                self.initial[name] = parameter.value
                shown = "0.0"
            elif isinstance(value, bool):
                shown = str(value)
            else:
                shown = self._number(parameter.value, name)
            lines.append(f"{name} = {shown}" + (f" : {', '.join(flags)}" if flags else ""))
        return "\n".join(lines)

    def text(self, given: Any, field: str, *, single: bool = False) -> str | None:
        """The text of a field; statements may be a list of texts and :class:`Variable` objects."""
        if given is None or isinstance(given, str):
            return given
        if not single and isinstance(given, Variable):
            return self._statement(given)
        if not single and isinstance(given, (list, tuple)):
            lines = [self._statement(one) if isinstance(one, Variable) else one for one in given]
            if all(isinstance(line, str) for line in lines):
                return "\n".join(lines)
        raise EngineError(f"{self.owner}.{field} must be text, not {type(given).__name__}.")

    def _statement(self, variable: Variable) -> str:
        name = variable.equation.strip().splitlines()[0] if variable.equation.strip() else ""
        flags = self._flags(variable, name)
        init = variable.init
        of_parameter = isinstance(init, str) and init not in constant_values()
        if isinstance(init, RandomDistribution) or of_parameter:
            self.initial[_defined(variable.equation)] = init
        elif init is not None:
            flags.append(f"init={init if isinstance(init, bool) else self._number(init, name)}")
        for which, limit in (("min", variable.min), ("max", variable.max)):
            if limit is not None:
                flags.append(f"{which}={self._number(limit, name)}")
        if variable.method:
            flags.append(variable.method)
        return f"{variable.equation.strip()}" + (f" : {', '.join(flags)}" if flags else "")

    def _flags(self, declared: Parameter | Variable, name: str) -> list[str]:
        if declared.locality not in _WORDS:
            raise EngineError(
                f"{self.owner}, {name}: locality {declared.locality!r} is not one of {', '.join(_WORDS)}."
            )
        whole = "population" if self.kind == "neuron" else "projection"
        word = {"global": whole, "semiglobal": "postsynaptic", "local": ""}.get(
            declared.locality, declared.locality
        )
        if declared.type not in ("float", "int", "bool"):
            raise EngineError(f"{self.owner}, {name}: type {declared.type!r} is not one of float, int, bool.")
        return [flag for flag in (word, declared.type) if flag not in ("", "float")]

    def _number(self, value: Any, name: str) -> str:
        if isinstance(value, Constant):
            return value.name
        if isinstance(value, str):
            return value
        if not is_number(value):
            raise EngineError(
                f"{self.owner}, {name}: a number is needed, not {type(value).__name__}; assign arrays to the "
                "population or projection."
            )
        return repr(float(value))


def _defined(equation: str) -> str:
    """Name of the variable that a statement defines."""
    from engine.language.equations import find_name
    from engine.language.report import Problem, Report
    from engine.language.statements import split_statements

    statements = split_statements(equation, "equations", Report("", {"equations": equation}))
    try:
        return find_name(statements[0], "equations").name.text if statements else ""
    except Problem:
        return ""
