from typing import Any

import numpy as np
from numpy.typing import NDArray

def transpose(
    offsets: NDArray[np.int64], columns: NDArray[Any], n_columns: int, places: bool = True
) -> tuple[NDArray[np.int64], NDArray[Any], Any]: ...
def column_offsets(columns: NDArray[Any], n_columns: int) -> NDArray[np.int64]: ...
def places(
    offsets_t: NDArray[np.int64], columns: NDArray[Any], begin: int = 0, end: int | None = None
) -> NDArray[np.integer[Any]]: ...
def carried(
    offsets_t: NDArray[np.int64], offsets: NDArray[np.int64], columns: NDArray[Any], values: NDArray[Any]
) -> NDArray[Any]: ...
def places_in_columns(
    offsets_t: NDArray[np.int64], rows_t: NDArray[Any], entries: NDArray[Any], row: int
) -> NDArray[np.int64]: ...
def sorted_by_class(
    offsets: NDArray[np.int64],
    columns: NDArray[Any],
    values: NDArray[np.int32],
    class_of: NDArray[np.int32],
    n_classes: int,
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.integer[Any]]]: ...
def bits_of_rows(
    offsets: NDArray[np.int64], columns: NDArray[Any], starts: NDArray[np.int64], words: int
) -> NDArray[np.int64]: ...
def split_rows(
    offsets: NDArray[np.int64], columns: NDArray[Any], n_post: int, threads: int
) -> NDArray[np.int64]: ...
