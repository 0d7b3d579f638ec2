"""The members that a workspace's data can feed, by how much data there is."""

from __future__ import annotations

from recsys.ensemble.ensemble import Ensemble, EnsembleConfig
from recsys.ensemble.members import Member
from recsys.models.base import TrainingData
from recsys.models.ease import Ease, EaseConfig
from recsys.models.ials import Ials
from recsys.models.item_knn import ItemKnn
from recsys.models.spectral import SpectralFilter


def default_ensemble(data: TrainingData, seed: int = 0) -> Ensemble:
    """Return an ensemble, not fitted, of members that this data can feed."""
    members = [
        Member("ease", Ease(EaseConfig.for_data(data.interactions))),
        Member("ials", Ials()),
        Member("spectral", SpectralFilter()),
        Member("item-knn", ItemKnn()),
    ]
    return Ensemble(members, EnsembleConfig(seed=seed))
