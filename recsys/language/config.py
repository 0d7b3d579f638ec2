"""What the language tower can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from recsys.errors import TastegraphError

Mode = Literal["frozen", "lora", "full"]
Pooling = Literal["auto", "mean", "last", "cls"]


class TowerError(TastegraphError):
    """A language tower cannot be trained, loaded or written; the message says what to do."""


class LanguageTowerConfig(BaseModel):
    """How a language model is tuned on the recommendation task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = ""
    """Folder or hub name of an encoder or a decoder; empty for `TASTEGRAPH_ENCODER`, or else MiniLM."""
    pooling: Pooling = "auto"
    """How token vectors become one: `mean`, `last` token, `cls` (first token). `auto` is what the model's own
    sentence-transformers card says; without one, the mean for an encoder and the last token for a decoder."""
    max_tokens: int = Field(default=64, ge=8)
    """Longer texts are cut; an item's text has about 40."""
    mode: Mode = "frozen"
    """`frozen` trains a head on vectors that are computed once, `lora` adds low-rank changes to every linear layer
    of the model, `full` trains all but its word vectors. All three train the head."""
    rank: int = Field(default=8, ge=1)
    """Of the LoRA changes."""
    lora_dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    head: Literal["linear", "mlp"] = "mlp"
    """`linear` is one layer that starts as the identity; `mlp` adds a hidden layer beside it that starts at zero."""
    hidden: int = Field(default=512, ge=1)
    """Units of the hidden layer of an `mlp` head."""
    dim: int | None = Field(default=None, ge=1)
    """Length of a vector; None for that of the base. With 384 the tuned tower can take the place of MiniLM."""

    history_weight: float = Field(default=1.0, ge=0.0)
    """Weight of history-to-item; 0 leaves it out."""
    wish_weight: float = Field(default=1.0, ge=0.0)
    """Weight of wish-to-item; 0 leaves it out."""
    half_life: float | None = Field(default=None, gt=0.0)
    """Meetings after which a meeting counts half in a history whose order is known; None counts all alike."""
    temperature: float = Field(default=0.07, gt=0.0)
    """At the start; it is learned."""

    cropping: bool = True
    """Augmentation: a random share of each history is read and the rest asked for, anew each time. Without it one
    meeting is asked for, given all others."""
    attribute_dropout: float = Field(default=0.3, ge=0.0, lt=1.0)
    """Augmentation: chance that an attribute value, or the description, is left out of an item's text; 0 switches
    it off."""
    views: int = Field(default=3, ge=1)
    """Texts of an item with attributes left out that a frozen base reads once; each epoch takes one at random."""
    paraphrase: bool = True
    """Augmentation: wishes in many phrasings; without it in one."""
    wishes: int = Field(default=4000, ge=1)
    """Sentences made for training."""

    negatives: int = Field(default=192, ge=8)
    """Items read in one step with `lora` and `full`: everybody's positives, hard negatives and chance ones."""
    hard_negatives: int = Field(default=2, ge=0)
    """Near items that are read along with each item drawn; 0 switches mining off."""
    mined_by: Literal["tower", "behaviour"] = "tower"
    """`tower` finds near items by the tower's own vectors, anew each epoch; `behaviour` by the weights of EASE."""
    guard: float = Field(default=0.95, gt=0.0)
    """A near item whose cosine with the item it was found for is at least this says the same and is taken for a
    positive that nobody noted: it is not mined. What a person met and what fulfils a wish never is a negative."""
    candidates: int = Field(default=16_384, ge=8)
    """Most items that compete in one step of a frozen base; a larger catalogue is sampled."""

    users_per_step: int = Field(default=256, ge=1)
    wishes_per_step: int = Field(default=128, ge=1)
    epochs: int = Field(default=15, ge=1)
    """Times through the people (or the wishes, where there are more) for the head."""
    base_steps: int = Field(default=60, ge=1)
    """Steps of `lora` and `full`, after the head was trained on frozen vectors."""
    head_lr: float = Field(default=1e-3, gt=0.0)
    base_lr: float | None = Field(default=None, gt=0.0)
    """Highest step size of the base; None for 5e-4 with `lora` and 3e-5 with `full`."""
    weight_decay: float = Field(default=0.01, ge=0.0)
    warm_up: float = Field(default=0.1, ge=0.0, le=1.0)
    """Share of the steps in which the step size rises; then it falls as a cosine."""
    clip: float = Field(default=1.0, gt=0.0)
    """Longest gradient."""
    micro_batch: int = Field(default=64, ge=1)
    """Texts whose activations are held at once. A step with more is done in two passes (GradCache), whose gradient
    is that of the whole."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of `lora` and `full`; `auto` is bfloat16 under autocast on a GPU that has it, and float32 elsewhere."""
    device: str = "auto"
    """`cpu`, `cuda`, or `auto` for a GPU where there is one."""

    validation: float = Field(default=0.1, gt=0.0, lt=1.0)
    """Share of each person's meetings, and of the wishes' meanings, that is set aside to stop early."""
    validation_users: int = Field(default=1000, ge=1)
    """Most people who are looked at."""
    evaluate_every: int = Field(default=3, ge=1)
    """Epochs of the head between two looks at validation; of `lora` and `full`, six times as many steps."""
    patience: int = Field(default=3, ge=1)
    """Looks without a better figure after which training stops."""
    tensorboard: bool = False
    """Write curves into `curves/` of the tower's folder."""
    seed: int = 0

    @model_validator(mode="after")
    def _possible(self) -> LanguageTowerConfig:
        if self.history_weight == 0.0 and self.wish_weight == 0.0:
            raise ValueError("history_weight and wish_weight are both 0: there is nothing to learn")
        return self

    @property
    def step_size(self) -> float:
        """Highest step size of the base."""
        return self.base_lr or (5e-4 if self.mode == "lora" else 3e-5)
