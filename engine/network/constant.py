"""Constants and functions that every model of the process may use by name."""

from __future__ import annotations

import re
from typing import Any

from engine.errors import EngineError

_constants: dict[str, Constant] = {}
_functions: list[str] = []


class Constant(float):
    """A named number: a float in Python, and usable by its name in every equation.

    Parameters
    ----------
    name : str
        Name, unique among the constants.
    value : float
        Value.

    Raises
    ------
    EngineError
        When the name is taken or is not an identifier.
    """

    name: str
    value: float

    def __new__(cls, name: str, value: float) -> Constant:
        return super().__new__(cls, _number(name, value))

    def __init__(self, name: str, value: float) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise EngineError(f"Constant: {name!r} is not a name; use letters, digits and underscores.")
        if name in _constants:
            raise EngineError(f"Constant: the name {name!r} is already used; choose another or call clear().")
        self.name = name
        self.value = float(value)
        _constants[name] = self

    def __repr__(self) -> str:
        return repr(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (self.value,)

    def set(self, value: float, network: Any = None) -> None:
        """Change the value, in compiled networks too (``network``: in this one only)."""
        from engine.network.network import living_networks

        number = _number(self.name, value)
        if network is None:
            self.value = number
        for target in living_networks() if network is None else (network,):
            target.set_constant(self.name, number)


def _number(name: Any, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise EngineError(f"Constant {name}: its value must be a number, not {value!r}.") from None


def get_constant(name: str) -> Constant | None:
    """The constant of that name, or None."""
    return _constants.get(name)


def constant_values() -> dict[str, float]:
    """Name and present value of every constant."""
    return {name: constant.value for name, constant in _constants.items()}


def add_function(function: str) -> None:
    """Declare ``"name(arguments) = expression"`` for use in all equations of models defined from now on."""
    from engine.language import parse_neuron

    if not isinstance(function, str):
        raise EngineError(f"add_function(): text is needed, not {type(function).__name__}.")
    parse_neuron(
        equations="r = 0.0",
        functions=function,
        name="add_function",
        constants=constant_values(),
        global_functions=tuple(_functions),
    )
    _functions.append(function)


def global_functions() -> tuple[str, ...]:
    """Texts of all functions declared so far."""
    return tuple(_functions)


def declare(constants: dict[str, float], functions: tuple[str, ...]) -> None:
    """Let there be these constants and functions, and no others."""
    for name in _constants.keys() - constants.keys():
        del _constants[name]
    for name, value in constants.items():
        if name in _constants:
            _constants[name].set(value)
        else:
            Constant(name, value)
    _functions[:] = functions


def forget(*, functions: bool, constants: bool) -> None:
    """Drop the declared functions and constants."""
    if functions:
        _functions.clear()
    if constants:
        _constants.clear()
