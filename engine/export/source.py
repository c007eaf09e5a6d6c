"""Python source of the statements of a script, laid out as a formatter with lines of 110 would do it."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import assert_never

import numpy as np

from engine.project import arrays
from engine.project.script import (
    ENGINE,
    Array,
    Assign,
    Call,
    Define,
    Do,
    Expression,
    Items,
    Literal,
    ModelText,
    Part,
    Public,
    Reference,
    Section,
    Statement,
)

LINE = 110
_INDENT = "    "


def quoted(text: str) -> str:
    """Return ``text`` as a string literal of one line that means exactly that text.

    Everything that is not printable is escaped, so no text can end the literal or hide in it.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    escapes = {"\\": "\\\\", quote: "\\" + quote, "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return quote + "".join(escapes.get(c, c if c.isprintable() else _escaped(c)) for c in text) + quote


def _escaped(character: str) -> str:
    return repr(character)[1:-1]


def block(text: str, depth: int) -> str:
    """Return the text of a model as a triple-quoted literal, one line each, indented by ``depth``.

    White space around lines means nothing in the modelling language. Text with quotes, backslashes or
    characters that do not print goes into :func:`quoted` instead, as does a single line.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    strange = any('"""' in line or "\\" in line or not line.isprintable() for line in lines)
    if strange or len(lines) < 2:
        return quoted(text.strip())
    margin = _INDENT * (depth + 1)
    body = "\n".join(margin + line if line else "" for line in lines)
    return f'"""\n{body}\n{_INDENT * depth}"""'


class Names:
    """Variables of a script: the objects' own names where Python allows it and nothing is hidden."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
        self._of: dict[str, str] = {}

    def define(self, key: str, wish: str) -> str:
        """Choose the variable of the object ``key``."""
        stem = re.sub(r"\W", "_", wish) or "_"
        stem = stem if stem.isidentifier() else "_" + stem
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}_{number}"
        self._taken.add(name)
        self._of[key] = name
        return name

    def __getitem__(self, key: str) -> str:
        return self._of[key]


def statement_source(statement: Statement, names: Names) -> str:
    """Return the source of one statement; a definition also chooses its variable."""
    match statement:
        case Define(key, name, call):
            start = f"{names.define(key, name)} = "
            return start + _call(call, names, len(start), 0)
        case Assign(owner, attribute, expression):
            start = f"{expression_source(owner, names)}.{attribute} = "
            return start + expression_source(expression, names, len(start))
        case Do(call):
            return _call(call, names, 0, 0)
        case Section(title):
            return f"\n# {title}"
        case _:
            assert_never(statement)


def expression_source(expression: Expression, names: Names, used: int = 0, depth: int = 0) -> str:
    """Return the source of an expression; ``used`` columns of its first line are taken, and the lines
    that follow are indented by ``depth``."""
    match expression:
        case Literal(value):
            return _literal(value, used, depth)
        case ModelText(text):
            return block(text, depth)
        case Array(file):
            return _array(np.asarray(arrays.array_of(file)), depth)
        case Reference(key):
            return names[key]
        case Public(name):
            return name
        case Items(items):
            return f"[{', '.join(expression_source(item, names) for item in items)}]"
        case Part(owner, ranks):
            step = f":{ranks.step}" if ranks.step != 1 else ""
            return f"{names[owner.key]}[{ranks.start}:{ranks.stop}{step}]"
        case Call():
            return _call(expression, names, used, depth)
        case _:
            assert_never(expression)


def public_names(statements: Iterable[Statement]) -> dict[str, list[str]]:
    """Return what the statements need from each module, sorted."""
    found: dict[str, set[str]] = {ENGINE: set()}

    def visit(expression: Expression) -> None:
        if isinstance(expression, Public):
            found[ENGINE].add(expression.name)
        elif isinstance(expression, Call):
            if expression.owner is None:
                found.setdefault(expression.module, set()).add(expression.function)
            for argument in (*expression.arguments, *expression.named.values()):
                visit(argument)

    for statement in statements:
        match statement:
            case Define(expression=part) | Assign(expression=part) | Do(call=part):
                visit(part)
    return {module: sorted(names) for module, names in found.items()}


def _call(call: Call, names: Names, used: int, depth: int) -> str:
    head = (f"{names[call.owner.key]}." if call.owner else "") + call.function + "("
    flat = [expression_source(a, names, 0, depth) for a in call.arguments]
    flat += [f"{k}={expression_source(a, names, 0, depth)}" for k, a in call.named.items()]
    line = head + ", ".join(flat) + ")"
    if "\n" not in line and used + len(line) <= LINE:
        return line
    margin = _INDENT * (depth + 1)
    parts = [expression_source(a, names, len(margin) + 1, depth + 1) for a in call.arguments]
    named: Mapping[str, Expression] = call.named
    for key, argument in named.items():
        start = f"{key}="
        parts.append(start + expression_source(argument, names, len(margin) + len(start) + 1, depth + 1))
    return head + "\n" + "".join(f"{margin}{part},\n" for part in parts) + _INDENT * depth + ")"


def _literal(value: object, used: int, depth: int) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        entries = (f"{_literal(k, 0, depth)}: {_literal(v, 0, depth)}" for k, v in value.items())
        return "{" + ", ".join(entries) + "}"
    if not isinstance(value, list | tuple):
        return repr(value)
    opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
    items = [_literal(item, 0, depth) for item in value]
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    line = opening + ", ".join(items) + comma + closing
    if "\n" not in line and used + len(line) <= LINE:
        return line
    margin = _INDENT * (depth + 1)
    items = [_literal(item, len(margin) + 1, depth + 1) for item in value]
    return opening + "\n" + "".join(f"{margin}{item},\n" for item in items) + _INDENT * depth + closing


def _array(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], depth: int) -> str:
    """Return an array as a text of numbers, many a line, that reads back to the same bits."""
    kind = {"b": "int", "i": "int"}.get(array.dtype.kind, "float")
    margin = _INDENT * (depth + 1)
    rows, row = [], margin
    for number in array.astype(kind).ravel().tolist():
        if len(row) + len(repr(number)) >= LINE:
            rows.append(row.rstrip())
            row = margin
        row += f"{number!r} "
    text = "\n".join([*rows, row.rstrip()])
    lines = [
        '"""',
        text,
        f'{margin}""",',
        f"{margin}dtype={kind},",
        f'{margin}sep=" ",',
        _INDENT * depth + ")",
    ]
    return f"np.fromstring(\n{margin}" + "\n".join(lines)
