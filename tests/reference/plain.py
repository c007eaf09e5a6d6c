"""Generated networks whose spikes do no more than to add a weight, so that they can be counted; and those of
neurons that look at nothing but themselves, so that steps can come in blocks."""

from __future__ import annotations

from dataclasses import replace

from reference.networks import Action, NetworkDescription, PopulationDescription, ProjectionDescription
from reference.statements import Text

RULES = ("creating", "pruning")
DELAYS = (2, 3, 5, 1)
"""Steps."""
SWITCHES = ("transmission", "update", "plasticity", "w", "enable_learning", "disable_learning")
NEURONS = (
    {
        "parameters": "rest = 0.4 : population\nslope = 0.7",
        "equations": "{tau}*dv/dt = 1.6 - v + slope * (g_exc - 0.4*g_inh) : explicit",
        "spike": "v > 1.0",
        "reset": "v = rest",
    },
    {
        "parameters": "theta = 0.8 : population",
        "equations": """
            {tau}*dv/dt = 0.9 - v + g_exc*(2.0 - v) + g_inh*(-0.5 - v) - x : exponential
            {tau}*dg_exc/dt = -g_exc : exponential
            {tau}*dg_inh/dt = -g_inh : exponential
            {tau}*dx/dt = 0.1*v - x : semiimplicit
        """,
        "spike": "v > theta",
        "reset": "v = 0.1\nx += 0.2",
        "refractory": 2.5,
    },
    {
        "equations": """
            {tau}*dv/dt = 1.7 - v + 0.3*g_exc - 0.1*g_inh : midpoint
            {tau}*dg_exc/dt = -g_exc : exponential
            e = ite(v > 0.5, exp(-v), 0.5*e)
        """,
        "spike": "(v > 1.2) and (e < 0.5)",
        "reset": "v -= 1.0",
    },
)
"""Each touches only what is its own; ``tau`` and the refractory period are in steps."""


def with_plain_spikes(description: NetworkDescription) -> NetworkDescription:
    """The network with spiking projections of one weight and one delay, without structural plasticity;
    nobody records what arrives, and the rest is recorded seldom."""
    projections = [
        _plain(p, index, description) if description.populations[p.post].text.spiking else _lasting(p)
        for index, p in enumerate(description.projections)
    ]
    actions = [a for a in description.actions if a.kind != "projection" or _possible(a, projections[a.index])]
    return replace(
        description,
        structural=False,
        sampling=(7, 3),
        projections=projections,
        actions=actions,
        records_spikes_arriving=False,
    )


def with_lone_neurons(description: NetworkDescription) -> NetworkDescription:
    """A network whose populations all spike with neurons that are updated alone."""
    populations = [_lone(p, index, description.dt) for index, p in enumerate(description.populations)]
    kept = {"population": ("enabled", "refractory"), "network": ("reset", "constant", "forward")}
    actions = [a for a in description.actions if a.name in kept.get(a.kind, (a.name,))]
    return replace(description, populations=populations, actions=actions)


def _plain(p: ProjectionDescription, index: int, network: NetworkDescription) -> ProjectionDescription:
    pattern = "one_to_one" if p.pattern == "one_to_one" and p.seed % 3 == 0 else "all_to_all"
    delay = DELAYS[(index + p.seed) % len(DELAYS)] * network.dt
    return replace(p, text=None, pattern=pattern, delay=delay, set={})


def _lasting(p: ProjectionDescription) -> ProjectionDescription:
    is_structural = p.text is not None and any(rule in p.text.fields for rule in RULES)
    return replace(p, text=None, set={}) if is_structural else p


def _possible(action: Action, p: ProjectionDescription) -> bool:
    """Is there still what the action is about?"""
    return p.text is not None or action.name in SWITCHES


def _lone(p: PopulationDescription, index: int, dt: float) -> PopulationDescription:
    if p.spike_seed is not None:
        return p
    fields = dict(NEURONS[(index + p.size) % len(NEURONS)])
    fields["equations"] = str(fields["equations"]).format(tau=f"{dt * (3 + p.size % 5):g}")
    if "refractory" in fields:
        fields["refractory"] = float(fields["refractory"]) * dt
    text = Text(fields, targets=["exc", "inh"], spiking=True)
    return replace(p, text=text, set={}, window=None, stop=None)
