"""Functions of model text that Python calls: ``pop.f(x)``, ``proj.f(x)``, ``functions("f")(x)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.language import parse_functions
from engine.language.report import suggestion
from engine.network.attributes import is_number
from engine.network.constant import constant_values, global_functions

if TYPE_CHECKING:
    from engine.language.calls import UserFunction
    from engine.network.network import Network


class CallableFunction:
    """A function of model text, evaluated element by element.

    Parameters
    ----------
    function : UserFunction
    network : Network
        Whose Constants are used.
    owner : str
        Whom messages name.
    """

    def __init__(self, function: UserFunction, network: Network, owner: str) -> None:
        self._function, self._network, self._owner = function, network, owner

    @property
    def __name__(self) -> str:
        return self._function.name

    def __call__(self, *arguments: Any) -> NDArray[np.float64]:
        """Values for lists or 1D arrays of one length; a number stands for a whole array of it.

        Returns
        -------
        ndarray
            float64, of the length of the arguments.
        """
        from engine.language.numeric import evaluate

        names = self._function.arguments
        label = f"{self._owner}.{self._function.name}({', '.join(names)})".lstrip(".")
        if len(arguments) != len(names):
            raise EngineError(f"{label} takes {len(names)} arguments, but got {len(arguments)}.")
        values = [_flat(value, name, label) for value, name in zip(arguments, names, strict=True)]
        lengths = {len(v) for v, given in zip(values, arguments, strict=True) if not is_number(given)} or {1}
        if len(lengths) > 1:
            counts = ", ".join(str(len(value)) for value in values)
            raise EngineError(f"{label} takes arguments of one length, but got {counts} values.")
        constants = {name: self._network.constants[name] for name in self._function.constants}
        result = evaluate(self._function.body, constants | dict(zip(names, values, strict=True)))
        return np.array(np.broadcast_to(result, next(iter(lengths))))

    def __repr__(self) -> str:
        return f"<function {self.__name__}({', '.join(self._function.arguments)}) of {self._owner}>"


def _flat(value: Any, name: str, label: str) -> NDArray[np.float64]:
    try:
        array = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        array = np.zeros((0, 0))
    if array.ndim != 1:
        raise EngineError(f"{label}: {name} must be a list or a 1D array of numbers.")
    return array


def functions(name: str, network: Network | None = None) -> CallableFunction:
    """A function declared with :func:`add_function`, for use in Python.

    Parameters
    ----------
    name : str
        Name of the function.
    network : Network, optional
        Whose Constants are used; default the top-level network.

    Returns
    -------
    callable
        Takes lists or 1D arrays of one length and returns a 1D float64 array.

    Raises
    ------
    EngineError
        Before compile, or when there is no such function.

    Examples
    --------
    >>> add_function("logistic(x) = 1.0 / (1.0 + exp(-x))")
    >>> compile()
    >>> functions("logistic")([0.0, 1.0])
    """
    from engine.network.network import default_network

    network = network or default_network()
    if not network.compiled:
        raise EngineError(f"functions({name!r}): the network is not compiled yet; call compile() first.")
    known = parse_functions(global_functions(), constant_values())
    if name not in known:
        hint = suggestion(name, known) or f"There are: {', '.join(known) or 'none'}."
        raise EngineError(f"functions({name!r}): no such function was declared with add_function(). {hint}")
    return CallableFunction(known[name], network, "")
