import numpy as np
import pytest

from recsys.errors import WorkspaceError
from recsys.sentiment import LexiconSentiment, Opinion, Sentiment, history_weight
from recsys.sentiment.model import INPUTS, PACKAGED
from recsys.sentiment.phrases import LABELS, read_phrases
from recsys.sentiment.training import SentimentConfig, fit_head, train
from tests.parts import shared_data


@pytest.fixture(scope="module")
def sentiment() -> Sentiment:
    return Sentiment()


def test_an_opinion_has_a_side_and_a_strength(sentiment):
    texts = [
        "I absolutely loved it, one of the best films I have seen.",
        "It was a boring mess and I hated the ending.",
        "Who directed it?",
        "The kettle broke after two days.",
        "Thank you, your colleague was very helpful!",
        "I'm not a big fan of musicals.",
    ]
    loved, hated, asked, broke, thanked, no_fan = (opinion.polarity for opinion in sentiment.of(texts))
    assert loved > 0.7
    assert hated < -0.7
    assert abs(asked) < 0.3
    assert broke < -0.3
    assert thanked > 0.3
    assert no_fan < -0.3


def test_sentences_without_an_opinion_do_not_thin_out_one(sentiment):
    alone, among = sentiment.of(
        ["I hated it.", "I have seen it. I hated it. What else do you have? I am at home."]
    )
    assert among.polarity < -0.5
    assert abs(among.polarity) <= abs(alone.polarity) + 0.1


def test_opinions_stay_in_range_whatever_is_said(sentiment):
    texts = ["", "   ", "?", "a" * 5_000, "好看", "no " * 500, "\ud83d", "love hate love hate"]
    opinions = sentiment.of(texts)
    assert len(opinions) == len(texts)
    for opinion in opinions:
        assert -1.0 <= opinion.polarity <= 1.0
        assert 0.0 <= opinion.confidence <= 1.0
    assert opinions[0] == opinions[1] == Opinion(0.0, 1.0)
    assert sentiment.of([]) == []


def test_a_text_is_read_the_same_alone(sentiment):
    texts = ["I liked it.", "It was dull. Really dull.", "Is it long?"]
    together = sentiment.of(texts)
    for text, opinion in zip(texts, together, strict=True):
        assert sentiment.of([text])[0].polarity == pytest.approx(opinion.polarity, abs=1e-4)


def test_weights_of_a_history():
    assert history_weight(Opinion(0.9, 0.9)) == pytest.approx(0.81)
    assert history_weight(Opinion(-0.9, 0.9)) == pytest.approx(-0.81)
    assert history_weight(Opinion(0.9, 0.4)) == 0.0
    assert history_weight(Opinion(0.1, 0.9)) == 0.0


def test_the_lexicon_alone_gives_opinions_too():
    good, none, bad = LexiconSentiment().of(["It was great!", "I saw it", "It was not good"])
    assert history_weight(good) > 0 == history_weight(none) > history_weight(bad)


def test_the_head_that_ships_is_small_and_says_where_it_is_from(sentiment):
    assert (PACKAGED / "sentiment.safetensors").stat().st_size < 100_000
    assert any("python -m recsys.sentiment.training" in note for note in sentiment.card.notes)
    assert sentiment.card.config["labels"] == list(LABELS)


def test_a_head_that_is_not_there_says_so(tmp_path):
    with pytest.raises(WorkspaceError, match="sentiment is missing"):
        Sentiment(folder=tmp_path)


def test_phrases_are_the_same_for_a_seed_and_judged_ones_are_apart():
    learned, judged = read_phrases(4, seed=1)
    assert (learned, judged) == read_phrases(4, seed=1)
    assert learned != read_phrases(4, seed=2)[0]
    assert not {p.text.casefold() for p in learned} & {p.text.casefold() for p in judged}
    assert not [p for p in learned if "{" in p.text]
    lines = {label: len({p.line for p in learned if p.label == k}) for k, label in enumerate(LABELS)}
    assert min(lines.values()) > 100


def test_a_head_learns_what_divides_the_labels():
    learned, _ = read_phrases(1, seed=0)
    inputs = np.random.default_rng(0).normal(0, 0.01, (len(learned), INPUTS)).astype(np.float32)
    labels = np.array([p.label for p in learned])
    inputs[np.arange(len(learned)), labels] += 1.0
    weights, bias = fit_head(inputs, learned, price=1.0)
    assert ((inputs @ weights + bias).argmax(axis=1) == labels).mean() > 0.99


@pytest.mark.slow
def test_training_again_gives_the_same_head(tmp_path):
    config = SentimentConfig(fills=1, prices=(30.0,), seed=3)
    for name in ("one", "other"):
        train(tmp_path / name, config)
    one, other = (Sentiment(folder=tmp_path / name) for name in ("one", "other"))
    texts = ["I loved it", "meh", "when does it start?"]
    np.testing.assert_allclose(one.of(texts), other.of(texts), atol=1e-5)


@pytest.mark.shared_data
def test_it_tells_likes_from_dislikes_in_peoples_own_words(sentiment):
    """Better than counting words, and not too good: many messages say nothing of how a film was."""
    from eval.offline_figures.sentiment import _measured
    from eval.offline_figures.sentiment_data import read_judged

    rows = read_judged(shared_data(), "IARD")[:150]
    found = _measured(sentiment, rows)["auc"]
    assert found > _measured(LexiconSentiment(), rows)["auc"]
    assert 0.75 < found < 0.97
