"""The members that a workspace's data can feed, by how much data there is."""

from __future__ import annotations

from recsys.ensemble.ensemble import Ensemble, EnsembleConfig
from recsys.ensemble.members import Member
from recsys.models.balanced_ease import BalancedEase, BalancedEaseConfig
from recsys.models.base import TrainingData
from recsys.models.ease import Ease, EaseConfig
from recsys.models.graph_filter import GraphFilter, GraphFilterConfig
from recsys.models.ials import Ials, IalsConfig
from recsys.models.item_knn import ItemKnn
from recsys.models.mult_vae import MultVae, MultVaeConfig
from recsys.models.popularity import Popularity
from recsys.models.spectral import SpectralConfig, SpectralFilter
from recsys.models.user_knn import UserKnn, UserKnnConfig
from recsys.schema import Granularity

_TYPICAL_MEETINGS = 262.0
"""Meetings an item on the data that the defaults of iALS were chosen on."""
_DENSE_ITEMS = 8_000
"""Most items for models that hold items by items."""
_FACTOR_WORK = 3e11
"""Most operations a sweep of iALS may take: about ten seconds on one core."""
_NETWORK_WORK = 3e13
"""Most operations that training MultVAE may take: about ten minutes on one core."""
_FEW = 4
"""People or items below which nothing can be decomposed."""
_LEARNABLE_PEOPLE = 1_000
"""Fewest people from whom MultVAE learned more than the linear models did."""


def default_ensemble(data: TrainingData, seed: int = 0, thorough: bool = False) -> Ensemble:
    """Return an ensemble, not fitted, of members that this data can feed.

    EASE and popularity on any data; balanced EASE, iALS, item-kNN, user-kNN and graph filters where anybody met
    anything. With `thorough`, MultVAE too, where there are people enough: it took minutes on ml-1m and added nothing to
    the others there. Which of them stay is decided on held-out meetings by `Ensemble.fit`.
    """
    n_users, n_items = data.interactions.shape
    members = [
        Member("ease", Ease(EaseConfig.for_data(data.interactions))),
        Member("popularity", Popularity(), Granularity.POPULARITY),
    ]
    if not data.interactions.nnz or min(n_users, n_items) < _FEW:
        return Ensemble(members, EnsembleConfig(seed=seed))
    members += [
        Member("balanced-ease", BalancedEase(BalancedEaseConfig.for_data(data.interactions))),
        Member("item-knn", ItemKnn()),
        Member("user-knn", UserKnn(UserKnnConfig(neighbours=max(10, min(300, n_users // 20))))),
    ]
    factors = _ials(data, seed)
    if (n_users + n_items) * factors.dim**3 < _FACTOR_WORK:
        members.append(Member("ials", Ials(factors)))
    if n_items <= _DENSE_ITEMS:
        members.append(Member("spectral", SpectralFilter(SpectralConfig(seed=seed))))
    members.append(Member("graph-filter", GraphFilter(_filter(data, seed))))
    network = MultVaeConfig(seed=seed)
    work = 12.0 * n_users * n_items * network.hidden * network.epochs
    if thorough and n_users >= _LEARNABLE_PEOPLE and work < _NETWORK_WORK:
        members.append(Member("mult-vae", MultVae(network)))
    return Ensemble(members, EnsembleConfig(seed=seed))


def _ials(data: TrainingData, seed: int) -> IalsConfig:
    """Scale the ridge to how often an item is met, and the factors to how many items there are."""
    defaults = IalsConfig()
    met = data.interactions.nnz / max(1, data.interactions.shape[1])
    share = float(min(1.0, max(0.02, met / _TYPICAL_MEETINGS)))
    return IalsConfig(
        dim=max(8, min(defaults.dim, data.interactions.shape[1] // 16)),
        regularization=defaults.regularization * share,
        seed=seed,
    )


def _filter(data: TrainingData, seed: int) -> GraphFilterConfig:
    """A tenth of the spectrum passes, at most what was chosen on sparse data."""
    defaults = GraphFilterConfig()
    return GraphFilterConfig(rank=max(8, min(defaults.rank, min(data.interactions.shape) // 10)), seed=seed)
