"""The measurement of embeddings and gates, on a small made-up copy of the data's form."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.kg_figures.embedding_data import film_of_column, ml1m_triples, redial_triples
from eval.kg_figures.embeddings import measure
from recsys.errors import SourceError
from tests.parts import shared_data

N_FILMS = 80


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty films of eight directors; people love one director's films."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    dbpedia, split = root / "ml-1m" / "dbpedia", root / "ml-1m" / "split"
    redial = root / "crs" / "ievalm_redial"
    for folder in (dbpedia, split, redial):
        folder.mkdir(parents=True)
    resource = "http://dbpedia.org/resource/"
    lines = [f"{100 + k}\tFilm {k} (1990)\t{resource}Film_{k}" for k in range(N_FILMS)]
    (dbpedia / "mappings.tsv").write_text("\n".join(lines) + "\n")
    for name in ("cinematography", "director", "distributor", "editing", "musicComposer", "producer", "starring",
                 "writer"):  # fmt: skip
        rows = [f"{resource}Film_{k} {resource}{name}_{k % 8}_(artist)" for k in range(N_FILMS)]
        (dbpedia / f"{name}.edgelist").write_text(
            "\n".join([*rows, f"{resource}Elsewhere {resource}X"]) + "\n"
        )
    records = [
        {"movieId": 100 + k, "Director": f"Director {k % 8} (as D.)", "Writer": "N/A", "Actors": "Ann A, Bo B",
         "Genre": "War", "Country": f"Land {k % 3}", "Language": "N/A", "Plot": "It happens.", "Runtime": "90 min"}
        for k in range(N_FILMS)
    ]  # fmt: skip
    (root / "ml-1m" / "metadata.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n")
    with (split / "item_index_to_ml1m_movieId.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["index", "movieId", "title", "genres"])
        writer.writerows([k, 100 + k, f"Film {k} (1990)", "War"] for k in range(N_FILMS))
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for user in range(60):
        mine = rng.permutation(np.r_[np.arange(user % 8, N_FILMS, 8), rng.integers(0, N_FILMS, 4)])
        mine = list(dict.fromkeys(mine.tolist()))
        for name, items in (("train", mine[:8]), ("valid", mine[8:9]), ("test", mine[9:10])):
            parts[name].append(f"{user} {' '.join(map(str, items))}")
    for name, rows in parts.items():
        (split / f"{name}.txt").write_text("\n".join(rows) + "\n")
    (redial / "relation2id.json").write_text('{"genre": 0, "star": 1}')
    edges = {str(k): [[0, 900 + k % 3], [1, 950 + k % 6]] for k in range(60)}
    (redial / "kg.json").write_text(json.dumps(edges))
    return root


def test_the_two_sources_name_one_person_and_say_so_twice(data: Path) -> None:
    triples = [t for t in ml1m_triples(data) if t.subject == "film:101" and t.relation == "director"]
    assert {(t.object, t.source) for t in triples} == {
        ("person:director-1", "dbpedia"), ("person:director-1", "omdb"),
    }  # fmt: skip
    assert not [t for t in ml1m_triples(data) if "elsewhere" in t.subject.casefold()]
    assert {t.relation for t in ml1m_triples(data)} >= {"composer", "cast", "country", "genre"}
    assert film_of_column(data / "ml-1m" / "split")[1] == "film:101"


def test_redial_edges_have_their_relations_names(data: Path) -> None:
    triples = redial_triples(data)
    assert len(triples) == 120
    assert {t.relation for t in triples} == {"genre", "star"}


def test_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"mappings\.tsv is missing"):
        ml1m_triples(tmp_path)


@pytest.mark.slow
def test_every_figure_is_measured(data: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    section = measure(MeasureOptions(data=data, out=tmp_path, quick=True), lines.append)
    value = {figure.name: figure.value for figure in section.figures}
    for graph in ("ml-1m", "ReDial"):
        for model in ("degree", "ComplEx", "RotatE", "DistMult"):
            assert 0.0 < value[f"{graph}, {model}, MRR"] <= 1.0
    for model in ("popularity", "EASE", "EASE + attributes", "EASE + graph, learned weights"):
        assert 0.0 <= value[f"ml-1m, {model}, NDCG@20"] <= 1.0
    assert value["ml-1m, EASE, NDCG@20"] > value["ml-1m, popularity, NDCG@20"]
    assert any(name.startswith("gate, shared entities: ") for name in value)
    again: list[str] = []
    measure(MeasureOptions(data=data, out=tmp_path, quick=True), again.append)
    assert not any(line.startswith("Epoch") for line in again)


@pytest.mark.shared_data
def test_the_films_graph_has_the_size_that_was_counted() -> None:
    triples = ml1m_triples(shared_data())
    assert 80_000 < len(triples) < 90_000
    assert len({(t.subject, t.relation, t.object) for t in triples}) < 0.9 * len(triples)
