"""How long functions take."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def timeit(func: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator: print how long each call of a function took.

    Examples
    --------
    >>> @timeit
    ... def build():
    ...     net.compile()
    """

    @functools.wraps(func)
    def timed(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        begun = time.perf_counter()
        try:
            return func(*args, **kwargs)
        finally:
            print(f"{func.__name__} took {time.perf_counter() - begun} seconds. ")

    return timed
