"""One entity out of a cluster of records, and the triples between the entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kg.resolution.clusters import Link, groups
from kg.resolution.config import STORED, Key, ResolutionConfig
from kg.resolution.records import Records
from kg.resolution.resolve import Resolution
from kg.resolution.same_as import SameAs
from kg.schema import Entity, Triple
from kg.sources.dump import Dump
from kg.sources.ids import short_hash


def merged_entities(resolution: Resolution, config: ResolutionConfig) -> tuple[list[Entity], dict[Key, str]]:
    """Return an entity a cluster, by id, and the entity of each record.

    Of the records of a cluster, that of the most trusted source (`config.priority`; then the least id) gives
    id, kind and name. All other names are aliases. The popularity is the greatest: sources count different
    things, so a sum would mean nothing. Where two entities would have one id, the one of the less trusted
    source has its source's name at the end.
    """
    records = resolution.records
    clusters = [
        sorted(cluster, key=lambda number: (_rank(records, config, number), records.keys[number][1]))
        for cluster in groups(resolution.roots)
    ]
    clusters.sort(key=lambda cluster: (_rank(records, config, cluster[0]), records.keys[cluster[0]][1]))
    entities: dict[str, Entity] = {}
    of: dict[Key, str] = {}
    for cluster in clusters:
        chosen = _free_id(records.keys[cluster[0]], entities)
        entities[chosen] = _entity(chosen, [records.entities[number] for number in cluster])
        of.update((records.keys[number], chosen) for number in cluster)
    return [entities[key] for key in sorted(entities)], of


def merged_triples(dumps: Iterable[Dump], of: Mapping[Key, str]) -> tuple[list[Triple], int]:
    """Return the triples between the entities, by key, and how many fell away as edges of a thing to itself.

    Triples of one key become one: the greatest confidence, the first and the last day.
    """
    found: dict[tuple[str, str, str, str], Triple] = {}
    loops = 0
    for dump in dumps:
        for triple in dump.triples:
            subject, target = of[dump.source, triple.subject], of[dump.source, triple.object]
            if subject == target:
                loops += 1
                continue
            key = (subject, triple.relation, target, dump.source)
            found[key] = _joined(found.get(key), triple, subject, target, dump.source)
    return [found[key] for key in sorted(found)], loops


def same_as_rows(resolution: Resolution, of: Mapping[Key, str]) -> list[SameAs]:
    """Return a row a record, with the surest link that ties it to its entity; stored records have none."""
    records = resolution.records
    surest: dict[int, tuple[Link, int]] = {}
    for link in sorted(resolution.links, key=lambda link: (-link.score, link.pair)):
        for number, other in (link.pair, link.pair[::-1]):
            surest.setdefault(number, (link, other))
    rows = []
    for number, (source, own) in enumerate(records.keys):
        if source == STORED:
            continue
        entity, row = of[source, own], {}
        if number in surest:
            link, other = surest[number]
            key = records.keys[other]
            row = {"score": link.score, "reason": link.reason, "with_source": key[0], "with_id": key[1]}
        rows.append(
            SameAs.model_validate(
                {"source": source, "source_id": own, "entity": entity, "name": records.entities[number].name}
                | row
            )
        )
    return rows


def _rank(records: Records, config: ResolutionConfig, number: int) -> tuple[int, str]:
    source = records.source(number)
    return (-1, source) if source == STORED else config.rank(source)


def _free_id(key: Key, taken: Mapping[str, Entity]) -> str:
    source, own = key
    for chosen in (own, f"{own}-{source}", f"{own}-{short_hash(f'{source} {own}')}"):
        if chosen not in taken:
            return chosen
    return f"{own}-{source}-{short_hash(f'{source} {own}')}"


def _entity(chosen: str, members: Sequence[Entity]) -> Entity:
    first = members[0]
    named = next((member.name for member in members if member.name.strip()), first.name)
    names = dict.fromkeys(
        name
        for member in members
        for name in (member.name, *member.aliases)
        if name.strip() and name != named
    )
    return Entity(
        id=chosen,
        kind=first.kind,
        name=named,
        aliases=tuple(names),
        popularity=max(member.popularity for member in members),
    )


def _joined(known: Triple | None, triple: Triple, subject: str, target: str, source: str) -> Triple:
    first = [day for day in (triple.first_seen, known.first_seen if known else None) if day]
    last = [day for day in (triple.last_seen, known.last_seen if known else None) if day]
    surer = known if known and known.confidence > triple.confidence else triple
    return Triple(
        subject=subject,
        relation=triple.relation,
        object=target,
        source=source,
        confidence=surer.confidence,
        first_seen=min(first, default=None),
        last_seen=max(last, default=None),
        sentence=surer.sentence,
    )
