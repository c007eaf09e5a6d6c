"""Tasks go to worker processes, and what became of them comes back in order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from tempfile import TemporaryDirectory
from typing import Any

from loky import get_reusable_executor

from engine.errors import EngineError
from engine.parallel.errors import ParallelError
from engine.parallel.transfer import received
from engine.parallel.worker import Outcome, Task, carry_out, prepare

IDLE_SECONDS = 20
"""Workers without work live so much longer: the next ``parallel_run`` starts at once."""


def processes(max_processes: int, tasks: int, cores: Sequence[int]) -> int:
    """Number of worker processes."""
    if not isinstance(max_processes, int) or max_processes == 0 or max_processes < -1:
        raise EngineError(
            f"parallel_run(): max_processes is a number of processes or -1, not {max_processes!r}."
        )
    if cores:
        known = os.cpu_count() or 1
        if max_processes == -1 or len(cores) != max_processes:
            raise EngineError(
                "parallel_run(): visible_cores is a list of max_processes numbers; give max_processes, too."
            )
        if any(not isinstance(core, int) or not 0 <= core < known for core in cores):
            raise EngineError(f"parallel_run(): visible_cores: cores are numbers from 0 to {known - 1}.")
    return max(1, min(tasks, os.cpu_count() or 1) if max_processes == -1 else min(tasks, max_processes))


def run_tasks(tasks: Sequence[Task], workers: int, cores: Sequence[int] = ()) -> list[Any]:
    """What the functions returned, in the order of the tasks.

    The first failure ends all others. Ctrl-C ends the workers, too, and is raised.
    """
    from tqdm import tqdm

    taken = TemporaryDirectory()
    executor = get_reusable_executor(
        max_workers=workers,
        timeout=IDLE_SECONDS,
        initializer=prepare,
        initargs=(os.getpid(), tuple(cores), taken.name if cores else "", 1 if cores else workers),
        reuse=False if cores else "auto",
    )
    outcomes: dict[int, Outcome] = {}
    done = False
    try:
        futures = {executor.submit(carry_out, task): task.index for task in tasks}
        waiting: set[Future[Outcome]] = set(futures)
        with tqdm(total=len(tasks), unit="network", disable=None, leave=False) as bar:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in sorted(finished, key=futures.__getitem__):
                    index = futures[future]
                    outcomes[index] = _outcome(future, index, sorted(futures.values() - outcomes.keys()))
                    bar.update()
        done = True
    finally:
        if not done or cores:
            executor.shutdown(wait=True, kill_workers=True)
        taken.cleanup()
    return [received(outcomes[task.index].value) for task in tasks]


def _outcome(future: Future[Outcome], index: int, missing: Sequence[int]) -> Outcome:
    """What a task returned; its failure is raised. Once a process has ended, all tasks that are ``missing``
    fail, and which one it had is not known."""
    try:
        outcome = future.result()
    except (BrokenProcessPool, CancelledError) as error:
        others = ", ".join(str(other) for other in missing if other != index)
        which = f"its process, or that of network {others}," if others else "its process"
        raise ParallelError(
            index, f"{which} ended before the function returned (out of memory?): {error}"
        ) from error
    if outcome.message:
        raise ParallelError(index, outcome.message, outcome.traceback) from (
            received(outcome.error) if outcome.error else None
        )
    return outcome
