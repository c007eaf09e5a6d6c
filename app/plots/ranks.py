"""Ranks as people write them: ``0-4, 10``."""

from __future__ import annotations

import re
from typing import Final

from engine.errors import EngineError

MOST_RANKS: Final = 64
_ITEM: Final = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?")


def parse_ranks(text: str, size: int) -> tuple[int, ...]:
    """The ranks that ``text`` names, each once, in the order of the text.

    Raises
    ------
    EngineError
        If the text cannot be read, a rank is not below ``size``, or there are more than can be drawn.
    """
    ranks: dict[int, None] = {}
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise EngineError(f"“{item.strip()}” is not a rank. Write ranks and ranges like 0-4, 10.")
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        if last < first:
            raise EngineError(f"The range {first}-{last} is empty: write the smaller rank first.")
        if last >= size:
            raise EngineError(f"There is no neuron {last}: ranks go from 0 to {size - 1}.")
        if len(ranks) + last - first >= MOST_RANKS:
            raise EngineError(f"At most {MOST_RANKS} traces fit into one plot.")
        ranks.update(dict.fromkeys(range(first, last + 1)))
    return tuple(ranks)


def default_ranks(size: int) -> tuple[int, ...]:
    """A few ranks spread over a population of ``size`` neurons."""
    count = min(size, 4)
    return tuple(k * size // count for k in range(count))


def format_ranks(ranks: tuple[int, ...]) -> str:
    """The shortest text that :func:`parse_ranks` reads as ``ranks``."""
    parts: list[list[int]] = []
    for rank in ranks:
        if parts and rank == parts[-1][1] + 1:
            parts[-1][1] = rank
        else:
            parts.append([rank, rank])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
