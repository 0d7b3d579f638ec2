"""A small graph of films with a hub, and one whose names try to be markup."""

from datetime import date
from pathlib import Path

from kg.schema import Entity, Triple
from kg.stores.ladybug import LadybugGraph

SEEN = date(2026, 1, 2)
EVIL = "</script><script>alert('x')</script><img src=x onerror=alert(1)> \"&' \u202eabc \x00\x0b ]]> <!--"
HOSTILE = (EVIL, "مرحبا بالعالم", "x" * 300, "名前" * 40, "", "\ud83d\ude00 smile", "line\nbreak\ttab")


def triple(subject: str, relation: str, object_: str, source: str = "plots", sentence: str = "") -> Triple:
    return Triple(
        subject=subject,
        relation=relation,
        object=object_,
        source=source,
        confidence=0.75,
        first_seen=SEEN,
        last_seen=SEEN,
        sentence=sentence,
    )


def films(path: Path, many: int = 12) -> LadybugGraph:
    """Twelve films of one genre, each with two actors of its own; two of them by one director."""
    films = [
        Entity(id=f"film:{k}", kind="film", name=f"Film number {k}", popularity=float(k)) for k in range(many)
    ]
    people = [
        Entity(id=f"person:{k}-{n}", kind="person", name=f"Actor {k} {n}")
        for k in range(many)
        for n in range(2)
    ]
    others = [
        Entity(id="genre:drama", kind="genre", name="Drama"),
        Entity(id="person:ann", kind="person", name="Ann Lee", aliases=("A. Lee",)),
        Entity(id="theme:alone", kind="theme", name="loneliness"),
    ]
    facts = [triple(film.id, "genre", "genre:drama") for film in films]
    facts += [triple(f"film:{k}", "cast", f"person:{k}-{n}") for k in range(many) for n in range(2)]
    facts += [
        triple(f"film:{k}", "director", "person:ann", sentence="It was made by Ann Lee.") for k in (0, 1)
    ]
    facts.append(triple("film:0", "director", "person:ann", source="table"))
    facts.append(triple("film:0", "writer", "person:ann", source="table"))
    graph = LadybugGraph(path)
    graph.upsert([*films, *people, *others], facts)
    return graph


def hostile(path: Path) -> LadybugGraph:
    """A thing whose neighbours, kinds, relations and sources carry what must stay text."""
    entities = [
        Entity(
            id="thing:middle",
            kind="thing",
            name=EVIL.replace("\x00", ""),
            aliases=(EVIL.replace("\x00", ""),),
        )
    ]
    facts = []
    for k, name in enumerate(HOSTILE):
        text = name.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        entities.append(Entity(id=f"odd:{k}", kind=f'kind <b>{k % 3}"</b>', name=text))
        facts.append(
            triple("thing:middle", '"><script>r</script>', f"odd:{k}", source="<i>s</i>", sentence=text)
        )
    graph = LadybugGraph(path)
    graph.upsert(entities, facts)
    return graph
