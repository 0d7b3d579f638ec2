"""The reader that ships, on the real encoder."""

import json
import shutil
import threading

import pytest

from agent.nlu import labels, service_intent, shared_reader
from agent.nlu.reader import PACKAGED, NluReader
from recsys.encoder import Encoder
from recsys.errors import WorkspaceError


@pytest.fixture(scope="module")
def reader():
    return shared_reader()


@pytest.mark.parametrize(
    ("before", "said", "intent"),
    [
        ("", "Can you recommend a good thriller?", "request"),
        ("How about Night Ferry?", "Is it a sad film?", "inquire"),
        ("How about Night Ferry?", "I have seen that one already", "seen"),
        ("Have you seen Paper Lanterns?", "No, I don't think I would like that", "reject"),
        ("What do you like?", "I really enjoy westerns and musicals", "preference"),
        ("Enjoy your film!", "Thank you so much, bye!", "other"),
    ],
)
def test_intents_of_plain_sentences(reader, before, said, intent):
    assert intent in reader.read(said, before).told


@pytest.mark.parametrize(
    ("before", "said", "polarity"),
    [
        ("Do you like musicals?", "No, I can't stand them", "dislike"),
        ("What do you think of Night Ferry?", "It was awful, I hated every minute of it", "dislike"),
        ("What do you think of Night Ferry?", "I loved it, what a wonderful story", "like"),
        ("", "I am a big fan of old westerns", "like"),
    ],
)
def test_polarity_of_plain_sentences(reader, before, said, polarity):
    found = reader.read(said, before).polarity
    assert max(found, key=found.get) == polarity


def test_other_subjects_are_outside_and_ours_inside(reader):
    assert reader.read("what is the exchange rate of the dollar to the yen").outside
    assert reader.read("how long do i have to boil an egg").outside
    for said in ("I want something funny for tonight", "where is my order?", "I like slow films"):
        assert not reader.read(said).outside


def test_service_intents(reader):
    for said, intent in (
        ("I want to cancel order 1234", "cancel_order"),
        ("where is my parcel, I want to track the order", "track_order"),
        ("how do I get my money back", "get_refund"),
        ("I forgot my password", "recover_password"),
    ):
        found, chance = service_intent(said)
        assert found == intent
        assert 0.3 < chance <= 1.0


def test_chances_are_chances(reader):
    found = reader.read("hm \ud800 \U0001f3ac" + "long " * 3000, "x" * 50_000)
    for chances in (found.polarity, found.mention, found.service, found.topic):
        assert sum(chances.values()) == pytest.approx(1.0, abs=1e-3)
    assert set(found.intents) == set(labels.INTENTS)
    assert 0.0 <= found.inside <= 1.0


def test_threads_read_the_same(reader):
    texts = [f"I like film number {n}" for n in range(8)]
    alone = [reader.read_all([text])[0].intents["preference"] for text in texts]
    found = {}

    def read(text):
        found[text] = reader.read_all([text])[0].intents["preference"]

    threads = [threading.Thread(target=read, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[text] for text in texts] == pytest.approx(alone, abs=1e-5)


def test_many_at_once_read_as_one_by_one(reader):
    texts, before = ["I hated it", "What is it about, and who is in it?"], ["Seen Up?", ""]
    together = reader.read_all(texts, before)
    for text, earlier, one in zip(texts, before, together, strict=True):
        assert reader.read_all([text], [earlier])[0].intents == pytest.approx(one.intents, abs=1e-4)


def test_the_sentence_encoder_stays_as_it_is(reader):
    reader.warm_up()
    encoder = Encoder()
    assert float(encoder.encode(["a good film"])[0] @ encoder.encode(["a fine movie"])[0]) > 0.6


def test_weights_of_another_encoder_are_refused(tmp_path):
    for name in ("nlu.json", "nlu.safetensors"):
        shutil.copy(PACKAGED / name, tmp_path / name)
    card = json.loads((tmp_path / "nlu.json").read_text(encoding="utf-8"))
    card["config"]["encoder"] = "another"
    (tmp_path / "nlu.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(WorkspaceError, match="trained on another"):
        NluReader(folder=tmp_path).read("hello")


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(WorkspaceError, match="nlu is missing"):
        NluReader(folder=tmp_path).read("hello")
