import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recsys.encoder import Encoder
from recsys.language.backbone import Backbone
from recsys.language.compress import StudentConfig, distil, in_int8, measured, smallest, with_int8_vectors
from recsys.language.config import LanguageTowerConfig, TowerError
from recsys.language.training import load_tower, set_aside, train_tower
from recsys.language.tuning import cached_backward
from recsys.models.base import TrainingData, Users

SMALL = LanguageTowerConfig(
    wishes=100, epochs=4, views=2, users_per_step=16, wishes_per_step=32, hidden=16, evaluate_every=1,
    validation=0.2, head_lr=1e-2, patience=20,
)  # fmt: skip


def _config(base, **changes):
    return SMALL.model_copy(update={"base": str(base), **changes})


def _tuned(base, mode, **changes):
    return _config(base, mode=mode, base_steps=8, negatives=32, micro_batch=24, rank=4, **changes)


@pytest.fixture(scope="module")
def frozen(films, film_data, tiny_encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    return folder, train_tower(film_data, films, folder, _config(tiny_encoder, epochs=12))


def test_training_helps_on_what_was_set_aside(frozen):
    figures = frozen[1].figures
    best, start = (
        figures[f"{name}_history_ndcg@20"] + figures[f"{name}_wish_ndcg@20"] for name in ("best", "start")
    )
    assert best > start + 0.05


def test_a_folder_holds_a_tower_and_nothing_else(frozen, film_data):
    folder, result = frozen
    assert {f.name for f in folder.iterdir()} == {"language_tower.json", "language_tower.safetensors"}
    loaded = load_tower(folder)
    users = Users(film_data.interactions[:5], ["a crime film"] * 5)
    np.testing.assert_allclose(loaded.score(users), result.tower.score(users), atol=1e-5)
    card = loaded.card
    assert card.config["base"]["name"] == "tiny-bert"
    assert card.config["base"]["pooling"] == "mean"
    assert "look at the terms" in card.config["base"]["licence"]
    assert card.config["figures"]["best_history_ndcg@20"] > 0
    assert card.data_hash
    assert {"torch", "transformers", "peft"} <= set(card.versions)


def test_an_item_nobody_met_is_found_by_words(frozen, films, film_data):
    tower = frozen[1].tower
    assert film_data.interactions[:, [-1]].nnz == 0
    nobody = csr_array((1, 60), dtype=np.float32)
    scores = tower.score(Users(nobody, [film_data.texts[-1]]))
    assert int(np.argmax(scores[0])) == 59


def test_what_is_set_aside_is_not_trained_on(films, film_data):
    kept, _, aside = set_aside(film_data, films, SMALL)
    assert kept.multiply(film_data.interactions).nnz == kept.nnz
    assert aside.targets.nnz > 20
    assert aside.history.multiply(aside.targets).nnz == 0


def test_of_a_sequence_the_end_is_set_aside(films, film_data):
    sequences = [np.flatnonzero(row).astype(np.int64) for row in film_data.interactions.toarray()]
    kept, left, aside = set_aside(replace(film_data, sequences=sequences), films, SMALL)
    for before, after in zip(sequences, left, strict=True):
        assert before[: len(after)].tolist() == after.tolist()
    assert kept.nnz == sum(map(len, left))
    for row in range(aside.targets.shape[0]):
        assert aside.targets[[row]].indices.min() > aside.history[[row]].indices.max()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["lora", "full"])
def test_the_language_model_itself_is_trained_and_kept(mode, films, film_data, two_layers, tmp_path):
    config = _tuned(two_layers, mode, epochs=1, head_lr=1e-3, wish_weight=0.0)
    config = config.model_copy(update={"base_steps": 12, "base_lr": 2e-3 if mode == "lora" else 2e-4})
    result = train_tower(film_data, films, tmp_path, config)
    figures = result.figures
    assert figures["best_history_ndcg@20"] > figures["head_history_ndcg@20"] + 0.01
    assert result.steps["base"] > 0
    changed = [n for n in result.tower.tensors if n.startswith("base.")]
    assert changed
    assert all("lora" in n for n in changed) == (mode == "lora")
    assert not any("word_embeddings" in n for n in changed)
    texts = ["a film about war", films[3].description]
    loaded = load_tower(tmp_path)
    np.testing.assert_allclose(loaded.encode(texts), result.tower.encode(texts), atol=1e-5)
    np.testing.assert_allclose(loaded.encode(film_data.texts), loaded.vectors, atol=1e-5)


