"""Network -> plan -> passes: structure as data, before any text."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Network, Neuron, Synapse
from engine.codegen.access import check_stores, place_barriers
from engine.codegen.ir import Const, Function, Kernel, Load, Op, Select, Symbol
from engine.codegen.lowering import lower
from engine.codegen.lowering.rows import SparseRows
from engine.codegen.passes import fold_constants, hoist_uniform, rewrite
from engine.codegen.plan import Recorder

RATE = Neuron(parameters="tau = 10.0", equations="tau * dr/dt + r = sum(exc) : exponential")
SPIKE = Neuron(
    parameters="tau = 10.0\nvt = 1.0",
    equations="tau * dv/dt = -v + g_exc\ntau * dg_exc/dt = -g_exc",
    spike="v > vt",
    reset="v = 0.0",
    refractory=2.0,
)
STDP = Synapse(
    equations="10.0 * dx/dt = -x : event-driven",
    pre_spike="g_target += w\nx += 1.0\nw += x",
    post_spike="w -= x",
)


def drawn(network: Network) -> Network:
    for projection in network.projections:
        projection.draw()
    return network


def rate_network(delay: float = 0.0) -> Network:
    network = Network(dt=1.0, seed=1)
    a, b = network.create(3, RATE, name="a"), network.create(3, RATE, name="b")
    hebb = Synapse(parameters="eta = 0.1 : projection", equations="dw/dt = eta * pre.r * post.r")
    network.connect(a, b, "exc", hebb).connect_all_to_all(1.0, delays=delay)
    network.monitor(b, ["r", "sum(exc)"])
    return drawn(network)


def spiking_network() -> Network:
    network = Network(dt=1.0, seed=1)
    a, b = network.create(4, SPIKE, name="a"), network.create(4, SPIKE, name="b")
    network.connect(a, b, "exc", STDP).connect_all_to_all(1.0, delays=3.0)
    network.monitor(b, "g_exc")
    return drawn(network)


def phases(network: Network) -> list[tuple[int, str]]:
    return [(entry.phase, entry.work.name) for entry in lower(network).plan.schedule]


def test_schedule_follows_the_order_of_a_step() -> None:
    assert phases(rate_network(delay=2.0)) == [
        (1, "pop0.sums"),
        (1, "pop1.sums"),
        (2, "proj0.weighted sum"),
        (3, "mon0_sum_exc"),
        (5, "pop0.equations"),
        (5, "pop1.equations"),
        (6, "pop0.history of r"),
        (8, "proj0.equations"),
        (11, "mon0_r"),
    ]
    assert phases(spiking_network()) == [
        (2, "proj0.scale of x"),
        (2, "proj0.end of a period of x"),
        (2, "proj0.period of x"),
        (2, "proj0.spike delivery"),
        (2, "proj0.traces of arriving spikes"),
        (3, "mon0_g_exc"),
        (5, "pop0.equations"),
        (5, "pop0.spikes"),
        (5, "pop1.equations"),
        (5, "pop1.spikes"),
        (9, "proj0.post spikes"),
        (9, "proj0.traces of post spikes"),
    ]


@pytest.mark.parametrize("network", [rate_network, spiking_network])
def test_every_store_is_the_iterations_own(network: object) -> None:
    assert callable(network)
    check_stores(lower(network()).plan)


def test_threads_meet_before_they_read_what_others_wrote() -> None:
    plan = place_barriers(lower(rate_network()).plan)
    waits = {entry.work.name for entry in plan.schedule if entry.barrier}
    # Sums read r of other threads before it changes; learning reads it after.
    assert waits == {"pop0.equations", "proj0.equations"}


def test_one_value_for_all_is_one_element_until_it_is_an_array() -> None:
    network = Network(dt=1.0, seed=1)
    population = network.create(5, RATE)
    assert lower(network).plan.buffer("pop0_tau").count == 1
    population.tau = np.arange(1.0, 6.0)
    lowered = lower(network)
    assert lowered.plan.buffer("pop0_tau").count == "n_pop0"
    assert np.array_equal(lowered.values["pop0_tau"], np.arange(1.0, 6.0))


def test_a_parameter_that_reset_writes_is_an_array() -> None:
    network = Network(dt=1.0, seed=1)
    neuron = Neuron(parameters="a = 1.0", equations="v = a", spike="v > 2.0", reset="a += 1.0")
    network.create(5, neuron)
    assert lower(network).plan.buffer("pop0_a").count == "n_pop0"


def test_single_weight_only_where_nothing_changes_it() -> None:
    network = Network(dt=1.0, seed=1)
    a, b = network.create(4, SPIKE), network.create(4, SPIKE)
    network.connect(a, b, "exc").connect_all_to_all(0.5)
    network.connect(a, b, "exc", STDP).connect_all_to_all(0.5)
    plan = lower(drawn(network)).plan
    assert plan.buffer("proj0_w").count == 1
    assert plan.buffer("proj1_w").count == "nnz_proj1"


def test_weights_are_stored_by_pre_rank_where_spikes_travel() -> None:
    network = Network(dt=1.0, seed=1)
    a, b = network.create(3, SPIKE), network.create(2, SPIKE)
    projection = network.connect(a, b, "exc").connect_all_to_all(1.0, force_multiple_weights=True)
    drawn(network)
    rows = SparseRows(projection.connectivity, spiking=True, threads=1)
    # post-major (post, pre): 00 01 02 10 11 12; by pre: 00 10 01 11 02 12
    assert rows.order is not None and rows.order.tolist() == [0, 2, 4, 1, 3, 5]
    assert rows.places_onto(1).tolist() == [1, 3, 5]
    assert rows.in_storage_order(np.arange(6.0)).tolist() == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]


def test_sizes_are_not_in_the_plan_but_beside_it() -> None:
    small, large = Network(dt=1.0, seed=1), Network(dt=1.0, seed=2)
    small.create(10, SPIKE)
    large.create(20_000, SPIKE)
    assert lower(small).plan.schedule == lower(large).plan.schedule
    assert lower(small).plan.buffers == lower(large).plan.buffers
    assert lower(large).sizes["n_pop0"] == 20_000


def kernel(plan_network: Network, name: str) -> Kernel:
    plan = hoist_uniform(fold_constants(lower(plan_network).plan))
    return next(e.work for e in plan.schedule if isinstance(e.work, Kernel) and e.work.name == name)


def test_what_depends_on_parameters_only_leaves_the_loop() -> None:
    network = rate_network()
    plan = hoist_uniform(fold_constants(lower(network).plan))
    exponentials = [let for let in plan.prologue if "exp" in repr(let.value)]
    assert exponentials, "exp(-dt / tau) is uniform while tau is one number"
    assert "'exp'" not in repr(kernel(network, "pop0.equations"))
    network.populations[0].tau = np.array([1.0, 2.0, 3.0])
    assert "'exp'" in repr(kernel(network, "pop0.equations")), "a tau of its own for each neuron stays inside"


def test_folding_keeps_the_order_of_arithmetic() -> None:
    x = Symbol("x")
    inside = Op("*", (Op("+", (Const(1.0), Const(2.0))), x))
    assert fold(inside) == Op("*", (Const(3.0), x))
    assert fold(Op("*", (Const(1.0), x))) == x
    assert fold(Op("/", (x, Const(1.0)))) == x
    assert fold(Op("/", (Const(1.0), Const(0.0)))) == Op("/", (Const(1.0), Const(0.0)))
    assert fold(Select(Const(True, "bool"), x, Const(0.0))) == x
    sums = Op("+", (Op("+", (x, Const(1.0))), Const(2.0)))
    assert fold(sums) == sums, "(x + 1) + 2 is not x + 3 in floating point"


def fold(expression: object) -> object:
    from engine.codegen import passes

    return rewrite(expression, passes._fold)


def test_rewrite_goes_innermost_first() -> None:
    seen: list[str] = []
    inner = Load("a", Const(0, "int"))
    rewrite(Function("exp", (inner,)), lambda e: (seen.append(type(e).__name__), e)[1])
    assert seen == ["Const", "Load", "Function"]


def test_a_view_records_its_ranks_only() -> None:
    network = Network(dt=1.0, seed=1)
    population = network.create(10, SPIKE)
    network.monitor(population[2:5], "v")
    lowered = lower(network)
    recorder = next(e.work for e in lowered.plan.schedule if isinstance(e.work, Recorder))
    assert lowered.sizes[recorder.count] == 3
    assert np.array_equal(lowered.values[recorder.ranks], [2, 3, 4])


def test_continuous_transmission_needs_a_conductance() -> None:
    network = Network(dt=1.0, seed=1)
    pop = network.create(3, SPIKE)
    gap = Synapse(psp="w * (pre.v - post.v)")
    network.connect(pop, pop, ["exc", "unused"], gap).connect_all_to_all(1.0)
    network.connect(pop, pop, "unused", gap).connect_all_to_all(1.0)
    kernels = [name for _, name in phases(drawn(network))]
    assert [name for name in kernels if "continuous" in name] == ["proj0.continuous transmission"]
