"""The shipped tagger, what lies on disk, and training."""

import shutil

import pytest

from kg.extraction import Document, ExtractionError, Extractor
from kg.extraction.adapter_files import CARD, WEIGHTS
from kg.extraction.choice import load_extractor
from kg.extraction.minilm_extractor import SHIPPED, MiniLmExtractor
from kg.extraction.templates import compose
from kg.extraction.training import TrainingConfig, train_extractor
from kg.minilm import HUB_NAME, minilm_source, packaged_folder
from tests.kg.extraction.test_labels import ITEMS

TEXT = (
    "Quiet Harbour is a 2021 Danish drama film directed by Mette Ravn and written by Jonas Holt. "
    "It stars Sidse Krag, Lars Munk, and Paprika Steen."
)


@pytest.fixture(scope="module")
def extractor():
    return MiniLmExtractor()


def facts(extractor, text, kind="film"):
    document = Document(id=f"{kind}:x", kind=kind, title="Quiet Harbour", text=text)
    return {(t.relation, t.object) for t in next(extractor.extract([document])).triples}


def test_the_files_of_minilm_are_found_without_loading_them():
    assert minilm_source() == (packaged_folder() or HUB_NAME)


def test_the_shipped_extractor_reads_a_film_it_never_saw(extractor):
    found = facts(extractor, TEXT)
    assert {
        ("director", "person:mette-ravn"),
        ("writer", "person:jonas-holt"),
        ("cast", "person:sidse-krag"),
        ("cast", "person:lars-munk"),
        ("cast", "person:paprika-steen"),
        ("year", "year:2021"),
        ("country", "country:denmark"),
        ("genre", "genre:drama"),
    } <= found


def test_it_is_an_extractor_and_learned_from_our_own_sentences(extractor):
    assert isinstance(extractor, Extractor)
    assert extractor.card.learned_from.startswith("sentences of our own")
    assert (SHIPPED / WEIGHTS).stat().st_size < 4_000_000


def test_a_product_has_no_relations_of_films(extractor):
    found = facts(extractor, "Made of cast iron, it comes in black. " + TEXT, kind="product")
    assert not {relation for relation, _ in found} - {"brand", "material", "feature", "colour"}


def test_empty_odd_and_very_long_texts_are_read(extractor):
    texts = ["", "   ", "…", "\x00\x01", "子供の映画。", "a" * 3_000, "word " * 2_000, TEXT * 20]
    documents = [Document(id=f"film:{i}", kind="film", title="", text=t) for i, t in enumerate(texts)]
    found = list(extractor.extract(documents))
    assert [e.document for e in found] == [d.id for d in documents]
    assert found[0].triples == ()
    assert ("director", "person:mette-ravn") in {(t.relation, t.object) for t in found[-1].triples}


def test_documents_read_together_or_alone_have_the_same_facts(extractor):
    other = "Red Clay is a 1950 western film starring Tom Vance."
    documents = [Document(id=f"film:{i}", kind="film", title="", text=t) for i, t in enumerate((TEXT, other))]
    together = list(extractor.extract(documents))
    alone = [next(extractor.extract([d])) for d in documents]
    for left, right in zip(together, alone, strict=True):
        assert {t.key for t in left.triples} == {t.key for t in right.triples}


@pytest.mark.parametrize("damage", ["card", "weights", "nothing", "other"])
def test_a_damaged_adapter_is_said_in_words(tmp_path, damage):
    shutil.copytree(SHIPPED, tmp_path / "a")
    card = tmp_path / "a" / CARD
    if damage == "card":
        card.write_text("{")
    elif damage == "weights":
        (tmp_path / "a" / WEIGHTS).write_bytes(b"no")
    elif damage == "nothing":
        shutil.rmtree(tmp_path / "a")
    else:
        card.write_text(card.read_text().replace('"director",', ""))
    with pytest.raises(ExtractionError, match="extractor"):
        MiniLmExtractor(tmp_path / "a")


def test_an_unknown_extractor_is_refused():
    with pytest.raises(ExtractionError, match="minilm, patterns, chat"):
        load_extractor("magic")


def test_training_needs_labels(tmp_path):
    empty = [compose(ITEMS, 1)[0]._replace(spans=())]
    with pytest.raises(ExtractionError, match="no labelled names"):
        train_extractor(empty, empty, tmp_path)


class _StoppedError(Exception):
    pass


@pytest.mark.slow
def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path):
    train, valid = compose(ITEMS, 48), compose(ITEMS, 8, held_out=True)
    config = TrainingConfig(epochs=1, batch=8, evaluate_every=2, rank=4, patience=9)
    train_extractor(train, valid, tmp_path / "whole", config)

    def stop(line: str) -> None:
        if line.startswith("step 4/6: validation"):
            raise _StoppedError

    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(_StoppedError):
        train_extractor(train, valid, tmp_path / "cut", config, progress=stop, checkpoint=checkpoint)
    assert checkpoint.is_file()
    assert not (tmp_path / "cut").exists()
    with pytest.raises(ExtractionError, match="other texts or settings"):
        train_extractor(train[1:], valid, tmp_path / "cut", config, checkpoint=checkpoint)
    seen: list[str] = []
    train_extractor(train, valid, tmp_path / "cut", config, progress=seen.append, checkpoint=checkpoint)
    assert not any(line.startswith("step 4/6") for line in seen)
    assert not checkpoint.exists()
    assert (tmp_path / "cut" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()


@pytest.mark.slow
def test_full_fine_tuning_is_written_and_read_as_well(tmp_path):
    train, valid = compose(ITEMS, 16), compose(ITEMS, 4, held_out=True)
    card = train_extractor(train, valid, tmp_path, TrainingConfig(method="full", epochs=1, batch=8))
    assert MiniLmExtractor(tmp_path).card == card
