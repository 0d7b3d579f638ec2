"""Turn a catalogue into graph entities and triples: items, and an entity for every facet value."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from kg.schema import Entity, Triple
from recsys.attributes import PERSON_FACETS
from recsys.schema import Item


def slug(name: str) -> str:
    """Return `name` in lower case with hyphens between words; every script stays, Latin accents go.

    A name without a letter or digit gets a short hash. Two names may have the same slug: `facet_ids` tells
    them apart.
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in letters if not "\u0300" <= c <= "\u036f")
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in unicodedata.normalize("NFC", bare))
    joined = "-".join("".join(kept).split())
    return joined or _short_hash(name)


def same_name(name: str) -> str:
    """Return the key under which two spellings are one name: without case and with single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def decade(year: int) -> str:
    """Return the decade of a year: 1995 gives `1990s`."""
    return f"{year // 10 * 10}s"


def facets(item: Item) -> dict[str, tuple[str, ...]]:
    """Return the item's facets, with the decade of its year where the source gives none."""
    if item.year is None or item.attributes.get("decade"):
        return item.attributes
    return {**item.attributes, "decade": (decade(item.year),)}


def catalogue_graph(
    items: Sequence[Item], source: str, links: pl.DataFrame | None = None, seen: date | None = None
) -> tuple[list[Entity], list[Triple]]:
    """Return the entities and triples of a catalogue; every triple names entities of the list.

    Args:
        items: the catalogue; an item's entity has the item's id.
        source: short name of the source, written on every triple.
        links: edges between items, columns as in `LINK_SCHEMA`; an edge to an unknown item is left out.
        seen: the day on which the source said so.

    Facet values become entities `person:slug` (directors, cast, writers) or `facet:slug`; two values are one
    entity when they differ only in case or spacing, and never otherwise. A facet entity's popularity is its
    number
    of items.
    """
    ids, names, counts = _facet_entities(items)
    entities = [
        Entity(id=i.id, kind=i.kind, name=i.title, aliases=i.aliases, popularity=i.popularity) for i in items
    ]
    entities += [
        Entity(id=ids[key], kind=key[0], name=names[key], popularity=float(counts[key]))
        for key in sorted(ids)
    ]
    triples: dict[tuple[str, str, str], Triple] = {}
    for item in items:
        for facet, values in facets(item).items():
            for key in _keys(facet, values):
                edge = (item.id, facet, ids[key])
                if edge not in triples:
                    triples[edge] = _triple(edge, source, seen)
    if links is not None and links.height:
        known = {item.id for item in items}
        for edge in links.select("subject", "relation", "object").iter_rows():
            if edge[0] in known and edge[2] in known and edge[0] != edge[2] and edge not in triples:
                triples[edge] = _triple(edge, source, seen)
    return entities, list(triples.values())


def facet_ids(items: Sequence[Item]) -> dict[tuple[str, str], str]:
    """Return the entity id of every facet value, by (kind, `same_name` of the value)."""
    return _facet_entities(items)[0]


_Key = tuple[str, str]


def _kind(facet: str) -> str:
    return "person" if facet in PERSON_FACETS else facet


def _keys(facet: str, values: Iterable[str]) -> list[_Key]:
    kind = _kind(facet)
    return [(kind, same_name(value)) for value in values if value.strip()]


def _facet_entities(items: Sequence[Item]) -> tuple[dict[_Key, str], dict[_Key, str], Counter[_Key]]:
    spellings: dict[_Key, Counter[str]] = defaultdict(Counter)
    counts: Counter[_Key] = Counter()
    for item in items:
        met: set[_Key] = set()
        for facet, values in facets(item).items():
            for value in values:
                if value.strip():
                    key = (_kind(facet), same_name(value))
                    spellings[key][" ".join(value.split())] += 1
                    met.add(key)
        counts.update(met)
    taken = {item.id for item in items}
    ids: dict[_Key, str] = {}
    names: dict[_Key, str] = {}
    for key in sorted(spellings):
        names[key] = min(spellings[key], key=lambda s, of=spellings[key]: (-of[s], s))  # type: ignore[misc]
        base = f"{key[0]}:{slug(names[key])}"
        chosen, tries = base, 0
        while chosen in taken:
            tries += 1
            chosen = f"{base}-{_short_hash(key[1] + '#' * (tries - 1))}"
        taken.add(chosen)
        ids[key] = chosen
    return ids, names, counts


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _triple(edge: tuple[str, str, str], source: str, seen: date | None) -> Triple:
    return Triple(
        subject=edge[0], relation=edge[1], object=edge[2], source=source, first_seen=seen, last_seen=seen
    )
