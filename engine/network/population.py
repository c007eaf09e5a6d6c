"""Population: neurons of one model, arranged in a geometry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.language import parse_stop_condition
from engine.language.model import NeuronModel, StopCondition
from engine.network.attributed import Attributed
from engine.network.attributes import (
    Attribute,
    Values,
    attributes_of,
    checked_duration,
    is_number,
    to_scalar,
    to_values,
    unknown_attribute,
)
from engine.network.constant import constant_values, global_functions
from engine.network.geometry import (
    checked_geometry,
    coordinates_of,
    normalized_coordinates_of,
    rank_of,
    selected_ranks,
)
from engine.network.neuron import Neuron, checked_text
from engine.network.registry import home_network
from engine.network.saving import SavedPopulation
from engine.network.view import IndividualNeuron, PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.paired_input import PairedInput
    from engine.network.timetable import Timetable


class Population(Attributed, SavedPopulation):
    """Neurons of one model.

    Parameters
    ----------
    geometry : int or tuple of int
        Number of neurons, or sizes of the dimensions; ranks are row-major.
    neuron : Neuron
        Model, as an instance or as a class to be made with its defaults.
    name : str, optional
        Unique in the network; default ``pop<id>``.
    stop_condition : str, optional
        Ends ``simulate_until``: ``"v > 1 : any"`` (of the neurons, the default), ``"v > 1 : all"``,
        ``"spiked : any"``, ``"spiked : all"``.
    storage_order, copied
        Accepted for compatibility.
    network : Network, optional
        Owner; default the top-level network.

    Notes
    -----
    Parameters and variables of the neuron are attributes: ``pop.v`` is a copy of all values in the
    population's geometry, ``pop.v = x`` takes a number, a list, an array or a random distribution.
    """

    kind = "model"
    """``"model"``, or ``"spike_source"`` where spikes are given."""

    stop_condition: str | None = None
    """Text of the stop condition."""

    stop: StopCondition | None = None
    """The stop condition."""

    model: NeuronModel

    adopted = False
    """It was made on its own and given to ``Network.create``, as in version 5.0."""

    timetable: Timetable | None = None
    """What attributes become, and when."""

    paired_input: PairedInput | None = None
    """What each neuron gets from one of another population."""

    def __init__(
        self,
        geometry: int | tuple[int, ...],
        neuron: Neuron | type[Neuron],
        name: str | None = None,
        stop_condition: str | None = None,
        storage_order: str = "post_to_pre",
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        if isinstance(neuron, type) and issubclass(neuron, Neuron):
            neuron = neuron()
        if not isinstance(neuron, Neuron):
            given = neuron.__name__ if isinstance(neuron, type) else type(neuron).__name__
            raise EngineError(f"Population: neuron must be a Neuron, not {given}.")
        self.neuron_type = neuron
        model = neuron.analyse()
        if checked_text(stop_condition, "stop_condition", "Population") is not None:
            self.stop_condition = stop_condition
            self.stop = parse_stop_condition(
                stop_condition or "",
                model,
                name=f"Population {name or ''}".strip(),
                constants=constant_values(),
                global_functions=global_functions(),
            )
        self._set_up(geometry, model, name, network)
        for attribute, value in neuron.initial.items():
            if attribute in self._attributes:
                self._assign(attribute, self._initial_value(attribute, value))

    def _initial_value(self, name: str, value: Any) -> Any:
        """What a model gives as a distribution, or as the name of a parameter."""
        if isinstance(value, str):
            if value not in self._attributes:
                raise EngineError(f"{self.name}.{name}: its initial value {value!r} is no parameter.")
            return self.init[value]
        return value if self._attributes[name].locality == "local" else self.network.draw(value, 1)[0]

    def _set_up(
        self,
        geometry: int | tuple[int, ...],
        model: NeuronModel,
        name: str | None,
        network: Network | None,
    ) -> None:
        self.network = network or home_network()
        self.network.check_open("population")
        self._geometry = checked_geometry(geometry, f"Population {name or ''}".strip())
        self._size = math.prod(self._geometry)
        self.model = model
        self.init: dict[str, Values] = {}
        self.widened: set[str] = set()
        self.enabled = True
        self.firing_rate_window: float | None = None
        self.given_refractory: Any = model.refractory
        self._given_name = checked_text(name, "name", "Population")
        self.id, self.name = -1, ""
        self._attributes = attributes_of(model)
        self.network.warn_of_hidden(self._attributes, type(self), name or "Population")
        self.init.update({a.name: a.initial for a in self._attributes.values()})
        self.network.add_population(self)

    # --- what it is -----------------------------------------------------------------------------------

    @property
    def geometry(self) -> tuple[int, ...]:
        """Sizes of the dimensions."""
        return self._geometry

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self._size

    @property
    def width(self) -> int:
        """Size of the first dimension."""
        return self.geometry[0]

    @property
    def height(self) -> int:
        """Size of the second dimension, or 1."""
        return self.geometry[1] if len(self.geometry) > 1 else 1

    @property
    def depth(self) -> int:
        """Size of the third dimension, or 1."""
        return self.geometry[2] if len(self.geometry) > 2 else 1

    @property
    def dimension(self) -> int:
        """Number of dimensions."""
        return len(self.geometry)

    @property
    def ranks(self) -> NDArray[np.int32]:
        """0 .. size - 1."""
        return np.arange(self.size, dtype=np.int32)

    @property
    def targets(self) -> list[str]:
        """Targets of the incoming projections."""
        incoming = [p for p in self.network.projections if p.post_population is self]
        return [target for projection in incoming for target in projection.targets]

    @property
    def max_delay(self) -> int:
        """Largest delay (steps) of the outgoing projections."""
        outgoing = [p for p in self.network.projections if p.pre_population is self]
        return max((p.max_delay for p in outgoing), default=0)

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {self.geometry} of {self.model.name}>"

    # --- neurons and views ----------------------------------------------------------------------------

    def rank_from_coordinates(self, coord: int | Sequence[int]) -> int:
        """Rank of the neuron at the coordinates."""
        return rank_of(coord, self.geometry, self.name)

    def coordinates_from_rank(self, rank: int) -> tuple[int, ...]:
        """Coordinates of the neuron of that rank."""
        return coordinates_of(rank, self.geometry, self.name)

    def normalized_coordinates_from_rank(self, rank: int, norm: float = 1.0) -> tuple[float, ...]:
        """Coordinates scaled to [0, ``norm``]."""
        return tuple(norm * c for c in normalized_coordinates_of(rank, self.geometry, self.name))

    def neuron(self, *coord: Any) -> IndividualNeuron:
        """The neuron of a rank or at coordinates."""
        place = coord[0] if len(coord) == 1 else coord
        return IndividualNeuron(self, self.rank_from_coordinates(place))

    @property
    def neurons(self) -> Iterator[IndividualNeuron]:
        """All neurons by ascending rank."""
        return (IndividualNeuron(self, rank) for rank in range(self.size))

    def __iter__(self) -> Iterator[IndividualNeuron]:
        return self.neurons

    def __getitem__(self, index: Any) -> PopulationView | IndividualNeuron:
        if isinstance(index, tuple) and all(is_number(i) for i in index):
            return self.neuron(tuple(int(i) for i in index))
        ranks, geometry = selected_ranks(index, self.geometry, self.name)
        return PopulationView(self, ranks, geometry)

    # --- attributes -----------------------------------------------------------------------------------

    def get(self, name: str) -> Any:
        """Value of an attribute: a copy in the geometry if local, else a number."""
        attribute = self._attributes.get(name)
        if attribute is None and name == "refractory":
            return self.refractory
        if attribute is None:
            raise AttributeError(unknown_attribute(name, f"Population {self.name}", self._attributes))
        if attribute.locality != "local":
            return self.values_of(attribute)[0].astype(attribute.numpy_type).item()
        return self.part_of(attribute, slice(None)).reshape(self.geometry)

    def values_of(self, attribute: Attribute) -> NDArray[Any]:
        """Present values, ``(size,)``, or ``(1,)`` where one value stands for all. Only to be read."""
        instance = self.network.instance
        if instance is None:
            return np.atleast_1d(np.asarray(self.init[attribute.name]))
        return instance.seen(self, attribute.name)

    def _assign(self, name: str, value: Any) -> None:
        attribute = self._attributes[name]
        if attribute.locality != "local":
            self.store(attribute, to_scalar(value, attribute, self.name))
        else:
            self.store(attribute, to_values(value, attribute, self.size, self.name, self.network.draw))

    def part_of(self, attribute: Attribute, ranks: Any) -> NDArray[Any]:
        """Copy of the values of some neurons (an index of a 1D array), as the attribute's type."""
        values = self.values_of(attribute)
        if values.size == self.size:
            return np.array(values[ranks], dtype=attribute.numpy_type)
        return np.array(np.broadcast_to(values, self.size)[ranks], dtype=attribute.numpy_type)

    def assign_part(self, name: str, ranks: NDArray[np.integer[Any]], value: Any) -> None:
        """Assign an attribute of some neurons."""
        attribute = self._attributes[name]
        if attribute.locality != "local":
            raise EngineError(
                f"{self.name}.{name} has one value for the whole population; assign it to the population."
            )
        part = to_values(value, attribute, len(ranks), self.name, self.network.draw)
        values = self.values_of(attribute)
        instance = self.network.instance
        if instance is not None and values.size == self.size:
            instance.values(self, name)[ranks] = part
            return
        values = np.broadcast_to(values, self.size).astype(attribute.numpy_type)
        values[ranks] = part
        self.store(attribute, values)

    def store(self, attribute: Attribute, values: Values) -> None:
        """Make ``values`` the present ones: initial before compile, live after."""
        self.network.store(self, attribute.name, values)

    def reset(self, attributes: Sequence[str] | None = None) -> None:
        """Bring all (or the listed) attributes back to their values before compile, and forget spikes."""
        names = list(self._attributes) if attributes is None else list(attributes)
        for name in set(names) - set(self._attributes):
            self.network.warn(unknown_attribute(name, f"Population {self.name}", self._attributes))
        if self.network.instance is not None:
            known = None if attributes is None else [n for n in names if n in self._attributes]
            if known is None:
                self.restart()
            else:
                self.network.instance.reset_population(self, known)
        self.clear()

    def forget_run(self) -> None:
        """Be as declared, for a copy: with nothing of what came after compile."""
        self.widened = set()

    def restart(self) -> None:
        """Bring a compiled population back to the state after compile, its spikes and schedule too."""
        self.network.refresh().reset_population(self)

    def clear(self) -> None:
        """Forget spikes, also those under way: the time of the last one, refractoriness and the spikes that
        the mean firing rate counts go with them."""
        if self.network.instance is not None:
            self.network.instance.reset_history(self)

    # --- activity -------------------------------------------------------------------------------------

    def enable(self) -> None:
        """Update the population again."""
        self._enable(True)

    def disable(self) -> None:
        """Freeze the population: neither updated nor reached by projections."""
        self._enable(False)

    def _enable(self, enabled: bool) -> None:
        self.enabled = enabled
        if self.network.instance is not None:
            self.network.instance.enable(self, enabled)

    def compute_firing_rate(self, window: float) -> None:
        """Let ``r`` be the mean firing rate (Hz) over the last ``window`` ms (spiking only)."""
        if self.model.kind != "spike":
            raise EngineError(f"{self.name}: compute_firing_rate is for spiking populations.")
        if checked_duration(window, f"{self.name}: the window of compute_firing_rate") == 0.0:
            raise EngineError(f"{self.name}: the window of compute_firing_rate must be positive.")
        self.firing_rate_window = float(window)
        self.network.replan()

    @property
    def refractory(self) -> Any:
        """Refractory period in ms: as given before compile, one value per neuron after it. Of a neuron that
        names an attribute, the present values of that."""
        if self.model.kind != "spike":
            self.network.warn(f"{self.name}.refractory: rate-coded neurons have no refractory period.")
            return None
        instance = self.network.instance
        if instance is None or self.given_refractory is None:
            return self.given_refractory
        if isinstance(self.given_refractory, str):
            return np.array(
                np.broadcast_to(instance.seen(self, self.given_refractory), self.size), dtype=float
            )
        return np.broadcast_to(instance.refractory(self), self.size) * self.network.dt

    @refractory.setter
    def refractory(self, value: Any) -> None:
        if self.model.kind != "spike" or isinstance(self.given_refractory, str):
            reason = (
                "is not spiking" if self.model.kind != "spike" else f"takes it from {self.given_refractory!r}"
            )
            self.network.warn(f"{self.name}.refractory cannot be set: the neuron {reason}.")
            return
        attribute = Attribute("refractory", 0.0, "float", "local", True)
        self.given_refractory = to_values(value, attribute, self.size, self.name, self.network.draw)
        self.network.set_refractory(self, self.given_refractory)

    @property
    def spike(self) -> NDArray[np.int64]:
        """Ranks that spiked in the last step."""
        if self.network.instance is None:
            raise EngineError(f"{self.name}.spike: the network is not compiled yet.")
        if self.model.kind != "spike":
            raise EngineError(f"{self.name}.spike: a rate-coded population has no spikes.")
        return np.sort(self.network.instance.last_spikes(self)).astype(np.int64)

    def sum(self, target: str) -> NDArray[np.float64]:
        """Weighted sum of the last step, one value per neuron (spiking: the conductance)."""
        if self.model.kind == "spike" and f"g_{target}" in self._attributes:
            return np.asarray(self.get(f"g_{target}"))
        known = target in self.model.targets
        if self.network.instance is None or not known:
            reason = "the network is not compiled" if known else f"its neuron does not use {target!r}"
            self.network.warn(f"{self.name}.sum({target!r}) is zero: {reason}.")
            return np.zeros(self.geometry)
        return np.array(self.network.instance.seen(self, f"sum({target})"), dtype=np.float64)

    def size_in_bytes(self) -> int:
        """Memory of the attributes; 0 before compile."""
        if self.network.instance is None:
            return 0
        return sum(self.values_of(a).nbytes for a in self._attributes.values())
