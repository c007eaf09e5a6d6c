"""Which neurons fire, in populations of more neurons than are looked at together."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Network, Neuron
from engine.codegen import generated_code

SIZE = 9001
"""More than two stretches of neurons, and neither whole words of bits nor whole vectors."""

STEPS = np.where(np.arange(SIZE) % 97 == 0, 4, np.where(np.arange(SIZE) % 1000 > 992, 2, 0))
"""Which step each neuron fires at first, and how many later again; 0: never."""


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("alone", [False, True])
def test_all_that_fire_are_found_and_no_others(precision: str, threads: int, alone: bool) -> None:
    net = Network(dt=1.0, seed=1)
    net.config(precision=precision, num_threads=threads)
    equations = "u = 1.0 / (1.0 + exp(-v))\nv += slope + g_exc"  # u makes vectors worth it
    model = Neuron(parameters="slope = 0.0", equations=equations, spike="v > 0.75", reset="v = 0.0")
    population = net.create(SIZE, model)
    # Quarters and halves are exact: the first sum above 0.75 is the fourth one, or the second.
    population.slope = np.select([STEPS == 4, STEPS == 2], [0.25, 0.5], 0.0)
    if not alone:
        net.connect(population, population, "exc").one_to_one(weights=0.0)
    spikes = net.monitor(population, "spike")
    net.compile(silent=True)
    text = generated_code(net)
    assert "= nl_words_with_bits(" in text
    assert ("first_step" in text) == alone
    net.simulate(12.0)
    found = {rank: times for rank, times in spikes.get("spike").items() if len(times)}
    expected = {rank: list(range(first - 1, 12, first)) for rank, first in enumerate(STEPS.tolist()) if first}
    assert found == expected
