"""What went wrong in another process."""

from __future__ import annotations

from engine.errors import EngineError


class ParallelError(EngineError):
    """The function that was given to ``parallel_run`` failed for one of the networks.

    Attributes
    ----------
    index : int
        Number of the network, from 0 on.
    traceback : str
        Traceback in the process that ran it; empty where there is none.
    """

    def __init__(self, index: int, message: str, traceback: str = "") -> None:
        self.index = index
        self.traceback = traceback
        super().__init__(
            f"parallel_run(): network {index}: {message}" + (f"\n\n{traceback}" if traceback else "")
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.index, str(self), self.traceback)


def _again(index: int, text: str, traceback: str) -> ParallelError:
    error = ParallelError(index, "", traceback)
    error.args = (text,)
    return error
