"""InfoNCE over items that are read together (van den Oord et al., 2018), with several positives a query."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

_NEVER = -1e9


def info_nce(queries: Tensor, items: Tensor, positive: Tensor, blocked: Tensor, scale: Tensor) -> Tensor:
    """Return the mean nats of a query's positives, each against the negatives alone.

    `queries` (q, d) and `items` (c, d) have length 1; `positive` and `blocked` (q, c) are boolean. An item that is
    neither is a negative. Several positives of one query do not compete with one another, so an item that is
    noted twice, or another with the same words, is no false negative. A query without positives counts for nothing.
    """
    logits = scale * (queries @ items.T)
    negatives = logits.masked_fill(positive | blocked, _NEVER).logsumexp(dim=1, keepdim=True)
    weight = positive.to(logits.dtype)
    asked = weight.sum(dim=1)
    each = (softplus(negatives - logits) * weight).sum(dim=1) / asked.clamp(min=1.0)
    return each.sum() / (asked > 0).sum().clamp(min=1)
