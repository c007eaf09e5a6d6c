"""BoldMonitor: one neuron with a hemodynamic model, fed by the mean activity of populations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.extensions.bold.balloon import balloon_RN
from engine.extensions.bold.model import BoldModel, names_of
from engine.network.attributes import is_number, unknown_attribute, whole_steps
from engine.network.extension import Extension
from engine.network.mean_input import MeanInput
from engine.network.monitor import Monitor
from engine.network.population import Population
from engine.network.view import PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network

Part = Population | PopulationView
Parts = Part | Sequence[Part]

RATE_AS_FLOW = MappingProxyType({"I_CBF": "r"})


class BoldMonitor(Extension):
    """Records the BOLD signal of one or several populations.

    Parameters
    ----------
    populations : Population, PopulationView or list of these
        Whose activity is the input.
    bold_model : BoldModel
        Model, as an instance or as a class to be made with its defaults.
    mapping : dict of str to str, optional
        Variable of the populations that each input of the model takes; default ``{"I_CBF": "r"}``.
    scale_factor : float or list of float, optional
        Factor of each population's mean; default its share of all neurons.
    normalize_input : float or list of float, optional
        Length (ms) of the baseline of each population, 0 for none. Where there is one, the input is 0 while
        it lasts and then the deviation from its mean m, ``(mean - m) / (|m| + 1e-7)``.
    recorded_variables : str or list of str, optional
        Variables of the model; its outputs are always recorded, too.
    start : bool
        Begin with the first step; otherwise :meth:`start` begins.
    net_id, copied
        Accepted for compatibility.
    name : str, optional
        Name of the model's neuron among the populations; default that of the model.
    network : Network, optional
        Default the network of the populations.

    Notes
    -----
    Parameters and variables of the model are attributes after compile: ``m.phi``, ``m.q``.

    The input of a step is the mean at the end of the step before. A baseline is measured after each
    :meth:`start`, not again after a reset of the network. Maith et al. 2022 (Front Neuroinform 16:790966).
    """

    _neuron: Population | None = None

    def __init__(
        self,
        populations: Parts | None = None,
        bold_model: BoldModel | Callable[[], BoldModel] = balloon_RN,
        mapping: Mapping[str, str] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        normalize_input: float | Sequence[float] | None = None,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        net_id: int = 0,
        copied: bool = False,
        *,
        name: str | None = None,
        network: Network | None = None,
    ) -> None:
        parts = _checked_parts(populations, network)
        model = bold_model() if isinstance(bold_model, type) else bold_model
        if not isinstance(model, BoldModel):
            raise EngineError(f"BoldMonitor: bold_model must be a BoldModel, not {type(model).__name__}.")
        model.check()
        owner = parts[0].network
        owner.check_open("BOLD monitor")
        mapping = RATE_AS_FLOW if mapping is None else mapping
        _check_mapping(mapping, model, parts)
        total = sum(part.size for part in parts)
        shares = [part.size / total for part in parts]
        scales = _one_each("scale_factor", scale_factor, parts, shares)
        windows = _one_each("normalize_input", normalize_input, parts, [0.0] * len(parts))
        if any(window < 0.0 for window in windows):
            raise EngineError("BoldMonitor: normalize_input is a duration in ms, 0 or more.")
        variables = sorted({*_chosen(recorded_variables, model), *model.output})
        neuron = Population(1, model, name or _free_name(model.name, owner), network=owner)
        vars(self)["_neuron"] = neuron
        neuron.enabled = bool(start)
        self.name = neuron.name
        self.network = owner
        try:
            self.monitor = Monitor(neuron, variables, start=start, name=f"Monitor_{neuron.name}")
            self._inputs = [
                MeanInput(part, variable, neuron, target, scale, whole_steps(window, owner.dt), bool(start))
                for target, variable in mapping.items()
                for part, scale, window in zip(parts, scales, windows, strict=True)
            ]
        except BaseException:
            owner.withdraw(neuron)
            raise
        owner.add_extension(self)

    @property
    def parts(self) -> list[Any]:
        """The neuron, its inputs, and the monitor."""
        return [self.population, *self._inputs, self.monitor]

    @property
    def population(self) -> Population:
        """The population of one neuron with the model."""
        assert self._neuron is not None
        return self._neuron

    @property
    def variables(self) -> list[str]:
        """Names of the recorded variables."""
        return self.monitor.variables

    def start(self) -> None:
        """Begin to compute and record, and measure the baselines; after compile."""
        if not self.network.compiled:
            self.network.warn(f"{self.name}.start() has no effect before compile().")
            return
        self.population.enable()
        self.monitor.resume()
        for given in self._inputs:
            given.measure_baseline()

    def stop(self) -> None:
        """End computing and recording; data that were not fetched are dropped."""
        self.monitor.pause()
        self.monitor.reset()
        self.population.disable()

    def get(self, variable: str | None = None) -> Any:
        """Recorded data of a variable, ``(T, 1)``, or a dict of all; they are dropped."""
        return self.monitor.get(variable)

    def __getattr__(self, name: str) -> Any:
        self._require(name)
        return self.population.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self) or hasattr(type(self), name) or "_inputs" not in vars(self):
            object.__setattr__(self, name, value)
        else:
            self._require(name)
            self.population.set({name: value})

    def _require(self, name: str) -> None:
        """Raise unless ``name`` is an attribute of the model that can be read now."""
        neuron = self._neuron
        if neuron is None or name not in neuron.attributes:
            known = [] if neuron is None else neuron.attributes
            raise AttributeError(unknown_attribute(name, "BoldMonitor", known))
        if not neuron.network.compiled:
            raise EngineError(f"BoldMonitor {neuron.name}: {name} can be used only after compile().")

    def __repr__(self) -> str:
        sources = ", ".join(dict.fromkeys(given.source.name for given in self._inputs))
        return f"<BoldMonitor {self.name} of {sources}: {', '.join(self.variables)}>"


def _checked_parts(populations: Parts | None, network: Network | None) -> list[Part]:
    if populations is None:
        raise EngineError("BoldMonitor: give the population or list of populations that it records.")
    parts = [populations] if isinstance(populations, Part) else list(populations)
    if not parts:
        raise EngineError("BoldMonitor: the list of populations is empty.")
    for part in parts:
        if not isinstance(part, Part):
            raise EngineError(f"BoldMonitor: {type(part).__name__} is no population.")
        if part.network is not (network or parts[0].network):
            raise EngineError(f"BoldMonitor: {part.name} belongs to another network.")
    return parts


def _check_mapping(mapping: Mapping[str, str], model: BoldModel, parts: list[Part]) -> None:
    if not mapping:
        raise EngineError("BoldMonitor: the mapping is empty, so the model would get no input.")
    for target, variable in mapping.items():
        if target not in model.inputs:
            raise EngineError(
                f"BoldMonitor: {model.name} has no input {target!r}; its inputs: {', '.join(model.inputs)}."
            )
        for part in parts:
            if variable not in part.attributes:
                raise EngineError(
                    f"BoldMonitor: {part.name} has no attribute {variable!r} to map to {target}; "
                    f"it has: {', '.join(part.attributes)}."
                )


def _one_each(
    field: str, given: float | Sequence[float] | None, parts: list[Part], default: list[float]
) -> list[float]:
    """One number for each population."""
    if given is None:
        return default
    if is_number(given):
        return [float(given)] * len(parts)  # type: ignore[arg-type]
    numbers = list(given)  # type: ignore[arg-type]
    if len(numbers) != len(parts):
        raise EngineError(
            f"BoldMonitor: {field} has {len(numbers)} values for {len(parts)} populations; give one for each."
        )
    return [float(number) for number in numbers]


def _chosen(recorded: str | Sequence[str] | None, model: BoldModel) -> tuple[str, ...]:
    chosen = () if not recorded else names_of(recorded, "recorded_variables", "BoldMonitor")
    known = [variable.name for variable in model.analyse().variables]
    for name in chosen:
        if name not in known:
            raise EngineError(
                f"BoldMonitor: {model.name} has no variable {name!r}; it has: {', '.join(known)}."
            )
    return chosen


def _free_name(stem: str, network: Network) -> str:
    """``stem``, or with a number where another monitor has the same model."""
    name, number = stem, 1
    while network.population_named(name) is not None:
        number += 1
        name = f"{stem}_{number}"
    return name
