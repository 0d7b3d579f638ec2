"""From dialogues to sparse rows: named items by speaker, words by speaker, and the attributes that texts name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recsys.dialogue.state import DialogueState, DialogueTurn, Speaker

_WORD = re.compile(r"[a-z0-9']+")
_LONGEST_NAME = 4
"""Words of the longest attribute name that is looked for."""
_RECENT, _EARLIER, _OLD = 1.0, 0.6, 0.35
"""Weight of a word in the last two utterances, the two before them, and any before those."""


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True)
class Rows:
    """Dialogues as a network reads them; n rows everywhere."""

    seeker: csr_array
    """Shape (n, n_items); items the seeker named, fading with age, negative for a dislike."""
    recommender: csr_array
    """Shape (n, n_items); items the recommender named. With `seeker` each row has length 1 or 0."""
    words: csr_array
    """Shape (n, n_words); tf-idf, each row of length 1 or 0."""
    attributes: csr_array
    """Shape (n, n_attributes); attributes that were named, each row of length 1 or 0."""

    def __len__(self) -> int:
        return int(self.seeker.shape[0])

    def take(self, rows: np.ndarray | slice) -> Rows:
        """Return some of the rows."""
        return Rows(self.seeker[rows], self.recommender[rows], self.words[rows], self.attributes[rows])


class InputReader:
    """Turns dialogues into rows, with the words learned by `learn`."""

    def __init__(
        self,
        n_items: int,
        attribute_names: Sequence[str],
        fading: float,
        vocabulary: Sequence[str] = (),
        idf: np.ndarray | None = None,
    ) -> None:
        self._n_items = n_items
        self._fading = fading
        self.attribute_names = tuple(attribute_names)
        self._attributes = {
            " ".join(words): row
            for row, words in enumerate(map(tokens, attribute_names))
            if 0 < len(words) <= _LONGEST_NAME
        }
        self.vocabulary = tuple(vocabulary)
        self.idf = np.zeros(0, np.float32) if idf is None else idf
        self._words = {word: column for column, word in enumerate(self.vocabulary)}

    def learn(self, turns: Sequence[DialogueTurn], min_dialogues: int) -> None:
        """Take the words and pairs that were said in so many dialogues, and how telling each is."""
        said: Counter[str] = Counter()
        seen: set[tuple[int, str]] = set()
        in_turns: Counter[str] = Counter()
        for turn in turns:
            words = _word_weights(turn.state)
            in_turns.update(words.keys())
            fresh = [word for word in words if (turn.dialogue, word) not in seen]
            said.update(fresh)
            seen.update((turn.dialogue, word) for word in fresh)
        self.vocabulary = tuple(sorted(word for word, count in said.items() if count >= min_dialogues))
        self._words = {word: column for column, word in enumerate(self.vocabulary)}
        counts = np.array([in_turns[word] for word in self.vocabulary], dtype=np.float64)
        self.idf = np.log((1.0 + len(turns)) / (1.0 + counts)).astype(np.float32)

    def read(self, states: Sequence[DialogueState]) -> Rows:
        """Return one row a dialogue. Items outside the catalogue are left out."""
        sides = {Speaker.SEEKER: _Builder(), Speaker.RECOMMENDER: _Builder()}
        words, attributes = _Builder(), _Builder()
        for row, state in enumerate(states):
            for (speaker, item), weight in self._items(state).items():
                sides[speaker].add(row, item, weight)
            for word, weight in _word_weights(state).items():
                column = self._words.get(word)
                if column is not None:
                    words.add(row, column, weight * float(self.idf[column]))
            for attribute, weight in self._named_attributes(state).items():
                attributes.add(row, attribute, weight)
        n = len(states)
        seeker = sides[Speaker.SEEKER].matrix(n, self._n_items)
        recommender = sides[Speaker.RECOMMENDER].matrix(n, self._n_items)
        length = np.sqrt(_squares(seeker) + _squares(recommender))
        return Rows(
            _divided(seeker, length),
            _divided(recommender, length),
            _unit(words.matrix(n, len(self.vocabulary))),
            _unit(attributes.matrix(n, len(self.attribute_names))),
        )

    def _items(self, state: DialogueState) -> dict[tuple[Speaker, int], float]:
        weights: dict[tuple[Speaker, int], float] = {}
        for mention in state.mentions:
            if 0 <= mention.item < self._n_items and 0 <= mention.utterance < len(state.utterances):
                age = len(state.utterances) - 1 - mention.utterance
                key = (state.utterances[mention.utterance].speaker, mention.item)
                weights[key] = mention.polarity * self._fading**age
        return weights

    def _named_attributes(self, state: DialogueState) -> dict[int, float]:
        weights: dict[int, float] = {}
        for place, utterance in enumerate(state.utterances):
            age = len(state.utterances) - 1 - place
            for name in _spans(tokens(utterance.text), _LONGEST_NAME):
                attribute = self._attributes.get(name)
                if attribute is not None:
                    weights[attribute] = self._fading**age
        return weights


def exclusion(states: Sequence[DialogueState], n_items: int) -> csr_array:
    """Return what must not be recommended again, (n, n_items): every item that was named."""
    builder = _Builder()
    for row, state in enumerate(states):
        for item in state.named:
            if 0 <= item < n_items:
                builder.add(row, item, 1.0)
    return builder.matrix(len(states), n_items)


class _Builder:
    def __init__(self) -> None:
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []

    def add(self, row: int, column: int, value: float) -> None:
        self._rows.append(row)
        self._columns.append(column)
        self._values.append(value)

    def matrix(self, rows: int, columns: int) -> csr_array:
        values = np.array(self._values, dtype=np.float32)
        return csr_array((values, (self._rows, self._columns)), shape=(rows, columns))


def _word_weights(state: DialogueState) -> dict[str, float]:
    weights: dict[str, float] = {}
    for place, utterance in enumerate(state.utterances):
        age = len(state.utterances) - 1 - place
        weight = _RECENT if age < 2 else _EARLIER if age < 4 else _OLD
        for span in _spans(tokens(utterance.text), 2):
            # The speaker belongs to the word: "have you seen" says something else in another mouth.
            key = f"{utterance.speaker.value} {span}"
            weights[key] = max(weights.get(key, 0.0), weight)
    return weights


def _spans(words: Sequence[str], longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _squares(matrix: csr_array) -> np.ndarray:
    return np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()


def _divided(matrix: csr_array, length: np.ndarray) -> csr_array:
    by = np.where(length > 0.0, length, 1.0)
    values = matrix.data / np.repeat(by, np.diff(matrix.indptr))
    return csr_array((values.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def _unit(matrix: csr_array) -> csr_array:
    return _divided(matrix, np.sqrt(_squares(matrix)))
