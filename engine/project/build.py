"""From a document to a network that can be compiled and run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, assert_never

import engine
from engine.errors import EngineError
from engine.project import arrays
from engine.project.check import check, errors
from engine.project.document import ProjectDocument
from engine.project.script import (
    NETWORK,
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
    script,
    starts,
)
from engine.project.values import synapse_count

_MANY_SYNAPSES = 10_000_000


@dataclass(frozen=True)
class Built:
    """A network and its populations, projections and monitors by their ids in the document."""

    network: engine.Network
    objects: dict[str, Any]
    starts: tuple[Do, ...] = ()
    """What has to follow once the network is compiled."""

    def compile(self, progress: Callable[[str], None] | None = None) -> None:
        """Compile the network without a word on the terminal, and start what the document wants started."""
        self.network.compile(silent=True, progress=progress)
        for statement in self.starts:
            _evaluate(statement.call, self.objects)


def build(document: ProjectDocument) -> Built:
    """Make the network of a document through the public API, object after object.

    Raises
    ------
    EngineError
        If :func:`engine.project.check.check` finds errors; the text lists them all.
    """
    found = errors(check(document))
    if found:
        raise EngineError("\n".join(str(problem.diagnostic) for problem in found))
    made: dict[str, Any] = {}
    for statement in script(document):
        match statement:
            case Define(key, _, call):
                made[key] = _evaluate(call, made)
            case Assign(owner, attribute, expression):
                setattr(_evaluate(owner, made), attribute, _evaluate(expression, made))
            case Do(call):
                _evaluate(call, made)
            case Section():
                pass
            case _:
                assert_never(statement)
    return Built(made.pop(NETWORK), made, tuple(starts(document)))


def generated_code(document: ProjectDocument) -> str:
    """Return the C++ text that running the document compiles.

    Raises
    ------
    EngineError
        If the document has errors, or so many synapses that drawing them only for this would take long.
    """
    populations = {p.id: p for p in document.populations}
    ends = ((p, populations.get(p.pre), populations.get(p.post)) for p in document.projections)
    count = sum(synapse_count(p, pre, post) for p, pre, post in ends if pre and post)
    if count > _MANY_SYNAPSES:
        raise EngineError(
            f"The network has about {count:.1e} synapses, too many to draw them only for this text. "
            "Sizes are no part of it: look at it with smaller populations."
        )
    return build(document).network.generate()


def _evaluate(expression: Expression, made: dict[str, Any]) -> Any:
    match expression:
        case Literal(value):
            return value
        case ModelText(text):
            return text
        case Array(file):
            return arrays.array_of(file)
        case Reference(key):
            return made[key]
        case Public(name):
            return getattr(engine, name)
        case Part(owner, ranks):
            return made[owner.key][ranks.start : ranks.stop : ranks.step]
        case Items(items):
            return [_evaluate(item, made) for item in items]
        case Call(name, arguments, named, owner, module):
            function = getattr(made[owner.key] if owner else import_module(module), name)
            values = [_evaluate(argument, made) for argument in arguments]
            return function(*values, **{key: _evaluate(value, made) for key, value in named.items()})
        case _:
            assert_never(expression)
