"""Ways to read a message that are compared: the most frequent label, words, frozen sentence vectors, the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.nlu import labels
from agent.nlu.reader import NluReader
from agent.nlu.sources import Said
from recsys.models.base import FloatMatrix

Chances = NDArray[np.float64]
"""(messages, labels)."""


class Method(Protocol):
    """Learns from labelled messages and gives each label's chance for others."""

    name: str

    def fit(self, given: Sequence[Said], names: Sequence[str], several: bool) -> None:
        """Learn; `several` says that a message may have several labels."""

    def chances(self, given: Sequence[Said]) -> Chances:
        """Return each label's chance."""

    def known(self, given: Sequence[Said]) -> Chances:
        """Return how much each message is like any label at all, (messages,)."""


class Majority:
    """Always the label that training has most of."""

    name = "most frequent label"

    def fit(self, given: Sequence[Said], names: Sequence[str], several: bool) -> None:
        """Count labels."""
        counts = Counter(label for said in given for label in said.labels)
        self._shares = np.array([counts[name] / max(len(given), 1) for name in names])

    def chances(self, given: Sequence[Said]) -> Chances:
        """Return shares in training, the same for all."""
        told = np.where(self._shares == self._shares.max(), 1.0, 0.0)
        return np.tile(told, (len(given), 1))

    def known(self, given: Sequence[Said]) -> Chances:
        """Return the same for all."""
        return np.ones(len(given))


class _Linear:
    """Logistic regression on features of what is said and of what was said before."""

    name = ""

    def fit(self, given: Sequence[Said], names: Sequence[str], several: bool) -> None:
        """Fit one regression for all labels, or one a label."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        inputs = self._features(given, fit=True)
        self._size = len(names)
        if several or self.one_by_one:
            wanted = np.array([[name in said.labels for name in names] for said in given], dtype=int)
            each = LogisticRegression(C=self.strength, solver="liblinear")
            self._model: Any = OneVsRestClassifier(each).fit(inputs, wanted)
            self._columns = np.arange(len(names))
            return
        wanted = np.array([names.index(said.labels[0]) for said in given])
        self._model = LogisticRegression(C=self.strength, max_iter=300).fit(inputs, wanted)
        self._columns = self._model.classes_

    strength = 10.0
    one_by_one = False

    def chances(self, given: Sequence[Said]) -> Chances:
        """Return the regression's chances; 0 for labels it never met."""
        found = np.zeros((len(given), self._size))
        found[:, self._columns] = self._model.predict_proba(self._features(given, fit=False))
        return found

    def known(self, given: Sequence[Said]) -> Chances:
        """Return the likeliest label's chance."""
        found: Chances = self.chances(given).max(axis=1)
        return found

    def _features(self, given: Sequence[Said], fit: bool) -> Any:  # noqa: ANN401 - dense or sparse
        raise NotImplementedError


class Words(_Linear):
    """TF-IDF of words and pairs of words."""

    name = "TF-IDF, logistic regression"
    one_by_one = True

    def _features(self, given: Sequence[Said], fit: bool) -> Any:  # noqa: ANN401
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        if fit:
            self._tables = [(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), False)]
            if any(said.before for said in given):
                self._tables.append((TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), True))
        parts = []
        for table, before in self._tables:
            texts = [said.before if before else said.text for said in given]
            parts.append(table.fit_transform(texts) if fit else table.transform(texts))
        return hstack(parts).tocsr()


class Frozen(_Linear):
    """Vectors of MiniLM as it comes."""

    name = "MiniLM frozen, logistic regression"

    def __init__(self, encode: Callable[[Sequence[str]], FloatMatrix]) -> None:
        """Take what gives sentence vectors."""
        self._encode = encode

    def _features(self, given: Sequence[Said], fit: bool) -> Any:  # noqa: ANN401
        if fit:
            self._before = any(said.before for said in given)
        said = self._encode([one.text for one in given])
        if not self._before:
            return said
        before = self._encode([one.before for one in given])
        return np.hstack([said, before * np.array([[bool(one.before)] for one in given])])


class Ours:
    """The reader that ships; it is not trained here."""

    name = "the reader"

    def __init__(self, reader: NluReader, head: str) -> None:
        """Take which head is asked: a field of `Reading`, `intents` or `polarity` or …"""
        self._reader = reader
        self._head = head

    def fit(self, given: Sequence[Said], names: Sequence[str], several: bool) -> None:
        """Take the labels' names only."""
        self._names = names

    def chances(self, given: Sequence[Said]) -> Chances:
        """Return the head's chances."""
        readings = self._reader.read_all([one.text for one in given], [one.before for one in given])
        if self._head == "scope":
            inside = np.array([one.inside for one in readings])
            return np.stack([1 - inside, inside], axis=1)
        return np.array(
            [[getattr(one, self._head).get(name, 0.0) for name in self._names] for one in readings]
        )

    def known(self, given: Sequence[Said]) -> Chances:
        """Return the topics' energy."""
        return np.array([one.energy for one in self._reader.read_all([said.text for said in given])])


HEAD_LABELS = {
    "intents": labels.INTENTS,
    "polarity": ("dislike", "like"),
    "mention": labels.MENTIONS,
    "scope": labels.SCOPES,
    "service": labels.SERVICE_INTENTS,
}
"""Labels that are told apart on each task; CCPE's polarities have no neutral side."""
