"""What a population receives from the mean activity of another, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.population import ReferencePopulation


class ReferenceMeanInput:
    """State of one mean input; ``source`` is the engine's object."""

    def __init__(self, source: Any, pre: ReferencePopulation, post: ReferencePopulation) -> None:
        self.source, self.pre, self.post = source, pre, post
        self.samples: list[float] = []
        self.window = source.baseline_steps
        self.measuring = source.measured_from_start

    def start(self) -> None:
        """Measure the baseline anew."""
        self.samples, self.measuring = [], True

    def transmit(self) -> None:
        """Phase 2."""
        if not self.post.enabled:
            return
        values = np.broadcast_to(self.pre.values[self.source.variable], self.pre.size)
        value = float(np.mean(values[self.source.source.ranks]))
        if self.window:
            if self.measuring and len(self.samples) < self.window:
                self.samples.append(value)
                value = 0.0
            else:
                baseline = sum(self.samples) / self.window
                value = (value - baseline) / (abs(baseline) + 1e-7)
        target = self.source.target
        known = self.post.sums.get(target, np.zeros(self.post.size))
        self.post.sums[target] = known + self.source.scale * value
