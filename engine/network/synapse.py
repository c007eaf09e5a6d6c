"""Synapse: the text of a synapse model, checked when a projection is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import EngineError
from engine.language.model import SynapseModel
from engine.network.constant import constant_values, global_functions
from engine.network.declarations import Declarations, Statements
from engine.network.neuron import checked_text, with_extra_values


@dataclass(frozen=True)
class Creating:
    """The rule by which synapses begin, for ``Synapse(creating=...)``.

    Parameters
    ----------
    equation : str
        Condition on a pair of neurons: ``"pre.r * post.r > 0.6"``.
    proba : float
        Probability that a synapse begins where the condition holds.
    w : float
        Its weight.
    d : float, optional
        Its delay in ms.
    """

    equation: str
    proba: float = 1.0
    w: float = 0.0
    d: float | None = None

    def __str__(self) -> str:
        delay = "" if self.d is None else f", d={self.d!r}"
        return f"{self.equation} : proba={self.proba!r}, w={self.w!r}{delay}"


@dataclass(frozen=True)
class Pruning:
    """The rule by which synapses end, for ``Synapse(pruning=...)``.

    Parameters
    ----------
    equation : str
        Condition on a synapse and its neurons: ``"age > 100"``.
    proba : float
        Probability that the synapse ends where the condition holds.
    """

    equation: str
    proba: float = 1.0

    def __str__(self) -> str:
        return f"{self.equation} : proba={self.proba!r}"


class Synapse:
    """A synapse model as text.

    Parameters
    ----------
    parameters, equations : str
        Declarations of parameters and equations, one a line. ``w`` always exists. Parameters may be a dict of
        numbers and :class:`Parameter` objects, which are global unless they say otherwise; equations and
        events may be a list of statements and :class:`Variable` objects.
    psp : str, optional
        What one synapse gives to the sum of its post-synaptic neuron (rate-coded: ``w * pre.r``), or the
        continuous transmission of a spiking synapse.
    operation : {"sum", "max", "min", "mean"}
        How the ``psp`` of a neuron's synapses are combined (rate-coded).
    pre_spike, post_spike : str, optional
        Statements executed when a pre-synaptic spike arrives, and when the post-synaptic neuron fires.
    pre_axon_spike : str, optional
        What happens at axonal spikes: one statement on ``g_target``, or the same text as ``pre_spike``.
    functions : str, optional
        Functions for use in the equations.
    creating, pruning : str, Creating, Pruning, optional
        When a synapse begins between two neurons (``"pre.r*post.r > 1 : w=0.1, proba=0.5"``), and when
        it ends (``"age > 100 : proba=0.2"``).
    name, description : str, optional
        For reports and messages.
    extra_values : dict, optional
        Substitutions ``%(name)s`` in ``parameters``.

    Notes
    -----
    A projection takes the kind of its pre-synaptic population, whatever the texts are.
    ``pruning`` and ``creating`` need a network with ``structural_plasticity=True`` and rest until the
    projection's ``start_pruning``, ``start_creating``.
    """

    def __init__(
        self,
        parameters: str | Mapping[str, Any] = "",
        equations: Statements = "",
        psp: str | None = None,
        operation: str = "sum",
        pre_spike: Statements | None = None,
        post_spike: Statements | None = None,
        pre_axon_spike: Statements | None = None,
        functions: str | None = None,
        pruning: str | Pruning | None = None,
        creating: str | Creating | None = None,
        name: str | None = None,
        description: str | None = None,
        extra_values: Mapping[str, object] | None = None,
    ) -> None:
        owner = name or type(self).__name__
        if operation not in ("sum", "min", "max", "mean"):
            raise EngineError(f"{owner}: operation {operation!r} is not one of sum, min, max, mean.")
        if pre_spike and operation != "sum":
            raise EngineError(f"{owner}: a spiking synapse can only sum; remove operation={operation!r}.")
        declared = Declarations("synapse", owner)
        self.parameters = with_extra_values(declared.parameters(parameters) or "", extra_values)
        self.equations = declared.text(equations, "equations") or ""
        self.psp = checked_text(psp, "psp", owner)
        self.operation = operation
        self.pre_spike = declared.text(pre_spike, "pre_spike")
        self.post_spike = declared.text(post_spike, "post_spike")
        self.pre_axon_spike = declared.text(pre_axon_spike, "pre_axon_spike")
        self.functions = checked_text(functions, "functions", owner)
        if isinstance(creating, Creating):
            creating = str(creating)
        if isinstance(pruning, Pruning):
            pruning = str(pruning)
        self.creating = checked_text(creating, "creating", owner)
        self.pruning = checked_text(pruning, "pruning", owner)
        self.initial = declared.initial
        """Initial values that the text does not hold: distributions and names of parameters."""
        self.extra_values = dict(extra_values or {})
        self.name = name or ("Spiking synapse" if pre_spike else "Rate-coded synapse")
        self.description = description or ""
        self._analysed: tuple[object, SynapseModel] | None = None
        self.type = "spike" if pre_spike else "rate"
        """``"spike"`` with a ``pre_spike``, else ``"rate"``; in a projection as its pre-synaptic neuron."""

    def of(self, kind: Literal["rate", "spike"]) -> Synapse:
        """A copy for a projection whose pre-synaptic neurons are of that kind."""
        own = copy(self)
        own.type = kind
        return own

    def analyse(self, kind: str = "rate") -> SynapseModel:
        """The checked model; mistakes raise :class:`engine.errors.ModelError`.

        Parameters
        ----------
        kind : {"rate", "spike"}
            Kind of the pre-synaptic population: a synapse of a spiking one that says nothing about
            transmission gives its weight to the conductance.
        """
        from engine.language import parse_synapse

        silent = kind == "spike" and self.pre_spike is None and self.psp is None
        pre_spike = "g_target += w" if silent else self.pre_spike
        constants, functions = constant_values(), global_functions()
        key = (
            self.parameters,
            self.equations,
            self.psp,
            self.operation,
            pre_spike,
            self.post_spike,
            self.pre_axon_spike,
            self.functions,
            self.creating,
            self.pruning,
            self.name,
            tuple(constants.items()),
            functions,
        )
        if self._analysed is None or self._analysed[0] != key:
            model = parse_synapse(
                parameters=self.parameters,
                equations=self.equations,
                psp=self.psp,
                operation=self.operation,
                pre_spike=pre_spike,
                post_spike=self.post_spike,
                pre_axon_spike=self.pre_axon_spike,
                functions=self.functions,
                creating=self.creating,
                pruning=self.pruning,
                name=self.name,
                constants=constants,
                global_functions=functions,
            )
            self._analysed = key, model
        return self._analysed[1]

    def __add__(self, other: object) -> Synapse:
        raise EngineError("Synapses cannot be added; use two projections.")

    def __repr__(self) -> str:
        texts = ("parameters", "equations", "psp", "operation", "pre_spike", "post_spike", "pre_axon_spike")
        lines = [f"{self.name} ({self.type})"]
        for field in (*texts, "creating", "pruning"):
            text = getattr(self, field)
            if text not in (None, ""):
                body = "\n".join("    " + line.strip() for line in str(text).strip().splitlines())
                lines.append(f"{field}:\n{body}")
        return "\n".join(lines)
