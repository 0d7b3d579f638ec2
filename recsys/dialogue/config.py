"""What the recommender for dialogues can be told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DialogueConfig(BaseModel):
    """Settings of `DialogueRecommender`; the defaults were chosen on ReDial, on people not met in training."""

    model_config = ConfigDict(frozen=True)

    dim: int = Field(default=64, ge=1)
    """Numbers in a vector of an item, a word or an attribute."""
    epochs: int = Field(default=8, ge=1)
    """Passes over the turns; the learning rate falls to 0 over them."""
    batch_size: int = Field(default=512, ge=1)
    """Turns a step."""
    learning_rate: float = Field(default=5e-3, gt=0.0)
    """Of AdamW, at the start."""
    weight_decay: float = Field(default=1e-2, ge=0.0)
    """Of AdamW, on every parameter."""
    word_dropout: float = Field(default=0.5, ge=0.0, lt=1.0)
    """Share of the words and named attributes that a step does not see."""
    item_dropout: float = Field(default=0.4, ge=0.0, lt=1.0)
    """Share of the named items that a step does not see."""
    dropout: float = Field(default=0.2, ge=0.0, lt=1.0)
    """Share of the numbers of the dialogue's vector that a step does not see."""
    fading: float = Field(default=0.9, gt=0.0, le=1.0)
    """Weight of what was named one utterance earlier, relative to one later."""
    seeker_turns: float = Field(default=0.5, ge=0.0)
    """Weight of a turn in which the seeker names something, relative to a recommendation; 0 leaves them out."""
    behaviour_weight: float = Field(default=0.6, ge=0.0)
    """Weight of people outside the dialogues in the loss, relative to the turns."""
    min_dialogues: int = Field(default=4, ge=1)
    """A word or pair of words must have been said in this many dialogues."""
    shrinkage: float = Field(default=5.0, gt=0.0)
    """Added to the counts, so that what was seen once or twice says little."""
    most_likes: int = Field(default=400, ge=2)
    """People outside the dialogues who like as many items or more are left out of what is liked together."""
    neighbours: int = Field(default=100, ge=1)
    """Items kept an item in what is liked together."""
    fashion: float = Field(default=0.3, gt=0.0)
    """Share of the dialogues over which a recommendation loses 63 % of its weight in what is in fashion."""
    held_out: float = Field(default=0.15, gt=0.0, lt=1.0)
    """Share of the dialogues, the latest, on which the weights of the parts are learned."""
    among: int = Field(default=500, ge=2)
    """The weights are learned among so many items that a network puts first."""
    networks: int = Field(default=6, ge=1)
    """Networks whose scores are averaged, seeds `seed`, `seed + 1`, ..."""
    seed: int = 0
    """Of every random choice."""