@pytest.mark.parametrize("mode", ["frozen", "lora"])
def test_an_interrupted_training_ends_as_it_would_have(mode, films, film_data, tiny_encoder, tmp_path):
    config = _tuned(tiny_encoder, mode, lora_dropout=0.1, evaluate_every=1, epochs=2)
    whole = train_tower(film_data, films, tmp_path / "whole", config)
    stage = "head" if mode == "frozen" else "base"

    def stop(now):
        if now.stage == stage and now.done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_tower(film_data, films, tmp_path / "cut", config, stop)
    assert (tmp_path / "cut" / "checkpoints" / f"{stage}.safetensors").is_file()
    seen = []
    again = train_tower(film_data, films, tmp_path / "cut", config, seen.append)
    assert min(p.done for p in seen if p.stage == stage) > 4
    np.testing.assert_array_equal(again.tower.vectors, whole.tower.vectors)
    assert again.steps == whole.steps
    assert {n: again.figures[n] for n in whole.figures} == whole.figures


def test_a_decoder_reads_texts_plainly_by_its_last_token(films, film_data, tiny_decoder, tmp_path):
    backbone = Backbone(str(tiny_decoder))
    assert backbone.pooling == "lasttoken"
    assert Backbone(str(tiny_decoder), "mean").pooling == "mean"
    one, two = backbone.encode(["war"]), backbone.encode(["war", "a much longer text about the war"])
    np.testing.assert_allclose(one[0], two[0], atol=1e-5)
    ids = backbone.model.preprocess(["war"])["input_ids"][0].tolist()
    assert "user" not in backbone.model.tokenizer.decode(ids)
    result = train_tower(film_data, films, tmp_path, _tuned(tiny_decoder, "lora", pooling="mean", epochs=1))
    assert result.tower.card.config["base"]["pooling"] == "mean"
    assert load_tower(tmp_path).encode(["war"]).shape == (1, 32)


def test_an_exported_tower_takes_the_place_of_minilm(films, film_data, tiny_encoder, tmp_path):
    config = _tuned(tiny_encoder, "lora", dim=384, epochs=1)
    result = train_tower(film_data, films, tmp_path / "tower", config)
    tower = result.tower
    tower.encode([])
    tower.encoder.export(tmp_path / "encoder")
    texts = [*film_data.texts[:5], "something about war"]
    np.testing.assert_allclose(
        Encoder(str(tmp_path / "encoder")).encode(texts), tower.encode(texts), atol=1e-5
    )


def test_another_model_under_the_same_name_is_refused(films, film_data, tiny_encoder, tmp_path):
    import shutil

    base = tmp_path / "base"
    shutil.copytree(tiny_encoder, base)
    train_tower(film_data, films, tmp_path / "tower", _config(base, epochs=1))
    from transformers import BertModel

    model = BertModel.from_pretrained(base)
    with torch.no_grad():
        model.encoder.layer[0].output.dense.weight.add_(0.1)
    model.save_pretrained(base)
    with pytest.raises(TowerError, match="other weights"):
        load_tower(tmp_path / "tower").encode(["war"])


