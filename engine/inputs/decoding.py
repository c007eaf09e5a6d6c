"""DecodingProjection: the firing rate of spiking neurons as the input of rate-coded ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from engine.errors import EngineError
from engine.network.attributes import is_number, whole_steps
from engine.network.network import Network
from engine.network.projection import Part, Projection
from engine.network.synapse import Synapse
from engine.network.view import IndividualNeuron


class DecodingProjection(Projection):
    """Decodes spikes to rates: each dendrite gets the weighted mean rate of its pre-synaptic neurons.

    ``sum(target)`` of neuron i is increased by the mean over its n pre-synaptic neurons j of w_ij times the
    rate of j in Hz: the number of its spikes in the window, over the duration of the window.

    Parameters
    ----------
    pre : Population, PopulationView, IndividualNeuron or str
        Spiking.
    post : Population, PopulationView, IndividualNeuron or str
        Rate-coded.
    target : str or list of str
    window : float
        ms over which spikes are counted; 0 for one step. May be assigned later.
    name : str, optional

    Notes
    -----
    Any connector will do; delays play no part: the window ends with the step before the present one. Spikes
    count with the present weight.

    Examples
    --------
    >>> decoded = DecodingProjection(spiking, readout, "exc", window=10.0)  # doctest: +SKIP
    >>> decoded.connect_all_to_all(weights=0.01)  # doctest: +SKIP
    """

    def __init__(
        self,
        pre: Part | IndividualNeuron | str,
        post: Part | IndividualNeuron | str,
        target: str | Sequence[str],
        window: float = 0.0,
        name: str | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        self._window = _checked_window(window)
        synapse = Synapse(
            psp="w * pre.r",
            operation="mean",
            name="Decoding synapse",
            description="The rate of spikes in a window, in Hz.",
        )
        super().__init__(pre, post, target, synapse, name, network=network)

    @property
    def window(self) -> float:
        """ms over which spikes are counted."""
        return self._window

    @window.setter
    def window(self, value: float) -> None:
        self._window = _checked_window(value)
        self.network.replan()

    @property
    def decoded_steps(self) -> int:  # type: ignore[override]
        """Steps over which spikes are counted."""
        return max(1, whole_steps(self._window, self.network.dt))

    @property
    def _synapse_kind(self) -> Literal["rate", "spike"]:
        return "rate"

    def _check_kinds(self) -> None:
        pre, post = self.pre_population, self.post_population
        if pre.model.kind != "spike":
            raise EngineError(
                f"DecodingProjection: {pre.name} is rate-coded; the pre-synaptic population must be spiking. "
                "Use Projection between rate-coded populations."
            )
        if post.model.kind != "rate":
            raise EngineError(
                f"DecodingProjection: {post.name} is spiking; the post-synaptic population must be "
                "rate-coded. Use Projection between spiking populations."
            )


def _checked_window(window: Any) -> float:
    if not is_number(window) or not 0.0 <= float(window) < math.inf:
        raise EngineError(
            f"DecodingProjection: the window must be a number of ms, 0 or more, not {window!r}."
        )
    return float(window)
