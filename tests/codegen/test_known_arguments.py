"""Functions of the C library give the same bits where the compiler knows their argument."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import engine

FUNCTIONS = (
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh"),
    *("log10", "log2", "log1p", "exp2", "cbrt", "erf", "tanh", "exp", "log", "expm1"),
)


@pytest.fixture
def fresh() -> Iterator[None]:
    engine.clear()
    yield
    engine.clear()


@pytest.mark.usefixtures("fresh")
def test_numbers_of_the_text_and_of_memory_give_the_same_bits() -> None:
    """The population of one neuron and that of many, of constants and of parameters."""
    # Twenty numbers of each function: some are such that the compiler's last bit would be another.
    numbers = [round(0.05 + 0.04 * k, 3) for k in range(20)]
    names = [f"{name}_{k}" for name in FUNCTIONS for k in range(len(numbers))]
    known = [
        f"{name}_{k} = {name}({number!r} + 0.1*h)" for name in FUNCTIONS for k, number in enumerate(numbers)
    ]
    read = [f"{name}_{k} = {name}(p{k} + 0.1*h)" for name in FUNCTIONS for k in range(len(numbers))]
    net = engine.Network(dt=1.0, seed=1)
    always = "h = not h : bool, population\nr = 0.0"
    one = net.create(1, engine.Neuron(equations="\n".join([always, *known])))
    many = net.create(
        65,
        engine.Neuron(
            parameters="\n".join(f"p{k} = {number!r}" for k, number in enumerate(numbers)),
            equations="\n".join([always, *read]),
        ),
    )
    net.compile(silent=True)
    for _ in range(2):
        net.simulate(1.0)
        for name in names:
            np.testing.assert_array_equal(np.full(65, one.get(name)), many.get(name), err_msg=name)
