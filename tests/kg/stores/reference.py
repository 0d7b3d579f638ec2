"""The graph in plain Python, slow and obvious: what the stores must agree with."""

import math
from collections.abc import Iterable

from kg.schema import Entity, Neighbour, Path, Triple
from kg.text import fold_name


class ReferenceGraph:
    def __init__(self, entities: Iterable[Entity], triples: Iterable[Triple]) -> None:
        self.entities = {e.id: e for e in entities}
        self.triples = {(t.subject, t.relation, t.object, t.source): t for t in triples}

    def degree(self, entity_id: str) -> int:
        return sum((t.subject == entity_id) + (t.object == entity_id) for t in self.triples.values())

    def edges(self, entity_id: str) -> set[tuple[str, str, bool]]:
        """(relation, other, outgoing); a loop is outgoing only."""
        found = {(t.relation, t.object, True) for t in self.triples.values() if t.subject == entity_id}
        return found | {
            (t.relation, t.subject, False)
            for t in self.triples.values()
            if t.object == entity_id and t.subject != entity_id
        }

    def neighbours(self, entity_id: str, relation: str | None, kind: str | None) -> list[Neighbour]:
        found = [
            Neighbour(entity=self.entities[other], relation=name, outgoing=outgoing)
            for name, other, outgoing in self.edges(entity_id)
            if relation in (None, name) and kind in (None, self.entities[other].kind)
        ]
        return sorted(found, key=lambda n: (n.relation, n.entity.name, n.entity.id, not n.outgoing))

    def paths(self, source: str, target: str, max_hops: int) -> list[Path]:
        if source == target or not {source, target} <= self.entities.keys():
            return []
        found: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()

        def walk(ids: tuple[str, ...], relations: tuple[str, ...]) -> None:
            if ids[-1] == target:
                found.add((ids, relations))
            elif len(relations) < max_hops:
                for relation, other, _ in self.edges(ids[-1]):
                    if other not in ids:
                        walk((*ids, other), (*relations, relation))

        walk((source,), ())

        def score(ids: tuple[str, ...]) -> float:
            inner = [1 / math.log2(2 + self.degree(k)) for k in ids[1:-1]]
            return math.fsum(inner) / len(inner) if inner else 1.0

        ordered = sorted(found, key=lambda p: (-score(p[0]), len(p[1]), len(set(p[1])), p[0], p[1]))
        return [
            Path(entities=tuple(self.entities[k] for k in ids), relations=relations, score=score(ids))
            for ids, relations in ordered
        ]

    def search(self, text: str, kind: str | None) -> list[Entity]:
        key = fold_name(text)
        if not key:
            return []

        def keys(entity: Entity) -> list[str]:
            return [fold_name(name) for name in (entity.name, *entity.aliases)]

        found = [
            e
            for e in self.entities.values()
            if kind in (None, e.kind)
            and set(key.split(" ")) <= {word for name in keys(e) for word in name.split(" ")}
        ]
        return sorted(found, key=lambda e: (key not in keys(e), -e.popularity, e.name, e.id))
