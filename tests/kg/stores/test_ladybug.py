"""The embedded store: the contract, and what only files can do."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.graph import GraphError, GraphUnavailable
from kg.paths import HUB_DEGREE
from kg.stores.ladybug import LadybugGraph
from tests.kg.stores.contract import ENTITIES, HEAT, MANN, TRIPLES, GraphContract, entity, triple
from tests.parts import ROOT


class TestLadybug(GraphContract):
    @pytest.fixture
    def graph(self, tmp_path):
        with_graph = LadybugGraph(tmp_path / "graph" / "graph.lbug")
        yield with_graph
        with_graph.close()


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_is_there_after_closing(tmp_path) -> None:
    file = tmp_path / "g.lbug"
    graph = LadybugGraph(file)
    graph.upsert(ENTITIES, TRIPLES)
    before = graph.stats()
    graph.close()
    again = LadybugGraph(file)
    assert again.stats() == before
    assert again.get(["film:heat"]) == [HEAT]
    again.close()


def test_several_processes_read_one_graph(tmp_path) -> None:
    file = tmp_path / "g.lbug"
    graph = LadybugGraph(file)
    graph.upsert(ENTITIES, TRIPLES)
    graph.close()
    reader = LadybugGraph(file, read_only=True)
    code = (
        "import sys; from pathlib import Path; from kg.stores.ladybug import LadybugGraph\n"
        "print(LadybugGraph(Path(sys.argv[1]), read_only=True).search('heat')[0].id)"
    )
    done = _run(code, str(file))
    assert done.stdout.strip() == "film:heat", done.stderr
    assert reader.search("heat") == [HEAT]
    with pytest.raises(GraphError, match="reading only"):
        reader.upsert([HEAT], [])
    with pytest.raises(GraphError, match="reading only"):
        reader.clear()
    reader.close()


def test_a_second_writer_is_told_to_wait(tmp_path) -> None:
    graph = LadybugGraph(tmp_path / "g.lbug")
    code = (
        "import sys; from pathlib import Path; from kg.stores.ladybug import LadybugGraph\n"
        "from kg.graph import GraphUnavailable\n"
        "try: LadybugGraph(Path(sys.argv[1]))\n"
        "except GraphUnavailable as error: print(error)"
    )
    assert "Another process" in _run(code, str(tmp_path / "g.lbug")).stdout
    graph.close()


def test_missing_and_broken_files_are_explained(tmp_path) -> None:
    with pytest.raises(GraphError, match="Build the workspace"):
        LadybugGraph(tmp_path / "none.lbug", read_only=True)
    (tmp_path / "broken.lbug").write_text("not a graph\n" * 1000)
    with pytest.raises(GraphError, match="Build the workspace anew") as caught:
        LadybugGraph(tmp_path / "broken.lbug")
    assert not isinstance(caught.value, GraphUnavailable)


@pytest.mark.slow
def test_kill_in_the_middle_of_upsert_leaves_the_old_or_the_new(tmp_path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from kg.stores.ladybug import LadybugGraph\n"
        "from kg.schema import Entity, Triple\n"
        "graph = LadybugGraph(Path(sys.argv[1]))\n"
        "for turn in range(1000):\n"
        "    es = [Entity(id=f'{turn}:{k}', kind='k', name=str(k)) for k in range(500)]\n"
        "    ts = [Triple(subject=e.id, relation='r', object=es[0].id, source='s') for e in es]\n"
        "    print(turn, flush=True)\n"
        "    graph.upsert(es, ts)\n"
    )
    for number, wait in enumerate((0.02, 0.1)):
        file = tmp_path / f"{number}.lbug"
        _killed(code, file, wait)
        graph = LadybugGraph(file)
        stats = graph.stats()
        assert stats.total_entities >= 1000
        assert stats.total_entities % 500 == 0
        assert stats.total_triples == stats.total_entities
        graph.close()


def _killed(code: str, file: Path, wait: float) -> None:
    """Run `code` on `file`, which prints a line before each change, and kill it a while after the third."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    started = [process.stdout.readline() for _ in range(3)]
    assert started[-1].strip() == "2"
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


