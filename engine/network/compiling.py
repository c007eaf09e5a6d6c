"""From a network to running code: its structure is checked, its synapses are drawn, its code is built."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

from engine.codegen import THREADS
from engine.codegen.build import BuildOptions
from engine.errors import InvalidConfiguration, ModelError
from engine.network import command_line
from engine.network.build_options import build_options, place_of_copy
from engine.network.profiling import Profiling
from engine.network.released import release

if TYPE_CHECKING:
    from engine.network.projection import Projection


class Told:
    """Passes on what compile is doing, and prints it for who asked for that.

    Parameters
    ----------
    network : Compiling
    silent : bool
        Print nothing.
    progress : callable, optional
        Whom to pass it on.
    """

    def __init__(self, network: Compiling, silent: bool, progress: Callable[[str], None] | None) -> None:
        values = network.configuration.values
        self.quiet = values["suppress_warnings"]
        self.verbose = values["verbose"] and not silent and not self.quiet
        self.timed = self.verbose and values["show_time"]
        self.silent, self.progress = silent, progress
        self.number = network.id
        self.compiling, self.begun, self.phase = False, 0.0, ""

    def __call__(self, phase: str) -> None:
        """A phase begins, or something is to be told."""
        if phase.startswith(THREADS):
            if not self.silent and not self.quiet:
                print(f"INFO: {phase.removeprefix(THREADS)} ")
            if self.progress is not None:
                self.progress(phase)
            return
        self._end_phase()
        self.phase, self.begun = phase, time.perf_counter()
        if self.progress is not None:
            self.progress(phase)
        if self.verbose and phase != "Compiling":
            print(f"INFO: {phase} ")
        if phase == "Compiling" and not self.silent:
            self.compiling = True
            print(f"Compiling {f'network {self.number}' if self.number else ''}... ", end="", flush=True)

    def finish(self) -> None:
        """All is done."""
        if self.compiling:
            print(" OK ")
        self._end_phase()

    def _end_phase(self) -> None:
        if self.timed and self.phase:
            print(f"INFO: {self.phase} took {time.perf_counter() - self.begun:.3f} seconds. ")


class Compiling(Profiling):
    """How a network is compiled."""

    projections: list[Projection]
    build_options = BuildOptions()
    compiled_with: Mapping[str, Any] = {}
    """Arguments of :meth:`compile` that another network needs in order to share the library."""
    id: int
    directory: str
    """The ``directory`` that :meth:`compile` was given."""

    @property
    def threads_used(self) -> int:
        """Number of threads that the compiled network runs on: ``num_threads``, or fewer where a step is too
        short for them, or the computer has fewer processors. 0 before compile."""
        return 0 if self._instance is None else self._instance.threads

    def compile(
        self,
        directory: str = "annarchy",
        clean: bool = False,
        compiler: str = "default",
        compiler_flags: str = "default",
        add_sources: str = "",
        extra_libs: str = "",
        cuda_config: dict[str, Any] | None = None,
        annarchy_json: str = "",
        silent: bool = False,
        debug_build: bool = False,
        profile_enabled: bool = False,
        trace_calls: Any = None,
        *,
        cancel: Event | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Draw the synapses, generate and build the code, and set all initial values.

        Libraries are kept in a cache that all networks share, so that code which was built once, in any
        folder, is not built again; then nothing is printed.

        Parameters
        ----------
        directory : str
            Folder that gets a copy of the generated C++ text, ``network.cpp``, or with the number of a
            network that is not that of the top level; no copy is made with the default.
        clean : bool
            Build the library anew even if it is in the cache.
        compiler : str
            Name or path of a compiler that understands the options of GCC; default ``g++``, or that of
            ``annarchy_json``.
        compiler_flags : str
            In place of our optimisation flags, ``-O3 -march=native`` and the like.
        add_sources, cuda_config
            Accepted for compatibility; without effect.
        extra_libs : str
            What the linker is told at the end: ``"-lgsl"``.
        annarchy_json : str
            File with the section ``"openmp": {"compiler": ..., "flags": ...}``; default
            ``~/.config/ANNarchy/annarchy.json`` if it exists.
        silent : bool
            Print nothing.
        debug_build : bool
            Build without optimisation and with what a debugger needs.
        profile_enabled : bool
            Measure what the time of a run is spent on: see :meth:`profile`. After each run the measurements
            are written to ``profile.json`` in the folder that the setting ``profile_out`` names.
        cancel : threading.Event, optional
            Ends a running compiler; :class:`CompilationError` is raised.
        progress : callable, optional
            Is told what is being done.

        Raises
        ------
        EngineError
            If the network or an argument has a mistake, or there is no compiler.
        """
        if self.compiled:
            print(
                "compile(): the network is already compiled; nothing was done. Call clear() to start anew; "
                "in a notebook, right after importing."
            )
            return
        self._check_build()
        self._check_structure()
        if add_sources:
            self.warn("compile(): add_sources has no effect; the generated code needs no other sources.")
        self.directory = str(directory)
        settings = self.configuration.values
        chosen = {
            "compiler": compiler,
            "compiler_flags": compiler_flags,
            "extra_libs": extra_libs,
            "annarchy_json": annarchy_json,
        }
        debug = debug_build or settings["debug"]
        self.compiled_with = {**chosen, "debug_build": debug}
        is_clean = clean or command_line.flags().clean
        copy = place_of_copy(directory, self.id)
        self.build_options = build_options(copy=copy, clean=is_clean, debug=debug, **chosen)
        self.profiling = bool(profile_enabled or settings["profiling"])
        self._build(Told(self, silent, progress), cancel)

    def _build(self, told: Told, cancel: Event | None) -> None:
        """Draw the synapses and get the library; after a failure draws are as before."""
        from engine.codegen import compile_network

        told("Drawing synapses")
        draws = self._draws
        try:
            for projection in self.projections:
                projection.draw()
            self._instance = compile_network(self._as_network(), cancel=cancel, progress=told)
            for projection in self.projections:
                release(projection, self._instance)
        finally:
            if not self.compiled:
                self._draws = draws
        self.build_options = replace(self.build_options, clean=False)
        self._stale = False
        told.finish()

    def generate(self) -> str:
        """Return the C++ text that :meth:`compile` builds, without building it; draws synapses if there
        are none yet.

        Raises
        ------
        EngineError
            If the network asks for something that cannot be done.
        """
        from engine.codegen import generated_code

        self._check_structure()
        draws = self._draws
        try:
            if not self.compiled:
                for projection in self.projections:
                    projection.draw()
            return generated_code(self._as_network())
        finally:
            self._draws = draws

    def _check_build(self) -> None:
        """Refuse settings that do not go together, or that this computer cannot meet."""
        flags = command_line.flags()
        if flags.gpu is not None:
            reason = (
                "-j and --gpu exclude each other" if "num_threads" in flags.settings else "no GPU is used"
            )
            raise InvalidConfiguration(f"compile(): {reason}; leave --gpu out of the command line.")
        if self.cores and len(self.cores) < self.threads:
            raise InvalidConfiguration(
                f"compile(): {self.threads} threads need as many visible_cores, not {list(self.cores)}."
            )

    def _check_structure(self) -> None:
        from engine.language import check_sums, check_synapse_use

        received = {
            population: {t for p in self.projections if p.post_population is population for t in p.targets}
            for population in self.populations
        }
        mistakes = []
        for projection in self.projections:
            _ = projection.recipe
            pre, post = projection.pre_population.model, projection.post_population.model
            if projection.decoded_steps is None:
                mistakes += check_synapse_use(projection.model, pre, post)
            sides = {"pre": projection.pre_population, "post": projection.post_population}
            sums = {side: (part.name, received[part]) for side, part in sides.items()}
            mistakes += check_sums(projection.model, sums, spiking=pre.kind == "spike")
            unused = [t for t in projection.targets if t not in post.targets and not post.uses_sum_of_all]
            for target in unused:
                self.warn(
                    f"Projection {projection.name}: the neuron of {projection.post.name} does not use the "
                    f"target {target!r}; its targets: {', '.join(post.targets) or 'none'}."
                )
        if mistakes:
            raise ModelError(mistakes)
