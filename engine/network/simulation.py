"""The top-level functions: they act on one network that exists from the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.network import command_line, constant, registry
from engine.network.monitor import Monitor
from engine.network.population import Population
from engine.network.projection import Projection
from engine.network.registry import default_network, network_of


def setup(**keys: Any) -> None:
    """Configure the top-level network; later values overwrite earlier ones.

    Parameters
    ----------
    dt : float
        Step in ms (1.0).
    seed : int or None
        Seed of all random numbers; numpy's global generator is seeded, too. None: a fresh one.
    method : str
        Numerical method of ODEs without a flag: explicit (default), implicit, semiimplicit, exponential,
        midpoint, rk4.
    paradigm : {"openmp"}
        What runs the network.
    num_threads : int
        Most threads to use (1); results do not depend on it. A network whose steps are too short for them
        uses fewer, and says so when it is compiled; see :attr:`Network.threads_used`.
    visible_cores : list of int
        Core of each thread; at least as many as threads. Default: the system decides.
    precision : {"double", "float"}
        Type of all real values.
    structural_plasticity : bool
        Synapses may begin and end after compile (False).
    verbose, show_time : bool
        Tell what compile does, and how long each part takes (False).
    suppress_warnings : bool
        Print no lines that begin with WARNING or INFO (False).
    debug : bool
        As ``compile(debug_build=True)`` (False).
    profiling, profile_out : bool, str or None
        As ``compile(profile_enabled=True)``, and the folder of its results.
    sparse_matrix_format, sparse_matrix_storage_order : str
        What connectors take that are given no ``storage_format`` and ``storage_order``.
    only_int_idx_type, disable_shared_library_time_offset : bool
        Accepted for compatibility; without effect.

    Unknown keys give a warning.

    Raises
    ------
    EngineError
        For impossible values, keys of performance (``disable_SIMD_Eq`` ...), and settings that a compiled
        network depends on.

    Notes
    -----
    A script's command line is read first: ``-j 4``, ``--prec float``, ``--visible-cores 0,1``, ``-c`` (build
    anew), ``-d`` (debug), ``-v``, ``--report FILE``, ``--profile``, ``--profile-out DIR``, ``--auto-tuning``.
    """
    default_network().configure(keys)
    seed = keys.get("seed")
    if seed is not None:
        np.random.seed(int(seed) % 2**32)  # noqa: NPY002 (scripts draw from the global generator)


def compile(
    directory: str = "annarchy",
    clean: bool = False,
    populations: Any = None,
    projections: Any = None,
    compiler: str = "default",
    compiler_flags: str = "default",
    add_sources: str = "",
    extra_libs: str = "",
    cuda_config: dict[str, Any] | None = None,
    annarchy_json: str = "",
    silent: bool = False,
    debug_build: bool = False,
    profile_enabled: bool = False,
    net_id: int = 0,
) -> None:
    """Draw the synapses, build the code and set initial values; see :meth:`Network.compile`.

    Parameters
    ----------
    populations, projections
        Accepted for compatibility: the whole network is compiled.
    net_id : int
        0: the top-level network.
    """
    network = network_of(net_id)
    if populations is not None or projections is not None:
        network.warn("compile(): populations and projections have no effect; the whole network is compiled.")
    network.compile(
        directory,
        clean,
        compiler,
        compiler_flags,
        add_sources,
        extra_libs,
        cuda_config,
        annarchy_json,
        silent,
        debug_build,
        profile_enabled,
    )
    wanted = command_line.flags().report
    if wanted is not None:
        from engine.reports import report

        report(wanted, network=network)


def get_global_config(key: str) -> Any:
    """Value of a key of :func:`setup`."""
    values = default_network().configuration.values
    if key not in values:
        raise EngineError(f"get_global_config(): no key {key!r}; there are {', '.join(values)}.")
    return values[key]


def clear(
    functions: bool = True, neurons: bool = True, synapses: bool = True, constants: bool = True
) -> None:
    """Forget all objects of the top-level network, declared functions and constants, and the numbers of
    networks, which count from 1 again. Callbacks stay."""
    default_network().clear()
    registry.forget_numbers()
    constant.forget(functions=functions, constants=constants)


def reset(
    populations: bool = True,
    projections: bool = False,
    synapses: bool = False,
    monitors: bool = True,
    net_id: int = 0,
) -> None:
    """Go back to time 0; random sequences go on. See :meth:`Network.reset`."""
    network_of(net_id).reset(populations, projections, synapses, monitors, reseed_rng=False)


def set_seed(seed: int, use_seed_seq: bool = True, net_id: int = 0) -> None:
    """Begin all random sequences anew from ``seed``: those of the run, and of distributions from now on.

    Parameters
    ----------
    use_seed_seq : bool
        Accepted for compatibility.
    """
    network = network_of(net_id)
    network.set_seed(seed)
    if not network.compiled:
        network.warn("set_seed(): the seed reaches the simulated network when it is compiled.")


def get_population(name: str, net_id: int = 0) -> Population | None:
    """The population of that name; None and a warning if there is none."""
    return network_of(net_id).get_population(name)


def get_projection(name: str, net_id: int = 0) -> Projection | None:
    """The projection of that name; None and a warning if there is none."""
    return network_of(net_id).get_projection(name)


def populations(net_id: int = 0) -> list[Population]:
    """All populations in order of creation."""
    return network_of(net_id).get_populations()


def projections(
    net_id: int = 0,
    post: Any = None,
    pre: Any = None,
    target: str | None = None,
    suppress_error: bool = False,
) -> list[Projection]:
    """All projections, or those that match all criteria."""
    unasked = post is None and pre is None and target is None
    return network_of(net_id).get_projections(post, pre, target, suppress_error or unasked)


def monitors(net_id: int = 0, obj: Any = None) -> list[Monitor]:
    """All monitors, or those of one object."""
    return network_of(net_id).get_monitors(obj)


def simulate(
    duration: float,
    measure_time: bool = False,
    progress_bar: bool = False,
    callbacks: bool = True,
    net_id: int = 0,
) -> None:
    """Run for ``duration`` ms; see :meth:`Network.simulate`."""
    network_of(net_id).simulate(duration, measure_time, progress_bar, callbacks)


def simulate_until(
    max_duration: float,
    population: Population | Sequence[Population],
    operator: str = "and",
    measure_time: bool = False,
    net_id: int = 0,
) -> float:
    """Run until stop conditions hold; returns ms. See :meth:`Network.simulate_until`."""
    return network_of(net_id).simulate_until(max_duration, population, operator, measure_time)


def step(net_id: int = 0) -> None:
    """Run one step."""
    network_of(net_id).step()


def get_time(net_id: int = 0) -> float:
    """Time in ms; 0 before compile."""
    return network_of(net_id).time


def set_time(t: float, net_id: int = 0) -> None:
    """Move the clock to the step of time ``t`` (ms)."""
    network_of(net_id).set_time(t)


def get_current_step(net_id: int = 0) -> int:
    """Number of executed steps."""
    return network_of(net_id).current_step


def set_current_step(t: int, net_id: int = 0) -> None:
    """Move the clock to a step."""
    network_of(net_id).set_current_step(t)


def dt() -> float:
    """Step in ms."""
    return default_network().dt


def enable_learning(
    projections: Sequence[Projection] | None = None,
    period: float | None = None,
    offset: float | None = None,
    net_id: int = 0,
) -> None:
    """Let all (or the given) projections learn."""
    network_of(net_id).enable_learning(projections, period, offset)


def disable_learning(projections: Sequence[Projection] | None = None, net_id: int = 0) -> None:
    """Stop the learning of all (or the given) projections."""
    network_of(net_id).disable_learning(projections)
