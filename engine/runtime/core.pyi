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
def index_type(count: int) -> np.dtype[Any]: ...
def rank_type(size: int) -> np.dtype[Any]: ...
def as_ranks(ranks: Any, size: int) -> NDArray[Any]: ...
