from typing import Any

import numpy as np
from numpy.typing import NDArray

def complete_rows(
    candidates: NDArray[np.int32], rows: NDArray[np.int32], exclude_self: bool, ranks: NDArray[Any]
) -> None: ...
def kept_rows(
    candidates: NDArray[np.int32],
    rows: NDArray[np.int32],
    probability: float,
    exclude_self: bool,
    seed: int,
    stream: int,
    group: int,
    first_group: int,
    counts: NDArray[np.int64],
    ranks: NDArray[Any],
) -> int: ...
def chosen_rows(
    candidates: NDArray[np.int32],
    rows: NDArray[np.int32],
    exclude_self: bool,
    seed: int,
    stream: int,
    chosen: NDArray[Any],
) -> None: ...
def distance_rows(
    extents: NDArray[np.int64],
    centres: NDArray[np.float32],
    excluded: NDArray[np.int64],
    amp_pos: float,
    sigma_pos: float,
    amp_neg: float,
    sigma_neg: float,
    limit: float,
    counts: NDArray[np.int64],
    pre: NDArray[Any],
    weights: NDArray[np.float64],
) -> None: ...
