"""How glad somebody sounds: of a review, an answer or a wish, as a weight for their history."""

from recsys.sentiment.model import Sentiment
from recsys.sentiment.opinions import LexiconSentiment, Opinion, history_weight

__all__ = ["LexiconSentiment", "Opinion", "Sentiment", "history_weight"]
