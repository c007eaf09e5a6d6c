"""Several networks at once, each in a process of its own.

In: networks, and a function of the user that runs one. Out: what the function returned for each, in order.
``transfer`` turns networks and functions into bytes, ``worker`` is what the other processes do, ``tasks``
hands out the work, ``run`` and ``instances`` are the two forms of ``parallel_run``.
"""

from engine.parallel.errors import ParallelError
from engine.parallel.run import parallel_run

__all__ = ["ParallelError", "parallel_run"]
