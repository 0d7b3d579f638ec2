"""What a saved model says of itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

FORMAT = 1


class ModelCard(BaseModel):
    """What a saved model says of itself."""

    format: int = FORMAT
    name: str
    n_items: int = Field(ge=0)
    """Columns of the catalogue that the model was trained for."""
    seed: int = 0
    config: dict[str, Any] = Field(default_factory=dict)
    data_hash: str = ""
    """SHA-256 over the training data; see `hash_training_data`."""
    versions: dict[str, str] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    """What a person should know: columns left out, behaviour that was simulated."""
