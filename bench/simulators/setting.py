"""What one process simulates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One run of one case. ``scale`` is that of the network, with the case's own."""

    case: str
    duration: float
    """ms"""
    threads: int
    scale: float
    seed: int
    precision: str
    flags: str = ""
    """For the compiler, where the simulator takes them from its user."""

    def size(self, neurons: int) -> int:
        return round(neurons * self.scale)

    def probability(self, p: float) -> float:
        return min(1.0, p / self.scale)
