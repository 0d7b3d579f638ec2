"""How fast paths are found in a graph of a million edges, on both stores, and whether they say what matters."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as FilePath

import numpy as np

from eval.figures import Figure, MeasureOptions, Section
from eval.kg_figures.million import Million
from kg.graph import KnowledgeGraph
from kg.paths.adjacency import Adjacency
from kg.paths.adjacency_file import load_adjacency
from kg.schema import Path, Triple

_KINDS = (
    ("film", "film"),
    ("person", "film"),
    ("genre", "film"),
    ("country", "film"),
    ("company", "film"),
    ("product", "product"),
    ("attribute", "product"),
    ("artist", "artist"),
)
_PAIRS_A_KIND = 40
_PAIRS_LIKED = 80
_PLANTED = 200
_LOOK_UPS = 200
_BROAD = frozenset({"genre", "country", "language", "decade", "year"})
_PERCENTILES = (50, 95, 100)

Progress = Callable[[str], None]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Queries:
    """What is asked: an interest and an item each."""

    liked: list[Pair]
    """Two films that one person likes."""
    drawn: list[Pair]
    """Half of them drawn evenly, half by the number of edges, so that hubs come up."""


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Time paths of one to three hops, one query at a time, with this process on one core."""
    million = Million(options)
    loaded = million.load(progress)
    with one_core(), million.server(progress) as server:
        from kg.stores.ladybug import LadybugGraph
        from kg.stores.ladybug_paths import file_state

        beside = million.embedded.with_name(f"{million.embedded.name}.paths")
        beside.unlink(missing_ok=True)
        embedded, remote = LadybugGraph(million.embedded, read_only=True), million.on_server(server)
        began = time.perf_counter()
        embedded.prepare_paths(progress)
        built = time.perf_counter() - began
        adjacency = load_adjacency(beside, file_state(million.embedded))
        if adjacency is None:
            raise RuntimeError(f"{beside} was not written.")
        queries = draw(adjacency, options.seed)
        first = _seconds(lambda: remote.paths(*queries.liked[0]))
        figures, same = [], []
        look_ups = [1000 * _seconds(lambda: remote.get(["nobody"])) for _ in range(_LOOK_UPS)]
        for hops in (1, 2, 3):
            progress(f"Asking for paths of up to {hops} hops")
            of_file, found = _times("embedded", embedded, queries, hops, "<= 20")
            of_server, answers = _times("Neo4j", remote, queries, hops, "<= 40")
            figures += [*of_file, *of_server]
            same += [_ids(one) == _ids(other) for one, other in zip(found, answers, strict=True)]
        remote.close()
        quality = _diversity(embedded, queries.liked)
        embedded.close()
        progress("Planting directors")
        quality += _planted(million.embedded, adjacency, options.seed)
    return Section(
        title="Paths",
        question="How fast are the paths between an interest and an item found, and do they say what matters?",
        figures=(
            *figures,
            Figure(
                name="Neo4j, one look-up, p95",
                value=float(np.percentile(look_ups, 95)),
                unit="ms",
                note=f"n = {_LOOK_UPS}, an id that is not there: what a call costs by itself, on this machine now",
            ),
            Figure(
                name="same answer on both stores",
                value=float(np.mean(same)),
                reach="1.0",
                note=f"n = {len(same)}",
            ),
            *quality,
            Figure(name="adjacency, built once", value=built, unit="s", note=f"{loaded.triples:,} triples"),
            Figure(name="adjacency, memory of the arrays", value=adjacency.nbytes / 1e6, unit="MB"),
            Figure(
                name="adjacency, file",
                value=beside.stat().st_size / 1e6,
                unit="MB",
                note="mapped, so that processes share it",
            ),
            Figure(
                name="first call on Neo4j",
                value=first,
                unit="s",
                note="the server plans its queries; what the load noted of the relations is read",
            ),
        ),
        config={
            "seed": options.seed,
            "edges": loaded.total_edges,
            "pairs": len(queries.liked) + len(queries.drawn),
            "limit": 5,
            "load average at the end": round(os.getloadavg()[0], 1),
            "cores": os.cpu_count() or 0,
        },
    )


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and the threads that it starts meanwhile, on one core where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def draw(adjacency: Adjacency, seed: int) -> Queries:
    """Draw the pairs, the same for the same graph and seed."""
    generator = np.random.default_rng(seed)
    kinds = np.array([one.split(":", 1)[0] for one in adjacency.ids])
    drawn: list[Pair] = []
    for sides in _KINDS:
        columns = [_drawn(adjacency, np.flatnonzero(kinds == kind), generator) for kind in sides]
        drawn += [pair for pair in zip(*columns, strict=True) if pair[0] != pair[1]]
    viewers = np.flatnonzero(kinds == "viewer")
    liked: list[Pair] = []
    for viewer in generator.choice(viewers, _PAIRS_LIKED):
        films = adjacency.others[adjacency.starts[viewer] : adjacency.starts[viewer + 1]]
        one, other = generator.choice(films, 2, replace=False)
        liked.append((adjacency.ids[int(one)], adjacency.ids[int(other)]))
    return Queries(liked, drawn)


