"""From a network to running code: its structure is checked, its synapses are drawn, its code is built."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

from engine.errors import ModelError
from engine.network.configured import Configured

if TYPE_CHECKING:
    from engine.network.projection import Projection


class Compiling(Configured):
    """How a network is compiled."""

    projections: list[Projection]

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
        *,
        cancel: Event | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Draw the synapses, generate and build the code, and set all initial values.

        Parameters
        ----------
        silent : bool
            Print nothing.
        cancel : threading.Event, optional
            Ends a running compiler; :class:`CompilationError` is raised.
        progress : callable, optional
            Is told what is being done.

        Other parameters are accepted for compatibility and ignored.
        """
        from engine.codegen import compile_network

        if self.compiled:
            print("compile(): the network is already compiled; nothing was done. Call clear() to start anew.")
            return
        self._check_structure()
        if not silent:
            print("Compiling ... ", end="", flush=True)
        if progress is not None:
            progress("Drawing synapses")
        draws = self._draws
        try:
            for projection in self.projections:
                projection.draw()
            self._instance = compile_network(self._as_network(), cancel=cancel, progress=progress)
        finally:
            if not self.compiled:
                self._draws = draws
        self._stale = False
        if not silent:
            print(" OK ")

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
