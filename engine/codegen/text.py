"""Lines of C++ text with their indentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from engine.codegen.identifiers import comment


class Text:
    """Grows line by line."""

    def __init__(self, depth: int = 0) -> None:
        self.lines: list[str] = []
        self._depth = depth

    def line(self, text: str = "") -> None:
        """Append one line; directives stand at the margin."""
        indent = "" if text.startswith("#") or not text else "    " * self._depth
        self.lines.append(indent + text)

    def comment(self, text: str) -> None:
        """Append a comment that no text can leave."""
        for line in comment(text):
            self.line(line)

    @contextmanager
    def block(self, header: str = "", after: str = "") -> Iterator[None]:
        """Braces around what is appended inside."""
        self.line(f"{header} {{".lstrip())
        self._depth += 1
        yield
        self._depth -= 1
        self.line("}" + after)

    def insert(self, place: int, lines: Iterable[str]) -> None:
        """Insert lines before the line number ``place``, indented as the next line would be."""
        self.lines[place:place] = ["    " * self._depth + line for line in lines]

    def words(self, first: int = 0) -> set[str]:
        """Identifiers that occur in the text, from the line number ``first`` on."""
        code = (line.split("//")[0] for line in self.lines[first:])
        return {word for line in code for word in re.findall(r"\w+", line)}

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"
