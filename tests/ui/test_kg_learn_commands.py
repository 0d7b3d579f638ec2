"""`tastegraph kg extract` and `embed`: facts out of texts into files and graphs, vectors out of a graph."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg.schema import Entity, Triple
from kg.stores.ladybug import LadybugGraph
from tests.ui.kg_samples import ENTITIES, TRIPLES
from tests.ui.test_kg_commands import failed
from ui.cli import app

TEXTS = (
    "id,title,text\n"
    "film:heat-1995,Heat,Heat is a 1995 American crime film directed by Michael Mann.\n"
    "film:alien-1979,Alien,Alien is a film directed by Ridley Scott.\n"
    "film:mute,Mute,\n"
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.csv").write_text(TEXTS, encoding="utf-8")
    return lambda *args: CliRunner(env={"COLUMNS": "200"}).invoke(app, ["kg", *args])


def graph(path: Path, entities, triples) -> str:
    made = LadybugGraph(path)
    made.upsert(entities, triples)
    made.close()
    return path.name


def test_facts_of_texts_are_written(run, tmp_path):
    result = run("extract", "--from", "texts.csv", "--extractor", "patterns", "--out", "facts")
    assert result.exit_code == 0, result.output
    assert "out of 2 texts" in result.stdout
    assert sorted(path.suffix for path in (tmp_path / "facts").iterdir()) == [".parquet", ".parquet"]


def test_facts_go_into_a_graph_as_its_own_entities_with_their_sentence(run, tmp_path):
    name = graph(tmp_path / "g.lbug", ENTITIES, TRIPLES)
    result = run("extract", "--from", "texts.csv", "--extractor", "patterns", "--graph", name, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["change"]["added"]["director"] == 2
    opened = LadybugGraph(tmp_path / "g.lbug", read_only=True)
    try:
        said = [fact for fact in opened.facts("film:heat-1995") if fact.source == "text:patterns"]
        assert "person:michael-mann" in {fact.object for fact in said}
        assert {fact.sentence for fact in said if fact.relation == "director"} == {
            "Heat is a 1995 American crime film directed by Michael Mann."
        }
        assert opened.get(["film:heat-1995"])[0].popularity == 3.0
    finally:
        opened.close()


def test_wrong_texts_are_said(run, tmp_path):
    failed(run("extract", "--from", "none.csv"), 1, "There is no file none.csv")
    (tmp_path / "notes.txt").write_text("x")
    failed(run("extract", "--from", "notes.txt"), 1, ".jsonl")
    (tmp_path / "bare.csv").write_text("id,title\n1,Heat\n")
    failed(run("extract", "--from", "bare.csv"), 1, "no column 'text'")
    (tmp_path / "empty.csv").write_text("id,title,text\n1,Heat,\n")
    failed(run("extract", "--from", "empty.csv"), 1, "no text to read")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1")
    failed(run("extract", "--from", "torn.parquet"), 1, "cannot be read")
    failed(run("extract", "--from", "texts.csv", "--graph", "workspace:films"), 2, "belongs to its build")
    failed(run("extract", "-w", "nowhere"), 1, "There is no workspace")
    failed(
        run("extract", "--from", "texts.csv", "--extractor", "minilm", "--adapter", "none"), 1, "extractor"
    )


def test_a_chat_model_must_be_named(run, monkeypatch):
    monkeypatch.delenv("TASTEGRAPH_LLM_MODEL", raising=False)
    failed(run("extract", "--from", "texts.csv", "--extractor", "chat"), 1, "TASTEGRAPH_LLM_MODEL")


def test_a_graph_with_too_few_edges_has_no_vectors(run, tmp_path):
    name = graph(tmp_path / "g.lbug", ENTITIES, TRIPLES[:1])
    failed(run("embed", "--graph", name, "--out", "vectors"), 1)
    failed(run("embed", "--graph", name), 2, "--out FOLDER")


@pytest.mark.slow
def test_vectors_are_learned_and_kept(run, tmp_path):
    films = [Entity(id=f"film:{k}", kind="film", name=f"Film {k}") for k in range(40)]
    genres = [Entity(id=f"genre:{k}", kind="genre", name=f"Genre {k}") for k in range(5)]
    facts = [
        Triple(subject=film.id, relation="genre", object=genres[(k * n) % 5].id, source="table")
        for k, film in enumerate(films)
        for n in (1, 2, 3)
    ]
    name = graph(tmp_path / "g.lbug", [*films, *genres], facts)
    result = run("embed", "--graph", name, "--out", "vectors", "--epochs", "2", "--dim", "4")
    assert result.exit_code == 0, result.output
    assert "MRR" in result.stdout
    assert any((tmp_path / "vectors").glob("*.safetensors"))
