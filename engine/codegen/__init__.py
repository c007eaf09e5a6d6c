"""Network -> plan -> kernels -> C++ text -> shared library.

In: a network whose connectivity is drawn. Out: an :class:`~engine.runtime.instance.Instance` that runs it.
Each stage is plain data: ``lowering`` makes the plan, ``passes`` improve it, a printer per target makes
text, ``build`` compiles it once and keeps it in a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.codegen.lowering import Lowered
    from engine.codegen.plan import Plan
    from engine.codegen.printer import Target
    from engine.network import Network, Projection
    from engine.runtime.instance import Instance


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
        Told the phase: "Generating code", "Compiling".

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
    lowered, plan, target, text = _generate(network)
    library = build(text, target, network.build_options, cancel=cancel, progress=progress)
    instance = previous or Instance(network, network.threads)
    instance.load(lowered, plan, library, redrawn)
    return instance


def generated_code(network: Network) -> str:
    """The C++ text that :func:`compile_network` would build for a network whose connectivity is drawn."""
    return _generate(network)[-1]


def _generate(network: Network) -> tuple[Lowered, Plan, Target, str]:
    """A network as it was lowered, its plan after all passes, and the plan's text for a target."""
    from engine.codegen.access import place_barriers
    from engine.codegen.arithmetic import fuse, multiply_by_reciprocals
    from engine.codegen.lowering import lower
    from engine.codegen.passes import fold_constants, hoist_uniform
    from engine.codegen.printer import print_plan

    lowered = lower(network)
    plan = fuse(multiply_by_reciprocals(fold_constants(lowered.plan)))
    plan = place_barriers(hoist_uniform(plan))
    target: Target = "openmp" if network.threads > 1 else "single"
    return lowered, plan, target, print_plan(plan, target)
