"""What a person would rate an item: mean, biases and factors, averaged over samples of a Bayesian factorisation.

The samples hold items only. A person is folded in from their ratings by the posterior under each sample (Rao-Blackwell:
its mean, not a draw), so that nobody needs to have been there in training; without ratings they get the mean and the
items' biases. Which items a person rated says something by itself (Koren, 2008, SVD++): it enters as features.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.models.rating_sampler import (
    Values,
    design_of,
    first_side,
    noise_precision,
    posterior,
    sample_prior,
    sample_values,
)
from recsys.sparse import unit_rows

_BLOCK = 512
_FURTHEST = 2.5
"""Standard deviations at which a feature is cut."""
_TENSORS = (
    "items",
    "people_mean",
    "people_precision",
    "people_weights",
    "noise",
    "seen",
    "centre",
    "scale",
    "range",
)


class RatingConfig(BaseModel):
    """What the rating model can be told."""

    model_config = ConfigDict(frozen=True)

    dim: int = Field(default=24, ge=1)
    """Factors of a person and of an item, beside the bias."""
    burn_in: int = Field(default=12, ge=0)
    """Sweeps before the first sample is kept."""
    samples: int = Field(default=24, ge=1)
    """Samples kept; predictions are their mean."""
    thin: int = Field(default=2, ge=1)
    """Sweeps from one kept sample to the next."""
    seen: int = Field(default=24, ge=0)
    """Features of a person from which items they rated, and of an item from whom it was rated by (singular vectors);
    0 leaves this out."""
    attributes: int = Field(default=24, ge=0)
    """Features of an item from its attributes (singular vectors); 0 leaves them out."""
    price: float = Field(default=10.0, gt=0.0)
    """Prior precision of the weights of features."""
    seed: int = 0


class Rating:
    """Predict ratings on the scale of the training data."""

    name = "rating"
    recommends_for_cold = True

    def __init__(self, config: RatingConfig | None = None) -> None:
        self.config = config or RatingConfig()
        self.card = ModelCard(name=self.name, n_items=0)
        self._tensors: dict[str, NDArray[np.float32]] = {}

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating of the training data."""
        _, low, high = self._tensors["range"]
        return float(low), float(high)

    @property
    def mean(self) -> float:
        """Mean rating of the training data."""
        return float(self._tensors["range"][0])

    def fit(self, data: TrainingData) -> None:
        """Sample. Takes ratings dim^2 operations a sweep; raises `TastegraphError` when nobody rated anything."""
        if data.ratings is None or not data.ratings.nnz:
            raise TastegraphError(
                "There are no ratings to learn from. The rating model needs a source with stars."
            )
        config = self.config
        rng = np.random.default_rng(config.seed)
        ratings = data.ratings.tocsr().astype(np.float64)
        ratings.sort_indices()
        mean, low, high = float(ratings.data.mean()), float(ratings.data.min()), float(ratings.data.max())
        centred = ratings.copy()
        centred.data = centred.data - mean
        back = centred.T.tocsr()
        loadings = _loadings(ratings, config.seen, rng)
        raw = _seen(ratings, loadings)
        centre, spread = raw.mean(axis=0), raw.std(axis=0) + 1e-9
        of_items = [_standard(_seen(ratings.T.tocsr(), _loadings(ratings.T.tocsr(), config.seen, rng)))]
        if config.attributes and data.attributes.shape[0]:
            of_items.append(_attribute_features(data.attributes, config.attributes, rng))
        people = first_side(ratings.shape[0], config.dim, _bounded((raw - centre) / spread), rng)
        items = first_side(ratings.shape[1], config.dim, np.hstack(of_items), rng)
        noise = 1.0
        kept: dict[str, list[Values]] = {name: [] for name in _TENSORS[:5]}
        for sweep in range(config.burn_in + config.samples * config.thin):
            sample_values(people, centred, design_of(items.values), items.values[:, -1], noise, rng)
            sample_prior(people, config.price, rng)
            sample_values(items, back, design_of(people.values), people.values[:, -1], noise, rng)
            sample_prior(items, config.price, rng)
            noise = noise_precision(centred, people.values, items.values, rng)
            if sweep >= config.burn_in and (sweep - config.burn_in + 1) % config.thin == 0:
                drawn = (items.values, people.mean, people.precision, people.weights, np.array(noise))
                for name, value in zip(kept, drawn, strict=True):
                    kept[name].append(np.array(value, dtype=np.float32))
        self._tensors = {name: np.stack(values).astype(np.float32) for name, values in kept.items()}
        self._tensors |= {
            "seen": loadings.astype(np.float32),
            "centre": centre.astype(np.float32),
            "scale": spread.astype(np.float32),
            "range": np.array([mean, low, high], dtype=np.float32),
        }
        self.card = ModelCard(
            name=self.name,
            n_items=ratings.shape[1],
            seed=config.seed,
            config=config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def predict(self, ratings: csr_array) -> FloatMatrix:
        """Return expected ratings, shape (n, n_items), within the scale, for people who rated so far `ratings`
        (n, n_items), on the scale of the training data."""
        low, high = self.scale
        return np.clip(np.sum(list(self.parts(ratings).values()), axis=0, dtype=np.float32), low, high)

    def parts(self, ratings: csr_array) -> dict[str, FloatMatrix]:
        """Return what the expected rating is made of before it is clipped: `mean`, `person`, `item` (their biases) and
        `latent` (how the two go together), each (n, n_items)."""
        n, n_items = ratings.shape
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"Ratings have {n_items} items; the model was trained for {self.card.n_items}."
            )
        given = ratings.tocsr().astype(np.float64)
        person = np.zeros((n, 1), dtype=np.float64)
        latent = np.zeros((n, n_items), dtype=np.float32)
        samples = self._tensors["items"]
        seen = _seen(given, self._tensors["seen"])
        features = _bounded((seen - self._tensors["centre"]) / self._tensors["scale"])
        given.data = given.data - self.mean
        for number, values in enumerate(samples):
            folded = self._fold_in(given, features, number)
            person += folded[:, -1:] / len(samples)
            latent += (folded[:, :-1].astype(np.float32) / len(samples)) @ values[:, :-1].T
        item = samples[:, :, -1].mean(axis=0)
        return {
            "mean": np.full((n, n_items), self.mean, dtype=np.float32),
            "person": np.repeat(person.astype(np.float32), n_items, axis=1),
            "item": np.repeat(item[None], n, axis=0),
            "latent": latent,
        }

    def score(self, users: Users) -> FloatMatrix:
        """Return expected ratings, shape (n, n_items), for histories of weights.

        A weight w is read as the mean rating and w halves of the scale: 1 is a clear like, -1 a clear dislike, as
        `recsys.feedback` weighs ratings.
        """
        low, high = self.scale
        ratings = users.history.tocsr(copy=True).astype(np.float64)
        ratings.data = np.clip(self.mean + ratings.data * (high - low) / 2.0, low, high)
        return self.predict(ratings)

    def save(self, folder: Path) -> None:
        """Write `rating.safetensors` and `rating.json`."""
        save_model(folder, self.card, self._tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        config = RatingConfig.model_validate(card.config)
        if set(tensors) != set(_TENSORS):
            raise WorkspaceError(f"The model {self.name} in {folder} lacks a part. Build the workspace anew.")
        size, samples, features = config.dim + 1, config.samples, len(tensors["centre"])
        shapes = {
            "items": (samples, card.n_items, size),
            "people_mean": (samples, size),
            "people_precision": (samples, size, size),
            "people_weights": (samples, features, size),
            "noise": (samples,),
            "seen": (card.n_items, max(0, features - 1)),
            "scale": (features,),
            "range": (3,),
        }
        for name, shape in shapes.items():
            check_shape(self.name, tensors[name], shape)
        self.config, self.card, self._tensors = config, card, tensors

    def _fold_in(self, centred: csr_array, features: Values, number: int) -> Values:
        kept = {name: self._tensors[name][number].astype(np.float64) for name in _TENSORS[:5]}
        items = kept["items"]
        expected = kept["people_mean"] + features @ kept["people_weights"]
        design, folded = design_of(items), np.zeros_like(expected)
        for start in range(0, len(folded), _BLOCK):
            part = centred[start : start + _BLOCK]
            part.data = part.data - items[part.indices, -1]
            folded[start : start + _BLOCK], _ = posterior(
                part,
                design,
                expected[start : start + _BLOCK],
                kept["people_precision"],
                float(kept["noise"]),
            )
        return np.asarray(folded, dtype=np.float64)


def _loadings(ratings: csr_array, rank: int, rng: np.random.Generator) -> Values:
    """Return what one rated column adds to the features of a row, shape (columns, rank)."""
    rank = min(rank, min(ratings.shape) - 1)
    if rank < 1:
        return np.zeros((ratings.shape[1], 0))
    counts = np.maximum(np.diff(ratings.T.tocsr().indptr), 1)
    rows = np.maximum(np.diff(ratings.indptr), 1)
    even = csr_array((np.ones(ratings.nnz), ratings.indices, ratings.indptr), shape=ratings.shape)
    even.data = even.data / np.sqrt(np.repeat(rows, np.diff(ratings.indptr)) * counts[ratings.indices])
    _, _, right = svds(even, k=rank, v0=rng.random(min(ratings.shape)))
    return np.asarray(right.T / np.sqrt(counts)[:, None], dtype=np.float64)


def _seen(ratings: csr_array, loadings: NDArray[np.floating]) -> Values:
    """Return features of which columns were rated, and of how many, shape (n, rank + 1); none where rank is 0."""
    counts = np.diff(ratings.indptr)
    even = csr_array((np.ones(ratings.nnz), ratings.indices, ratings.indptr), shape=ratings.shape)
    told = (even @ loadings) / np.sqrt(np.maximum(counts, 1))[:, None]
    features: Values = np.column_stack([told, np.log1p(counts)]) if loadings.shape[1] else told
    return features


def _attribute_features(attributes: csr_array, rank: int, rng: np.random.Generator) -> Values:
    rows = unit_rows(attributes.T.tocsr()).astype(np.float64)
    rank = min(rank, min(rows.shape) - 1)
    if rank < 1:
        return np.zeros((rows.shape[0], 0))
    left, strengths, _ = svds(rows, k=rank, v0=rng.random(min(rows.shape)))
    return _standard(left * strengths)


def _standard(features: Values) -> Values:
    return _bounded((features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9))


def _bounded(features: Values) -> Values:
    """Keep standardised features where training data is: nobody there had rated nothing."""
    return np.asarray(np.clip(features, -_FURTHEST, _FURTHEST), dtype=np.float64)
