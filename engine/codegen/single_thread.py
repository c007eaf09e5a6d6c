"""C++ for one thread: no directive but ``omp simd``, no barrier, whole rows."""

from __future__ import annotations

from engine.codegen.cpp import SIGNATURE, CppPrinter
from engine.codegen.few_posts import followers
from engine.codegen.ir import EachChance
from engine.codegen.plan import Matrix, Plan


class SingleThreadPrinter(CppPrinter):
    """Prints a plan for one thread."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.followers = followers(plan)

    def bounds(self, size: str) -> tuple[str, str]:
        """Numbers where the size is one."""
        return ("0L", self.expressions.size(size)) if size in self.plan.few else super().bounds(size)

    def own_entries(self, matrix: Matrix) -> tuple[str, str]:
        """All entries of the row."""
        offsets = self.expressions.buffer(matrix.offsets)
        return f"{offsets}[row]", f"{offsets}[row + 1]"

    def _skip(self, domain: EachChance) -> None:
        """No neuron is another thread's."""

    def entry_point(self) -> str:
        """``nl_run``: refuses other numbers of threads, for which buffers are laid out otherwise."""
        run = "const int64_t done = nl_thread(buffers, sizes, clock, steps, 0, 1, stopping, stop, progress);"
        return f"""{SIGNATURE}) {{
    if (threads != 1) return -1;
    int32_t stopping[2] = {{0, 0}};
{self.on_own_core("0", run, depth=1)}
    return done;
}}
"""
