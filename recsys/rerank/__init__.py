"""What a list should be beside accurate: varied, in proportion to a taste, not only the popular, fair to groups."""

from recsys.rerank.calibration import group_shares, taste_shares
from recsys.rerank.reranking import RerankConfig, rerank

__all__ = ["RerankConfig", "group_shares", "rerank", "taste_shares"]
