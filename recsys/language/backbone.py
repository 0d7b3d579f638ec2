"""The language model under a tower: any encoder or decoder of the transformers library, read as a text encoder."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from kg.minilm import HUB_NAME, PACKAGE, minilm_source, packaged_folder
from recsys.encoder import SETTING
from recsys.language.config import LanguageTowerConfig, Mode, Pooling, TowerError
from recsys.models.base import FloatMatrix

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LICENCES = {
    HUB_NAME: "Apache-2.0",
    "tastegraph-smollm2-135m": "Apache-2.0 (SmolLM2-135M-Instruct)",
}
"""Of bases whose terms are known here; of another, whoever names it must look."""
_ENCODE_BATCH = 32


class Backbone:
    """Texts to vectors of length 1, with or without gradients."""

    def __init__(
        self, source: str = "", pooling: Pooling = "auto", max_tokens: int = 64, device: str = "cpu"
    ) -> None:
        """Load `source` (a folder or a hub name; empty for the setting or MiniLM) in float32.

        Raises `TowerError` when it cannot be loaded.
        """
        self.source = source or os.environ.get(SETTING) or minilm_source()
        self.name = name_of(self.source)
        self.device = torch.device(device)
        self.max_tokens = max_tokens
        self.model = _load(self.source, pooling, max_tokens).to(self.device).eval()
        self.pooling = _pooling_of(self.model)
        self.dim: int = self.model.get_embedding_dimension() or 0
        """Length of a vector."""
        self._is_lora = False

    @classmethod
    def of(cls, config: LanguageTowerConfig) -> Backbone:
        """Load what a configuration names."""
        return cls(config.base, config.pooling, config.max_tokens, chosen_device(config.device))

    def prepare(self, mode: Mode, rank: int, dropout: float = 0.0) -> dict[str, nn.Parameter]:
        """Make the model ready for training and return what training changes, by name.

        `lora` adds changes of this rank to every linear layer; `full` changes every layer but the word vectors,
        of which one catalogue's texts would move only a few.
        """
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        inner: Any = self.model[0]
        if mode == "lora" and not self._is_lora:
            from peft import LoraConfig, get_peft_model

            with warnings.catch_warnings():
                # peft 0.21 asks transformers for a property by its old name; nobody here can do anything about it.
                warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
                inner.model = get_peft_model(
                    inner.model,
                    LoraConfig(
                        r=rank, lora_alpha=2 * rank, lora_dropout=dropout, target_modules="all-linear"
                    ),
                )
            self._is_lora = True
            self.model.to(self.device)
        elif mode == "full":
            words = {id(p) for p in inner.model.get_input_embeddings().parameters()}
            for parameter in inner.model.parameters():
                parameter.requires_grad_(id(parameter) not in words)
        return self.trained()

    def trained(self) -> dict[str, nn.Parameter]:
        """Return the parameters that training changes, by name."""
        return {name: p for name, p in self.model.named_parameters() if p.requires_grad}

    def merge(self) -> None:
        """Add LoRA changes to the layers, once and for all."""
        if self._is_lora:
            inner: Any = self.model[0]
            inner.model = inner.model.merge_and_unload()
            self._is_lora = False

    def keep_layers(self, layers: Sequence[int]) -> None:
        """Keep only these layers of the model, in this order. Raises `TowerError` when it has no list of layers."""
        inner: Any = self.model[0]
        holder = getattr(inner.model, "encoder", inner.model)
        name = next(
            (n for n in ("layer", "layers") if isinstance(getattr(holder, n, None), nn.ModuleList)), None
        )
        if name is None:
            raise TowerError(f"{self.name} has no list of layers to choose from.")
        setattr(holder, name, nn.ModuleList(getattr(holder, name)[k] for k in layers))
        inner.model.config.num_hidden_layers = len(layers)

    @property
    def n_layers(self) -> int:
        """Layers of the model."""
        inner: Any = self.model[0]
        return int(inner.model.config.num_hidden_layers)

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Return vectors of shape (n, dim), with gradients where they are switched on."""
        features = {
            name: value.to(self.device) if isinstance(value, Tensor) else value
            for name, value in self.model.preprocess(list(texts)).items()
        }
        vectors: Tensor = self.model(features)["sentence_embedding"]
        return normalize(vectors.float(), dim=1)

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return vectors of shape (n, dim) without gradients; texts of like length are read together."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda k: (len(texts[k]), k))
        was_training = self.model.training
        self.model.eval()
        with torch.inference_mode():
            for begin in range(0, len(order), _ENCODE_BATCH):
                rows = order[begin : begin + _ENCODE_BATCH]
                vectors[rows] = self.embed([texts[k] for k in rows]).cpu().numpy()
        self.model.train(was_training)
        return vectors

    def weights_hash(self) -> str:
        """Return a SHA-256 over the weights, sampled in large tensors; before training it says what the base is."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            flat = tensor.detach().reshape(-1)
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(flat[:: max(1, len(flat) // 1024)].cpu().numpy().tobytes())
        return digest.hexdigest()


def name_of(source: str) -> str:
    """Return which model this is, without the folders above it."""
    if source == packaged_folder():
        return HUB_NAME
    return Path(source).name if Path(source).is_dir() else source


def chosen_device(wanted: str) -> str:
    """Return the device that `auto` means here, or the one that was named."""
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def _load(source: str, pooling: Pooling, max_tokens: int) -> SentenceTransformer:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling as PoolingModule
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    offline = Path(source).is_dir() or os.environ.get("HF_HUB_OFFLINE") == "1"
    options: dict[str, Any] = {"device": "cpu", "model_kwargs": {"dtype": torch.float32}}
    try:
        try:
            model = SentenceTransformer(source, local_files_only=True, **options)
        except (OSError, ValueError):
            if offline:
                raise
            model = SentenceTransformer(source, **options)
    except Exception as error:
        # The hub client and the model loaders raise many unrelated types; each means that there is no model.
        raise TowerError(
            f"The language model {source!r} cannot be loaded ({error.__class__.__name__}). Name a folder or a hub "
            f"model, or install one that comes as a package: `pip install {PACKAGE}`."
        ) from error
    inner: Any = model[0]
    if "message" in getattr(inner, "modality_config", {}):
        # An instruction model would wrap each text into its chat template; a text encoder reads the text.
        inner.modality_config = {"text": inner.modality_config["text"]}
    if model.tokenizer.pad_token is None:
        model.tokenizer.pad_token = model.tokenizer.eos_token
    if pooling != "auto":
        size = inner.get_embedding_dimension()
        mode = {"last": "lasttoken"}.get(pooling, pooling)
        model = SentenceTransformer(modules=[inner, PoolingModule(size, mode)], device="cpu")
    model.max_seq_length = min(model.max_seq_length or max_tokens, max_tokens)
    return model


def _pooling_of(model: SentenceTransformer) -> str:
    for module in model:
        mode = getattr(module, "pooling_mode", None)
        if mode is not None:
            return str(mode)
    return "of its own"
