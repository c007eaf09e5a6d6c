import numpy as np
from numpy.typing import NDArray

def kept_rows(
    candidates: NDArray[np.int32],
    rows: NDArray[np.int32],
    probability: float,
    exclude_self: bool,
    seed: int,
    stream: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...
def chosen_rows(
    candidates: NDArray[np.int32],
    rows: NDArray[np.int32],
    number: int,
    exclude_self: bool,
    seed: int,
    stream: int,
) -> NDArray[np.int32]: ...
