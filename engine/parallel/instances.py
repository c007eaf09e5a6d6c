"""``network.parallel_run``: instances of one sub-class of Network at once."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.network.configuration import SEED_MASK
from engine.network.network import Network
from engine.parallel.tasks import processes, run_tasks
from engine.parallel.transfer import sent
from engine.parallel.worker import Made, Task, World


def run_instances(
    network: Network,
    method: Callable[..., Any],
    number: int,
    max_processes: int,
    seeds: Any,
    measure_time: bool,
    kwargs: dict[str, Any],
) -> list[Any]:
    """See :meth:`engine.Network.parallel_run`."""
    if type(network) is Network:
        raise EngineError(
            "Network.parallel_run(): only networks of a sub-class can be made again in another process; "
            "build the network in __init__ of a sub-class of Network."
        )
    if not isinstance(number, int) or number < 1:
        raise EngineError(f"Network.parallel_run(): number must be a number of networks, not {number!r}.")
    if not callable(method):
        raise EngineError(f"Network.parallel_run(): method must be a function, not {type(method).__name__}.")
    workers = processes(max_processes, number, ())
    begun = time.perf_counter()
    chosen = chosen_seeds(network, number, seeds)
    world = World.here()
    tasks = []
    for k, values in enumerate(one_each(kwargs, number)):
        construct, call = _shared_out(network, method, values)
        settings = {key: network.configuration.values[key] for key in network.configuration.own}
        args, named = network.arguments_with(construct)
        label = "the class of the network or one of its arguments"
        made = sent(Made(type(network), settings, args, named, network.compiled_with), None, label)
        function = sent((method, call), None, "the function or one of its arguments")
        tasks.append(Task(k, made, function, False, chosen[k], world))
    results = run_tasks(tasks, workers)
    if measure_time:
        print(f"Running {number} networks in parallel took: {time.perf_counter() - begun} ")
    return results


def chosen_seeds(network: Network, number: int, seeds: Any) -> list[int]:
    """Seed of each instance."""
    if seeds is None:
        drawn = network.next_generator().integers(0, SEED_MASK, number, dtype=np.int64)
        return [int(seed) for seed in drawn]
    if isinstance(seeds, str):
        if seeds == "same":
            return [network.seed] * number
        if seeds == "sequential":
            return [network.seed + 1 + k for k in range(number)]
    elif isinstance(seeds, (Sequence, np.ndarray)) and len(seeds) == number:
        return [int(seed) for seed in seeds]
    raise EngineError(
        f"Network.parallel_run(): seeds is None, 'same', 'sequential' or a list of {number} numbers, "
        f"not {seeds!r}."
    )


def one_each(kwargs: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """The arguments of each run: a list has one value for each, all else is the same for all."""
    for name, value in kwargs.items():
        if isinstance(value, list) and len(value) != number:
            raise EngineError(
                f"Network.parallel_run(): {name} is a list of {len(value)}, but there are {number} networks."
            )
    return [
        {name: value[k] if isinstance(value, list) else value for name, value in kwargs.items()}
        for k in range(number)
    ]


def _shared_out(
    network: Network, method: Callable[..., Any], values: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes to the constructor, and what to the function: arguments that both know go to both."""
    constructor = inspect.signature(type(network).__init__).parameters
    function = inspect.signature(method).parameters
    any_to_function = any(p.kind is p.VAR_KEYWORD for p in function.values())
    any_to_constructor = any(p.kind is p.VAR_KEYWORD for p in constructor.values())
    construct, call = {}, {}
    for name, value in values.items():
        known = name in constructor
        if known or (any_to_constructor and name not in function and not any_to_function):
            construct[name] = value
        if name in function or (any_to_function and not known):
            call[name] = value
        if name not in construct and name not in call:
            raise EngineError(
                f"Network.parallel_run(): {name} is an argument of neither {type(network).__name__} nor "
                f"{getattr(method, '__name__', 'the function')}."
            )
    return construct, call
