"""Balloon models with one input: classic and revised coefficients, non-linear and linear signals."""

from __future__ import annotations

from engine.extensions.bold.model import BoldModel
from engine.models.text import declared

NON_LINEAR = "V_0 * (k_1 * (1 - q) + k_2 * (1 - (q / v)) + k_3 * (1 - v))"
LINEAR = "V_0 * ((k_1 + k_2) * (1 - q) + (k_3 - k_2) * (1 - v))"

CLASSIC = """k_1 = (1 - V_0) * 4.3 * v_0 * E_0 * TE
k_2 = 2 * E_0
k_3 = 1 - epsilon"""
REVISED = """k_1 = 4.3 * v_0 * E_0 * TE
k_2 = epsilon * r_0 * E_0 * TE
k_3 = 1 - epsilon"""
_MAITH = """k_1 = 7 * E_0
k_2 = 2
k_3 = 2 * E_0 - 0.2"""


def _equations(coefficients: str, signal: str, volume_time: str = "(tau * second)") -> str:
    """Flow, oxygen extraction, deoxyhemoglobin ``q`` and volume ``v``, then the signal."""
    return f"""I_CBF = sum(I_CBF) : init = 0
ds/dt = (phi * I_CBF - kappa * s - gamma * (f_in - 1)) / second : init = 0
df_in/dt = s / second : init = 1, min = 0.01
E = 1 - (1 - E_0)**(1 / f_in) : init = 0.3424
dq/dt = (f_in * E / E_0 - (q / v) * f_out) / {volume_time} : init = 1, min = 0.01
dv/dt = (f_in - f_out) / {volume_time} : init = 1, min = 0.01
f_out = v**(1 / alpha) : init = 1, min = 0.01
{coefficients}
BOLD = {signal} : init = 0"""


class _Balloon(BoldModel):
    """What the models with one input and adjustable parameters share."""

    def __init__(self, equations: str, description: str, **values: float) -> None:
        shared = "population: " + " ".join(["second", *values])
        super().__init__(
            parameters=declared(shared, second=1000.0, **values),
            equations=equations,
            inputs="I_CBF",
            output="BOLD",
            name=type(self).__name__,
            description=description,
        )


class balloon_RN(_Balloon):
    """Balloon model with revised coefficients and the non-linear signal (Stephan et al. 2007).

    ::

        second * ds/dt = phi * I_CBF - kappa * s - gamma * (f_in - 1)
        second * df_in/dt = s
        E = 1 - (1 - E_0)^(1/f_in)
        tau * second * dq/dt = f_in * E/E_0 - (q/v) * f_out
        tau * second * dv/dt = f_in - f_out
        f_out = v^(1/alpha)
        k_1 = 4.3 * v_0 * E_0 * TE,  k_2 = epsilon * r_0 * E_0 * TE,  k_3 = 1 - epsilon
        BOLD = V_0 * (k_1 * (1 - q) + k_2 * (1 - q/v) + k_3 * (1 - v))

    Flow ``f_in`` and ``f_out``, volume ``v`` and deoxyhemoglobin ``q`` are relative to rest, where they are
    1; they stay above 0.01. ``second`` is 1000 ms. All equations use the default method of the network.

    Parameters
    ----------
    phi : float
        Gain of the input ``I_CBF`` (1).
    kappa, gamma : float
        Decay of the flow-inducing signal ``s`` and its elimination by flow, 1/s (1/1.54, 1/2.46).
    E_0 : float
        Share of the oxygen that is extracted at rest (0.34).
    tau : float
        Mean transit time of the blood, s (0.98).
    alpha : float
        Stiffness of the vessels, Grubb's exponent (0.33).
    V_0 : float
        Share of the venous volume at rest (0.02).
    v_0 : float
        Frequency offset at the surface of magnetised vessels, 1/s (40.3).
    TE : float
        Echo time, s (0.04).
    epsilon : float
        Ratio of the signals from inside and outside of the vessels (1.43).
    r_0 : float
        Slope of the relaxation rate inside the vessels, 1/s (25).

    Notes
    -----
    Defaults are in parentheses.

    Buxton, Wong & Frank 1998 (Magn Reson Med 39:855); Friston et al. 2000 (NeuroImage 12:466) for the flow
    and the constants; Obata et al. 2004 (NeuroImage 21:144) for the revised coefficients; Stephan et al. 2007
    (NeuroImage 38:387) for the comparison of RN, RL, CN and CL.
    """

    def __init__(
        self,
        phi: float = 1.0,
        kappa: float = 1 / 1.54,
        gamma: float = 1 / 2.46,
        E_0: float = 0.34,
        tau: float = 0.98,
        alpha: float = 0.33,
        V_0: float = 0.02,
        v_0: float = 40.3,
        TE: float = 40 / 1000.0,
        epsilon: float = 1.43,
        r_0: float = 25,
    ) -> None:
        super().__init__(
            _equations(REVISED, NON_LINEAR),
            "Balloon model with revised coefficients and the non-linear BOLD equation.",
            phi=phi,
            kappa=kappa,
            gamma=gamma,
            E_0=E_0,
            tau=tau,
            alpha=alpha,
            V_0=V_0,
            v_0=v_0,
            TE=TE,
            epsilon=epsilon,
            r_0=r_0,
        )


