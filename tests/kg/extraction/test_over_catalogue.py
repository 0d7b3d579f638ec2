"""Facts of a whole catalogue: written whole, gone on with, read back."""

import polars as pl
import pytest

from kg.extraction import Document, ExtractionError
from kg.extraction.over_catalogue import TRIPLES, extract_texts, read_extracted
from kg.extraction.patterns import PatternExtractor

DOCUMENTS = [
    Document(
        id=f"film:{i}",
        kind="film",
        title=f"Film {i}",
        text=f"A film directed by Mara Olsen and starring Bo E{i}.",
    )
    for i in "abcdefg"
]


class _Breaks(PatternExtractor):
    def __init__(self, after):
        super().__init__()
        self.left = after
        self.read = []

    def extract(self, documents, progress=None):
        for extraction in super().extract(documents):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            self.read.append(extraction.document)
            yield extraction


def test_what_was_read_comes_back(tmp_path):
    done: list[tuple[int, int]] = []
    seen = extract_texts(
        [*DOCUMENTS, Document(id="film:z", kind="film", title="", text=" ")],
        PatternExtractor(),
        tmp_path,
        lambda *at: done.append(at),
        part=3,
    )
    entities, triples = read_extracted(tmp_path)
    assert (seen.documents, seen.entities, seen.triples) == (7, len(entities), len(triples))
    assert {e.id for e in entities} >= {t.object for t in triples} | {t.subject for t in triples}
    assert sum(t.object == "person:mara-olsen" for t in triples) == 7
    assert all("Mara Olsen" in t.sentence for t in triples)
    assert done == [(0, 7), (3, 7), (6, 7), (7, 7)]


def test_an_interruption_leaves_no_table_and_is_gone_on_with(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        extract_texts(DOCUMENTS, _Breaks(4), tmp_path, part=2)
    assert not list(tmp_path.glob("*.parquet"))
    second = _Breaks(99)
    extract_texts(DOCUMENTS, second, tmp_path, part=2)
    assert second.read == ["film:e", "film:f", "film:g"]
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["extracted_entities.parquet", TRIPLES]


def test_other_documents_start_anew(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        extract_texts(DOCUMENTS, _Breaks(4), tmp_path, part=2)
    second = _Breaks(99)
    extract_texts(DOCUMENTS[1:], second, tmp_path, part=2)
    assert len(second.read) == 6


def test_no_facts_are_empty_tables(tmp_path):
    extract_texts([], PatternExtractor(), tmp_path)
    assert read_extracted(tmp_path) == ([], [])
    assert pl.read_parquet(tmp_path / TRIPLES).height == 0


def test_a_folder_without_facts_or_one_that_is_a_file_is_said(tmp_path):
    with pytest.raises(ExtractionError, match="Extract them first"):
        read_extracted(tmp_path)
    (tmp_path / "f").write_text("")
    with pytest.raises(ExtractionError, match="cannot be written"):
        extract_texts(DOCUMENTS, PatternExtractor(), tmp_path / "f")
