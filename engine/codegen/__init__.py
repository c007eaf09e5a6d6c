"""Network -> plan -> kernels -> C++ text -> shared library.

In: a network whose connectivity is drawn. Out: an :class:`~engine.runtime.instance.Instance` that runs it.
Each stage is plain data: ``lowering`` makes the plan, ``passes`` improve it, a printer per target makes
text, ``build`` compiles it once and keeps it in a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.codegen.lowering import Lowered
    from engine.codegen.plan import Plan
    from engine.codegen.printer import Target
    from engine.network import Network, Projection
    from engine.runtime.instance import Instance

THREADS = "Threads: "
"""Begins what progress is told where fewer threads are used than were asked for."""


def compile_network(
    network: Network,
    previous: Instance | None = None,
    *,
    redrawn: Iterable[Projection] = (),
    cancel: Event | None = None,
    progress: Callable[[str], None] | None = None,
) -> Instance:
    """Make a network runnable.

    Parameters
    ----------
    network : Network
        With connectivity drawn.
    previous : Instance, optional
        The running instance of this network; it takes the new plan and keeps its values.
    redrawn : iterable of Projection
        Projections of ``previous`` that were wired anew.
    cancel : threading.Event, optional
        Ends a running compiler.
    progress : callable, optional
        Told the phase: "Generating code", "Compiling"; and why there are fewer threads than asked for.

    Raises
    ------
    EngineError
        If the network asks for something that cannot be done.
    CompilationError
        If there is no compiler or the build was cancelled.
    """
    from engine.codegen.build import build
    from engine.runtime.instance import Instance

    if progress is not None:
        progress("Generating code")
    code = _generate(network, None if previous is None else previous.threads)
    if previous is None and code.threads < network.threads and progress is not None:
        progress(f"{THREADS}{code.why}")
    library = build(code.text, code.target, network.build_options, cancel=cancel, progress=progress)
    instance = previous or Instance(network, code.threads)
    instance.load(code.lowered, code.plan, library, redrawn)
    return instance


def prepare() -> None:
    """Import what :func:`compile_network` needs, which takes longer than compiling what is in the cache."""
    import engine.codegen.arithmetic
    import engine.codegen.build
    import engine.codegen.exponentials
    import engine.codegen.lowering
    import engine.codegen.passes
    import engine.codegen.printer
    import engine.codegen.threads
    import engine.runtime.instance  # noqa: F401


def generated_code(network: Network) -> str:
    """The C++ text that :func:`compile_network` would build for a network whose connectivity is drawn."""
    return _generate(network).text


@dataclass(frozen=True)
class _Code:
    """A network as it was lowered, its plan after all passes, and the plan's text for a target.

    ``why`` tells why there are fewer threads than asked for.
    """

    lowered: Lowered
    plan: Plan
    target: Target
    text: str
    threads: int
    why: str


def _generate(network: Network, threads: int | None = None) -> _Code:
    """The code of a network for a number of threads, or for as many of those asked for as pay."""
    from engine.codegen.lowering import lower
    from engine.codegen.printer import print_plan
    from engine.codegen.threads import threads_for, told

    lowered = lower(network, threads or 0)
    plan = _passed(lowered.plan)
    why = ""
    used = threads or threads_for(plan, lowered, network.threads)
    if threads is None and used < network.threads:
        why = told(network.threads, used, plan, lowered.sizes)
        again = lower(network, used)
        plan = plan if again.plan == lowered.plan else _passed(again.plan)
        lowered = again
    target: Target = "openmp" if used > 1 else "single"
    return _Code(lowered, plan, target, print_plan(plan, target), used, why)


def _passed(plan: Plan) -> Plan:
    """A plan after all passes."""
    from engine.codegen.access import place_barriers
    from engine.codegen.arithmetic import fuse, gather_uniform_terms, multiply_by_reciprocals
    from engine.codegen.exponentials import fuse_arguments, share_exponentials
    from engine.codegen.factors import gather_factors
    from engine.codegen.passes import fold_constants, hoist_uniform
    from engine.codegen.relaxation import relax
    from engine.codegen.step_values import values_of_steps

    plan = multiply_by_reciprocals(relax(fold_constants(plan)))
    plan = fuse_arguments(share_exponentials(gather_uniform_terms(plan)))
    return place_barriers(values_of_steps(hoist_uniform(gather_factors(fuse(plan)))))
