"""LILConnectivity: synapses as lists of rows, which a user's own connector fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity import Connectivity, from_rows
from engine.errors import EngineError
from engine.network.attributes import is_number

_step: ContextVar[float | None] = ContextVar("_step", default=None)


@contextmanager
def steps_of(dt: float) -> Iterator[None]:
    """Meanwhile lists of rows are made for a network with this step (ms)."""
    token = _step.set(dt)
    try:
        yield
    finally:
        _step.reset(token)


class LILConnectivity:
    """Synapses as lists, one row for each post-synaptic neuron, for :meth:`Projection.connect_with_func`.

    Parameters
    ----------
    dt : float, optional
        Step in ms, to which delays are rounded; default that of the projection that calls the connector, or
        of the top-level network.

    Attributes
    ----------
    post_rank : list of int
        Post-synaptic rank of each row.
    pre_rank : list of list of int
        Pre-synaptic ranks of each row.
    w : list of list of float
        Weights of each row; one element stands for all.
    delay : list of list of int
        Delays of each row in steps; one element stands for all.

    Examples
    --------
    >>> def ring(pre, post, weight):
    ...     rows = LILConnectivity()
    ...     for i in range(post.size):
    ...         rows.add(i, [(i - 1) % pre.size, (i + 1) % pre.size], [weight], [0.0])
    ...     return rows
    >>> proj.connect_with_func(ring, weight=0.5)
    """

    def __init__(self, dt: float | None = None) -> None:
        self.dt = dt or _step.get() or _top_level_network().dt
        self.post_rank: list[int] = []
        self.pre_rank: list[list[int]] = []
        self.w: list[list[float]] = []
        self.delay: list[list[int]] = []
        self._warned = False

    def add(self, rk: int, r: Sequence[int], w: Sequence[float], d: Sequence[float]) -> None:
        """Append a row; nothing happens if it has no synapses.

        Parameters
        ----------
        rk : int
            Rank of the post-synaptic neuron, best in ascending order.
        r : list or array of int
            Ranks of the pre-synaptic neurons.
        w : list or array of float
            A weight for each, or one for all.
        d : list or array of float
            A delay (ms) for each, or one for all.
        """
        post, ranks = _whole([rk], "the post-synaptic rank")[0], _whole(r, "the pre-synaptic ranks")
        if not ranks:
            return
        for what, values in (("weights", w), ("delays", d)):
            if not (
                isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim == 1)
            ):
                raise EngineError(f"LILConnectivity.add(): the {what} of row {post} must be a list.")
            if len(values) not in (1, len(ranks)):
                raise EngineError(
                    f"LILConnectivity.add(): row {post} has {len(ranks)} synapses, but {len(values)} {what}; "
                    f"give one or {len(ranks)}."
                )
        weights, delays = _finite(w, post, "weights"), _finite(d, post, "delays")
        if min(delays) < 0.0:
            raise EngineError(f"LILConnectivity.add(): a delay of row {post} is negative ({min(delays)} ms).")
        if self.post_rank and post < self.post_rank[-1] and not self._warned:
            self._warned = True
            _top_level_network().warn(
                "LILConnectivity.add(): rows are best added in ascending order of their post-synaptic ranks; "
                "now they are sorted."
            )
        self.post_rank.append(post)
        self.pre_rank.append(ranks)
        self.w.append(weights * len(ranks) if len(weights) == 1 else weights)
        self.delay.append([round(delay / self.dt) for delay in delays])

    push_back = add

    # --- what follows from the rows -------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.post_rank)

    @property
    def nb_synapses(self) -> int:
        """Number of synapses."""
        return sum(map(len, self.pre_rank))

    @property
    def max_delay(self) -> int:
        """Largest delay in steps; 0 if none was asked for."""
        return max(map(max, filter(None, self.delay)), default=0)

    @property
    def uniform_delay(self) -> int:
        """The delay of all synapses in steps; -1 where each has its own, which is also so if a row was given
        several equal ones."""
        if any(len(row) > 1 for row in self.delay) or len(set(chain.from_iterable(self.delay))) > 1:
            return -1
        return self.max_delay

    def get_max_delay(self) -> int:
        """:attr:`max_delay`."""
        return self.max_delay

    def get_uniform_delay(self) -> int:
        """:attr:`uniform_delay`."""
        return self.uniform_delay

    def compute_average_row_length(self) -> tuple[float, float, int, int]:
        """Mean, standard deviation, minimum and maximum of the number of synapses of a row."""
        lengths = np.array([len(row) for row in self.pre_rank])
        if not lengths.size:
            return 0.0, 0.0, 0, 0
        return float(lengths.mean()), float(lengths.std()), int(lengths.min()), int(lengths.max())

    def validate(self) -> None:
        """Merge rows of one neuron, with a warning; pairs that come twice are an error."""
        self._check_lengths()
        if len(set(self.post_rank)) < len(self.post_rank):
            _top_level_network().warn(
                "LILConnectivity: a post-synaptic neuron was added several times; its rows are joined."
            )
            self._merge()
        for post, ranks in zip(self.post_rank, self.pre_rank, strict=True):
            if len(set(ranks)) < len(ranks):
                twice = next(rank for rank in ranks if ranks.count(rank) > 1)
                raise EngineError(
                    f"LILConnectivity: the pre-synaptic neuron {twice} is connected several times to the "
                    f"post-synaptic neuron {post}; a projection has one synapse for a pair."
                )

    def _check_lengths(self) -> None:
        """The lists may also have been assigned."""
        lists: dict[str, list[Any]] = {"pre_rank": self.pre_rank, "w": self.w, "delay": self.delay}
        for name, rows in lists.items():
            if len(rows) != self.size:
                raise EngineError(f"LILConnectivity: {self.size} rows, but {len(rows)} in its {name}.")
        for index, post in enumerate(self.post_rank):
            number = len(self.pre_rank[index])
            for name in ("w", "delay"):
                if len(lists[name][index]) not in (1, number):
                    raise EngineError(
                        f"LILConnectivity: row {post} has {number} synapses, but {len(lists[name][index])} "
                        f"values in {name}."
                    )

    def _merge(self) -> None:
        rows: dict[int, tuple[list[int], list[float], list[int]]] = {}
        uniform = self.uniform_delay
        for post, ranks, weights, delays in zip(
            self.post_rank, self.pre_rank, self.w, self.delay, strict=True
        ):
            joined = rows.setdefault(post, ([], [], []))
            joined[0].extend(ranks)
            joined[1].extend(_spread(weights, len(ranks)))
            joined[2].extend(_spread(delays, len(ranks)))
        self.post_rank = list(rows)
        self.pre_rank = [row[0] for row in rows.values()]
        self.w = [row[1] for row in rows.values()]
        self.delay = [row[2] if uniform == -1 else [uniform] for row in rows.values()]

    def drawn(self, n_pre: int, n_post: int, dt: float, label: str) -> Connectivity:
        """The synapses of a projection between populations of these sizes.

        Raises
        ------
        EngineError
            Where a rank does not exist, a pair comes twice, lists do not fit, or the step is another one.
        """
        if self.dt != dt:
            raise EngineError(
                f"{label} rounded its delays to steps of {self.dt} ms, but the network's step is {dt} ms; "
                f"make it with LILConnectivity(dt={dt})."
            )
        self.validate()
        lengths = np.array([len(row) for row in self.pre_rank], dtype=np.int64)
        post = _checked_ranks(self.post_rank, n_post, f"{label}: the post-synaptic")
        pre = _checked_ranks(chain.from_iterable(self.pre_rank), n_pre, f"{label}: the pre-synaptic")
        weights = _spread_rows(self.w, lengths, np.float64)
        uniform = self.uniform_delay
        delays: int | NDArray[np.int32] = max(1, uniform)
        if uniform == -1:
            delays = np.maximum(1, _spread_rows(self.delay, lengths, np.int32))
        return from_rows(post, lengths, pre, weights, delays, n_pre=n_pre, n_post=n_post)


def _top_level_network() -> Any:
    from engine.network.network import default_network

    return default_network()


def _whole(values: Any, what: str) -> list[int]:
    """Whole numbers as a list."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iuf") or (array != np.rint(array)).any():
        raise EngineError(f"LILConnectivity.add(): {what} must be a list of whole numbers, not {values!r}.")
    ranks: list[int] = array.astype(np.int64).tolist()
    return ranks


