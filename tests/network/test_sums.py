"""Weighted sums: ``sum()``, and those of the pre- and post-synaptic neuron in synapses (semantics.md 2)."""

from __future__ import annotations

import pytest

from engine import EngineError, Network, Neuron, Population, Projection, Synapse


@pytest.fixture
def net() -> Network:
    return Network(dt=1.0, seed=1)


def constant(net: Network, value: float) -> Population:
    return net.create(1, Neuron(parameters=f"a = {value}", equations="r = a : init=0.0"))


def feed(net: Network, pre: Population, post: Population, target: str, **fields: str) -> Projection:
    return net.connect(pre, post, target, Synapse(**fields) if fields else None).connect_all_to_all(1.0)


def test_sum_of_all_counts_every_connected_target_once(net: Network) -> None:
    one, two, four = (constant(net, value) for value in (1.0, 2.0, 4.0))
    post = net.create(2, Neuron(equations="all = sum()\nr = sum(exc)"))
    feed(net, one, post, "exc")
    feed(net, two, post, "exc")
    feed(net, four, post, "unnamed")
    m = net.monitor(post, ["sum(exc)", "sum(unnamed)"])
    net.compile(silent=True)
    net.run_steps(2)
    assert (post.all.tolist(), post.r.tolist()) == ([7.0, 7.0], [3.0, 3.0])
    assert m.get("sum(unnamed)").tolist() == [[0.0, 0.0], [4.0, 4.0]]


def test_sum_of_all_of_nothing(net: Network) -> None:
    pop = net.create(1, Neuron(equations="r = 1 + sum() + sum(never)"))
    net.compile(silent=True)
    net.step()
    assert pop.r[0] == 1.0


def test_one_projection_onto_two_targets_counts_twice(net: Network) -> None:
    post = net.create(1, Neuron(equations="r = sum()"))
    net.connect(constant(net, 3.0), post, ["exc", "inh"]).connect_all_to_all(1.0)
    net.compile(silent=True)
    net.run_steps(2)
    assert post.r[0] == 6.0


@pytest.mark.parametrize("reversed_", [False, True])
def test_a_psp_sees_the_complete_sum_whatever_was_created_first(net: Network, reversed_: bool) -> None:
    one, two = constant(net, 1.0), constant(net, 2.0)
    middle = net.create(1, Neuron(equations="r = sum(exc)"))
    last = net.create(1, Neuron(equations="r = sum(exc)"))
    makers = [
        lambda: feed(net, one, middle, "exc"),
        lambda: feed(net, two, middle, "exc"),
        lambda: feed(net, middle, last, "exc", psp="w * pre.sum(exc)"),
        lambda: feed(net, one, middle, "mod", psp="10 * w * post.sum(exc)"),
    ]
    for make in makers[::-1] if reversed_ else makers:
        make()
    m = net.monitor(middle, "sum(mod)")
    net.compile(silent=True)
    net.run_steps(2)
    assert last.r[0] == 3.0
    assert m.get("sum(mod)")[1, 0] == 30.0


def test_equations_see_the_sum_of_the_step(net: Network) -> None:
    one = constant(net, 1.0)
    middle = net.create(1, Neuron(equations="r = sum(exc)"))
    last = net.create(1, Neuron(equations="r = sum(exc)"))
    proj = feed(net, middle, last, "exc", equations="x = pre.sum(exc)\ny = post.sum(exc)")
    feed(net, one, middle, "exc")
    net.compile(silent=True)
    net.run_steps(2)
    assert (proj.x, proj.y) == ([[1.0]], [[0.0]])
    net.step()
    assert (proj.x, proj.y) == ([[1.0]], [[1.0]])


def test_circles_and_delays_are_errors(net: Network) -> None:
    a = net.create(1, Neuron(equations="r = sum(exc)"), name="a")
    b = net.create(1, Neuron(equations="r = sum(exc)"), name="b")
    net.connect(a, b, "exc", Synapse(psp="pre.sum(exc)"), name="there").connect_all_to_all(1.0)
    net.connect(b, a, "exc", Synapse(psp="pre.sum(exc)"), name="back").connect_all_to_all(1.0)
    with pytest.raises(EngineError, match=r"Projections there and back: .* Copy the sum to a variable"):
        net.compile(silent=True)
    net = Network()
    a = net.create(1, Neuron(equations="r = sum(exc)"), name="a")
    feed(net, a, a, "exc", psp="w * post.sum(exc)")
    with pytest.raises(EngineError, match=r"post\.sum\(exc\) is read while .* equations of a"):
        net.compile(silent=True)
    net = Network()
    a = net.create(1, Neuron(equations="r = sum(exc)"), name="a")
    feed(net, a, a, "exc")
    net.connect(a, a, "inh", Synapse(psp="w * pre.sum(exc)")).connect_all_to_all(1.0, delays=3.0)
    with pytest.raises(EngineError, match=r"pre\.sum\(exc\) cannot be delayed"):
        net.compile(silent=True)
