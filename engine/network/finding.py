"""What a network has: objects and constants by their names, and its generator of random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.network.configured import Configured
from engine.network.constant import Constant, get_constant

if TYPE_CHECKING:
    from engine.network.extension import Extension
    from engine.network.monitor import Monitor
    from engine.network.population import Population
    from engine.network.projection import Part, Projection


class Finding(Configured):
    """How the objects of a network are found."""

    projections: list[Projection]
    monitors: list[Monitor]
    extensions: list[Extension]
    _default_rng: tuple[int, np.random.Generator] | None = None

    def _found(self, found: Any, kind: str, name: str) -> Any:
        if found is None:
            self.warn(f"There is no {kind} named {name!r}.")
        return found

    def population_named(self, name: str) -> Population | None:
        """The population of that name, or None."""
        return next((p for p in self.populations if p.name == name), None)

    def get_population(self, name: str) -> Population | None:
        """The population of that name; None and a warning if there is none."""
        found: Population | None = self._found(self.population_named(name), "population", name)
        return found

    def get_projection(self, name: str) -> Projection | None:
        """The first projection of that name; None and a warning if there is none."""
        first = next((p for p in self.projections if p.name == name), None)
        found: Projection | None = self._found(first, "projection", name)
        return found

    def get_monitor(self, name: str) -> Monitor | None:
        """The first monitor of that name; None and a warning if there is none."""
        first = next((m for m in self.monitors if m.name == name), None)
        found: Monitor | None = self._found(first, "monitor", name)
        return found

    def get_extension(self, name: str) -> Any:
        """The first extension (BOLD monitor ...) of that name; None and a warning if there is none."""
        return self._found(next((e for e in self.extensions if e.name == name), None), "extension", name)

    def get_extensions(self) -> list[Extension]:
        """All extensions in order of creation."""
        return list(self.extensions)

    def get_populations(self) -> list[Population]:
        """All populations in order of creation."""
        return list(self.populations)

    def get_projections(
        self,
        post: Part | str | None = None,
        pre: Part | str | None = None,
        target: str | None = None,
        suppress_error: bool = False,
    ) -> list[Projection]:
        """Projections that match all given criteria; an error if there are none, unless suppressed."""
        post, pre = self.here(post), self.here(pre)
        found = [
            p
            for p in self.projections
            if (post is None or post in (p.post, p.post.name))
            and (pre is None or pre in (p.pre, p.pre.name))
            and (target is None or target in p.targets)
        ]
        if not found and not suppress_error:
            wanted = {"post": post, "pre": pre, "target": target}
            criteria = [f"{k}={getattr(v, 'name', v)}" for k, v in wanted.items() if v is not None]
            which = f"that matches {', '.join(criteria)}" if criteria else "in this network"
            raise EngineError(f"There is no projection {which}.")
        return found

    def get_monitors(self, obj: Any = None) -> list[Monitor]:
        """All monitors, or those of one object."""
        source = self.here(obj)
        return [m for m in self.monitors if source is None or m.source is source]

    def constant(self, name: str, value: float) -> Constant:
        """Declare a :class:`engine.Constant`; its value in other networks stays what it is."""
        known = get_constant(name)
        if known is None:
            return Constant(name, value)
        self.set_constant(name, float(value))
        return known

    def get_constant(self, name: str) -> Constant | None:
        """The constant of that name; None and a warning if there is none."""
        found: Constant | None = self._found(get_constant(name), "constant", name)
        return found

    def get_constants(self) -> list[Constant]:
        """All constants."""
        return [constant for name in self.constants if (constant := get_constant(name)) is not None]

    @property
    def default_rng(self) -> np.random.Generator:
        """A generator of numpy that begins with the network's seed."""
        if self._default_rng is None or self._default_rng[0] != self.seed:
            self._default_rng = self.seed, np.random.default_rng(self.seed)
        return self._default_rng[1]
