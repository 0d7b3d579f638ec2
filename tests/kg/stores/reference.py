"""The graph in plain Python, slow and obvious: what the stores must agree with."""

from collections import Counter
from collections.abc import Iterable

from kg.graph import GraphError
from kg.schema import Change, Entity, GraphStats, Neighbour, Triple
from kg.text import fold_name


class ReferenceGraph:
    def __init__(self, entities: Iterable[Entity] = (), triples: Iterable[Triple] = ()) -> None:
        self.entities = {e.id: e for e in entities}
        self.triples = {t.key: t for t in triples}

    def apply(self, change: Change) -> None:
        gone = set(change.expired_entities)
        entities = {k: e for k, e in self.entities.items() if k not in gone}
        triples = {
            key: t
            for key, t in self.triples.items()
            if key not in change.expired_triples and not {t.subject, t.object} & gone
        }
        entities |= {e.id: e for e in change.entities}
        triples |= {t.key: t for t in change.triples}
        if any({t.subject, t.object} - entities.keys() for t in triples.values()):
            raise GraphError("neither given nor stored")
        self.entities, self.triples = entities, triples

    def all_entities(self) -> list[Entity]:
        return sorted(self.entities.values(), key=lambda e: e.id)

    def all_triples(self, source: str | None = None) -> list[Triple]:
        return [t for _, t in sorted(self.triples.items()) if source in (None, t.source)]

    def facts(self, entity_id: str) -> list[Triple]:
        return [t for t in self.all_triples() if entity_id in (t.subject, t.object)]

    def stats(self) -> GraphStats:
        return GraphStats(
            entities=Counter(e.kind for e in self.entities.values()),
            triples=Counter(t.relation for t in self.triples.values()),
            sources=Counter(t.source for t in self.triples.values()),
        )

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
