"""What populations and projections have in common: attributes and functions of their models, by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.errors import EngineError
from engine.network.attributes import Attribute, UnknownAttribute, unknown_attribute

if TYPE_CHECKING:
    from engine.language.model import NeuronModel, SynapseModel
    from engine.network.network import Network


class _Finished(type):
    """Marks objects whose construction has ended, that of sub-classes too; takes them out of their network
    if it fails."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made: Any = cls.__new__(cls, *args, **kwargs)  # type: ignore[arg-type]
        try:
            made.__init__(*args, **kwargs)
        except BaseException:
            if "network" in vars(made):
                made.network.withdraw(made)
            raise
        vars(made)["_finished"] = True
        return made

    @property
    def __signature__(cls) -> inspect.Signature:
        """That of the constructor, for editors and ``help``; Python would look at ``__call__`` above."""
        constructor = inspect.signature(cls.__init__)  # type: ignore[misc]
        return constructor.replace(parameters=list(constructor.parameters.values())[1:])


class Attributed(metaclass=_Finished):
    """Parameters, variables and functions of a model as attributes of their owner."""

    network: Network
    name: str
    model: NeuronModel | SynapseModel
    owner_kind: ClassVar[str] = "Population"
    """What messages call the object."""
    _attributes: Mapping[str, Attribute] = {}
    _finished = False

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return [a.name for a in self._attributes.values() if a.is_parameter]

    @property
    def variables(self) -> list[str]:
        """Names of the variables; ``w`` of a projection is one."""
        return [a.name for a in self._attributes.values() if not a.is_parameter]

    @property
    def attributes(self) -> list[str]:
        """Names of parameters and variables."""
        return list(self._attributes)

    @property
    def functions(self) -> list[str]:
        """Names of the functions that the model defines; each can be called: ``pop.f([1.0, 2.0])``."""
        return [function.name for function in self.model.functions]

    @property
    def initialized(self) -> bool:
        """True once the network is compiled."""
        return self.network.compiled

    def get(self, name: str) -> Any:
        """Value of an attribute."""
        raise NotImplementedError

    def _assign(self, name: str, value: Any) -> None:
        raise NotImplementedError

    def set(self, values: Mapping[str, Any]) -> None:
        """Assign several attributes.

        Parameters
        ----------
        values : dict
            Name to value, as in ``pop.name = value``.
        """
        for name, value in values.items():
            if name in self._attributes:
                self._assign(name, value)
            else:
                setattr(self, name, value)

    def _callable(self, name: str) -> Any:
        """A function of the model, to be called with lists or 1D arrays; None and a warning before
        compile."""
        from engine.network.functions import CallableFunction

        if not self.network.compiled:
            self.network.warn(f"{self.name}.{name}: functions can only be called after compile().")
            return None
        found = next(f for f in self.model.functions if f.name == name)
        return CallableFunction(found, self.network, self.name)

    def __getattr__(self, name: str) -> Any:
        if name in self._attributes:
            return self.get(name)
        if not name.startswith("_") and "model" in self.__dict__ and name in self.functions:
            return self._callable(name)
        label = f"{self.owner_kind} {self.__dict__.get('name')}"
        raise UnknownAttribute(name, label, self._attributes, type(self))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__ or name.startswith("_"):
            object.__setattr__(self, name, value)
        elif isinstance(own := getattr(type(self), name, None), property):
            if own.fset is None:
                raise EngineError(f"{self.owner_kind} {self.name}: {name} can only be read.")
            object.__setattr__(self, name, value)
        elif name in self._attributes and own is None:
            self._assign(name, value)
        else:
            if self._finished and own is None:
                warn_of_unknown(self.network, name, f"{self.owner_kind} {self.name}", self._attributes)
            object.__setattr__(self, name, value)


def warn_of_unknown(network: Network, name: str, owner: str, known: Mapping[str, Attribute]) -> None:
    """Tell that a value was given to a name that the simulation does not know."""
    network.warn(f"{unknown_attribute(name, owner, known)} The value is only kept in Python.")


def set_other(
    part: object, name: str, value: Any, network: Network, owner: str, known: Mapping[str, Attribute]
) -> None:
    """Assign what is no attribute of the model to a neuron, view, dendrite or synapse: a property that can
    be assigned, or else a name that only Python knows."""
    own = getattr(type(part), name, None)
    if isinstance(own, property) and own.fset is not None:
        own.fset(part, value)
        return
    if own is not None or name in type(part).__annotations__:
        raise EngineError(f"{owner}: {name} can only be read.")
    if name not in vars(part) and not name.startswith("_"):
        warn_of_unknown(network, name, owner, known)
    vars(part)[name] = value
