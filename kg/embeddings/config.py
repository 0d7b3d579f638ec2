"""What the training of embeddings can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ModelName = Literal["complex", "rotate", "distmult"]


class EmbeddingConfig(BaseModel):
    """Model, loss and stopping. The defaults were chosen on validation edges of ml-1m's film graph."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model: ModelName = "complex"
    """ComplEx (Trouillon et al., 2016), RotatE (Sun et al., 2019) or DistMult (Yang et al., 2015)."""
    dim: int = Field(default=64, ge=1)
    """Coordinates of an entity: complex ones for ComplEx and RotatE, real ones for DistMult."""
    epochs: int = Field(default=20, ge=1)
    """Most passes over the training edges; early stopping may end it sooner."""
    batch: int = Field(default=1_024, ge=1)
    """Questions (an entity and a relation) in one step; all their answers are learned together."""
    lr: float = Field(default=0.1, gt=0.0)
    """Step size of Adagrad."""
    negatives: int = Field(default=2_000, ge=0)
    """Wrong answers drawn in each step and shared by its questions; 0 means all entities."""
    n3: float = Field(default=0.1, ge=0.0)
    """Weight of the nuclear 3-norm (Lacroix et al., 2018); RotatE has none."""
    evaluate_every: int = Field(default=3, ge=1)
    """Epochs between two looks at the validation edges."""
    patience: int = Field(default=2, ge=1)
    """Looks without a better MRR after which training stops."""
    evaluated: int = Field(default=1_500, ge=1)
    """Most validation edges for such a look, the same ones each time."""
    seed: int = 0
