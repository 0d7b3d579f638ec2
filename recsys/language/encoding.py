"""A tuned tower as a reader of texts: the language model with what training changed in it, and the head."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import Tensor

from kg.files import written_whole
from kg.minilm import HUB_NAME, minilm_source
from recsys.language.backbone import Backbone, chosen_device
from recsys.language.config import LanguageTowerConfig, TowerError
from recsys.language.head import Head, as_modules, head_of
from recsys.language.loop import Tell, TowerProgress
from recsys.models.base import FloatMatrix
from recsys.models.cards import ModelCard

_CHUNK = 512
BASE, HEAD = "base.", "head."
"""How the tensors of a tower are named: those of the language model, and those of the head."""


class TunedEncoder:
    """Texts to vectors of length 1, shape (n, dim)."""

    def __init__(self, backbone: Backbone, head: Head) -> None:
        self.backbone, self.head = backbone, head.to(backbone.device).eval()

    @classmethod
    def of(cls, card: ModelCard, tensors: Mapping[str, NDArray[Any]]) -> TunedEncoder:
        """Load the base that a card names and put into it what was trained.

        Raises `TowerError` when the base cannot be loaded, is another, or the tensors do not fit it.
        """
        base = card.config["base"]
        config = LanguageTowerConfig.model_validate(card.config["tower"])
        source = minilm_source() if base["name"] == HUB_NAME else base["source"]
        backbone = Backbone(source, config.pooling, config.max_tokens, chosen_device(config.device))
        if backbone.weights_hash() != base["hash"]:
            raise TowerError(
                f"The tower was trained on {base['name']}, and what is found under that name has other weights. "
                "Train it again, or bring the model that it was trained on."
            )
        try:
            if card.config.get("layers"):
                backbone.keep_layers(card.config["layers"])
            changed = {n.removeprefix(BASE): t for n, t in read_kept(tensors).items() if n.startswith(BASE)}
            if changed:
                put(backbone.prepare(config.mode, config.rank), changed)
                backbone.merge()
            if card.config.get("int8"):
                from recsys.language.int8 import to_int8

                to_int8(backbone, card.config["int8"])
            head = head_of(
                {
                    n.removeprefix(HEAD): torch.from_numpy(np.array(t))
                    for n, t in read_kept(tensors).items()
                    if n.startswith(HEAD)
                }
            )
        except (KeyError, RuntimeError) as error:
            raise TowerError(f"The tower's tensors do not fit {base['name']}. Train it again.") from error
        return cls(backbone, head)

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return a vector of length 1 a text, shape (n, dim)."""
        return apply_head(self.head, self.backbone.encode(texts))

    def export(self, folder: Path) -> None:
        """Write a folder of the sentence-transformers library: language model, pooling, head, normalisation.

        It loads as any such model does, and through `recsys.encoder.Encoder(FOLDER)` where vectors have 384 numbers.
        A folder that is there is replaced once the new one is whole.
        """
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Normalize

        self.backbone.merge()
        modules = [m for m in self.backbone.model if not isinstance(m, Normalize)]
        whole = SentenceTransformer(
            modules=[*modules, Normalize(), *as_modules(self.head.cpu()), Normalize()], device="cpu"
        )
        self.head.to(self.backbone.device)
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
        try:
            whole.save(str(beside), create_model_card=False)
            shutil.rmtree(folder, ignore_errors=True)
            beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def apply_head(head: Head, vectors: FloatMatrix) -> FloatMatrix:
    """Return what the head makes of vectors, in blocks, without gradients."""
    device = head.linear.weight.device
    parts = []
    with torch.inference_mode():
        for begin in range(0, len(vectors), 8192):
            block = torch.from_numpy(np.ascontiguousarray(vectors[begin : begin + 8192])).to(device)
            parts.append(head(block).cpu().numpy())
    if not parts:
        return np.zeros((0, head.linear.out_features), dtype=np.float32)
    return np.concatenate(parts).astype(np.float32, copy=False)


def put(parameters: Mapping[str, Tensor], tensors: Mapping[str, NDArray[Any]]) -> None:
    """Copy tensors into parameters of the same names. Raises `KeyError` when there are others."""
    if set(parameters) != set(tensors):
        raise KeyError(f"{len(set(parameters) ^ set(tensors))} tensors have no counterpart")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(np.array(tensors[name])))


def read_kept(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return tensors as they were trained: those kept as int8 times the scale of each row, the others as they are."""
    return {
        name: tensor
        if f"{name}.scale" not in tensors
        else tensor.astype(np.float32) * tensors[f"{name}.scale"].astype(np.float32)
        for name, tensor in tensors.items()
        if not name.endswith(".scale")
    }


def read_texts(
    backbone: Backbone, texts: Sequence[str], cache: Path | None, tell: Tell, base_hash: str
) -> FloatMatrix:
    """Return the vectors of texts by the untrained base, shape (n, dim), each different text read once.

    With `cache`, a folder, they are kept there in parts, each under what it depends on, and read from there the next
    time.
    """
    different = list(dict.fromkeys(texts))
    parts = [np.zeros((0, backbone.dim), dtype=np.float32)]
    for begin in range(0, len(different), _CHUNK):
        chunk = different[begin : begin + _CHUNK]
        file = None if cache is None else cache / f"{_hash(backbone, base_hash, chunk)}.safetensors"
        vectors = None if file is None else _cached(file, (len(chunk), backbone.dim))
        if vectors is None:
            vectors = backbone.encode(chunk)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                with written_whole(file) as beside:
                    save_file({"vectors": vectors}, beside)
        parts.append(vectors)
        tell(TowerProgress("reading", begin + len(chunk), len(different), {}))
    place = {text: row for row, text in enumerate(different)}
    return np.concatenate(parts)[[place[text] for text in texts]]


def _hash(backbone: Backbone, base_hash: str, texts: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{base_hash} {backbone.pooling} {backbone.max_tokens}".encode())
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:24]


def _cached(file: Path, shape: tuple[int, int]) -> FloatMatrix | None:
    try:
        vectors: FloatMatrix = load_file(file)["vectors"]
    except (OSError, SafetensorError, KeyError):
        return None
    return vectors if vectors.shape == shape else None
