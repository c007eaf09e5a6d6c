"""Rows are reduced in a fixed order, and rules and sums that share a pass give the bits of two passes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from execution import POST, PRE, Case, Finished, S, assert_same_bits, interpret, op, real, run

from engine import Network, Neuron, Oja, Projection, Synapse
from engine.codegen import generated_code
from engine.codegen.ir import Accumulate, EachRow, Kernel, Load, Reduction, Store, Symbol
from engine.codegen.lowering import lower

LENGTHS = (0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 64, 100)


def rows(precision: str = "double") -> Case:
    """Rows of all these lengths; in one kernel the weights are changed before they are summed."""
    rng = np.random.default_rng(3)
    case = Case(sizes={"n": 100, "m": 140, "one": 1}, precision=precision)
    joined = np.zeros((140, 100), dtype=bool)
    for row in range(140):
        joined[row, rng.choice(100, LENGTHS[row % len(LENGTHS)], replace=False)] = True
    case.matrix("in", "post", "m", "m", joined)
    case.buffer("r", rng.normal(size=100), "real", "n")
    case.buffer("w", rng.normal(size=int(joined.sum())), "real", "in_nnz")
    for name in ("sum", "least", "most", "learnt"):
        case.buffer(name, 0.0, "real", "m")
    psp = op("*", case.load("w", S), Load("r", PRE))
    for name, operator, start in (("sum", "+", 0.0), ("least", "min", np.inf), ("most", "max", -np.inf)):
        total = Accumulate(name, POST, "+", Symbol(f"_{name}"))
        reduction = Reduction(f"_{name}", operator, real(start), psp)
        case.add(2, Kernel(name, EachRow("in"), (), None, reduction, (total,)))
    grown = Store("w", S, op("*", case.load("w", S), real(1.01)))
    learnt = Store("learnt", POST, Symbol("_learnt"))
    reduction = Reduction("_learnt", "+", real(0.0), psp)
    case.add(8, Kernel("learn", EachRow("in"), (grown,), None, reduction, (learnt,)))
    return case


def in_lanes(values: npt.NDArray[np.float64]) -> float:
    """A sum as ``ir.Reduction`` words it."""
    whole = len(values) - len(values) % 16
    total = 0.0
    if whole:
        lanes = np.zeros(16)
        for block in values[:whole].reshape(-1, 16):
            lanes = lanes + block
        for half in (8, 4, 2, 1):
            lanes = lanes[:half] + lanes[half:]
        total = total + lanes[0]
    for value in values[whole:]:
        total = total + value
    return float(total)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_rows_of_all_lengths_have_the_bits_of_the_interpreter(threads: int, precision: str) -> None:
    case = rows(precision)
    expected = interpret(case, 2)
    found: Finished = run(case, 2, "openmp" if threads > 1 else "single", threads)
    assert_same_bits(found.arrays, expected.arrays)


def test_the_order_of_a_row_is_the_one_that_is_promised() -> None:
    case = rows()
    found = run(case, 1).arrays
    values, offsets = case.values["w"] * case.values["r"][case.values["in_columns"]], found["in_offsets"]
    parts = [values[a:b] for a, b in pairwise(offsets)]
    assert found["sum"].tolist() == [in_lanes(part) for part in parts]
    assert found["sum"].tolist() != [float(np.cumsum([0.0, *part])[-1]) for part in parts]
    assert found["least"].tolist() == [min(part, default=np.inf) for part in parts]
    assert found["most"].tolist() == [max(part, default=-np.inf) for part in parts]
    np.testing.assert_allclose(found["learnt"], 1.01 * found["sum"], rtol=1e-12, atol=1e-12)


# --- rules and sums in one pass ---------------------------------------------------------------------------


def learning(synapse: Synapse, threads: int = 1, structural: bool = False) -> tuple[Network, Projection]:
    network = Network(dt=1.0, seed=4)
    network.config(num_threads=threads, structural_plasticity=structural)
    neuron = Neuron(parameters="tau = 10.0\nB = 0.5", equations="tau * dr/dt + r = sum(exc) + B")
    pre, post = network.create(70, neuron, name="pre"), network.create(130, neuron, name="post")
    pre.B = np.linspace(0.1, 1.0, 70)
    projection = network.connect(pre, post, "exc", synapse)
    projection.connect_fixed_probability(0.5, 0.01, force_multiple_weights=True)
    network.compile()
    return network, projection


def shares(synapse: Synapse) -> bool:
    network, _ = learning(synapse)
    return any(e.work.name.endswith("of the rule") for e in lower(network).plan.schedule)


def weights_and_rates(network: Network, projection: Projection) -> bytes:
    found: bytes = projection.post_population.r.tobytes()
    return found + np.concatenate([np.asarray(row) for row in projection.w]).tobytes()


def ask_for_buffers(network: Network) -> None:
    assert network.instance is not None and network.instance.arrays


def spoil_sums(network: Network) -> None:
    """Sums that were made ahead become wrong, behind the back of the instance."""
    assert network.instance is not None
    network.instance._arrays["synapses0_matrix_ahead"][...] = 1e3


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("period", [1.0, 3.0])
def test_one_pass_gives_the_bits_of_two(threads: int, period: float) -> None:
    """Where somebody asked for the buffers, the next step makes its own sums."""
    network, projection = learning(Oja(eta=0.01), threads)
    projection.enable_learning(period=period)
    network.simulate(20.0)
    alone, other = learning(Oja(eta=0.01))
    other.enable_learning(period=period)
    for _ in range(20):
        ask_for_buffers(alone)
        alone.simulate(1.0)
    by_steps, third = learning(Oja(eta=0.01), threads)
    third.enable_learning(period=period)
    for _ in range(20):
        by_steps.simulate(1.0)
    assert weights_and_rates(network, projection) == weights_and_rates(alone, other)
    assert weights_and_rates(network, projection) == weights_and_rates(by_steps, third)
    assert np.ptp(projection.w[0]) > 0.0, "the case must learn"


def test_what_is_changed_between_runs_counts() -> None:
    network, projection = learning(Oja(eta=0.01))
    network.simulate(5.0)
    projection.w = 0.0
    projection.pre_population.r = 3.0
    before = projection.post_population.r.copy()
    network.simulate(1.0)
    np.testing.assert_allclose(projection.post_population.r, before + (0.5 - before) / 10.0, rtol=1e-14)


CHANGES: dict[str, Callable[[Network, Projection], Any]] = {
    "rates": lambda net, proj: setattr(proj.pre_population, "r", 3.0),
    "rates of some": lambda net, proj: setattr(proj.pre_population[3:9], "r", 3.0),
    "rate of one": lambda net, proj: setattr(proj.pre_population.neuron(3), "r", 3.0),
    "weights": lambda net, proj: setattr(proj, "w", 0.5),
    "weights of one": lambda net, proj: setattr(proj[2], "w", 0.5),
    "one weight": lambda net, proj: setattr(proj[2].synapse(proj[2].pre_ranks[0]), "w", 0.5),
    "parameter of the rule": lambda net, proj: setattr(proj, "eta", 0.5),
    "becomes an array": lambda net, proj: setattr(proj.post_population, "B", np.linspace(0.0, 9.0, 130)),
    "no learning": lambda net, proj: proj.disable_learning(),
    "no transmission": lambda net, proj: setattr(proj, "transmission", False),
    "a frozen population": lambda net, proj: proj.post_population.disable(),
    "time": lambda net, proj: net.set_time(100.0),
    "reset": lambda net, proj: net.reset(projections=True),
    "another monitor": lambda net, proj: net.monitor(proj.post_population, "r"),
    "fewer synapses": lambda net, proj: proj[2].prune_synapse(proj[2].pre_ranks[0]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_way_to_change_something_is_noticed(change: str) -> None:
    """Sums that were made ahead are used only by those whom nobody told of the buffers."""
    found = []
    for asked in (False, True):
        network, projection = learning(Oja(eta=0.01), structural=change == "fewer synapses")
        network.simulate(5.0)
        CHANGES[change](network, projection)
        if asked:
            ask_for_buffers(network)
        elif "synapses0_matrix_ahead" in network.refresh()._arrays:
            spoil_sums(network)
        network.simulate(2.0)
        found.append(weights_and_rates(network, projection))
    assert found[0] == found[1]


def test_looking_is_no_change() -> None:
    """Whoever only reads lets the next step take the sums that are there: here wrong ones, to see that."""
    network, projection = learning(Oja(eta=0.01))
    post = projection.post_population
    network.simulate(5.0)
    assert post.r.size == 130 and post.neuron(3).r > 0.0 and post[3:5].r.size == 2
    assert len(projection.w) == 130 and projection[2].w[0] > 0.0 and projection.eta == 0.01
    assert post.sum("exc").size == 130 and network.get_time() == 5.0
    spoil_sums(network)
    network.simulate(1.0)
    assert post.sum("exc").tolist() == [1e3] * 130
    network.simulate(1.0)
    assert post.sum("exc").max() < 1e3


def test_what_is_given_to_look_at_cannot_be_written() -> None:
    network, projection = learning(Oja(eta=0.01))
    assert network.instance is not None
    with pytest.raises(ValueError, match="read-only"):
        network.instance.seen(projection, "w")[...] = 1.0


@pytest.mark.parametrize(
    ("psp", "shared"),
    [
        ("w * pre.r", True),
        ("w * post.r + pre.r", True),
        ("w * pre.r * t", False),
    ],
)
def test_a_pass_is_shared_only_where_the_next_sum_is_known(psp: str, shared: bool) -> None:
    assert shares(Synapse(equations="dw/dt = 0.01 * pre.r", psp=psp)) is shared


def test_a_later_rule_that_writes_what_the_sum_reads_keeps_them_apart() -> None:
    per_neuron = "dw/dt = 0.01 * pre.r\ntheta = post.r : postsynaptic"
    assert shares(Synapse(equations=per_neuron, psp="w * theta"))
    network = Network(dt=1.0)
    neuron = Neuron(equations="r = sum(exc) + 1.0")
    population = network.create(3, neuron)
    for psp in ("w * post.r", "w * post.sum(other)"):
        synapse = Synapse(equations="dw/dt = 0.01 * pre.r", psp=psp)
        network.connect(population, population, "exc", synapse).connect_all_to_all(1.0)
    network.connect(population, population, "other").connect_all_to_all(1.0)
    network.compile()
    kernels = [entry.work.name for entry in lower(network).plan.schedule]
    assert [name for name in kernels if name.endswith("of the rule")] == ["proj0.weighted sum of the rule"]


def test_what_both_need_of_a_neuron_is_read_once() -> None:
    network, _ = learning(Oja(eta=0.01))
    text = generated_code(network)
    rule = text[text.index("phase 8") :]
    assert rule.count("pop0_r[") == 2, "once in the lanes and once in the rest of a row"
