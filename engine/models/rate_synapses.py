"""Synapses of rate-coded populations."""

from __future__ import annotations

from engine.models.text import declared
from engine.network.synapse import Synapse


class DefaultRateCodedSynapse(Synapse):
    """The weighted sum of the pre-synaptic rates, without plasticity.

    ::

        psp = w * pre.r
    """

    def __init__(self) -> None:
        super().__init__(
            psp="w * pre.r",
            name="DefaultRateCodedSynapse",
            description="Weighted sum of the pre-synaptic rates.",
        )


class Hebb(Synapse):
    """Hebbian learning (Hebb 1949, The Organization of Behavior).

    ::

        dw/dt = eta * pre.r * post.r                             w >= 0, explicit
        psp = w * pre.r

    Parameters
    ----------
    eta : float
        Learning rate, 1/ms, one for the projection (0.01).
    """

    def __init__(self, eta: float = 0.01) -> None:
        super().__init__(
            parameters=declared("projection: eta", eta=eta),
            equations="dw/dt = eta * pre.r * post.r : min=0.0, explicit",
            psp="w * pre.r",
            name="Hebb",
            description="Hebbian learning.",
        )


class Oja(Synapse):
    """Hebbian learning with normalisation (Oja 1982, J Math Biol 15:267).

    ::

        dw/dt = eta * (pre.r * post.r - alpha * post.r^2 * w)    w >= 0, explicit
        psp = w * pre.r

    Parameters
    ----------
    eta : float
        Learning rate, 1/ms, one for the projection (0.01).
    alpha : float
        Strength of the normalisation, one for the projection (1).
    """

    def __init__(self, eta: float = 0.01, alpha: float = 1.0) -> None:
        super().__init__(
            parameters=declared("projection: eta alpha", eta=eta, alpha=alpha),
            equations="dw/dt = eta * (pre.r * post.r - alpha * post.r^2 * w) : min=0.0, explicit",
            psp="w * pre.r",
            name="Oja",
            description="Hebbian learning with Oja's normalisation.",
        )


class IBCM(Synapse):
    """Learning with a sliding threshold (Intrator & Cooper 1992, Neural Networks 5:3).

    ::

        tau * dtheta/dt + theta = post.r^2                       (one per post-synaptic neuron)
        dw/dt = eta * post.r * (post.r - theta) * pre.r          w >= 0, explicit
        psp = w * pre.r

    Parameters
    ----------
    eta : float
        Learning rate, 1/ms, one for the projection (0.01).
    tau : float
        Time constant of the threshold, ms, one for the projection (2000).
    """

    def __init__(self, eta: float = 0.01, tau: float = 2000.0) -> None:
        super().__init__(
            parameters=declared("projection: eta tau", eta=eta, tau=tau),
            equations=(
                "tau * dtheta/dt + theta = post.r^2 : postsynaptic, exponential\n"
                "dw/dt = eta * post.r * (post.r - theta) * pre.r : min=0.0, explicit"
            ),
            psp="w * pre.r",
            name="IBCM",
            description="Intrator and Cooper's learning rule with a sliding threshold.",
        )
