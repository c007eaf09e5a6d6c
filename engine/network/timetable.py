"""Values that follow a schedule: rows of numbers, and the steps at which each becomes the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Timetable:
    """What attributes of a population become, and when.

    A counter of steps starts at 0 and advances while the population is enabled; so does the number of the
    next row. Where the counter is ``steps[row]``, the attributes take the values of that row, and the next
    row, or the first one again, waits. Where the counter is ``period - 1``, both start anew.

    Attributes
    ----------
    steps : int64 array of at least one element
        Step of each row.
    period : int
        Steps of a cycle; less than 1 for none.
    values : mapping of str to array
        For each attribute the rows: (rows, size of the population), or (rows, 1) of a global attribute. There
        may be more rows than steps.
    """

    steps: NDArray[np.int64]
    period: int
    values: Mapping[str, NDArray[np.float64]]

    def buffers(self) -> dict[str, NDArray[Any]]:
        """The same as flat arrays, by the names they have in a plan."""
        rows = {f"rows_{name}": values.reshape(-1) for name, values in self.values.items()}
        return {"at": self.steps, "period": np.array([self.period], dtype=np.int64), **rows}