def _drawn(
    adjacency: Adjacency, places: np.ndarray[tuple[int], np.dtype[np.int64]], generator: np.random.Generator
) -> list[str]:
    if not len(places):
        return []
    weights = adjacency.degrees[places] / adjacency.degrees[places].sum()
    half = _PAIRS_A_KIND // 2
    chosen = [*generator.choice(places, half), *generator.choice(places, half, p=weights)]
    return [adjacency.ids[int(k)] for k in chosen]


def _times(
    name: str, graph: KnowledgeGraph, queries: Queries, hops: int, reach: str
) -> tuple[list[Figure], list[list[Path]]]:
    """Time each pair once, after all were asked for once; return the answers too."""
    pairs = [*queries.liked, *queries.drawn]
    for pair in pairs:
        graph.paths(*pair, max_hops=hops)
    taken, used, answers = [], [], []
    for pair in pairs:
        began, busy = time.perf_counter(), time.process_time()
        answers.append(graph.paths(*pair, max_hops=hops))
        taken.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.process_time() - busy))
    found = sum(map(bool, answers))
    note = (
        f"n = {len(pairs)}, {found} with paths; {np.percentile(used, 95):.1f} ms of it on this process's core"
    )
    figures = [
        Figure(
            name=f"{name}, {hops} hop{'s' if hops > 1 else ''}, {'max' if p == 100 else f'p{p}'}",
            value=float(np.percentile(taken, p)),
            unit="ms",
            reach=reach if p == 95 else "",
            note=note if p == 95 else "",
        )
        for p in _PERCENTILES
    ]
    return figures, answers


def _diversity(graph: KnowledgeGraph, pairs: Sequence[Pair]) -> list[Figure]:
    chosen, plain = [], []
    for pair in pairs:
        every = graph.paths(*pair, max_hops=2, limit=50)
        if len(every) < 3:
            continue
        plain.append(len({path.relations for path in every[:3]}))
        chosen.append(len({path.relations for path in graph.paths(*pair, max_hops=2, limit=3)}))
    note = f"n = {len(chosen)} pairs of liked films with three paths or more; of 3"
    return [
        Figure(name="different relations among three paths", value=float(np.mean(chosen)), note=note),
        Figure(
            name="the same without choosing for difference", value=float(np.mean(plain)), note="by score only"
        ),
    ]


def _planted(file: FilePath, adjacency: Adjacency, seed: int) -> list[Figure]:
    """Give films the director of another film that they share something broad with; see which is said first."""
    from kg.stores.ladybug import LadybugGraph

    generator = np.random.default_rng(seed)
    director = adjacency.names.index("director")
    has = np.flatnonzero(adjacency.relations == director)
    planted: list[tuple[str, str, str]] = []
    broad = [adjacency.names.index(name) for name in sorted(_BROAD & set(adjacency.names))]
    while len(planted) < _PLANTED:
        edge = int(generator.choice(has))
        one = int(np.searchsorted(adjacency.starts, edge, "right")) - 1
        person = int(adjacency.others[edge])
        part = slice(adjacency.starts[one], adjacency.starts[one + 1])
        shared = adjacency.others[part][np.isin(adjacency.relations[part], broad)]
        if not adjacency.ids[one].startswith("film:") or not len(shared):
            continue
        thing = int(generator.choice(shared))
        beside = adjacency.others[adjacency.starts[thing] : adjacency.starts[thing + 1]]
        other = adjacency.ids[int(generator.choice(beside))]
        if other.startswith("film:") and other != adjacency.ids[one]:
            planted.append((adjacency.ids[one], other, adjacency.ids[person]))
    copy = file.with_name("planted.lbug")
    shutil.copyfile(file, copy)
    try:
        graph = LadybugGraph(copy)
        graph.upsert(
            [],
            [
                Triple(subject=b, relation="director", object=person, source="planted")
                for _, b, person in planted
            ],
        )
        wins, first = [], []
        for one_film, other_film, person_id in planted:
            found = graph.paths(one_film, other_film, max_hops=2, limit=50)
            ranks = [k for k, path in enumerate(found) if _by_director(path, person_id)]
            common = [k for k, path in enumerate(found) if set(path.relations) <= _BROAD]
            if common:
                wins.append(bool(ranks) and ranks[0] < common[0])
                first.append(bool(ranks) and ranks[0] == 0)
        graph.close()
    finally:
        copy.unlink(missing_ok=True)
    note = f"n = {len(wins)} pairs of films"
    return [
        Figure(
            name="a planted shared director before any shared genre, country, language or decade",
            value=float(np.mean(wins)),
            reach="1.0",
            note=note,
        ),
        Figure(name="a planted shared director first of all", value=float(np.mean(first)), note=note),
    ]


def _by_director(path: Path, person: str) -> bool:
    return path.relations == ("director", "director") and path.entities[1].id == person


def _ids(paths: Sequence[Path]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(tuple(entity.id for entity in path.entities), path.relations) for path in paths]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
