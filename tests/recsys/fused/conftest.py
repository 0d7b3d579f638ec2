import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.models.base import TrainingData
from recsys.sparse import ones_at

N_USERS, N_ITEMS, CLUSTERS = 60, 24, 3


def world(seed: int = 3) -> TrainingData:
    """People like one of three kinds of items; attributes, one relation, order and friends say which."""
    rng = np.random.default_rng(seed)
    kind = np.arange(N_ITEMS) % CLUSTERS
    taste = np.arange(N_USERS) % CLUSTERS
    chance = np.where(taste[:, None] == kind[None, :], 0.6, 0.05)
    met = (rng.random((N_USERS, N_ITEMS)) < chance).astype(np.float32)
    met[:, -1] = 0.0
    attributes = ones_at(kind, np.arange(N_ITEMS), (CLUSTERS, N_ITEMS))
    maker = rng.integers(0, 6, N_ITEMS)
    made = ones_at(maker, np.arange(N_ITEMS), (6, N_ITEMS))
    interactions = csr_array(met)
    friends = csr_array(
        ((taste[:, None] == taste[None, :]) & (rng.random((N_USERS, N_USERS)) < 0.2)).astype(np.float32)
    )
    return TrainingData(
        interactions=interactions,
        attributes=attributes,
        texts=[f"a thing of kind {k}" for k in kind],
        sequences=tuple(rng.permutation(np.flatnonzero(row)) for row in met),
        scenes={"view": interactions, "buy": csr_array(interactions.multiply(rng.random(met.shape) < 0.5))},
        relations={"maker": made},
        social=friends,
    )


def language_vectors() -> np.ndarray:
    rng = np.random.default_rng(8)
    centre = rng.normal(size=(CLUSTERS, 10))
    return (centre[np.arange(N_ITEMS) % CLUSTERS] + 0.3 * rng.normal(size=(N_ITEMS, 10))).astype(np.float32)


def encode(texts):
    """Bring a text to the vector of the item whose number it ends with: exact, so that it can be checked."""
    vectors = language_vectors()
    return np.stack([vectors[int(text.split()[-1])] for text in texts])


@pytest.fixture(scope="package")
def data() -> TrainingData:
    return world()


@pytest.fixture(scope="package")
def language() -> np.ndarray:
    return language_vectors()
