"""MultVAE: a variational autoencoder of histories with a softmax over all items (Liang et al., 2018).

A history, divided by its length, goes through one hidden layer to a normal distribution over a latent taste, and
from there through another to logits of every item. Here training asks for what is to be foretold: a random part of
each history is shown, and the likelihood is that of the hidden part among the items not shown. Scoring takes the
mean of the distribution; it is four products in numpy, torch is needed to fit only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)

_LAYERS = ("encode", "latent", "decode", "items")


class MultVaeConfig(BaseModel):
    """What MultVAE can be told."""

    model_config = ConfigDict(frozen=True)

    hidden: int = Field(default=400, ge=1)
    """Width of the layer on each side of the latent one."""
    latent: int = Field(default=128, ge=1)
    """Dimensions of a taste."""
    kl: float = Field(default=0.2, ge=0.0)
    """Weight of the divergence from a standard normal, reached over `warm_up` steps."""
    warm_up: int = Field(default=1_000, ge=1)
    """Steps over which the weight of the divergence rises from 0."""
    shown: tuple[float, float] = (0.5, 0.9)
    """Least and largest share of a history that is shown; drawn anew for each person and pass."""
    epochs: int = Field(default=40, ge=1)
    """Passes over all people."""
    batch: int = Field(default=100, ge=1)
    """People a step."""
    learning_rate: float = Field(default=1e-3, gt=0.0)
    """Of Adam; it falls to 0 along half a cosine."""
    seed: int = 0
    """Of the first weights, the order of people, what is shown and the noise."""

    @model_validator(mode="after")
    def _shares(self) -> MultVaeConfig:
        low, high = self.shown
        if not 0.0 < low <= high <= 1.0:
            raise ValueError(f"shown must be two shares in (0, 1], the smaller first, not {self.shown}")
        return self


class MultVae:
    """Score items by the decoder's logits; a cold person gets those of an empty history, much like popularity."""

    name = "mult-vae"
    recommends_for_cold = True

    def __init__(self, config: MultVaeConfig | None = None) -> None:
        self.config = config or MultVaeConfig()
        self.layers: dict[str, NDArray[np.float32]] = {}
        """`LAYER.weight` (in, out) and `LAYER.bias` (out,) of encode, latent, decode and items."""
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData, watch: Callable[[int], None] = lambda _: None) -> None:
        """Train for `epochs` passes, on one thread the same for the same seed; takes 12 people n_items hidden
        operations a pass. `watch` is told the number of each pass that is done, when `score` may be used."""
        from recsys.models.mult_vae_training import train

        met = data.interactions.tocsr().astype(np.float32)
        self.card = ModelCard(
            name=self.name,
            n_items=met.shape[1],
            seed=self.config.seed,
            config=self.config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

        def take(layers: dict[str, NDArray[np.float32]], epoch: int) -> None:
            self.layers = layers
            watch(epoch)

        train(met, self.config, take)

    def score(self, users: Users) -> FloatMatrix:
        """Return the logits for each history, shape (n, n_items); a dislike is a negative cell of the input."""
        n_items = users.history.shape[1]
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        inner = np.tanh(self._apply("encode", unit_histories(users.history)))
        mean = self._apply("latent", inner)[:, : self.config.latent]
        return self._apply("items", np.tanh(self._apply("decode", mean)))

    def save(self, folder: Path) -> None:
        """Write `mult-vae.safetensors` and `mult-vae.json`."""
        save_model(folder, self.card, self.layers)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        config = MultVaeConfig.model_validate(card.config)
        widths = (card.n_items, config.hidden, config.latent, config.hidden, card.n_items)
        nothing: NDArray[Any] = np.zeros(0)
        for k, layer in enumerate(_LAYERS):
            out = 2 * widths[k + 1] if layer == "latent" else widths[k + 1]
            check_shape(self.name, tensors.get(f"{layer}.weight", nothing), (widths[k], out))
            check_shape(self.name, tensors.get(f"{layer}.bias", nothing), (out,))
        self.config, self.card = config, card
        self.layers = {name: tensor.astype(np.float32, copy=False) for name, tensor in tensors.items()}

    def _apply(self, layer: str, rows: FloatMatrix | csr_array) -> FloatMatrix:
        found = rows @ self.layers[f"{layer}.weight"] + self.layers[f"{layer}.bias"]
        return np.asarray(found, dtype=np.float32)


def unit_histories(history: csr_array) -> csr_array:
    """Return the rows divided by their length, (n, n_items); a row without anything stays empty."""
    rows = history.tocsr().astype(np.float32)
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    inverse = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return csr_array(rows.multiply(inverse[:, None].astype(np.float32)).tocsr())
