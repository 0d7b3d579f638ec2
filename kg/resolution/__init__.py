"""One entity out of the records of several sources, and what to do where sources differ."""

from kg.resolution.config import Key, ResolutionConfig
from kg.resolution.conflicts import Claim, Conflict, conflicts, spoken
from kg.resolution.same_as import SameAs, read_same_as, write_same_as

__all__ = [
    "Claim",
    "Conflict",
    "Key",
    "ResolutionConfig",
    "SameAs",
    "conflicts",
    "read_same_as",
    "spoken",
    "write_same_as",
]
