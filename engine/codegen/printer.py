"""A plan to the text of one target."""

from __future__ import annotations

from typing import Literal

from engine.codegen.cpp import CppPrinter
from engine.codegen.openmp import OpenMPPrinter
from engine.codegen.plan import Plan
from engine.codegen.single_thread import SingleThreadPrinter

Target = Literal["single", "openmp"]

PRINTERS: dict[str, type[CppPrinter]] = {"single": SingleThreadPrinter, "openmp": OpenMPPrinter}


def print_plan(plan: Plan, target: Target) -> str:
    """C++ text of a plan.

    The text exports ``nl_abi`` and::

        int64_t nl_run(void** buffers, const int64_t* sizes, const int64_t* clock, int64_t steps,
                       int32_t threads, volatile int32_t* stop, volatile int64_t* progress);

    ``buffers`` and ``sizes`` are in the order of the plan's; ``clock`` holds step, tick and draw counter of
    the first step. It returns the number of steps done, which is less than ``steps`` after ``stop`` was set
    or when an event recorder is full, or -1 when it cannot run on that number of threads. ``progress`` counts
    the steps of the call.

    Parameters
    ----------
    plan : Plan
    target : {"single", "openmp"}

    Raises
    ------
    AccessError
        If the plan could not run the same on several threads.
    """
    return PRINTERS[target](plan).print()