def test_what_cannot_be_learned_is_said(films, film_data, tiny_encoder, tmp_path):
    nobody = replace(film_data, interactions=csr_array((3, 60), dtype=np.float32))
    with pytest.raises(TowerError, match="nothing to learn"):
        train_tower(nobody, [], tmp_path, _config(tiny_encoder))
    with pytest.raises(TowerError, match="each item needs one text"):
        train_tower(replace(film_data, texts=()), films, tmp_path, _config(tiny_encoder))
    with pytest.raises(TowerError, match="cannot be loaded"):
        train_tower(film_data, films, tmp_path, _config(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="nothing to learn"):
        LanguageTowerConfig(history_weight=0.0, wish_weight=0.0)


def test_with_nothing_to_set_aside_training_goes_to_the_end(film_data, tiny_encoder, tmp_path):
    few = np.zeros((20, 60), dtype=np.float32)
    few[np.arange(20)[:, None], np.arange(20)[:, None] * 2 + np.arange(3)] = 1.0
    data = TrainingData(csr_array(few), film_data.attributes, film_data.texts)
    result = train_tower(data, [], tmp_path, _config(tiny_encoder, epochs=3))
    assert result.figures == {}
    assert result.steps["head"] == 6


def test_wishes_alone_are_enough(films, film_data, tiny_encoder, tmp_path):
    nobody = TrainingData(csr_array((0, 60), dtype=np.float32), film_data.attributes, film_data.texts)
    figures = train_tower(nobody, films, tmp_path, _config(tiny_encoder)).figures
    assert not any("history" in name for name in figures)
    assert figures["best_wish_ndcg@20"] >= figures["start_wish_ndcg@20"]


def test_reading_in_parts_gives_the_gradient_of_the_whole(tiny_encoder, film_data):
    found = []
    for micro in (64, 10):
        config = _config(tiny_encoder, mode="full", micro_batch=micro)
        backbone = Backbone.of(config)
        backbone.prepare("full", 1)
        weights = torch.arange(30.0)[:, None]
        loss = cached_backward(
            film_data.texts[:30], lambda v, w=weights: ((v * w).sum(0) ** 2).sum(), backbone, config, 0
        )
        found.append((loss, {n: p.grad for n, p in backbone.trained().items() if p.grad is not None}))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-4)
    for name, gradient in found[0][1].items():
        scale = float(gradient.abs().max()) + 1e-6
        assert float((gradient - found[1][1][name]).abs().max()) < 1e-3 * scale + 1e-4, name


def test_curves_are_written_or_the_missing_extra_is_named(
    films, film_data, tiny_encoder, tmp_path, monkeypatch
):
    train_tower(film_data, films, tmp_path / "a", _config(tiny_encoder, epochs=1, tensorboard=True))
    assert list((tmp_path / "a" / "curves").glob("events.*"))
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(TowerError, match=r"tastegraph\[research\]"):
        train_tower(film_data, films, tmp_path / "b", _config(tiny_encoder, epochs=1, tensorboard=True))


def test_a_smaller_tower_gives_nearly_the_same_vectors(frozen, films, film_data, tmp_path):
    tower = frozen[1].tower
    held = ["a tense war film", "something warm"]
    config = StudentConfig(layers=(0, 2), steps=30, batch=32, lr=3e-3, evaluate_every=10)
    student = distil(tower, [*film_data.texts, "a war film", "a romance"], held, config)
    assert student.encoder is None
    cosine = (student.encode(held) * tower.encode(held)).sum(axis=1).mean()
    assert cosine > 0.9
    assert student.encoder.backbone.n_layers == 2
    student.save(tmp_path)
    np.testing.assert_allclose(load_tower(tmp_path).encode(held), student.encode(held), atol=1e-5)

    aside = set_aside(film_data, films, SMALL)[2]
    small = with_int8_vectors(tower)
    variants = [
        measured("float32", tower, aside, film_data.texts),
        measured("int8", in_int8(small, "weights"), aside, film_data.texts),
        measured("int8 throughout", in_int8(small, "dynamic"), aside, film_data.texts),
        measured("student", student, aside, film_data.texts),
    ]
    assert variants[1].megabytes < 0.4 * variants[0].megabytes
    assert variants[2].megabytes < variants[0].megabytes
    assert variants[3].megabytes < variants[0].megabytes
    assert variants[1].quality == pytest.approx(variants[0].quality, rel=0.05)
    assert all(math.isfinite(v.texts_per_second) for v in variants)
    best = smallest(variants, most_lost=0.05)
    assert best.megabytes == min(v.megabytes for v in variants if v.quality > 0.95 * variants[0].quality)
    in_int8(small, "weights").save(tmp_path / "small")
    np.testing.assert_allclose(
        load_tower(tmp_path / "small").encode(held), variants[1].tower.encode(held), atol=1e-5
    )
