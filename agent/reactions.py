"""What people do with what they were shown: kept for the next training, and felt by the next answer."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from recsys.feedback.bandit import BanditConfig
from recsys.feedback.events import Event, Kind
from recsys.feedback.live import Feedback, Shown
from recsys.feedback.store import FeedbackStore
from recsys.schema import Granularity

_PEOPLE = 1_000
"""People whose last lists are held in memory; a reaction to an older list is kept but teaches no weights."""
_LISTS = 4


class Reactions:
    """Reactions of many people; each call names one and sees nothing of anybody else. Safe between threads."""

    def __init__(self, store: FeedbackStore, weights: Literal["off", "likely", "drawn"] = "off") -> None:
        """Take whether weights are the same for all, the likeliest, or drawn to try what is not known yet."""
        names = tuple(granularity.value for granularity in Granularity)
        self._feedback = Feedback(store, bandit=BanditConfig(granularities=names))
        self._weights = weights
        self._lists: OrderedDict[str, deque[Shown]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, people: Path, weights: Literal["off", "likely", "drawn"] = "off") -> Reactions:
        """Open the reactions in a workspace's people's folder; raises `FeedbackStoreError`."""
        return cls(FeedbackStore.open(people), weights)

    def multipliers(self, user: str) -> Mapping[str, float]:
        """Return by how much each granularity's share counts for this person; 1 before anything was learned.

        Empty where weights are the same for all.
        """
        if self._weights == "off":
            return {}
        return self._feedback.multipliers(user, explore=self._weights == "drawn")

    def shown(self, user: str, pool: Shown) -> None:
        """Note from what a list was chosen, so that a reaction to one of it teaches what it was shown for."""
        with self._lock:
            lists = self._lists.setdefault(user, deque(maxlen=_LISTS))
            lists.append(pool)
            self._lists.move_to_end(user)
            while len(self._lists) > _PEOPLE:
                self._lists.popitem(last=False)

    def react(self, user: str, item: str, kind: Kind, value: float = 1.0) -> None:
        """Keep what a person did with an item, and learn from it where it is of one of their last lists.

        Raises `FeedbackStoreError` when it cannot be kept.
        """
        with self._lock:
            lists = list(self._lists.get(user, ()))
        pool = next((one for one in reversed(lists) if item in one.items), None)
        self._feedback.record(Event(user=user, item=item, kind=kind, value=value), pool)

    def forget(self, user: str, item: str | None = None) -> int:
        """Erase one item's reactions or all of a person, and what was learned from them; returns how many."""
        if item is None:
            with self._lock:
                self._lists.pop(user, None)
        return self._feedback.forget(user, item)

    def export(self, user: str) -> dict[str, Any]:
        """Return everything kept of one person as plain JSON values."""
        return self._feedback.export(user)

    def close(self) -> None:
        """Close the file."""
        self._feedback.store.close()
