"""Random numbers of one or two blocks of neurons at a time: each is that of its neuron alone."""

from __future__ import annotations

import numpy as np
import pytest
from execution import Case, I, call, interpret, real, run

from engine.codegen.ir import Draw, Each, Kernel, Load, Store
from engine.codegen.printer import print_plan

STREAMS = {"Uniform": (1, (0.0, 1.0)), "Normal": (2, (0.0, 1.0)), "Exponential": (3, (1.0,))}


def case_of(count: int, precision: str) -> Case:
    case = Case(sizes={"n": count}, precision=precision)
    for name, (stream, numbers) in STREAMS.items():
        case.buffer(name, 0.0, "real", "n")
        value = Draw(name, tuple(map(real, numbers)), stream, I)
        case.add(5, Kernel(name, Each("n"), (Store(name, I, value),)))
    case.buffer("grown", 0.0, "real", "n")
    case.add(5, Kernel("vectors pay", Each("n"), (Store("grown", I, call("exp", Load("Normal", I))),)))
    return case


@pytest.fixture(scope="module", params=["double", "float"])
def single(request: pytest.FixtureRequest) -> tuple[str, dict[str, np.ndarray]]:
    """A precision, and numbers of 400 neurons as the interpreter draws them, one by one."""
    arrays = interpret(case_of(400, request.param), 2).arrays
    assert all(len(np.unique(arrays[name])) == 400 for name in STREAMS)
    return request.param, arrays


@pytest.mark.parametrize("count", [1, 63, 65, 128, 129, 200, 400])
def test_neurons_get_their_own_numbers_however_many_are_drawn(
    single: tuple[str, dict[str, np.ndarray]], count: int
) -> None:
    """One block, two, or parts of them; those of a second thread begin at odd numbers of blocks, too."""
    precision, expected = single
    error = 1e-12 if precision == "double" else 3e-6
    for threads in (1, 2, 3):
        found = run(case_of(count, precision), 2, "openmp", threads).arrays
        for name in STREAMS:
            np.testing.assert_allclose(found[name], expected[name][:count], rtol=error, atol=error)


def test_two_blocks_are_drawn_together() -> None:
    text = print_plan(case_of(100, "double").plan(), "single")
    assert text.count(", end - begin);") == len(STREAMS)
