"""What the time of a run is spent on, for networks that were compiled with ``profile_enabled``."""

from __future__ import annotations

import json
from pathlib import Path

from engine.errors import EngineError
from engine.network.configured import Configured


class Profiling(Configured):
    """The measurements of a network."""

    id: int
    profiling = False
    """The running code measures itself; compile decides."""

    def profile(self) -> dict[str, float]:
        """Seconds that each part of a step took since compile, the longest first.

        Parts are named as in the generated code: ``pop0.equations``, ``proj0.transmission`` ... Several names
        share a loop. The first thread is measured; its waiting for others counts for what needs them.

        Raises
        ------
        EngineError
            If the network was not compiled with ``profile_enabled=True``.
        """
        if self._instance is None or not self.profiling:
            raise EngineError("profile(): compile the network with profile_enabled=True first.")
        seconds = self._instance.profile()
        return dict(sorted(seconds.items(), key=lambda item: -item[1]))

    def write_profile(self) -> None:
        """Write ``profile.json`` to the folder ``profile_out``, or to the working directory."""
        if not self.profiling:
            return
        folder = Path(self.configuration.values["profile_out"] or ".")
        parts = self.profile()
        content = {
            "threads": 0 if self._instance is None else self._instance.threads,
            "steps": 0 if self._instance is None else self._instance.tick,
            "seconds": sum(parts.values()),
            "parts": parts,
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"profile{f'_network{self.id}' if self.id else ''}.json"
        path.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")
