"""What calls of a library have in common, looked up once: a call may be one step of a small network."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering.stopping import STOP
from engine.codegen.lowering.sweeps import AS_LEFT
from engine.codegen.lowering.trace_kernels import BEGAN
from engine.codegen.lowering.unseen import SHOWN
from engine.codegen.plan import Plan

Array = npt.NDArray[Any]


class Calls:
    """How the library of a plan is called.

    Parameters
    ----------
    plan : Plan
    arrays : dict
        Every buffer of the plan by name.

    Attributes
    ----------
    began, as_left, shown : memoryview
        Where the library is told in which tick a call begins, that nobody changed a buffer since the last
        one, and that somebody may look at them after it; memory that nobody reads, where it does not ask.
        Views, since numpy's own ways to one number take many times as much code, which a run drives out of
        the processor's caches.
    last_is_alone : bool
        The last step of a run is a call of its own.
    may_stop, may_rewire : bool
        Stop conditions may end a run; synapses may begin and end.
    """

    def __init__(self, plan: Plan, arrays: dict[str, Array]) -> None:
        names = [buffer.name for buffer in plan.buffers]
        self._handed = itemgetter(*names, *names[:1])  # A tuple, however few there are.
        self.began, self.as_left, self.shown = (
            arrays.get(name, np.zeros(1, np.int64)).data for name in (BEGAN, AS_LEFT, SHOWN)
        )
        self.last_is_alone = SHOWN in arrays
        self.may_stop = STOP in arrays
        self.may_rewire = any(name.endswith(("_creating_number", "_pruning_number")) for name in names)

    def buffers(self, arrays: dict[str, Array]) -> list[Array]:
        """The buffers of now in the order of the plan, and the first one once more."""
        return list(self._handed(arrays))
