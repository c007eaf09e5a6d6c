"""C++ with OpenMP: one parallel region around the time loop, barriers where the schedule says so."""

from __future__ import annotations

from engine.codegen.cpp import SIGNATURE, CppPrinter
from engine.codegen.plan import Matrix


class OpenMPPrinter(CppPrinter):
    """Prints a plan for any number of threads."""

    barrier = "nl_meet(stopping + 16, (int32_t)threads);"

    def own_entries(self, matrix: Matrix) -> tuple[str, str]:
        """The part of the row whose post-synaptic neurons the thread owns."""
        split, tiles = self.expressions.buffer(matrix.split), self.tiles(matrix)
        first, following = ("thread", "thread + 1")
        if matrix.tiles:
            first, following = f"thread * {tiles}", f"(thread + 1) * {tiles}"
        row = f"row * {self.parts(matrix)}"
        return f"{split}[{row} + {first}]", f"{split}[{row} + {following}]"

    def preludes(self) -> tuple[str, ...]:
        """With the barrier."""
        return (*super().preludes(), "prelude_threads.h")

    def entry_point(self) -> str:
        """``nl_run``: -1 when the system does not give the threads that the buffers are laid out for."""
        run = (
            "const int64_t done = "
            "nl_thread(buffers, sizes, clock, steps, thread, threads, stopping, stop, progress);"
        )
        return f"""extern "C" int omp_get_thread_num(void);
extern "C" int omp_get_num_threads(void);

{SIGNATURE}) {{
    // Flags of the end of a step, then what nl_meet counts, each in a cache line of its own.
    alignas(64) int32_t stopping[48] = {{}};
    int64_t result = -1;
#pragma omp parallel num_threads(threads)
    if (omp_get_num_threads() == threads) {{
        const int64_t thread = omp_get_thread_num();
{self.on_own_core("thread", run, depth=2)}
        if (thread == 0) result = done;
    }}
    return result;
}}
"""
