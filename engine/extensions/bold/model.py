"""BoldModel: how activity becomes a signal, as the text of a rate-coded neuron."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import EngineError
from engine.network.neuron import Neuron


def names_of(value: str | Sequence[str], field: str, owner: str) -> tuple[str, ...]:
    """One name or several as a tuple."""
    names = (value,) if isinstance(value, str) else tuple(value)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise EngineError(f"{owner}: {field} takes a name or a list of names, not {value!r}.")
    return names


class BoldModel(Neuron):
    """A hemodynamic model as text.

    Parameters
    ----------
    parameters, equations : str
        As of a rate-coded :class:`engine.Neuron`; ``r`` need not be defined.
    inputs : str or list of str
        Inputs: each is read as ``sum(name)`` in the equations.
    output : str or list of str
        Variables that a monitor always records.
    name, description : str
        For reports and messages; the monitor's population is called ``name``.

    Examples
    --------
    >>> model = BoldModel(
    ...     parameters="tau = 1000.0",
    ...     equations="I_CBF = sum(I_CBF)\\ntau * dBOLD/dt = I_CBF - BOLD",
    ...     inputs="I_CBF",
    ... )
    """

    needs_rate = False

    def __init__(
        self,
        parameters: str,
        equations: str,
        inputs: str | Sequence[str],
        output: str | Sequence[str] = ("BOLD",),
        name: str = "Custom BOLD model",
        description: str = "",
    ) -> None:
        super().__init__(parameters, equations, name=name, description=description)
        self.inputs = names_of(inputs, "inputs", name)
        self.output = names_of(output, "output", name)

    def check(self) -> None:
        """Raise an error where inputs or outputs are not those of the equations."""
        model = self.analyse()
        for name in self.inputs:
            if name not in model.targets:
                raise EngineError(
                    f"{self.name}: the equations do not read the input {name!r}; use sum({name}) in them."
                )
        variables = [variable.name for variable in model.variables]
        for name in self.output:
            if name not in variables:
                raise EngineError(
                    f"{self.name}: there is no variable {name!r} to be an output; "
                    f"there are: {', '.join(variables)}."
                )
