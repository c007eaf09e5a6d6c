"""Memory that rows of spikes are asked for ahead: the places are noted instead, and looked at."""

from __future__ import annotations

import ctypes

import execution
import numpy as np
import numpy.typing as npt
import pytest
from execution import POST, Arrays, Case, I, S, number, op, real, run

from engine.codegen.arrivals import FAR, LONG
from engine.codegen.build import build
from engine.codegen.ir import Accumulate, Each, EachEvent, Emit, If, Kernel, Load, Store
from engine.codegen.printer import Target, print_plan

N, M, MOST = 140, 900, 1 << 20
NOTE = f"""
extern "C" {{
__attribute__((visibility("default"))) long noted;
__attribute__((visibility("default"))) const volatile void* places[{MOST}];
}}
static inline void note(const volatile void* place, int = 0, int = 0) {{
    places[__atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED)] = place;
}}
"""
SPLIT, WEIGHTS = "out_split", "w"


def network(learns: bool | None) -> Case:
    """Every second neuron fires in each step; rows are joined to nine in ten neurons. Without weights:
    ``learns`` is None."""
    rng = np.random.default_rng(3)
    joined = rng.random((N, M)) < 0.9
    case = Case(sizes={"n": N, "m": M})
    case.matrix("out", "pre", "n", "m", joined)
    case.buffer(WEIGHTS, rng.normal(size=int(joined.sum())), "real", "out_nnz")
    case.buffer("g", rng.normal(size=M), "real", "m")
    case.event_list("spikes", "n")
    fires = op("==", op("mod", I, number(2)), number(0))
    case.add(5, Kernel("fire", Each("n"), (If(fires, (Emit("spikes", I),)),)))
    weight = real(0.5) if learns is None else Load(WEIGHTS, S)
    learning = (Store(WEIGHTS, S, op("+", weight, Load("g", POST))),) if learns else ()
    body = (Accumulate("g", POST, "+", weight), *learning)
    case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), body))
    return case


def asked_for(
    case: Case, name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[npt.NDArray[np.int64], Arrays]:
    """Offsets in a buffer, in bytes, that were asked for ahead when all spikes of a step arrived."""
    target: Target = "single" if threads == 1 else "openmp"
    text = NOTE + print_plan(case.plan(), target).replace("__builtin_prefetch(", "note(")
    monkeypatch.setattr(execution, "print_plan", lambda *_: text)
    arrays = run(case, 2, target, threads).arrays
    library = ctypes.CDLL(str(build(text, target)))
    count = ctypes.c_long.in_dll(library, "noted").value
    assert 0 < count < MOST
    offsets = np.array((ctypes.c_void_p * MOST).in_dll(library, "places")[:count], np.int64)
    offsets -= arrays[name].ctypes.data
    return offsets[(offsets >= 0) & (offsets < arrays[name].nbytes)], arrays


@pytest.mark.parametrize("learns", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_are_asked_for_while_others_are_done(
    threads: int, learns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the first one; also that of the next thread's first spike."""
    offsets, arrays = asked_for(network(learns), WEIGHTS, threads, monkeypatch)
    asked = set((offsets // 64).tolist())
    borders = arrays[SPLIT].reshape(N, threads + 1)[::2] // 8
    for thread in range(threads):
        assert np.diff(borders)[:, thread].min() * 8 > LONG
        found = []
        for first, last in borders[:, thread : thread + 2].tolist():
            lines = set(range(first + 1, last))
            found.append(len(lines & asked) / len(lines))
        assert found[0] < 0.2 and min(found[1:]) > 0.8, found


def test_borders_of_rows_are_asked_for_before_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a row begins must be known before it can be asked for itself."""
    offsets, _ = asked_for(network(learns=None), SPLIT, 1, monkeypatch)
    rows = np.arange(0, N, 2)
    assert offsets.tolist() == (16 * np.append(rows[FAR:], [rows[-1]] * FAR)).tolist()
