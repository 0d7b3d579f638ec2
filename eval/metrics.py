"""The metrics of the ranking, as the models themselves use them to choose on held-out meetings."""

from recsys.metrics import Values, hit_rate_at_k, ndcg_at_k, recall_at_k, target_ranks

__all__ = ["Values", "hit_rate_at_k", "ndcg_at_k", "recall_at_k", "target_ranks"]