class balloon_RL(_Balloon):
    """Balloon model with revised coefficients and the linear signal (Stephan et al. 2007).

    ::

        BOLD = V_0 * ((k_1 + k_2) * (1 - q) + (k_3 - k_2) * (1 - v))

    Everything else, parameters and units as :class:`balloon_RN`, but for the time constant of ``q`` and
    ``v``: the published code of this model has ``tau`` in ms there, 1000 times faster than its description,
    and results must agree.

    Parameters
    ----------
    phi, kappa, gamma, E_0, tau, alpha, V_0, v_0, TE, epsilon, r_0 : float
        As :class:`balloon_RN`.
    seconds : bool
        Take ``tau`` in seconds, as the description of the model says.
    """

    def __init__(
        self,
        phi: float = 1.0,
        kappa: float = 1 / 1.54,
        gamma: float = 1 / 2.46,
        E_0: float = 0.34,
        tau: float = 0.98,
        alpha: float = 0.33,
        V_0: float = 0.02,
        v_0: float = 40.3,
        TE: float = 40 / 1000.0,
        epsilon: float = 1.43,
        r_0: float = 25,
        *,
        seconds: bool = False,
    ) -> None:
        super().__init__(
            _equations(REVISED, LINEAR, "(tau * second)" if seconds else "tau"),
            "Balloon model with revised coefficients and the linear BOLD equation.",
            phi=phi,
            kappa=kappa,
            gamma=gamma,
            E_0=E_0,
            tau=tau,
            alpha=alpha,
            V_0=V_0,
            v_0=v_0,
            TE=TE,
            epsilon=epsilon,
            r_0=r_0,
        )


class balloon_CN(_Balloon):
    """Balloon model with classic coefficients and the non-linear signal (Buxton et al. 1998).

    ::

        k_1 = (1 - V_0) * 4.3 * v_0 * E_0 * TE,  k_2 = 2 * E_0,  k_3 = 1 - epsilon
        BOLD = V_0 * (k_1 * (1 - q) + k_2 * (1 - q/v) + k_3 * (1 - v))

    Everything else as :class:`balloon_RN`.

    Parameters
    ----------
    phi, kappa, gamma, E_0, tau, alpha, V_0, v_0, TE, epsilon : float
        As :class:`balloon_RN`.
    """

    def __init__(
        self,
        phi: float = 1.0,
        kappa: float = 1 / 1.54,
        gamma: float = 1 / 2.46,
        E_0: float = 0.34,
        tau: float = 0.98,
        alpha: float = 0.33,
        V_0: float = 0.02,
        v_0: float = 40.3,
        TE: float = 40 / 1000.0,
        epsilon: float = 1.43,
    ) -> None:
        super().__init__(
            _equations(CLASSIC, NON_LINEAR),
            "Balloon model with classic coefficients and the non-linear BOLD equation.",
            phi=phi,
            kappa=kappa,
            gamma=gamma,
            E_0=E_0,
            tau=tau,
            alpha=alpha,
            V_0=V_0,
            v_0=v_0,
            TE=TE,
            epsilon=epsilon,
        )


class balloon_CL(_Balloon):
    """Balloon model with classic coefficients and the linear signal (Stephan et al. 2007).

    ::

        k_1 = (1 - V_0) * 4.3 * v_0 * E_0 * TE,  k_2 = 2 * E_0,  k_3 = 1 - epsilon
        BOLD = V_0 * ((k_1 + k_2) * (1 - q) + (k_3 - k_2) * (1 - v))

    Everything else as :class:`balloon_RN`.

    Parameters
    ----------
    phi, kappa, gamma, E_0, tau, alpha, V_0, v_0, TE, epsilon : float
        As :class:`balloon_RN`.
    """

    def __init__(
        self,
        phi: float = 1.0,
        kappa: float = 1 / 1.54,
        gamma: float = 1 / 2.46,
        E_0: float = 0.34,
        tau: float = 0.98,
        alpha: float = 0.33,
        V_0: float = 0.02,
        v_0: float = 40.3,
        TE: float = 40 / 1000.0,
        epsilon: float = 1.43,
    ) -> None:
        super().__init__(
            _equations(CLASSIC, LINEAR),
            "Balloon model with classic coefficients and the linear BOLD equation.",
            phi=phi,
            kappa=kappa,
            gamma=gamma,
            E_0=E_0,
            tau=tau,
            alpha=alpha,
            V_0=V_0,
            v_0=v_0,
            TE=TE,
            epsilon=epsilon,
        )


class balloon_maith2021(BoldModel):
    """Balloon model as in Maith et al. 2021 (Eur J Neurosci 53:2278).

    ::

        k_1 = 7 * E_0,  k_2 = 2,  k_3 = 2 * E_0 - 0.2
        BOLD = V_0 * (k_1 * (1 - q) + k_2 * (1 - q/v) + k_3 * (1 - v))

    Flow, volume, deoxyhemoglobin and units as :class:`balloon_RN`, with ``phi = 1``, ``kappa = 0.665`` and
    ``gamma = 0.412`` (1/s), ``E_0 = 0.3424``, ``tau = 1.0368`` (s), ``alpha = 0.3215`` and ``V_0 = 0.02``.
    """

    def __init__(self) -> None:
        super().__init__(
            parameters=declared(
                second=1000.0,
                phi=1.0,
                kappa=0.665,
                gamma=0.412,
                E_0=0.3424,
                tau=1.0368,
                alpha=0.3215,
                V_0=0.02,
            ),
            equations=_equations(_MAITH, NON_LINEAR),
            inputs="I_CBF",
            output="BOLD",
            name="balloon_maith2021",
            description="Balloon model as in Maith et al. 2021.",
        )
