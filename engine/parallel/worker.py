"""What a worker process does: it makes one network, and calls the user's function with it."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from engine.codegen.threads import share_with
from engine.network import command_line, constant, registry
from engine.network.configuration import Configuration
from engine.network.network import Network
from engine.parallel.transfer import present_network, received

LOOK_SECONDS = 0.5
"""A worker looks this often whether its parent still lives."""


@dataclass(frozen=True)
class World:
    """What the parent process has besides networks.

    Attributes
    ----------
    constants : dict
        Name and value of every Constant.
    functions : tuple of str
        Texts of ``add_function``.
    settings : dict
        Those of the top level, which ``dt()`` tells.
    folder, path, cache
        Working folder, where modules are looked for, and the folder of compiled libraries.
    """

    constants: dict[str, float]
    functions: tuple[str, ...]
    settings: dict[str, Any]
    folder: str
    path: tuple[str, ...]
    cache: str | None

    @staticmethod
    def here() -> World:
        """What this process has."""
        return World(
            constant.constant_values(),
            constant.global_functions(),
            dict(registry.default_network().configuration.values),
            str(Path.cwd()),
            tuple(sys.path),
            os.environ.get("NEUROLOOM_CACHE_DIR"),
        )

    def enter(self) -> None:
        """Let this process have the same place, and an empty top level with the same settings."""
        os.chdir(self.folder)
        sys.path.extend(place for place in self.path if place not in sys.path)
        if self.cache is None:
            os.environ.pop("NEUROLOOM_CACHE_DIR", None)
        else:
            os.environ["NEUROLOOM_CACHE_DIR"] = self.cache
        default = registry.default_network()
        default.clear()
        default.configuration = Configuration()
        default.config(**self.settings)


@dataclass(frozen=True)
class Task:
    """One run.

    Attributes
    ----------
    index : int
    network : bytes
        A function that takes ``seed`` and returns the network, compiled.
    call : bytes
        The user's function, and its arguments by name.
    numbered : bool
        The function takes the index before the network.
    seed : int or None
        Seed of the network; None: it has one.
    """

    index: int
    network: bytes
    call: bytes
    numbered: bool
    seed: int | None
    world: World


@dataclass(frozen=True)
class Outcome:
    """What became of a run: the value that was returned, or what was raised.

    Attributes
    ----------
    value : bytes
    error : bytes or None
        The exception, where it can be sent.
    message, traceback : str
        Empty if there was no exception.
    """

    index: int
    value: bytes = b""
    error: bytes | None = None
    message: str = ""
    traceback: str = ""


def prepare(parent: int, cores: Sequence[int], folder: str, workers: int) -> None:
    """Set a new worker up: it ends with its parent, which alone answers to Ctrl-C, and takes one of ``cores``
    for itself, or its share of all among so many workers. What is taken is a file in ``folder``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command_line.ignore()  # it is that of the parent, whose settings come with each task
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    share_with(workers)
    for core in cores:
        try:
            Path(folder, str(core)).touch(exist_ok=False)
        except FileExistsError:
            continue
        os.sched_setaffinity(0, {core})
        return


def _end_with_parent(parent: int) -> None:
    """End this process, whatever it does, once its parent was killed."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def carry_out(task: Task) -> Outcome:
    """Make the network, call the function."""
    try:
        task.world.enter()
        make = received(task.network)
        present_network(getattr(make, "network", None))
        function, arguments = received(task.call)
        constant.declare(task.world.constants, task.world.functions)
        network = make(task.seed)
        np.random.seed((network.seed + (0 if task.seed is not None else task.index)) % 2**32)  # noqa: NPY002
        value = (
            function(task.index, network, **arguments) if task.numbered else function(network, **arguments)
        )
        return Outcome(task.index, value=cloudpickle.dumps(value))
    except Exception as error:
        shown = "".join(traceback.format_exception(error))
        return Outcome(task.index, b"", _sendable(error), f"{type(error).__name__}: {error}", shown)
    finally:
        registry.default_network().clear()
        constant.forget(functions=True, constants=True)


def _sendable(error: Exception) -> bytes | None:
    try:
        data: bytes = cloudpickle.dumps(error)
        pickle.loads(data)
    except Exception:
        return None
    return data


# --- how a network is made ----------------------------------------------------------------------------------

Maker = Callable[[int | None], Network]


@dataclass(frozen=True)
class Twin:
    """Makes a network of what was declared; it takes the part of the top level."""

    network: Network
    build: Mapping[str, Any]

    def __call__(self, seed: int | None) -> Network:
        registry.become_default(self.network)
        return started(self.network, seed, self.build)


@dataclass(frozen=True)
class Running:
    """Goes on with a network that was running."""

    network: Network

    def __call__(self, seed: int | None) -> Network:
        self.network.refresh()
        return self.network


@dataclass(frozen=True)
class Made:
    """Makes a network of a sub-class, with these settings, arguments, and arguments of ``compile``."""

    kind: Any
    settings: dict[str, Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    build: Mapping[str, Any]

    def __call__(self, seed: int | None) -> Network:
        settings = Configuration()
        settings.set(self.settings | {"seed": seed})
        network: Network = self.kind.built(settings, self.args, self.kwargs)
        network.compile(silent=True, **self.build)
        return network


def started(network: Network, seed: int | None, build: Mapping[str, Any]) -> Network:
    """A network with another seed, compiled with these arguments."""
    network.config(seed=seed)
    network.compile(silent=True, **build)
    return network
