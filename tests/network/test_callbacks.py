"""Callbacks: when they are called, in which order, and when not. Times are those of api.md, section 11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import engine
from engine import EngineError, Network, Neuron, Population, every

COUNTER = Neuron(equations="r += 1")


@pytest.fixture(autouse=True)
def no_callbacks() -> Iterator[None]:
    yield
    engine.clear_all_callbacks()


def times(duration: float, *, dt: float = 1.0, before: int = 0, **when: float) -> list[tuple[int, float]]:
    """Number and time of each call in a run of a new network."""
    net = Network(dt=dt, seed=1)
    net.create(1, COUNTER)
    calls: list[tuple[int, float]] = []

    @every(network=net, **when)  # type: ignore[arg-type]
    def called(n: int) -> None:
        calls.append((n, net.time))

    net.compile(silent=True)
    net.simulate(before * dt, callbacks=False)
    net.simulate(duration)
    return calls


@pytest.mark.parametrize(
    ("duration", "when", "expected"),
    [
        (21.0, {"period": 10.0, "offset": -2.0}, [8.0, 18.0]),
        (20.0, {"period": 5.0, "wait": 3.0}, [3.0, 8.0, 13.0, 18.0]),
        (12.0, {"period": 4.0, "offset": 1.0, "wait": 2.0}, [3.0, 7.0, 11.0]),
        (12.0, {"period": 4.0, "offset": -1.0}, [3.0, 7.0, 11.0]),
        (10.0, {"period": 5.0}, [0.0, 5.0]),
        (10.0, {"period": 4.0, "offset": 9.0}, [0.0, 4.0, 8.0]),
        (3.0, {"period": 0.2}, [0.0, 1.0, 2.0]),
        (9.0, {"period": 3.9, "offset": 1.9}, [1.0, 4.0, 7.0]),
        (3.0, {"period": 2.0, "wait": 3.0}, []),
    ],
)
def test_times(duration: float, when: dict[str, float], expected: list[float]) -> None:
    assert times(duration, **when) == list(enumerate(expected))
    later = times(duration, before=7, **when)
    assert later == [(n, 7.0 + t) for n, t in enumerate(expected)]


def test_times_in_steps_of_a_tenth() -> None:
    found = times(1.0, dt=0.1, period=0.3)
    assert [n for n, _ in found] == [0, 1, 2, 3]
    assert [t for _, t in found] == pytest.approx([0.0, 0.3, 0.6, 0.9])


def test_a_run_with_callbacks_has_the_whole_steps_of_its_duration() -> None:
    Population(1, COUNTER)
    engine.compile(silent=True)

    @every(period=1.0)
    def called(n: int) -> None:
        pass

    engine.simulate(2.5)
    assert engine.get_current_step() == 2
    engine.simulate(2.5, callbacks=False)
    assert engine.get_current_step() == 5


def test_order_of_declaration_and_what_a_callback_changes_takes_effect() -> None:
    pop = Population(1, Neuron("b = 0.0", "r += b"))
    calls: list[Any] = []

    @every(period=4.0)
    def first(n: int) -> None:
        calls.append(("first", n))
        pop.b = n + 1.0

    @every(period=2.0)
    def second(n: int) -> None:
        calls.append(("second", n))

    engine.compile(silent=True)
    engine.simulate(8.0)
    assert calls == [("first", 0), ("second", 0), ("second", 1), ("first", 1), ("second", 2), ("second", 3)]
    assert pop.r[0] == 4 * 1.0 + 4 * 2.0
    assert first.__name__ == "first"


def test_switches_and_what_calls_none() -> None:
    pop = Population(1, COUNTER, stop_condition="r > 1000")
    calls: list[int] = []
    every(period=1.0)(calls.append)
    engine.compile(silent=True)
    assert engine.callbacks_enabled()
    engine.simulate(2.0, callbacks=False)
    engine.simulate_until(2.0, pop)
    engine.step()
    engine.disable_callbacks()
    assert not engine.callbacks_enabled()
    engine.simulate(2.0)
    assert calls == []
    engine.enable_callbacks()
    engine.simulate(2.0)
    assert calls == [0, 1]
    engine.clear_all_callbacks()
    engine.simulate(2.0)
    assert calls == [0, 1]


def test_callbacks_belong_to_their_network() -> None:
    calls: list[str] = []
    nets = [Network(seed=1), Network(seed=1)]
    for net in nets:
        net.create(1, COUNTER)
        net.compile(silent=True)
    Population(1, COUNTER)
    engine.compile(silent=True)
    every(period=2.0)(lambda n: calls.append("top"))
    every(period=2.0, net_id=nets[0].id)(lambda n: calls.append("by number"))
    every(nets[1], period=3.0)(lambda n: calls.append("network first"))
    nets[0].simulate(4.0)
    assert calls == ["by number"] * 2
    nets[1].simulate(4.0)
    assert calls[2:] == ["network first"] * 2
    engine.simulate(4.0)
    assert calls[4:] == ["top"] * 2
    nets[1].disable_callbacks()
    assert engine.callbacks_enabled() and not engine.callbacks_enabled(net_id=nets[1].id)
    engine.enable_callbacks(net_id=nets[1].id)
    nets[1].clear_all_callbacks()
    nets[1].simulate(4.0)
    nets[0].simulate(2.0)
    assert calls[6:] == ["by number"]


def test_callbacks_of_the_top_level_outlive_clear() -> None:
    calls: list[int] = []
    every(period=1.0)(calls.append)
    engine.clear()
    Population(1, COUNTER)
    engine.compile(silent=True)
    engine.simulate(2.0)
    assert calls == [0, 1]


def test_mistakes() -> None:
    with pytest.raises(EngineError, match="called must be a function of one argument"):

        @every(period=1.0)
        def called() -> None: ...

    with pytest.raises(EngineError, match="period must be a number of ms"):
        every(period="1")  # type: ignore[arg-type]
    with pytest.raises(EngineError, match="no network with net_id=5"):
        every(period=1.0, net_id=5)

    Population(1, COUNTER)
    engine.compile(silent=True)

    @every(period=1.0)
    def again(n: int) -> None:
        engine.simulate(1.0)

    with pytest.raises(EngineError, match="would call callbacks again"):
        engine.simulate(2.0)


def test_what_a_callback_raises_ends_the_run_there() -> None:
    Population(1, COUNTER)
    engine.compile(silent=True)

    @every(period=3.0, wait=3.0)
    def fails(n: int) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        engine.simulate(10.0)
    assert engine.get_current_step() == 3
    engine.simulate(2.0)
    assert engine.get_current_step() == 5
