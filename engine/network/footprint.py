"""How much memory a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.network.live import Live

if TYPE_CHECKING:
    from engine.network.monitor import Monitor
    from engine.network.population import Population
    from engine.network.projection import Projection


def array_bytes(values: Any) -> int:
    """Bytes of the arrays among values."""
    return sum(value.nbytes for value in values if isinstance(value, np.ndarray))


class Footprint(Live):
    """The memory of a network."""

    populations: list[Population]
    projections: list[Projection]
    monitors: list[Monitor]

    def memory_footprint(self, show_py_side: bool = True, show_cpp_side: bool = True) -> None:
        """Print the memory of all objects.

        Parameters
        ----------
        show_py_side : bool
            What Python holds: initial values, synapses as they were drawn, recorded data.
        show_cpp_side : bool
            What the engine computes with: values, synapses, delays, spikes under way.
        """
        for title, shown, rows in (
            ("Python", show_py_side, self._python_bytes()),
            ("Engine", show_cpp_side, self._engine_bytes()),
        ):
            if shown:
                print(f"{title}: {readable(sum(rows.values()))}")
                for name, size in rows.items():
                    print(f"    {name}: {readable(size)}")

    def _python_bytes(self) -> dict[str, int]:
        sizes = {p.name: array_bytes(p.init.values()) for p in self.populations}
        for projection in self.projections:
            drawn = projection._connectivity
            parts = [] if drawn is None else drawn.arrays
            sizes[projection.name] = array_bytes([*projection.init.values(), *parts])
        return sizes | {monitor.name: monitor.size_in_bytes() for monitor in self.monitors}

    def _engine_bytes(self) -> dict[str, int]:
        instance = self.instance
        if instance is None:
            return {}
        sizes: dict[str, int] = {}
        for objects, prefixes in ((self.populations, "pop neurons"), (self.projections, "proj synapses")):
            for obj in objects:
                starts = tuple(f"{prefix}{obj.id}_" for prefix in prefixes.split())
                sizes[obj.name] = array_bytes(a for n, a in instance.arrays.items() if n.startswith(starts))
        return sizes


def readable(size: float) -> str:
    """A number of bytes with its unit."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
