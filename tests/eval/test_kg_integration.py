"""Integration is measured on a sample; figures below the floor, or too good to be true, are a fault."""

from pathlib import Path

import pytest

from eval.figures import MeasureOptions
from eval.kg_figures.integration import FITTED, SHIPPED, measure
from eval.kg_figures.integration_truth import LABELS
from tests.parts import shared_data


def test_labels_are_ids_and_a_verdict() -> None:
    rows = [line.split("\t") for line in LABELS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 150
    assert len({tuple(row[:4]) for row in rows}) == len(rows)
    for source, one, other_source, other, verdict, sort in rows:
        assert {source, other_source} <= {"omdb", "dbpedia", "wikipedia"}
        assert one.startswith("person:")
        assert other.startswith("person:")
        assert verdict in ("0", "1")
        assert sort in ("easy", "near", "namesake", "within")


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_sample_becomes_one(tmp_path: Path) -> None:
    section = measure(MeasureOptions(data=shared_data(), out=tmp_path, quick=True), lambda _: None)
    found = {figure.name: figure.value for figure in section.figures}
    films = "films omdb-dbpedia, sound"
    for way in (SHIPPED, FITTED):
        assert found[f"{films}, {way}: F1"] > 0.96
        assert found[f"{films}, {way}: F1"] > found[f"{films}, same title and year: F1"]
        assert found[f"{films}, {way}: precision"] > 0.98
        assert 0.98 < found[f"people of one film in one role, {way}: F1"] <= 1
    assert found["blocking of films: pairs completeness"] > 0.97
