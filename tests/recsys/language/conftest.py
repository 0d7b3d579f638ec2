"""A real but tiny encoder and decoder, with MiniLM's own vocabulary, and films to learn from."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from kg.minilm import minilm_source
from recsys.attributes import attribute_matrix, item_text
from recsys.models.base import TrainingData
from tests.recsys.conftest import MOODS, make_items


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    tokenizer = AutoTokenizer.from_pretrained(minilm_source())
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def two_layers(tmp_path_factory) -> Path:
    """The first two layers of MiniLM: small, and it knows words."""
    from recsys.language.backbone import Backbone

    folder = tmp_path_factory.mktemp("models") / "two-layers"
    backbone = Backbone(minilm_source())
    backbone.keep_layers([0, 1])
    backbone.model.save(str(folder), create_model_card=False)
    return folder


@pytest.fixture(scope="session")
def tiny_decoder(tmp_path_factory) -> Path:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("models") / "tiny-llama"
    tokenizer = AutoTokenizer.from_pretrained(minilm_source())
    tokenizer.pad_token = None
    tokenizer.eos_token = "[SEP]"
    tokenizer.chat_template = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def films():
    """Sixty, no two of the same words."""
    items = make_items(60)
    return [
        i.model_copy(update={"description": f"{i.description[:-1]}, part {k}."}) for k, i in enumerate(items)
    ]


@pytest.fixture(scope="session")
def film_data(films) -> TrainingData:
    """Sixty people, each of whom meets films of one mood (a word of their texts), and a last film that nobody met."""
    rng = np.random.default_rng(3)
    moods = np.array([MOODS.index(film.attributes["mood"][0]) for film in films])
    own = np.arange(60)[:, None] % 4 == moods[None, :]
    met = (rng.random((60, 60)) < np.where(own, 0.6, 0.05)).astype(np.float32)
    met[:, -1] = 0.0
    attributes, _ = attribute_matrix(films)
    return TrainingData(csr_array(met), attributes, tuple(item_text(film) for film in films))


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    if Path(minilm_source()).is_dir():
        monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
