"""Long texts become functions: loops that differ in nothing but the arrays that they touch share one.

A compiler's time grows with the text, and faster than the text within one function. In a network of hundreds
of projections most loops are alike, so that few functions remain; each can be compiled on its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.codegen.identifiers import KEYWORDS

LONGEST = 400
"""Lines of loops up to which one function holds them all: a call costs as much as some neurons."""

BORDER = "// === "
"""Begins a line above each function, and above what calls them."""
LOOP = "__attribute__((noinline)) void "
"""Begins a function; its name follows."""
PLAINLY = "nl_compiled_plainly "
"""Before the function that only calls others: it has thousands of variables, which an optimising compiler
would spend nearly all of its time on."""

_WORD = re.compile(r"\b[A-Za-z_]\w*")
_STREAM = re.compile(r"(?<=, )\d+u(?=\})")
"""The last member of an ``nl_place``."""
_LOCAL = re.compile(r"\b[a-z]\w*(?:\* __restrict|\*)? (?:const )?(\w+)(?: = |\[\w+\](?: = \{\})?;)")
_VALUE = re.compile(r"\s*(?P<const>const )?(?P<type>\w+) (?P<name>\w+) = [^;]*;")
_POINTER = re.compile(r"\s*(?P<type>(?:const )?\w+\* __restrict const) (?P<name>\w+) = [^;]*;")


@dataclass(frozen=True)
class Outlined:
    """The text of a plan in parts.

    Attributes
    ----------
    functions : list of str
        Each under a line that begins with :data:`BORDER`.
    body : list of str
        Lines of one step, which call them.
    complete : bool
        The body has no loops of its own.
    """

    functions: list[str]
    body: list[str]
    complete: bool


@dataclass(frozen=True)
class Span:
    """First and one past the last line of a loop, and whether it is ``apart``: a function in any case."""

    begin: int
    end: int
    apart: bool = False


def outlined(
    signature: str, declarations: Sequence[str], body: Sequence[str], spans: Sequence[Span]
) -> Outlined:
    """Move loops to functions where the text is long.

    Parameters
    ----------
    signature : str
        Of the function around the time loop: ``thread`` and ``threads`` come from it.
    declarations : sequence of str
        Lines that declare what the loops use.
    body : sequence of str
        Lines of one step.
    spans : sequence of Span
        The loops in ``body``.
    """
    is_long = sum(span.end - span.begin for span in spans) > LONGEST
    parameters, pinned = _declared(signature, declarations)
    functions: dict[str, str] = {}
    lines: list[str] = []
    after, complete = 0, is_long
    for span in spans:
        lines += body[after : span.begin]
        after = span.end
        loop = list(body[span.begin : span.end])
        if not (is_long or span.apart):
            lines += loop
            continue
        words = _words(loop)
        local = _locals(loop)
        if pinned.intersection(words) - local.keys():
            lines += loop
            complete = False
            continue
        used = [word for word in words if word in parameters]
        code, streams = _without_streams(loop)
        shape = _shape(code, [*used, *local], parameters)
        name = f"nl_loop_{hashlib.sha256(shape.encode()).hexdigest()[:16]}"
        if name not in functions:
            given = [f"{parameters[word]} {word}" for word in used]
            given += [f"const uint32_t {stream}" for stream in streams]
            functions[name] = _function(name, code, given)
        lines += [line for line in loop if line.startswith("        //")]
        lines.append(f"        {name}({', '.join([*used, *streams.values()])});")
    return Outlined(list(functions.values()), [*lines, *body[after:]], complete)


def _declared(signature: str, declarations: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """Types of what a function can be given, and names that only the text around the loops can use."""
    parameters = dict.fromkeys(("thread", "threads"), "const int64_t")
    pinned = set(_WORD.findall(signature)) - parameters.keys()
    for line in declarations:
        code = line.split("//")[0]
        if value := _VALUE.fullmatch(code.rstrip()):
            parameters[value["name"]] = f"const {value['type']}" if value["const"] else f"{value['type']}&"
        elif pointer := _POINTER.fullmatch(code.rstrip()):
            parameters[pointer["name"]] = pointer["type"]
        else:
            pinned |= set(_WORD.findall(code))
    types = {word for kind in parameters.values() for word in _WORD.findall(kind)}
    everywhere = {name for name in pinned if name.startswith("nl_")}  # of the preludes
    return parameters, pinned - parameters.keys() - types - KEYWORDS - everywhere


def _words(loop: Sequence[str]) -> list[str]:
    """Identifiers of the code, by first occurrence."""
    code = (line.split("//")[0] for line in loop)
    return list(dict.fromkeys(word for line in code for word in _WORD.findall(line)))


def _locals(loop: Sequence[str]) -> dict[str, None]:
    """Names that the loop itself declares."""
    return dict.fromkeys(name for line in loop for name in _LOCAL.findall(line.split("//")[0]))


def _shape(loop: Sequence[str], names: Iterable[str], parameters: dict[str, str]) -> str:
    """The code with numbers in place of names: equal for loops that one function serves."""
    numbers = {name: f"@{k}" for k, name in enumerate(dict.fromkeys(names))}
    code = "\n".join(line.split("//")[0].rstrip() for line in loop if not line.lstrip().startswith("//"))
    types = " ".join(parameters.get(name, "") for name in numbers)
    return types + "\n" + _WORD.sub(lambda word: numbers.get(word[0], word[0]), code)


def _without_streams(loop: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The loop with names in place of the numbers of its random streams, and those numbers."""
    streams: dict[str, str] = {}

    def named(number: re.Match[str]) -> str:
        return streams.setdefault(number[0], f"nl_stream_{len(streams)}")

    lines = [_STREAM.sub(named, line) for line in loop]
    return lines, {name: number for number, name in streams.items()}


def _function(name: str, loop: Sequence[str], given: Sequence[str]) -> str:
    lines = [line.removeprefix("    ") for line in loop]
    return "\n".join([f"{BORDER}a loop", f"{LOOP}{name}({', '.join(given)}) {{", *lines, "}\n"])
