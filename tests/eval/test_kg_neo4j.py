"""The loading figures on a real server, in their quick form."""

from pathlib import Path

import pytest

from eval.figures import MeasureOptions
from eval.kg_figures.neo4j import _made_up, measure
from tests.fixtures_neo4j import neo4j_server  # noqa: F401 - brings the jars


def test_the_made_up_graph_has_as_many_triples_as_asked_and_each_once() -> None:
    entities, triples = _made_up(2_000, seed=1)
    assert len({triple.key for triple in triples}) == len(triples) == 2_000
    ends = {end for triple in triples for end in (triple.subject, triple.object)}
    assert ends <= {entity.id for entity in entities}
    assert _made_up(2_000, seed=1) == (entities, triples)


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_server")
def test_both_stores_are_measured(tmp_path: Path) -> None:
    lines: list[str] = []
    section = measure(MeasureOptions(data=tmp_path, out=tmp_path, quick=True), lines.append)
    rates = {f.name: f.value for f in section.figures if f.unit == "triples/s"}
    assert len(rates) == 6
    assert all(value > 0 for value in rates.values())
    assert section.config["triples"] == 10_000
    assert "Ladybug replace" in lines
