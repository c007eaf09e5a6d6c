from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.errors import EngineError

ABI: int

class LibraryError(EngineError): ...

def aligned_zeros(
    shape: int | tuple[int, ...], dtype: DTypeLike = ..., alignment: int = 64
) -> NDArray[Any]: ...
def aligned_empty(
    shape: int | tuple[int, ...], dtype: DTypeLike = ..., alignment: int = 64
) -> NDArray[Any]: ...

class Library:
    path: str
    def __init__(self, path: str | PathLike[str]) -> None: ...
    def run(
        self,
        buffers: list[NDArray[Any]],
        sizes: NDArray[np.int64],
        clock: NDArray[np.int64],
        steps: int,
        threads: int,
        stop: NDArray[np.int32],
        progress: NDArray[np.int64],
    ) -> int: ...

def partition(n: int, threads: int) -> NDArray[np.int64]: ...
def transpose(
    offsets: NDArray[np.int64], columns: NDArray[np.int32], n_columns: int, places: bool = True
) -> tuple[NDArray[np.int64], NDArray[np.int32], Any]: ...
def split_rows(
    offsets: NDArray[np.int64], columns: NDArray[np.int32], n_post: int, threads: int
) -> NDArray[np.int64]: ...
