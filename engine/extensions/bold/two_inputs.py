"""Balloon model in which blood flow and oxygen metabolism have an input each."""

from __future__ import annotations

from engine.extensions.bold.balloon import NON_LINEAR, REVISED
from engine.extensions.bold.model import BoldModel
from engine.models.text import declared

_METABOLIC_DRIVE = "phi_CMRO2 * I_CMRO2 * (gamma_CMRO2 / gamma_CBF)"

_EQUATIONS = f"""I_CBF = sum(I_CBF) : init = 0
second * ds_CBF/dt = phi_CBF * I_CBF - kappa_CBF * s_CBF - gamma_CBF * (f_in - 1) : init = 0
second * df_in/dt = s_CBF : init = 1, min = 0.01
I_CMRO2 = sum(I_CMRO2) : init = 0
second * ds_CMRO2/dt = {_METABOLIC_DRIVE} - kappa_CMRO2 * s_CMRO2 - gamma_CMRO2 * (r - 1) : init = 0
second * dr/dt = s_CMRO2 : init = 1, min = 0.01
dv = f_in - v**(1 / alpha)
tau_out = if dv > 0: tau_out1 else: tau_out2
f_out = v**(1 / alpha) + tau_out * dv / (tau + tau_out) : init = 1, min = 0.01
dq/dt = (r - (q / v) * f_out) / (second * tau) : init = 1, min = 0.01
dv/dt = dv / (tau + tau_out) / second : init = 1, min = 0.01
{REVISED}
BOLD = {NON_LINEAR} : init = 0"""


class balloon_two_inputs(BoldModel):
    """Balloon model with separate inputs for flow and oxygen metabolism (Maith et al. 2022).

    ::

        second * ds_CBF/dt = phi_CBF * I_CBF - kappa_CBF * s_CBF - gamma_CBF * (f_in - 1)
        second * df_in/dt = s_CBF
        second * ds_CMRO2/dt = phi_CMRO2 * I_CMRO2 * (gamma_CMRO2/gamma_CBF)
                               - kappa_CMRO2 * s_CMRO2 - gamma_CMRO2 * (r - 1)
        second * dr/dt = s_CMRO2
        dv = f_in - v^(1/alpha)
        tau_out = tau_out1 if dv > 0 else tau_out2
        f_out = v^(1/alpha) + tau_out * dv/(tau + tau_out)
        tau * second * dq/dt = r - (q/v) * f_out
        (tau + tau_out) * second * dv/dt = dv
        BOLD as balloon_RN

    Inputs are ``I_CBF`` and ``I_CMRO2``. Flow ``f_in``, metabolism ``r``, volume ``v`` and deoxyhemoglobin
    ``q`` are relative to rest. ``tau_out1`` and ``tau_out2`` (s) slow the balloon down while it fills and
    empties. The constants are ``kappa_CBF = 0.6 * sqrt(4 * gamma_CBF)``, ``gamma_CBF = 1/2.46``,
    ``kappa_CMRO2 = sqrt(4 * gamma_CMRO2)``, ``gamma_CMRO2 = 10/2.46`` and ``epsilon = 1``; all others and
    all units are those of :class:`balloon_RN`.

    Notes
    -----
    Maith et al. 2022 (Front Neuroinform 16:790966); Buxton et al. 2004 (NeuroImage 23:220) for the volume.
    """

    def __init__(self) -> None:
        super().__init__(
            parameters=declared(
                kappa_CBF=0.7650920556760059,
                gamma_CBF=1 / 2.46,
                kappa_CMRO2=4.032389192727559,
                gamma_CMRO2=10 / 2.46,
                phi_CBF=1.0,
                phi_CMRO2=1.0,
                E_0=0.34,
                tau=0.98,
                alpha=0.33,
                V_0=0.02,
                v_0=40.3,
                TE=40 / 1000.0,
                epsilon=1,
                r_0=25,
                tau_out1=0,
                tau_out2=20,
                second=1000,
            ),
            equations=_EQUATIONS,
            inputs=("I_CBF", "I_CMRO2"),
            output="BOLD",
            name="balloon_two_inputs",
            description="Balloon model with separate inputs for blood flow and oxygen metabolism.",
        )
