"""``parallel_run``: several networks at once, each in a process of its own."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from engine.errors import EngineError
from engine.network.network import Network
from engine.network.registry import default_network
from engine.parallel.errors import ParallelError


def parallel_run(
    method: Callable[..., Any],
    networks: Sequence[Network] | None = None,
    number: int = 0,
    max_processes: int = -1,
    measure_time: bool = False,
    sequential: bool = False,
    same_seed: bool = False,
    annarchy_json: str = "",
    visible_cores: Sequence[int] | None = None,
    **args: Any,
) -> list[Any]:
    """Run several networks at once, each in a process of its own.

    Parameters
    ----------
    method : function
        ``method(idx, net, ...)``: ``idx`` counts the networks from 0, ``net`` is one of them, and
        ``net.get(pop)`` its copy of an object of the top level. It returns what is wanted of the run.
    networks : list of Network
        Compiled networks. Each goes on from where it is now; the networks here stay as they are, unless
        ``sequential``.
    number : int
        Instead of ``networks``: so many networks like that of the top level, from time 0 on, with other
        random numbers each.
    max_processes : int
        Processes at once; -1: one for each network, at most as many as there are cores.
    measure_time : bool
        Print how long it took.
    sequential : bool
        Run one network after the other, in this process.
    same_seed : bool
        With ``number``: all networks have the seed of the top level, not this one plus ``idx``.
    annarchy_json
        Accepted for compatibility.
    visible_cores : list of int
        The core that each of ``max_processes`` processes is bound to.
    **args
        More arguments of ``method``: for each a list of one value for each network.

    Returns
    -------
    list
        What ``method`` returned for each network, in order.

    Raises
    ------
    ParallelError
        When ``method`` raised an exception; it carries the index of the network, and the traceback.

    Notes
    -----
    Networks of one structure are compiled once, whatever their sizes (but for populations of fewer than eight
    neurons). ``method`` may be a function of the script itself; what it refers to is sent along, but what it
    changes there changes nothing here.

    Examples
    --------
    >>> def run(idx, net, rate):
    ...     net.get(poisson).rates = rate
    ...     net.simulate(1000.0)
    ...     return net.get(m).raster_plot()
    >>> results = parallel_run(run, number=3, rate=[10.0, 20.0, 30.0])
    """
    from engine.parallel.tasks import processes

    count = _checked_count(networks, number)
    calls = _checked_calls(method, count, args)
    cores = list(visible_cores or [])
    workers = processes(max_processes, count, cores)
    begun = time.perf_counter()
    if networks is not None:
        results = _run_networks(method, calls, networks, workers, sequential, cores)
    else:
        results = _run_copies(method, calls, workers, sequential, same_seed, cores)
    if measure_time:
        manner = "sequentially" if sequential else "in parallel"
        print(f"Running {count} networks {manner} took: {time.perf_counter() - begun} ")
    return results


FUNCTION = "the function or one of its arguments"


def _run_networks(
    method: Callable[..., Any],
    calls: list[dict[str, Any]],
    networks: Sequence[Network],
    workers: int,
    sequential: bool,
    cores: Sequence[int],
) -> list[Any]:
    """Go on with networks."""
    from engine.parallel.tasks import run_tasks
    from engine.parallel.transfer import sent
    from engine.parallel.worker import Running, Task, World

    for network in networks:
        if not network.compiled:
            network.warn(f"parallel_run(): network {network.id} is not compiled yet; it is now.")
            network.compile()
    if sequential:
        return [_called(method, k, net, calls[k]) for k, net in enumerate(networks)]
    world, tasks = World.here(), []
    for k, net in enumerate(networks):
        running = sent(Running(net), net, f"network {k}", inside=True)
        tasks.append(Task(k, running, sent((method, calls[k]), net, FUNCTION), True, None, world))
    return run_tasks(tasks, workers, cores)


def _run_copies(
    method: Callable[..., Any],
    calls: list[dict[str, Any]],
    workers: int,
    sequential: bool,
    same_seed: bool,
    cores: Sequence[int],
) -> list[Any]:
    """Run copies of the top-level network."""
    from engine.parallel.tasks import run_tasks
    from engine.parallel.transfer import sent
    from engine.parallel.worker import Task, Twin, World, started

    source = default_network()
    if not source.compiled:
        source.warn("parallel_run(): the network is not compiled yet; it is now.")
        source.compile()
    seeds = [source.seed + (0 if same_seed else k) for k in range(len(calls))]
    if sequential:
        results = []
        for k, call in enumerate(calls):
            results.append(
                _called(method, k, started(Network(everything=True), seeds[k], source.compiled_with), call)
            )
        return results
    twin = Network(everything=True)
    network = sent(Twin(twin, source.compiled_with), None, "the network")
    world = World.here()
    tasks = [
        Task(k, network, sent((method, call), twin, FUNCTION), True, seeds[k], world)
        for k, call in enumerate(calls)
    ]
    return run_tasks(tasks, workers, cores)


def _called(method: Callable[..., Any], index: int, network: Network, call: dict[str, Any]) -> Any:
    try:
        return method(index, network, **call)
    except Exception as error:
        raise ParallelError(index, f"{type(error).__name__}: {error}") from error


def _checked_count(networks: Any, number: int) -> int:
    if networks is None:
        if not isinstance(number, int) or number < 1:
            raise EngineError(
                "parallel_run(): give a list of networks, or the number of copies of the top-level network."
            )
        return number
    if not isinstance(networks, list):
        raise EngineError(f"parallel_run(): networks must be a list, not {type(networks).__name__}.")
    for network in networks:
        if not isinstance(network, Network):
            raise EngineError(
                f"parallel_run(): networks holds a {type(network).__name__}; give networks only."
            )
    if not networks:
        raise EngineError("parallel_run(): the list of networks is empty.")
    if number not in (0, len(networks)):
        raise EngineError("parallel_run(): give either networks or number.")
    return len(networks)


def _checked_calls(method: Any, count: int, args: dict[str, Any]) -> list[dict[str, Any]]:
    """The arguments of each call of the function."""
    if not isinstance(method, FunctionType):
        raise EngineError(
            f"parallel_run(): method must be a Python function of idx and net, not {type(method).__name__}."
        )
    for name, values in args.items():
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__") or len(values) != count:
            raise EngineError(
                f"parallel_run(): {name} must be a list of {count} values, one for each network."
            )
    try:
        inspect.signature(method).bind(0, None, **args)
    except TypeError as error:
        raise EngineError(
            f"parallel_run(): {method.__name__} cannot be called with idx, net and the arguments "
            f"({', '.join(args) or 'none'}): {error}."
        ) from None
    return [{name: values[k] for name, values in args.items()} for k in range(count)]
