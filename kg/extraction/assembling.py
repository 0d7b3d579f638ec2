"""From marked stretches of a text to entities and triples with their sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kg.extraction.documents import PEOPLE, RELATIONS, Document, Extraction, Span
from kg.extraction.sentences import sentences
from kg.extraction.values import canonical
from kg.schema import Entity, Triple
from kg.sources.ids import entity_id

_MAX_SENTENCE = 600
_MAX_NAME = 120


class _Link(Protocol):
    @property
    def entity(self) -> Entity | None: ...


class Linker(Protocol):
    """What is asked of an entity linker; `kg.linking.EntityLinker` is one."""

    def link(self, mention: str, *, kinds: list[str] | None = None) -> _Link:
        """Return the entity that a name means, or none."""


def assemble(
    document: Document, spans: Iterable[Span], source: str, linker: Linker | None = None
) -> Extraction:
    """Return the facts that the spans state, each once, with the sentence of its surest span.

    A name is linked to a known entity of the right kind where a linker is given and knows it; otherwise its id
    is `kind:slug`. A name equal to the item's own title is no fact about it.
    """
    item = Entity(id=document.id, kind=document.kind, name=document.title)
    entities = {item.id: item}
    triples: dict[tuple[str, str], Triple] = {}
    places = sentences(document.text)
    spans = list(spans)
    full = _full_names(document.text, spans)
    for span in sorted(spans, key=lambda s: (-s.confidence, s.start)):
        written = document.text[span.start : span.end]
        name = canonical(span.relation, written)
        if span.relation in PEOPLE:
            name = full.get(name, name)
        if not any(c.isalnum() for c in name) or len(name) > _MAX_NAME:
            continue
        entity = _entity(RELATIONS[span.relation], name, linker)
        if entity.id == item.id or (span.relation, entity.id) in triples:
            continue
        entities.setdefault(entity.id, entity)
        triples[span.relation, entity.id] = Triple(
            subject=item.id,
            relation=span.relation,
            object=entity.id,
            source=source,
            confidence=round(min(1.0, max(0.0, span.confidence)), 4),
            sentence=_sentence(document.text, places, span),
        )
    ordered = sorted(triples.values(), key=lambda triple: triple.key)
    return Extraction(document=item.id, entities=tuple(entities.values()), triples=tuple(ordered))


def _full_names(text: str, spans: list[Span]) -> dict[str, str]:
    """Map a surname to the one whole name in this text that ends with it."""
    names = {canonical(s.relation, text[s.start : s.end]) for s in spans if s.relation in PEOPLE}
    whole: dict[str, set[str]] = {}
    for name in names:
        if " " in name:
            whole.setdefault(name.split()[-1], set()).add(name)
    return {last: min(found) for last, found in whole.items() if len(found) == 1}


def _entity(kind: str, name: str, linker: Linker | None) -> Entity:
    if linker is not None and kind != "year":
        known = linker.link(name, kinds=[kind]).entity
        if known is not None:
            return known
    return Entity(id=entity_id(kind, name), kind=kind, name=name)


def _sentence(text: str, places: list[tuple[int, int]], span: Span) -> str:
    """Return the sentence around a span, cut around it where it is very long."""
    start, end = next((p for p in places if p[0] <= span.start < p[1]), (span.start, span.end))
    end = max(end, span.end)
    if end - start > _MAX_SENTENCE:
        start = max(start, span.start - _MAX_SENTENCE // 2)
        end = min(end, max(span.end, start + _MAX_SENTENCE))
    return " ".join(text[start:end].split())
