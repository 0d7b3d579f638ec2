"""A graph of more than a million edges made of the shared data: films, books, music and three shops."""

from __future__ import annotations

import csv
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from eval.figures import Figure, MeasureOptions, Section
from kg.schema import Entity, Triple
from kg.text import fold_name, split_year

if TYPE_CHECKING:
    from kg.server import Neo4jServer
    from kg.stores.neo4j import Neo4jGraph

ASKED = 1_000_000
LIKES = 250_000
"""How many likes are taken from the ratings at least: they make popular films dense, which is the hard part."""
_QUICK_LIKES = 20_000
_HEAP = "2g"
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_METADATA = {
    "Genre": ("genre", "genre"),
    "Director": ("director", "person"),
    "Writer": ("writer", "person"),
    "Actors": ("cast", "person"),
    "Country": ("country", "country"),
    "Language": ("language", "language"),
}
_DBPEDIA = {
    "cinematography": "person",
    "director": "person",
    "distributor": "company",
    "editing": "person",
    "musicComposer": "person",
    "producer": "person",
    "starring": "person",
    "writer": "person",
}
_RENAMED = {"star": "cast", "starring": "cast", "actor": "cast", "musicComposer": "composer"}
_KINDS = {"cast": "person", "director": "person", "writer": "person"}

Progress = Callable[[str], None]


@dataclass
class RawGraph:
    """Entities and triples while they are collected; the same name of the same kind is the same entity."""

    entities: dict[str, Entity] = field(default_factory=dict)
    triples: dict[tuple[str, str, str, str], None] = field(default_factory=dict)
    edges: Counter[str] = field(default_factory=Counter)
    """Number of different edges by the source that first named them."""
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def entity(self, kind: str, name: str) -> str:
        """Add an entity where it is new, and return its id."""
        entity_id = f"{kind}:{fold_name(name)[:400]}"
        if entity_id not in self.entities:
            self.entities[entity_id] = Entity(id=entity_id, kind=kind, name=name)
        return entity_id

    def film(self, title: str, year: int | None) -> str:
        """Add a film; its year is part of what it is."""
        return self.entity("film", title if year is None else f"{title} ({year})")

    def link(self, subject: str, relation: str, target: str, source: str) -> None:
        """Add a triple; an edge that another source named already is one more triple, but no more edge."""
        relation = _RENAMED.get(relation, relation)
        self.triples[subject, relation, target, source] = None
        if (subject, relation, target) not in self._seen:
            self._seen.add((subject, relation, target))
            self.edges[source] += 1

    def all_triples(self) -> Iterator[Triple]:
        """Yield the triples."""
        for subject, relation, target, source in self.triples:
            yield Triple(subject=subject, relation=relation, object=target, source=source)


def read_million(data: Path, quick: bool = False, progress: Progress = lambda line: None) -> RawGraph:
    """Read the graph; `quick` leaves out the shops and most likes."""
    graph = RawGraph()
    films = _movielens(graph, data)
    parts: list[tuple[str, Callable[[], None]]] = [
        ("Wikipedia", lambda: _wikipedia(graph, data)),
        ("metadata and DBpedia", lambda: _about_movielens(graph, data, films)),
        ("dialogue graphs", lambda: _dialogue_graphs(graph, data)),
    ]
    if not quick:
        parts += [
            ("music", lambda: _music(graph, data)),
            ("shops", lambda: _shops(graph, data)),
        ]
    for name, read in parts:
        progress(f"Reading {name}")
        read()
    least = _QUICK_LIKES if quick else max(LIKES, ASKED - graph.edges.total())
    progress("Reading likes")
    _likes(graph, data, films, least)
    return graph


def _movielens(graph: RawGraph, data: Path) -> dict[str, str]:
    films = {}
    for line in (data / "ml-1m/movies.dat").read_text(encoding="latin-1").splitlines():
        number, title, genres = line.split("::")
        films[number] = film = graph.film(*split_year(title))
        for genre in genres.split("|"):
            graph.link(film, "genre", graph.entity("genre", genre), "movielens")
    return films


def _wikipedia(graph: RawGraph, data: Path) -> None:
    for file in sorted((data / "films/wikipedia").glob("movies-*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")):
            film = graph.film(row["title"], row["year"])
            decade = graph.entity("decade", f"{row['year'] // 10 * 10}s")
            graph.link(film, "decade", decade, "wikipedia")
            for name in filter(fold_name, row["cast"]):
                graph.link(film, "cast", graph.entity("person", name), "wikipedia")
            for name in row["genres"]:
                graph.link(film, "genre", graph.entity("genre", name), "wikipedia")


