"""From the user's names to C identifiers: readable, distinct, and never anything but a plain identifier."""

from __future__ import annotations

import re

_KEYWORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t
class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue
decltype default delete do double dynamic_cast else enum explicit export extern false final float for
friend goto if import inline int int32_t int64_t linux long module mutable namespace new noexcept not
not_eq nullptr operator or or_eq override private protected public real register reinterpret_cast
requires return short signed sizeof static static_assert static_cast struct switch template this
thread_local throw true try typedef typeid typename uint8_t uint16_t uint32_t uint64_t union unix unsigned
using virtual void volatile wchar_t while xor xor_eq
"""
_PRINTED = """
ahead any at base begin beyond buffers clock done draw draw_start emitted end entry event fires first
from hole i interrupted k lanes last later left length neurons newest number of_steps onto pair part
place post pre progress q rank row rows run s seed shift sizes slot some start step step_start steps stop
stopping sum synapse synapses t thread threads tick tick_start tile top until whole wide word
"""
KEYWORDS = frozenset(_KEYWORDS.split())
_NUMBERED = frozenset(f"{part}_{number}" for part in ("row", "base", "shift", "sum") for number in range(16))
RESERVED = KEYWORDS | _NUMBERED | frozenset(_PRINTED.split())
"""Names that a user's name may not take in the text: keywords, our types, the symbols of the domains and the
printers' own variables. Names of the prelude start with ``nl_``, which is kept free too."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Identifiers:
    """Gives each name its own identifier; the same name always gets the same one."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set(RESERVED)

    def of(self, kind: str, name: str) -> str:
        """Identifier of ``name``; equal names of another ``kind`` (buffer, size, symbol) get another one."""
        known = self._given.get((kind, name))
        if known is None:
            known = self._distinct(_plain(name))
            self._given[kind, name] = known
        return known

    def _distinct(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return checked(name)


def _plain(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]", "_", name) or "x"
    # Leading underscores with a capital and double underscores belong to the compiler, nl_ to the prelude.
    text = re.sub(r"__+", "_", text)
    return f"x{text}" if re.match(r"[0-9]|_[A-Z]|nl_", text) else text


def checked(identifier: str) -> str:
    """The identifier itself; refuses what is not one, as the last gate before text."""
    if not _PLAIN.fullmatch(identifier):
        raise ValueError(f"{identifier!r} is not a C identifier")
    return identifier


def comment(text: str) -> list[str]:
    """Lines of a ``//`` comment that no text can leave."""
    lines = re.split(r"[\r\n\v\f\x85\u2028\u2029]+", text.strip())
    # A backslash at the end would continue the comment on the next line; ??/ is its trigraph.
    return ["// " + re.sub(r"[^ -~]", "?", line).replace("\\", "|").replace("??/", "?") for line in lines]
