"""Feedback as it comes in: kept, and felt by the next answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from recsys.feedback.bandit import BanditConfig, GranularityBandit, contexts_of
from recsys.feedback.events import Event
from recsys.feedback.store import FeedbackStore
from recsys.feedback.weights import FeedbackConfig, fold_in, history_weights, mean_rating, verdict_of
from recsys.models.base import Users


class Shown:
    """A list as it was shown: the pool's shares, so that a reaction to an item teaches what it was shown for."""

    def __init__(self, items: Sequence[str], shares: Mapping[str, NDArray[np.floating]]) -> None:
        """Take the item ids of the pool and what each granularity gave to each of them, (n,), without multipliers."""
        self.items = tuple(items)
        self.shares = dict(shares)


class Feedback:
    """All that feedback does, for many people. Safe between threads."""

    def __init__(
        self,
        store: FeedbackStore,
        config: FeedbackConfig | None = None,
        bandit: BanditConfig | None = None,
    ) -> None:
        self.store = store
        self.config, self.bandit = config or FeedbackConfig(), bandit or BanditConfig()
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._registry = threading.Lock()

    def record(self, event: Event, shown: Shown | None = None) -> None:
        """Keep an event; where the list is known that it is about, learn from it how much each granularity counts.

        Raises `FeedbackStoreError` when it cannot be kept, and `BanditError` when what was learned is damaged.
        """
        lock = self._lock(event.user)
        with lock.inner:
            self.store.add(event)
            if shown is None or event.item not in shown.items:
                return
            reaction = verdict_of(event, mean_rating(self.store.events(event.user), self.config), self.config)
            if reaction is None:
                return
            learner = self._learner(event.user)
            contexts = contexts_of(shown.shares, self.bandit.granularities)
            learner.learn(contexts[[shown.items.index(event.item)]], [reaction])
            self.store.put_state(event.user, learner.dump())

    def weights(self, user: str, now: datetime | None = None) -> dict[str, float]:
        """Return item to weight in [-1, 1], as `history_weights` says."""
        return history_weights(self.store.events(user), now or datetime.now(UTC), self.config)

    def users(self, user: str, position: Mapping[str, int], now: datetime | None = None) -> Users:
        """Return the person as a model takes them, as `fold_in` says."""
        return fold_in(self.store.events(user), position, now or datetime.now(UTC), self.config)

    def multipliers(self, user: str, explore: bool = True) -> dict[str, float]:
        """Return by how much to multiply each granularity's share for this person; all 1 and no trying while nothing
        was learned of them."""
        state = self.store.state(user)
        if state is None:
            return dict.fromkeys(self.bandit.granularities, 1.0)
        return GranularityBandit.load(state, self.bandit).multipliers(explore)

    def forget(self, user: str, item: str | None = None) -> int:
        """Erase one item's events or everything of one person, what was learned as well; returns how many events."""
        lock = self._lock(user)
        with lock.inner:
            return self.store.forget(user, item)

    def export(self, user: str) -> dict[str, Any]:
        """Return everything kept of one person as plain JSON values."""
        return self.store.export(user)

    def _learner(self, user: str) -> GranularityBandit:
        return GranularityBandit.load(self.store.state(user), self.bandit)

    def _lock(self, user: str) -> _Lock:
        # Whoever holds it keeps the object in a variable; the dictionary does not.
        with self._registry:
            lock = self._locks.get(user)
            if lock is None:
                lock = self._locks[user] = _Lock()
            return lock


class _Lock:
    """A lock that a weak dictionary can hold."""

    def __init__(self) -> None:
        self.inner = threading.Lock()