def _about_movielens(graph: RawGraph, data: Path, films: dict[str, str]) -> None:
    with (data / "ml-1m/metadata.jsonl").open(encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    for row in rows:
        film = films[str(row["movieId"])]
        for column, (relation, kind) in _METADATA.items():
            for value in (row.get(column) or "N/A").split(", "):
                name = _BRACKETS.sub("", value).strip()
                if name != "N/A" and fold_name(name):
                    graph.link(film, relation, graph.entity(kind, name), "omdb")
    resources = {}
    for line in (data / "ml-1m/dbpedia/mappings.tsv").read_text(encoding="utf-8").splitlines():
        number, _, resource = line.split("\t")
        resources[resource] = films[number]
    for relation, kind in _DBPEDIA.items():
        file = data / f"ml-1m/dbpedia/{relation}.edgelist"
        for line in file.read_text(encoding="utf-8").splitlines():
            subject, target = line.split(" ")
            name = _BRACKETS.sub("", target.rsplit("/", 1)[-1].replace("_", " "))
            if subject in resources and fold_name(name):
                graph.link(resources[subject], relation, graph.entity(kind, name), "dbpedia")


def _dialogue_graphs(graph: RawGraph, data: Path) -> None:
    for source in ("redial", "opendialkg"):
        folder = data / f"crs/ievalm_{source}"
        names = {number: name for name, number in _json(folder / "entity2id.json").items()}
        relations = {number: name for name, number in _json(folder / "relation2id.json").items()}
        edges: dict[str, list[list[int]]] = _json(folder / "kg.json")
        years = {
            int(one): names[other]
            for one, links in edges.items()
            for relation, other in links
            if relations[relation] == "year"
        }
        for one, links in edges.items():
            title, year = split_year(names[int(one)])
            if year is None and years.get(int(one), "").isdigit():
                year = int(years[int(one)])
            film = graph.film(title, year)
            for relation_number, other in links:
                relation = relations[relation_number]
                kind = _KINDS.get(_RENAMED.get(relation, relation), relation)
                if fold_name(names[other]):
                    graph.link(film, relation, graph.entity(kind, names[other]), source)


def _music(graph: RawGraph, data: Path) -> None:
    folder = data / "music/lastfm-hetrec"
    artists = dict(line.split("\t") for line in _lines(folder / "item_index2entity_id.txt"))
    of_entity = {entity: graph.entity("artist", f"artist {item}") for item, entity in artists.items()}
    for line in _lines(folder / "kg.txt"):
        subject, relation, target = line.split("\t")
        ends = [of_entity.get(end) or graph.entity("topic", f"topic {end}") for end in (subject, target)]
        graph.link(ends[0], relation, ends[1], "freebase")
    for line in islice(_lines(folder / "user_artists.dat"), 1, None):
        user, artist, _ = line.split("\t")
        if artist in artists:
            graph.link(
                graph.entity("listener", f"listener {user}"), "listened", of_entity[artists[artist]], "lastfm"
            )


def _shops(graph: RawGraph, data: Path) -> None:
    for shop in ("Beauty", "Sports_and_Outdoors", "Toys_and_Games"):
        rows: dict[str, list[int]] = _json(data / f"s3rec/{shop}_item2attributes.json")
        for item, attributes in rows.items():
            product = graph.entity("product", f"{shop} {item}")
            for attribute in attributes:
                graph.link(product, "attribute", graph.entity("attribute", f"{shop} a {attribute}"), shop)
    for line in _lines(data / "retail-rocket/kg.txt"):
        one, relation, other = line.split()
        ends = [graph.entity("product", f"rocket {end}") for end in (one, other)]
        graph.link(ends[0], f"together_{relation}", ends[1], "retail-rocket")


def _likes(graph: RawGraph, data: Path, films: dict[str, str], least: int) -> None:
    """Add likes of whole users, in the order of the file, until there are enough."""
    by_user: defaultdict[str, list[str]] = defaultdict(list)
    with (data / "ml-1m/ratings_no_timestamp.csv").open(encoding="utf-8") as lines:
        for row in csv.reader(islice(lines, 1, None)):
            if int(row[2]) >= 4:
                by_user[row[0]].append(films[row[1]])
    for user, liked in by_user.items():
        if graph.edges["likes"] >= least:
            break
        for film in liked:
            graph.link(graph.entity("viewer", f"viewer {user}"), "liked", film, "likes")


def _json(file: Path) -> Any:  # noqa: ANN401 - what the file holds
    return json.loads(file.read_text(encoding="utf-8"))


def _lines(file: Path) -> Iterable[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.strip():
                yield line.rstrip("\n")


class Loaded(BaseModel):
    """What was loaded, where, and in how many seconds."""

    entities: int
    triples: int
    edges: dict[str, int]
    """Different edges, by the source that first named them."""
    kinds: dict[str, int]
    embedded_seconds: float
    server_seconds: float

    @property
    def total_edges(self) -> int:
        """All different edges."""
        return sum(self.edges.values())


class Million:
    """The graph in both stores, kept in a folder and loaded when it is not there yet."""

    def __init__(self, options: MeasureOptions) -> None:
        self.folder = options.out / ("million-quick" if options.quick else "million")
        self.embedded = self.folder / "graph.lbug"
        self._options = options

    def server(self, progress: Progress) -> Neo4jServer:
        """Return the server that holds the graph; it has to be started."""
        from kg.server import Neo4jServer

        return Neo4jServer(self.folder / "neo4j", heap=_HEAP, progress=progress)

    def on_server(self, server: Neo4jServer) -> Neo4jGraph:
        """Open the graph on the server."""
        from kg.stores.neo4j import Neo4jGraph

        return Neo4jGraph(server.uri, server.user, server.password, namespace="million")

    def load(self, progress: Progress) -> Loaded:
        """Load both stores, unless that is done; return what was loaded."""
        done = self.folder / "loaded.json"
        if done.is_file():
            return Loaded.model_validate_json(done.read_text(encoding="utf-8"))
        from kg.stores.ladybug import LadybugGraph

        self.folder.mkdir(parents=True, exist_ok=True)
        raw = read_million(self._options.data, self._options.quick, progress)
        began = time.perf_counter()
        embedded = LadybugGraph(self.embedded)
        embedded.replace(raw.entities.values(), raw.all_triples(), progress)
        embedded.close()
        between = time.perf_counter()
        with self.server(progress) as server:
            started = time.perf_counter()
            graph = self.on_server(server)
            graph.replace(raw.entities.values(), raw.all_triples(), progress)
            graph.close()
            ended = time.perf_counter()
        loaded = Loaded(
            entities=len(raw.entities),
            triples=len(raw.triples),
            edges=dict(raw.edges),
            kinds=Counter(entity.kind for entity in raw.entities.values()),
            embedded_seconds=between - began,
            server_seconds=ended - started,
        )
        beside = done.with_suffix(".tmp")
        beside.write_text(loaded.model_dump_json(), encoding="utf-8")
        beside.replace(done)
        return loaded


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Say what the graph is made of, how long it takes to load, and how large it is on disk."""
    million = Million(options)
    loaded = million.load(progress)
    server_bytes = sum(
        file.stat().st_size for file in (million.folder / "neo4j/data/databases").rglob("*") if file.is_file()
    )
    note = f"{loaded.triples:,} triples, {loaded.entities:,} entities"
    return Section(
        title="A graph of a million edges",
        question="What is the large graph made of, and what does it cost to hold it?",
        figures=(
            Figure(
                name="edges",
                value=loaded.total_edges,
                reach="" if options.quick else ">= 1,000,000",
                note=", ".join(f"{name} {number:,}" for name, number in loaded.edges.items()),
            ),
            Figure(
                name="entities",
                value=loaded.entities,
                note=", ".join(f"{name} {number:,}" for name, number in loaded.kinds.items()),
            ),
            Figure(name="load, embedded", value=loaded.embedded_seconds, unit="s", note=note),
            Figure(name="load, Neo4j", value=loaded.server_seconds, unit="s", note=note),
            Figure(name="file, embedded", value=million.embedded.stat().st_size / 1e6, unit="MB"),
            Figure(name="database files, Neo4j", value=server_bytes / 1e6, unit="MB"),
        ),
        config={"quick": options.quick, "likes at least": _QUICK_LIKES if options.quick else LIKES},
    )
