"""Time: running a compiled network, its clock, and reset."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what ``signal`` wraps
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributes import checked_duration, is_number, steps_to_cover, whole_steps
from engine.network.callbacks import Callbacks
from engine.network.profiling import Profiling

if TYPE_CHECKING:
    from engine.network.monitor import Monitor
    from engine.network.population import Population
    from engine.network.projection import Projection
    from engine.runtime.instance import Instance

CHUNK_SECONDS = 0.25
"""Python looks at signals and the progress bar about this often while the engine runs."""

FIRST_SECONDS = 0.1
"""The first chunk of a run takes so long at the pace of the last one: steps may have become slower."""

START_SECONDS = 2e-4
"""A call takes up to about that long beside its steps: threads wake up, recorded data are handed over."""


class Interruption:
    """While it lasts, Ctrl-C sets a stop flag, and is raised at the end: never in the middle of handing over
    recorded data. Handlers other than Python's own are left alone.

    A run may be one step, and what it touches outside of the library is no longer in the processor's caches:
    so no generator, and no enumerations of signals.
    """

    __slots__ = ("_is_ours", "stop")

    def __enter__(self) -> NDArray[np.int32]:
        self.stop = np.zeros(1, np.int32)
        is_main = threading.get_ident() == threading.main_thread().ident
        self._is_ours = is_main and _signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._is_ours:
            _signal.signal(signal.SIGINT, self._ask_to_stop)
        return self.stop

    def __exit__(self, error: object, *_: object) -> None:
        if self._is_ours:
            _signal.signal(signal.SIGINT, signal.default_int_handler)
            if self.stop[0] and error is None:
                raise KeyboardInterrupt

    def _ask_to_stop(self, *_: object) -> None:
        self.stop[0] = 1


@contextmanager
def progress(steps: int, shown: bool) -> Iterator[Callable[[int], Any]]:
    """Gives a function that is told of steps that were done; a progress bar of all, if it is shown."""
    if not shown:
        yield lambda done: None
        return
    from tqdm import tqdm

    with tqdm(total=steps, unit="step") as bar:
        yield bar.update


class Running(Callbacks, Profiling):
    """What a network can do once it is compiled."""

    projections: list[Projection]
    monitors: list[Monitor]
    _calling: bool
    """A run that calls callbacks is under way."""
    _pace = 0.0
    """Steps a second in the last chunk of a run."""

    # --- clock ----------------------------------------------------------------------------------------

    @property
    def current_step(self) -> int:
        """Number of the next step; 0 before compile."""
        return 0 if self._instance is None else self._instance.step

    @current_step.setter
    def current_step(self, step: int) -> None:
        if self._instance is None:
            self.warn("The time can only be set after compile().")
        elif not is_number(step) or not 0 <= step < 2**62:
            raise EngineError(f"set_current_step(): the step must be a number >= 0, not {step!r}.")
        else:
            if (
                step < self._instance.step
            ):  # The last event of a synapse is not the one of the highest step then.
                for projection in list(self._instance.moving_traces()):
                    self._as_network().separate(projection)
            self._instance.set_step(int(step))

    @property
    def time(self) -> float:
        """Time in ms."""
        return self.current_step * self.dt

    @time.setter
    def time(self, t: float) -> None:
        self.current_step = whole_steps(checked_duration(t, "set_time(): the time"), self.dt)

    def get_time(self) -> float:
        """Time in ms."""
        return self.time

    def set_time(self, t: float, net_id: int = 0) -> None:
        """Move the clock to the step of time ``t`` (ms). ``net_id`` has no effect."""
        self.time = t

    def get_current_step(self) -> int:
        """Number of the next step."""
        return self.current_step

    def set_current_step(self, t: int) -> None:
        """Move the clock to a step."""
        self.current_step = t

    # --- running --------------------------------------------------------------------------------------

    def run_steps(
        self, n: int, stop: NDArray[np.int32] | None = None, progress: NDArray[np.int64] | None = None
    ) -> int:
        """Run ``n`` steps in one call of the engine.

        Parameters
        ----------
        stop : int32 array of 1, optional
            Non-zero ends the run after the current step, or the one after it; may be set from another thread.
        progress : int64 array of 1, optional
            Steps done so far.

        Returns
        -------
        int
            Steps done.
        """
        return self.refresh().run(int(n), stop=stop, progress=progress)

    def step(self) -> None:
        """Run one step."""
        self.run_steps(1)

    def simulate(
        self,
        duration: float,
        measure_time: bool = False,
        progress_bar: bool = False,
        callbacks: bool = True,
    ) -> None:
        """Run for ``duration`` ms: the smallest number of steps that covers it or, where callbacks are
        called, the number of whole steps in it.

        Parameters
        ----------
        duration : float
            ms.
        measure_time : bool
            Print how long it took.
        progress_bar : bool
            Show a progress bar.
        callbacks : bool
            Call the functions that were registered with :func:`engine.every`.
        """
        duration = checked_duration(duration, "simulate(): the duration")
        started = time.perf_counter()
        if callbacks and self._callbacks_enabled and self._callbacks:
            self._run_with_callbacks(whole_steps(float(duration), self.dt), progress_bar)
        else:
            self._run_in_chunks(steps_to_cover(float(duration), self.dt), progress_bar)
        if measure_time:
            took = time.perf_counter() - started
            print(f"Simulating {duration / 1000.0} seconds of the network took {took} seconds. ")

    def simulate_until(
        self,
        max_duration: float,
        population: Population | Sequence[Population],
        operator: str = "and",
        measure_time: bool = False,
    ) -> float:
        """Run until the stop condition of the population holds, tested after each step.

        Parameters
        ----------
        max_duration : float
            ms after which the run ends in any case.
        population : Population or list of Population
            Each with a ``stop_condition``.
        operator : {"and", "or"}
            Whether the conditions of all populations must hold in one step, or that of one.
        measure_time : bool
            Print how long it took.

        Returns
        -------
        float
            ms simulated.
        """
        max_duration = checked_duration(max_duration, "simulate_until(): the longest duration")
        if operator not in ("and", "or"):
            raise EngineError(f"simulate_until(): the operator is 'and' or 'or', not {operator!r}.")
        given: list[Any] = list(population) if isinstance(population, (list, tuple)) else [population]
        listed = [self.here(each) for each in given]
        for each in listed or [None]:
            name = getattr(each, "name", each)
            if each not in self.populations:
                raise EngineError(f"simulate_until(): {name} is no population of this network.")
            if each is None or each.stop is None:
                raise EngineError(
                    f"simulate_until(): {name} has no stop condition; "
                    "give Population(..., stop_condition=...)."
                )
        started = time.perf_counter()
        with self.refresh().until(listed, every=operator == "and"):
            done = self._run_in_chunks(steps_to_cover(float(max_duration), self.dt), progress_bar=False)
        if measure_time:
            took = time.perf_counter() - started
            print(f"Simulating {done * self.dt / 1000.0} seconds of the network took {took} seconds. ")
        return done * self.dt

    def _run_with_callbacks(self, steps: int, progress_bar: bool) -> None:
        """Run that many steps, and call what is due before each."""
        if self._calling:
            raise EngineError("simulate() in a callback would call callbacks again; give callbacks=False.")
        done, self._calling = 0, True
        try:
            with progress(steps, progress_bar) as tell:
                for step, callback, number in self._calls(self.dt, steps):
                    tell(self._run_in_chunks(step - done, progress_bar=False))
                    done = step
                    callback.function(number)
                tell(self._run_in_chunks(steps - done, progress_bar=False))
        finally:
            self._calling = False

    def _run_in_chunks(self, steps: int, progress_bar: bool) -> int:
        """Steps done. Chunks grow until one takes about CHUNK_SECONDS; results do not depend on them."""
        instance = self.refresh()
        with Interruption() as stop:
            if progress_bar:
                with progress(steps, shown=True) as tell:
                    done = self._chunks(instance, steps, stop, tell)
            else:
                done = self._chunks(instance, steps, stop, None)
        if self.profiling:
            self.write_profile()
        return done

    def _chunks(
        self, instance: Instance, steps: int, stop: NDArray[np.int32], tell: Callable[[int], Any] | None
    ) -> int:
        done, chunk = 0, max(1, int(self._pace * FIRST_SECONDS))
        while done < steps and not stop[0] and not instance.stop_holds:
            started = time.perf_counter()
            part = instance.run(min(chunk, steps - done), stop=stop)
            took = time.perf_counter() - started
            done += part
            # Not more than 2.5 times what was measured: a first chunk takes 0.25 s at most.
            self._pace = part / max(took - START_SECONDS, 0.4 * took, 1e-9)
            if tell is not None:
                tell(part)
            chunk = max(1, min(chunk * 64, int(chunk * CHUNK_SECONDS / max(took, 1e-9))))
        return done

    def reset(
        self,
        populations: bool = True,
        projections: bool = False,
        synapses: bool = False,
        monitors: bool = True,
        reseed_rng: bool = True,
    ) -> None:
        """Go back to time 0.

        Parameters
        ----------
        populations : bool
            Attributes as before compile; spikes and pending delays are forgotten.
        projections : bool
            Synaptic attributes except ``w`` as before compile.
        synapses : bool
            Draw connectivity, weights and delays again; implies ``projections``.
        monitors : bool
            Drop recorded data.
        reseed_rng : bool
            Begin the random numbers of the run anew.
        """
        instance = self.refresh()
        instance.set_step(0)
        if reseed_rng:
            instance.restart_draws()
        if populations:
            for population in self.populations:
                population.restart()
        if synapses and not projections:
            self.warn("reset(): synapses=True resets the projections, too.")
        for projection in self.projections:
            instance.forget_events(projection)
            if projections or synapses:
                projection.reset(synapses=synapses)
        if monitors:
            for monitor in self.monitors:
                monitor.reset()