def _finite(values: Sequence[float], post: int, what: str) -> list[float]:
    if not all(map(is_number, values)):
        raise EngineError(f"LILConnectivity.add(): the {what} of row {post} must be numbers.")
    numbers: list[float] = np.asarray(values, dtype=np.float64).tolist()
    if what == "delays" and not np.isfinite(numbers).all():
        raise EngineError(f"LILConnectivity.add(): a delay of row {post} is no finite number.")
    return numbers


def _spread(values: list[Any], number: int) -> list[Any]:
    return list(values) if len(values) == number else list(values) * number


def _spread_rows(rows: list[Any], lengths: NDArray[np.int64], dtype: Any) -> NDArray[Any]:
    """The values of all rows, one after the other; a row with one value has it for all."""
    given = np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(rows), dtype=dtype, count=int(given.sum()))
    return np.repeat(flat, np.repeat(np.where(given == lengths, 1, lengths), given))


def _checked_ranks(ranks: Any, size: int, label: str) -> NDArray[np.int32]:
    array = np.fromiter(ranks, dtype=np.int64)
    if array.size and not (array.min() >= 0 and array.max() < size):
        wrong = array[(array < 0) | (array >= size)][0]
        raise EngineError(f"{label} rank {wrong} does not exist; ranks are 0 .. {size - 1}.")
    return array.astype(np.int32)
