"""`python -m eval.peers.check_metrics`: our metrics against RecTools' on random scores, inside the peers' environment.

Prints the largest difference for any person as JSON, a metric a key.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from rectools import Columns  # type: ignore[import-not-found]
from rectools.metrics import MAP, MRR, NDCG, HitRate, Precision, Recall  # type: ignore[import-not-found]
from scipy.sparse import csr_array

from eval.metrics import (
    average_precision_at_k,
    hit_rate_at_k,
    mrr_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    target_ranks,
)

_PEOPLE, _ITEMS = 300, 80


def differences(seed: int = 0) -> dict[str, float]:
    """Return the largest difference for any person, of each metric at 1, 10 and 20.

    Everybody has a target, and no two scores are equal: there the two projects mean the same by their metrics.
    """
    rng = np.random.default_rng(seed)
    scores = rng.random((_PEOPLE, _ITEMS))
    train = rng.random(scores.shape) < 0.2
    test = (rng.random(scores.shape) < 0.1) & ~train
    people = test.any(axis=1)
    scores, train, test = scores[people], train[people], test[people]
    ranks = target_ranks(scores, csr_array(test.astype(float)), csr_array(train.astype(float)))

    order = np.argsort(-np.where(train, -np.inf, scores), axis=1)[:, :20]
    rows = np.repeat(np.arange(len(order)), order.shape[1])
    places = np.tile(np.arange(1, order.shape[1] + 1), len(order))
    listed = pd.DataFrame({Columns.User: rows, Columns.Item: order.ravel(), Columns.Rank: places})
    users, items = test.nonzero()
    truth = pd.DataFrame({Columns.User: users, Columns.Item: items})

    found = {}
    for k in (1, 10, 20):
        for name, mine, theirs in (
            ("recall", recall_at_k(ranks, k), Recall(k)),
            ("ndcg", ndcg_at_k(ranks, k), NDCG(k, divide_by_achievable=True)),
            ("hit rate", hit_rate_at_k(ranks, k), HitRate(k)),
            ("precision", precision_at_k(ranks, k), Precision(k)),
            ("mrr", mrr_at_k(ranks, k), MRR(k)),
            ("map", average_precision_at_k(ranks, k), MAP(k)),
        ):
            other = theirs.calc_per_user(listed, truth).sort_index().to_numpy()
            found[f"{name} at {k}"] = float(np.abs(mine - other).max())
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(differences()) + "\n")
