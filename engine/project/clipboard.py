"""Copy, paste and duplicate: fragments of a document as JSON text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from engine.errors import EngineError
from engine.project.document import (
    Monitor,
    NeuronText,
    Population,
    Position,
    ProjectDocument,
    Projection,
    SynapseText,
    new_id,
)
from engine.project.naming import unique_name


class Fragment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What :func:`copy` puts on the clipboard."""

    kind: Literal["neuroloom-fragment"]
    neurons: tuple[NeuronText, ...] = ()
    synapses: tuple[SynapseText, ...] = ()
    populations: tuple[Population, ...] = ()
    projections: tuple[Projection, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    positions: dict[str, Position] = {}
    label_offsets: dict[str, Position] = {}


def copy(document: ProjectDocument, ids: Iterable[str]) -> str:
    """Return the chosen objects as text for the clipboard.

    Projections between chosen populations come along, as do monitors and the models that are needed.
    """
    chosen = set(ids)
    populations = tuple(p for p in document.populations if p.id in chosen)
    inside = {p.id for p in populations}
    projections = tuple(
        p for p in document.projections if p.id in chosen or (p.pre in inside and p.post in inside)
    )
    taken = inside | {p.id for p in projections}
    models = {p.model for p in populations} | {p.synapse for p in projections}
    fragment = Fragment(
        kind="neuroloom-fragment",
        neurons=tuple(n for n in document.neurons if n.id in models | chosen),
        synapses=tuple(s for s in document.synapses if s.id in models | chosen),
        populations=populations,
        projections=projections,
        monitors=tuple(m for m in document.monitors if m.source in taken),
        positions={i: p for i, p in document.view.positions.items() if i in taken},
        label_offsets={i: p for i, p in document.view.label_offsets.items() if i in taken},
    )
    return msgspec.json.encode(fragment).decode()


def paste(
    document: ProjectDocument, text: str, offset: Position = (40.0, 40.0)
) -> tuple[ProjectDocument, tuple[str, ...]]:
    """Add what :func:`copy` wrote, under new ids, and names that are free, moved by ``offset``.

    A model that the document has already, word for word, is shared. A projection copied without one of
    its populations attaches to that population if the document has it, and is left out otherwise.

    Returns
    -------
    document : ProjectDocument
    ids : tuple of str
        The new populations and projections.

    Raises
    ------
    EngineError
        If the text is no fragment.
    """
    try:
        fragment = msgspec.json.decode(text, type=Fragment)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise EngineError("The clipboard holds no part of a project.") from fault
    document, new = _paste_models(document, fragment)
    added: list[str] = []
    for population in fragment.populations:
        new[population.id] = new_id()
        document = msgspec.structs.replace(
            document,
            populations=(
                *document.populations,
                msgspec.structs.replace(
                    population,
                    id=new[population.id],
                    name=unique_name(document, population.name),
                    model=new.get(population.model, population.model),
                ),
            ),
        )
        added.append(new[population.id])
    known = {p.id for p in document.populations}
    for projection in fragment.projections:
        pre, post = new.get(projection.pre, projection.pre), new.get(projection.post, projection.post)
        if pre not in known or post not in known:
            continue
        new[projection.id] = new_id()
        pasted = msgspec.structs.replace(
            projection,
            id=new[projection.id],
            name=unique_name(document, projection.name),
            pre=pre,
            post=post,
            synapse=new.get(projection.synapse, projection.synapse),
        )
        document = msgspec.structs.replace(document, projections=(*document.projections, pasted))
        added.append(pasted.id)
    return _paste_rest(document, fragment, new, offset), tuple(added)


def duplicate(
    document: ProjectDocument, ids: Iterable[str], offset: Position = (40.0, 40.0)
) -> tuple[ProjectDocument, tuple[str, ...]]:
    """Copy and paste in one; models are shared with the originals."""
    return paste(document, copy(document, ids), offset)


def _paste_models(document: ProjectDocument, fragment: Fragment) -> tuple[ProjectDocument, dict[str, str]]:
    new: dict[str, str] = {}
    for field, pasted in (("neurons", fragment.neurons), ("synapses", fragment.synapses)):
        for text in pasted:
            present = getattr(document, field)
            same = next((t for t in present if msgspec.structs.replace(t, id=text.id) == text), None)
            if same is None:
                name = unique_name(document, text.name, model=True)
                same = msgspec.structs.replace(text, id=new_id(), name=name)
                document = msgspec.structs.replace(document, **{field: (*present, same)})
            new[text.id] = same.id
    return document, new


def _paste_rest(
    document: ProjectDocument, fragment: Fragment, new: dict[str, str], offset: Position
) -> ProjectDocument:
    """Add monitors and places of what was pasted; ``new`` maps old ids to new ones."""
    monitors = tuple(
        msgspec.structs.replace(m, id=new_id(), source=new[m.source])
        for m in fragment.monitors
        if m.source in new
    )
    places = {new[i]: (x + offset[0], y + offset[1]) for i, (x, y) in fragment.positions.items() if i in new}
    labels = {new[i]: place for i, place in fragment.label_offsets.items() if i in new}
    view = msgspec.structs.replace(
        document.view,
        positions={**document.view.positions, **places},
        label_offsets={**document.view.label_offsets, **labels},
    )
    return msgspec.structs.replace(document, monitors=(*document.monitors, *monitors), view=view)