_CHANGES = """
import sys; from pathlib import Path
from kg.stores.ladybug import LadybugGraph
from kg.schema import Change, Entity, Triple
graph = LadybugGraph(Path(sys.argv[1]))
graph.upsert([], [])
def make(turn):
    es = [Entity(id=f'{turn}:{k}', kind=f'k{turn}', name=str(k)) for k in range(500 + turn)]
    return es, [Triple(subject=e.id, relation='r', object=es[0].id, source='s') for e in es]
for turn in range(1000):
    es, ts = make(turn)
    print(turn, flush=True)
    CHANGE
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "graph.apply(Change(entities=es, triples=ts, expired_entities=[e.id for e in make(turn - 1)[0]]))",
        "graph.replace(es, ts)",
    ],
    ids=["apply", "replace"],
)
def test_kill_in_the_middle_of_a_change_leaves_the_old_or_the_new(tmp_path, change) -> None:
    for number, wait in enumerate((0.01, 0.05, 0.12)):
        file = tmp_path / f"{number}.lbug"
        _killed(_CHANGES.replace("CHANGE", change), file, wait)
        graph = LadybugGraph(file)
        stats = graph.stats()
        [(kind, size)] = stats.entities.items()
        assert size == 500 + int(kind[1:])
        assert int(kind[1:]) >= 1
        assert stats.total_triples == size
        graph.replace(ENTITIES, TRIPLES)
        assert graph.get(["film:heat"]) == [HEAT]
        graph.close()
        assert sorted(path.name for path in tmp_path.iterdir()) == [f"{k}.lbug" for k in range(number + 1)]


def test_a_reader_elsewhere_keeps_the_old_graph_until_it_opens_the_new_one(tmp_path) -> None:
    file = tmp_path / "g.lbug"
    graph = LadybugGraph(file)
    graph.upsert(ENTITIES, TRIPLES)
    code = (
        "import sys; from pathlib import Path; from kg.stores.ladybug import LadybugGraph\n"
        "graph = LadybugGraph(Path(sys.argv[1]), read_only=True)\n"
        "print('open', flush=True); sys.stdin.readline()\n"
        "print(graph.get(['film:heat'])[0].name, len(list(graph.triples())))\n"
        "print(LadybugGraph(Path(sys.argv[1]), read_only=True).stats().total_triples)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as reader:  # fmt: skip
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        graph.replace([entity("film:heat", name="Other")], [])
        graph.upsert([entity("more")], [])
        answer, _ = reader.communicate("\n", timeout=60)
    assert answer.split("\n")[:2] == [f"Heat {len(TRIPLES)}", "0"]
    graph.close()


def test_what_is_listed_does_not_see_later_writes(tmp_path) -> None:
    graph = LadybugGraph(tmp_path / "g.lbug")
    graph.upsert([entity(f"e:{k:05}") for k in range(6_000)], [])
    listing = graph.entities()
    first = next(listing)
    graph.upsert([entity("f")], [])
    graph.clear()
    assert [first, *listing] == [entity(f"e:{k:05}") for k in range(6_000)]
    assert list(graph.entities()) == []
    graph.close()


def test_a_graph_of_an_older_layout_is_said(tmp_path) -> None:
    import ladybug

    file = tmp_path / "old.lbug"
    database = ladybug.Database(str(file))
    connection = ladybug.Connection(database)
    for table in (
        "CREATE NODE TABLE Entity(id STRING PRIMARY KEY, kind STRING, name STRING, search_key STRING, "
        "aliases STRING[], popularity DOUBLE)",
        "CREATE REL TABLE Fact(FROM Entity TO Entity, relation STRING, source STRING, confidence DOUBLE, "
        "first_seen DATE, last_seen DATE)",
    ):
        connection.execute(table)
    connection.close()
    database.close()
    for read_only in (True, False):
        with pytest.raises(GraphError, match="Build the workspace anew"):
            LadybugGraph(file, read_only=read_only)


@pytest.mark.timeout(60)
def test_hubs_do_not_blow_up_paths(tmp_path) -> None:
    films = [entity(f"film:{k}") for k in range(HUB_DEGREE + 1_000)]
    links = [triple(film.id, "genre", "genre:hub") for film in films]
    links += [triple(film.id, "genre", "genre:hub-2") for film in films]
    links += [triple("film:1", "director", "person:mann"), triple("person:mann", "friend", "film:2")]
    graph = LadybugGraph(tmp_path / "g.lbug")
    graph.upsert([*films, MANN, entity("genre:hub", "genre"), entity("genre:hub-2", "genre")], links)
    best = graph.paths("film:1", "film:2", max_hops=3)
    assert [p.entities[1].id for p in best] == ["person:mann", "genre:hub", "genre:hub-2"]
    assert graph.paths("genre:hub", "genre:hub-2", max_hops=3) == []  # two hubs: their direct edges only
    graph.close()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_forty_thousand_entities_load_and_answer(tmp_path) -> None:
    entities = [entity(f"e:{k}", name=f"Name {k}", popularity=float(k % 97)) for k in range(40_000)]
    links = [
        triple(f"e:{k % 10_000}", "cast", f"e:{10_000 + k % 29_989}", f"s{k // 100_000}")
        for k in range(150_000)
    ]
    graph = LadybugGraph(tmp_path / "g.lbug")
    graph.upsert(entities, links)
    assert (graph.stats().total_entities, graph.stats().total_triples) == (40_000, 150_000)
    for k in range(100):
        graph.paths(f"e:{k}", f"e:{k + 11}")
        assert graph.neighbours(f"e:{k * 37}")
    graph.close()
