"""Rate-coded populations whose rates are given from outside."""

from __future__ import annotations

from engine.errors import EngineError
from engine.language.model import NeuronModel, Variable
from engine.network.network import Network
from engine.network.neuron import Neuron
from engine.network.population import Population


class GivenRate(Neuron):
    """A neuron without equations: its rate ``r`` changes only where something else sets it."""

    def analyse(self) -> NeuronModel:
        """The model: one variable."""
        return NeuronModel(self.name, "rate", (), (Variable("r"),), ())


class InputArray(Population):
    """Rate-coded neurons whose rates are assigned: ``inp.r = values``. The simulation never changes them.

    Parameters
    ----------
    geometry : int or tuple of int
    name : str, optional
        Default ``pop<id>``.

    Attributes
    ----------
    r : variable
        Rate, at first 0.

    Examples
    --------
    >>> inp = InputArray((4, 4))  # doctest: +SKIP
    >>> inp.r = np.eye(4)  # doctest: +SKIP
    """

    def __init__(
        self,
        geometry: int | tuple[int, ...] | None = None,
        name: str | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        if geometry is None:
            raise EngineError("InputArray: give its geometry, the number of neurons or a tuple of sizes.")
        neuron = GivenRate(name="InputArray", description="Rates that are assigned from outside.")
        super().__init__(geometry, neuron, name, network=network)
