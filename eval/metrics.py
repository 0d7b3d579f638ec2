"""The metrics, under one roof. Functions over arrays; `eval.metrics_registry` names them over tables.

Those of the ranking are the ones with which the models choose on held-out meetings (`recsys.metrics`).
"""

from eval.metrics_ranking import area_under_curve, average_precision_at_k, mrr_at_k, precision_at_k
from eval.metrics_text import distinct_n
from recsys.metrics import Values, hit_rate_at_k, ndcg_at_k, recall_at_k, target_ranks

__all__ = [
    "Values",
    "area_under_curve",
    "average_precision_at_k",
    "distinct_n",
    "hit_rate_at_k",
    "mrr_at_k",
    "ndcg_at_k",
    "precision_at_k",
    "recall_at_k",
    "target_ranks",
]
