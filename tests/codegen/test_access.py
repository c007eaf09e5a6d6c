"""Ownership: which plans are refused, where barriers stand, and how a run ends early."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from execution import POST, PRE, ROW, ZERO, Case, I, S, number, op, real, run

from engine.codegen.access import AccessError, check_stores, place_barriers
from engine.codegen.ir import (
    Accumulate,
    Each,
    EachBlock,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    Expr,
    If,
    Kernel,
    Let,
    Load,
    Once,
    Reduction,
    Store,
    Symbol,
    Total,
)


def empty() -> Case:
    case = Case(sizes={"n": 130, "m": 130})
    for name in ("x", "y", "z"):
        case.buffer(name, 0.0, "real", "n")
    case.buffer("total", 0.0)
    case.buffer("h", 0.0, "real", "n")
    case.sizes["blocks"] = 3
    case.buffer("parts", 0.0, "real", "blocks")
    case.event_list("spikes", "n", 2)
    case.matrix("out", "pre", "n", "n", np.eye(130, dtype=bool))
    case.matrix("in", "post", "n", "n", np.eye(130, dtype=bool))
    case.buffer("w", 0.0, "real", "out_nnz")
    case.event_list("queue", "n", 3)
    case.sizes |= {"ways": 260, "delays": 2}
    case.matrix("routes", "pre", "ways", "n", np.eye(260, 130, dtype=bool))
    case.buffer("ages", [2, 0], "int64", "delays")
    return case


def set_(array: str, index: Expr = I, value: Expr | None = None) -> Store:
    return Store(array, index, value or real(1.0))


def add(array: str, index: Expr) -> Accumulate:
    return Accumulate(array, index, "+", real(1.0))


def copy(source: str, index: Expr, target: str) -> Kernel:
    return Kernel(f"{target} = {source}", Each("n"), (set_(target, I, Load(source, index)),))


SLOT = op("*", op("mod", Symbol("tick", "int"), number(2)), Symbol("n", "int"))

BLOCK = Symbol("block", "int")


def reduced(value: Expr, *after: Store | Accumulate) -> Kernel:
    """The sum over each block."""
    return Kernel("blocks", EachBlock("n"), (), None, Reduction("_s", "+", real(0.0), value), after)


GATHER = Kernel(
    "gather",
    Total("blocks"),
    (),
    None,
    Reduction("_s", "+", real(0.0), Load("parts", I)),
    (set_("total", ZERO),),
)

TAKE = Kernel("take", EachSpike("spikes", number(1)), (Emit("queue", I),))
ARRIVE = Kernel("arrive", EachDue("queue", "routes", "ages", "delays"), (set_("w", S), add("x", POST)))

ONE = number(1)
GOOD = [
    TAKE,
    ARRIVE,
    reduced(Load("x", I), set_("parts", BLOCK)),
    GATHER,
    Kernel("own", Each("n"), (set_("x"), add("y", I))),
    Kernel("history", Each("n"), (set_("x", op("+", SLOT, I)),)),
    Kernel("synapse", EachSynapse("out"), (set_("w", S), add("x", POST))),
    Kernel("row", EachRow("in"), (set_("w", S),), after=(set_("x", ROW), add("y", POST))),
    Kernel("once", Once(), (set_("total", ZERO),)),
    Kernel("event", EachEvent("spikes", "out", ONE), (set_("w", S),), before=(Let("_a", Load("x", PRE)),)),
    Kernel("spike", EachSpike("spikes", ONE), (set_("y", I, Load("y", I)),)),
]

BAD = {
    "before what it writes": Kernel(
        "k", EachEvent("spikes", "out", ONE), (set_("w", S),), before=(Let("_a", Load("w", PRE)),)
    ),
    "one synapse before all": Kernel(
        "k", EachEvent("spikes", "out", ONE), (set_("w", S),), before=(Let("_a", Load("x", POST)),)
    ),
    "before other things than events": Kernel("k", Each("n"), (set_("x"),), before=(Let("_a", real(1.0)),)),
    "another neuron than that of the spike": Kernel("k", EachSpike("spikes", ONE), (set_("x", ZERO),)),
    "neighbour": Kernel("k", Each("n"), (set_("x", op("+", I, number(1))),)),
    "shifted by what is no slot": Kernel(
        "k", Each("n"), (add("x", op("+", op("*", I, Symbol("n", "int")), I)),)
    ),
    "scalar from everywhere": Kernel("k", Each("n"), (add("total", ZERO),)),
    "pre-synaptic neuron": Kernel("k", EachSynapse("out"), (add("x", PRE),)),
    "store to a shared neuron": Kernel("k", EachSynapse("out"), (set_("x", POST),)),
    "row of a pre-synaptic neuron": Kernel("k", EachEvent("spikes", "out", number(1)), (add("x", ROW),)),
    "reads what others write": Kernel("k", Each("n"), (set_("x", I, Load("x", number(3))),)),
    "reads pre, writes post": Kernel("k", EachSynapse("out"), (Accumulate("x", POST, "+", Load("x", PRE)),)),
    "rows of a pre-synaptic matrix": Kernel("k", EachRow("out"), (), after=(set_("x", ROW),)),
    "block of a neuron": Kernel(
        "k", EachBlock("n"), (), None, Reduction("_s", "+", real(0.0), Load("x", I)), (set_("x", I),)
    ),
    "block of all": Kernel(
        "k", EachBlock("n"), (), None, Reduction("_s", "+", real(0.0), Load("x", I)), (set_("total", ZERO),)
    ),
    "queues another neuron": Kernel("k", EachSpike("spikes", number(1)), (Emit("queue", number(3)),)),
    "due at pre-synaptic neurons": Kernel(
        "k", EachDue("queue", "routes", "ages", "delays"), (add("x", PRE),)
    ),
    "due along post-synaptic rows": Kernel("k", EachDue("queue", "in", "ages", "delays"), (add("x", POST),)),
    "emits another neuron": Kernel("k", Each("n"), (Emit("spikes", number(3)),)),
    "emits from elsewhere": Kernel("k", Each("m"), (Emit("spikes", I),)),
}


def test_good_plans_pass() -> None:
    case = empty()
    case.add(5, *GOOD)
    check_stores(case.plan())


@pytest.mark.parametrize("reason", BAD)
def test_bad_plans_are_refused(reason: str) -> None:
    case = empty()
    case.add(5, BAD[reason])
    with pytest.raises(AccessError, match=r"^k: "):
        check_stores(case.plan())


def test_one_kernel_emits_a_list() -> None:
    case = empty()
    emit = Kernel("first", Each("n"), (Emit("spikes", I),))
    case.add(5, emit, Kernel("second", Each("n"), (Emit("spikes", I),)))
    with pytest.raises(AccessError, match=r"second: .*spikes"):
        check_stores(case.plan())


def barriers(*kernels: Kernel) -> list[bool]:
    case = empty()
    case.add(5, *kernels)
    return [entry.barrier for entry in place_barriers(case.plan()).schedule]


FIRE = Kernel("fire", Each("n"), (If(op(">", Load("x", I), real(0.5)), (set_("x"), Emit("spikes", I))),))


def test_own_values_need_no_barrier() -> None:
    deliver = Kernel("deliver", EachEvent("spikes", "out", number(1)), (add("x", POST),))
    rows = Kernel("rows", EachRow("in"), (), after=(set_("y", POST, Load("x", POST)),))
    assert barriers(deliver, rows, FIRE, copy("x", I, "z")) == [False] * 4


def test_a_queue_is_read_once_all_have_written_it() -> None:
    assert barriers(TAKE, ARRIVE) == [False, True]


def test_values_of_others_need_a_barrier() -> None:
    assert barriers(copy("x", I, "y"), copy("y", number(3), "z")) == [False, True]
    gather = Reduction("_s", "+", real(0.0), Load("x", PRE))
    rows = Kernel("rows", EachRow("in"), (), None, gather, (add("y", POST),))
    assert barriers(FIRE, rows) == [False, True]
    assert barriers(rows, FIRE) == [False, True], "reading must be over before others write"
    assert barriers(rows, copy("y", I, "z"), rows, FIRE, rows) == [False, False, False, True, True]


def test_a_reduction_waits_for_its_blocks_only() -> None:
    blocks = reduced(Load("x", I), set_("parts", BLOCK))
    assert barriers(FIRE, blocks, GATHER) == [False, False, True]
    assert barriers(GATHER, copy("total", ZERO, "y")) == [False, True]


def test_one_barrier_serves_all_before_it() -> None:
    kernels = (copy("x", I, "y"), copy("x", I, "z"), copy("y", number(3), "h"), copy("z", number(3), "h"))
    assert barriers(*kernels) == [False, False, True, False]


def test_scalars_and_conditions_need_a_barrier() -> None:
    total = Kernel("total", Once(), (set_("total", ZERO, Load("x", ZERO)),))
    when = Kernel("when", Each("n"), (set_("y"),), op(">", Load("total", ZERO), real(0.0)))
    assert barriers(copy("y", I, "x"), total, when) == [False, True, True]


def test_events_of_this_step_need_a_barrier_for_those_who_read_all() -> None:
    now = Kernel("now", EachEvent("spikes", "out", number(0)), (add("y", POST),))
    own = Kernel("own", EachEvent("spikes", "in", number(0)), (set_("w", S),))
    late = Kernel("late", EachEvent("spikes", "out", number(1)), (add("y", POST),))
    assert barriers(FIRE, now) == [False, True]
    assert barriers(FIRE, own) == [False, False]
    assert barriers(FIRE, late) == [False, False]


def always_firing(capacity: int) -> Case:
    case = Case(sizes={"n": 130}, capacity=capacity)
    case.buffer("x", 1.0, "real", "n")
    case.event_list("spikes", "n", 2)
    case.add(5, Kernel("fire", Each("n"), (Emit("spikes", I),)))
    case.add(11, case.record_events("all", "spikes"))
    return case


@pytest.mark.parametrize(("target", "threads"), [("single", 1), ("openmp", 1), ("openmp", 2)])
def test_a_full_recorder_ends_the_run_after_a_whole_step(target, threads: int) -> None:
    case = always_firing(capacity=500)
    finished = run(case, 100, target, threads)
    assert finished.done == finished.progress
    events = case.recorded("all", finished.arrays)
    assert events == [(step, rank) for step in range(finished.done) for rank in range(130)]
    assert all(finished.arrays["all_filled"] <= 500)
    assert finished.done == (3 if threads == 1 else 7), "the largest range holds 130 or 66 neurons"


def test_a_full_recorder_does_nothing_when_called_again() -> None:
    case = always_firing(capacity=100)
    finished = run(case, 10)
    assert finished.done == 0 and not case.recorded("all", finished.arrays)


@pytest.mark.parametrize(("target", "threads"), [("single", 1), ("openmp", 2)])
def test_stop_ends_the_run_for_all_threads(target, threads: int) -> None:
    """Set before the run: one step. Set during it: the threads agree on one number of whole steps."""
    case = Case(sizes={"n": 130})
    case.buffer("x", 0.0, "real", "n")
    case.add(5, Kernel("count", Each("n"), (set_("x", I, op("+", Load("x", I), real(1.0))),)))
    finished = run(case, 1000, target, threads, stop=np.ones(1, np.int32))
    assert finished.done == finished.progress == 1
    stop = np.zeros(1, np.int32)

    def later() -> None:
        time.sleep(0.05)
        stop[0] = 1

    thread = threading.Thread(target=later)
    thread.start()
    finished = run(case, 10**10, target, threads, stop=stop)
    thread.join()
    assert 0 < finished.done == finished.progress < 10**10
    np.testing.assert_array_equal(finished.arrays["x"], float(finished.done))


def test_the_single_target_refuses_two_threads() -> None:
    assert run(always_firing(100), 1, "single", 2).done == -1
