"""A trained extractor on disk: `adapter.safetensors` and `card.json`."""

from __future__ import annotations

import uuid
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from kg.extraction.documents import RELATIONS, ExtractionError
from kg.extraction.tagger import Method, Tagger
from kg.minilm import HUB_NAME

_FORMAT = 1
WEIGHTS, CARD = "adapter.safetensors", "card.json"


class TaggerCard(BaseModel):
    """What the weights are, and what they were learned from."""

    model_config = ConfigDict(frozen=True)

    format: int = _FORMAT
    base: str = HUB_NAME
    method: Method
    rank: int
    relations: tuple[str, ...] = tuple(RELATIONS)
    threshold: float = Field(ge=0.0, le=1.0)
    learned_from: str
    """The texts, in words."""
    texts: dict[str, int]
    """How many for training and for validation."""
    best_f1: float
    """Micro F1 over the spans of the validation texts."""
    epochs: int
    seed: int
    versions: dict[str, str] = {}


def write_adapter(folder: Path, tagger: Tagger, card: TaggerCard) -> None:
    """Write both files, each in one step; weights in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: p.detach().to(torch.float16).contiguous() for name, p in tagger.learned().items()}
    for name in (WEIGHTS, CARD):
        beside = folder / f".{name}.{uuid.uuid4().hex[:6]}"
        try:
            if name == WEIGHTS:
                save_file(weights, beside)
                beside.chmod(0o644)
            else:
                beside.write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
            beside.replace(folder / name)
        finally:
            beside.unlink(missing_ok=True)


def read_adapter(folder: Path) -> tuple[Tagger, TaggerCard]:
    """Return the tagger, ready to read with, and its card. Raises `ExtractionError` when a file is not right."""
    try:
        card = TaggerCard.model_validate_json((folder / CARD).read_bytes())
        weights = load_file(folder / WEIGHTS)
    except (OSError, ValidationError, SafetensorError) as error:
        raise ExtractionError(
            f"There is no readable extractor in {folder} ({error.__class__.__name__}). "
            "Train one again, or use the one that comes with the package."
        ) from error
    if card.format != _FORMAT or card.relations != tuple(RELATIONS):
        raise ExtractionError(f"The extractor in {folder} is of another version. Train it again.")
    tagger = Tagger(card.method, card.rank)
    own = tagger.learned()
    if {n: tuple(w.shape) for n, w in weights.items()} != {n: tuple(p.shape) for n, p in own.items()}:
        raise ExtractionError(f"The weights in {folder} do not fit {card.base}. Train the extractor again.")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(weights[name])
    return tagger.eval(), card
