"""What the fused model can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from recsys.schema import Granularity

LINEAR = (Granularity.BEHAVIOUR, Granularity.ATTRIBUTES, Granularity.GRAPH, Granularity.TEXT)
"""Grains that are sums over the items of a history."""
ORDER = (
    *LINEAR,
    Granularity.SEQUENCE,
    Granularity.SOCIAL,
    Granularity.CONTEXT,
    Granularity.POPULARITY,
)
"""Every grain, in the order of the lambda table."""


class FusedConfig(BaseModel):
    """What the fused model can be told. Defaults were chosen on validation data of ml-1m, most in short runs."""

    model_config = ConfigDict(frozen=True)

    granularities: tuple[Granularity, ...] = ORDER
    """Grains that may take part; one without data is left out, and the card says so."""
    dim: int = Field(default=256, ge=1)
    """Width of the vectors of items and people."""
    entity_dim: int = Field(default=64, ge=1)
    """Width of the vectors of attributes and entities, before the map of their grain."""
    language_dim: int = Field(default=128, ge=1)
    """Principal directions of the language vectors that are kept, each brought to unit spread."""
    text_start: bool = True
    """Item vectors start from the language vectors, beside what is learned freely."""
    spectral_start: bool = True
    """Item vectors start from the leading directions of the graph of people and items, with a learned gain for each
    direction, so that what is learned freely starts at nothing; without, free vectors start from noise."""
    start_entities: float = Field(default=0.05, ge=0.0)
    """Weight of all relations to entities together, in equal parts, beside people in that graph; 0 is people alone."""
    item_degree: float = Field(default=0.4, ge=0.0, le=1.0)
    """Power of an item's popularity by which its vector as a candidate is multiplied, and in a history divided."""
    own_role: bool = True
    """An item in a history has a learned vector of its own beside the mapped vector that it has as a candidate;
    without, and without a map, the score is that of LightGCN."""
    layers: int = Field(default=1, ge=0)
    """Times that item vectors are propagated; each is two hops, item to person or entity and back."""
    combine: Literal["learned", "mean"] = "learned"
    """How the layers become one vector."""
    met: bool = True
    """Items are tied by the people who met both."""
    entities: bool = True
    """Items are tied by the attributes and entities that both have."""
    gates: bool = True
    """Each relation has a learned gate; without, all weigh the same."""
    neighbours: int = Field(default=16, ge=0)
    """Strongest ties of an item that are kept in each relation; 0 keeps all."""
    max_edges: int = Field(default=20_000_000, ge=1)
    """Ties times layers above which each step propagates over a sample of them."""
    fanout: int = Field(default=8, ge=1)
    """Ties of an item, a relation and a layer in such a sample."""
    signed: bool = False
    """Lambdas may be negative; else they are kept above 0 by a softplus."""
    buckets: tuple[int, ...] = (1, 5, 20, 100)
    """Least number of known things of each bucket but the first; every bucket has its own lambdas."""
    user_degree: float = Field(default=0.5, ge=0.0, le=1.0)
    """Power of a history's weight by which its sum is divided: 0 is the sum, 1 the mean."""
    words: float = Field(default=3.0, ge=0.0)
    """How many met items a person's words count as."""
    recent: int = Field(default=50, ge=1)
    """Last places of a sequence that are read."""
    loss: Literal["auto", "softmax", "sampled", "bpr"] = "auto"
    """`auto` is the full softmax up to 30,000 items, then the sampled one."""
    negatives: int = Field(default=2048, ge=1)
    """Items drawn a step for the sampled softmax; a target has one of its own in BPR."""
    input_share: tuple[float, float] = (0.5, 0.9)
    """Between which shares of a history are shown in a step; the rest are the targets."""
    hide_input: bool = True
    """What is shown does not compete in the softmax, as it will not when a list is made."""
    target_power: float = Field(default=0.5, ge=0.0, le=1.0)
    """Weight of a person with t targets is t to this power: 0 counts people, 1 counts meetings."""
    epochs: int = Field(default=10, ge=1)
    batch: int = Field(default=256, ge=1)
    """People a step."""
    learning_rate: float = Field(default=0.01, gt=0.0)
    """Of Adam at its highest, after the warm-up and before the cosine decay to 0."""
    warm_up: float = Field(default=0.05, ge=0.0, lt=1.0)
    """Share of the steps in which the rate rises."""
    weight_decay: float = Field(default=10.0, ge=0.0)
    """Decoupled decay (AdamW; times the rate, a step) of all that is learned freely beside the start."""
    held_out: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of each history that is set aside to stop early; 0 trains all epochs on everything."""
    patience: int = Field(default=3, ge=1)
    """Measurements without a better NDCG@20 after which training stops."""
    measure_every: int = Field(default=2, ge=1)
    """Epochs between two measurements."""
    measure_people: int = Field(default=1_500, ge=1)
    """Most people who are measured on."""
    refit: bool = True
    """After an early stop, train again on everything for the epochs that were best."""
    checkpoint_every: int = Field(default=5, ge=1)
    """Epochs between two checkpoints, where a folder for them is given."""
    device: str = "auto"
    """`auto` is the first GPU where there is one, else the CPU. On a GPU products are made in bfloat16."""
    seed: int = 0

    @model_validator(mode="after")
    def _agree(self) -> FusedConfig:
        low, high = self.input_share
        if not 0.0 <= low <= high < 1.0:
            raise ValueError("input_share needs 0 <= low <= high < 1")
        if list(self.buckets) != sorted(set(self.buckets)) or (self.buckets and self.buckets[0] < 1):
            raise ValueError("buckets must rise, from 1 or more")
        return self

    @classmethod
    def light_gcn(cls, **changes: object) -> FusedConfig:
        """Return the settings of a plain LightGCN (He et al., 2020) with BPR: people and items alone, one vector
        an item in both roles, the mean of the layers, no bias."""
        told: dict[str, object] = {
            "granularities": (Granularity.BEHAVIOUR,),
            "dim": 64,
            "text_start": False,
            "spectral_start": False,
            "item_degree": 0.0,
            "own_role": False,
            "layers": 2,
            "combine": "mean",
            "entities": False,
            "gates": False,
            "neighbours": 0,
            "loss": "bpr",
            "hide_input": False,
            "weight_decay": 0.0,
        }
        return cls.model_validate({**told, **changes})
