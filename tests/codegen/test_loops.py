"""The shape of the text: which loops are fused, what is loaded in them, and that it reads well."""

from __future__ import annotations

import numpy as np
from execution import POST, Case, I, S, call, number, op, real

from engine.codegen.ir import (
    Accumulate,
    Comment,
    Each,
    EachEvent,
    EachSpike,
    Emit,
    Expr,
    If,
    Kernel,
    Let,
    Load,
    Store,
    Symbol,
)
from engine.codegen.loop_parts import for_all_events
from engine.codegen.printer import print_plan


def neurons() -> Case:
    case = Case(sizes={"n": 100})
    for name in ("v", "u", "w"):
        case.buffer(name, 0.0, "real", "n")
    case.buffer("tau", 10.0)
    case.event_list("spikes", "n", 2)
    return case


def decay(name: str, source: str | None = None, index: Expr = I) -> Kernel:
    value = op("*", Load(source or name, index), call("exp", op("/", real(-0.1), Load("tau", number(0)))))
    return Kernel(name, Each("n"), (Comment(f"tau * d{name}/dt = -{name}"), Store(name, I, value)))


FIRE = Kernel(
    "spikes",
    Each("n", rare=True),
    (If(op(">", Load("v", I), real(1.0)), (Store("v", I, real(0.0)), Emit("spikes", I))),),
)


def loop_of(case: Case, target: str = "single") -> str:
    """The time loop of the text."""
    text = print_plan(case.plan(), target)  # type: ignore[arg-type]
    return text[text.index("for (; done < steps") :]


def test_update_and_threshold_are_one_pass() -> None:
    case = neurons()
    case.add(5, decay("v"), decay("u"), FIRE)
    text = loop_of(case)
    assert text.count("for (int64_t begin") == 1
    assert text.count("#pragma omp simd") == text.count("for (int64_t i") == 1
    assert text.count("fires[i - begin] = -(int64_t)(v[i] > 1.0);") == 1, (
        "the threshold belongs to the vectorised pass"
    )


def test_a_barrier_or_another_condition_ends_the_pass() -> None:
    case = neurons()
    case.add(5, decay("v"), decay("u", "v", number(7)))
    assert loop_of(case).count("#pragma omp simd") == 2
    assert loop_of(case, "openmp").count("nl_meet(") == 2
    case = neurons()
    case.buffer("on", 1, "int64")
    other = Kernel("u", Each("n"), decay("u").body, op("==", Load("on", number(0), "int"), number(1)))
    case.add(5, decay("v"), other)
    assert loop_of(case).count("#pragma omp simd") == 2


def test_a_scalar_weight_loads_no_synapse() -> None:
    def text(count: str | int) -> str:
        case = neurons()
        case.matrix("out", "pre", "n", "n", np.eye(100, dtype=bool))
        case.buffer("weight", 0.5, "real", count if count == 1 else "out_nnz")
        add = Accumulate("v", POST, "+", case.load("weight", S))
        case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), (add,)))
        return loop_of(case)

    assert "v[post] += weight;" in text(1) and "int64_t s " not in text(1)
    assert "v[post] += weight[s];" in text("out_nnz")


def test_the_text_reads_as_the_equations() -> None:
    case = neurons()
    case.add(5, decay("v"))
    text = loop_of(case)
    assert "// --- phase 5: neuron update" in text
    assert "// tau * dv/dt = -v" in text
    assert "v[i] = v[i] * nl_exp(-0.1 / tau);" in text


def test_one_thread_has_no_openmp() -> None:
    case = neurons()
    case.add(5, decay("v"), FIRE)
    pragmas = {line for line in print_plan(case.plan(), "single").splitlines() if line.startswith("#pragma")}
    vectors = ("#pragma omp simd", "#pragma omp declare simd", "#pragma GCC")
    assert all(pragma.startswith(vectors) for pragma in pragmas)
    assert "#pragma omp parallel" in print_plan(case.plan(), "openmp")


def test_a_spike_fetches_the_row_of_a_later_one() -> None:
    case = neurons()
    case.matrix("out", "pre", "n", "n", np.eye(100, dtype=bool))
    case.buffer("weight", 0.5, "real", "out_nnz")
    add = Accumulate("v", POST, "+", case.load("weight", S))
    case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), (add,)))
    text = loop_of(case)
    assert "__builtin_prefetch(&out_columns[from + ahead]);" in text
    assert "__builtin_prefetch(&weight[from + ahead + 8]);" in text
    slow = Accumulate("v", POST, "+", call("exp", case.load("weight", S)))
    case.schedule.clear()
    case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), (slow,)))
    assert "__builtin_prefetch" not in loop_of(case), "what is computed costs more than what is fetched"


def test_what_all_events_of_a_step_share_is_computed_once() -> None:
    """But not what depends on the neuron, or on what the events change."""
    case = neurons()
    case.buffer("total", 0.0, "real")
    lets = (
        Let("_shared", call("exp", real(0.5))),
        Let("_own", op("*", Symbol("_shared"), case.load("v"))),
        Let("_changing", call("exp", Load("total", number(0)))),
        Let("_derived", op("+", Symbol("_shared"), real(1.0))),
    )
    value = op("+", Symbol("_own"), op("*", Symbol("_changing"), Symbol("_derived")))
    add = (Store("v", I, value), Accumulate("total", number(0), "+", real(1.0)))
    case.add(9, Kernel("after", EachSpike("spikes", number(0)), (*lets, *add)))
    same, rest = for_all_events((*lets, *add), {"v", "total"})
    assert [let.name for let in same if isinstance(let, Let)] == ["_shared", "_derived"]
    assert rest == (lets[1], lets[2], *add)
    case.schedule.clear()
    case.add(9, Kernel("after", EachSpike("spikes", number(0)), (*lets, add[0])))
    before, after = loop_of(case).split("for (int64_t event = first")
    assert "_shared = nl_exp(0.5)" in before and "_changing" in before and "_own" in after
