"""What somebody means who cannot name it: people, genres and words of its text, as in `that Nolan dream movie`."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kg.linking.lexicon import DESCRIPTIVE_KINDS, MAX_ALTERNATIVES, PERSON_KINDS, Lexicon, LinkResult
from kg.linking.words import FUNCTION, PERSON_CUES, is_common
from kg.schema import Triple
from kg.text import fold_name, tokenize

_WORD = re.compile(r"[^\W\d_]{3,}")
_K1, _B = 1.2, 0.75
"""The usual constants of BM25 (Robertson and Zaragoza, 2009)."""
_PERSON, _SURNAME, _GENRE, _POPULAR, _NEAR = 9.0, 6.0, 2.0, 0.35, 12.0
"""Weights of a person, of a last name, of a genre, of being twice as popular, and of nearness of the texts."""
_MANY = 400
"""So many titles of people of one last name say nothing."""
_ENOUGH = 0.85
"""What the matched words must be worth where no person is named, as a share of the worth of a word that is met
nowhere; and there must be two of them."""
_COVERED = 0.75
"""Share of the worth of all words that must be matched where no person is named."""
_MARGIN = 1.5
"""A lead over the next that settles it."""
_RERANKED = 32
_FILLER = frozenset(
    """movie movies film films flick one ones show series guy guys girl man woman people person actor actress
    director directed starring stars star starred plays played playing play about called name named title
    remember forget forgot famous old new recent big story where guess mean cannot recall whole does main
    character characters role based set make made thing kind find looking""".split()
)
_GENRES = {
    "scifi": "science fiction",
    "sci fi": "science fiction",
    "animation": "animated",
    "cartoon": "animated",
}


class TextEncoder(Protocol):
    """Turns texts into vectors of length 1, by meaning."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text."""


@dataclass
class _Wish:
    """What a text says of the thing that is meant."""

    people: list[NDArray[np.intp]] = field(default_factory=list)
    """For each person named in full the places of the titles that have to do with them."""
    surnames: list[NDArray[np.intp]] = field(default_factory=list)
    """The same for a last name, which may also be a plain word."""
    genres: list[NDArray[np.intp]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class Describer:
    """Finds titles by what is known of them; its index is built at first use, then read by any thread.

    `triples` are read then, once for each time that they are read at all: give what can be read again.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        triples: Iterable[Triple],
        texts: Mapping[str, str],
        encoder: TextEncoder | None = None,
    ) -> None:
        self._lexicon = lexicon
        self._triples = triples
        self._texts = texts
        self._encoder = encoder
        self._titles = sorted(lexicon.ranks)
        self._place = {number: place for place, number in enumerate(self._titles)}
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def describe(
        self, text: str, kinds: Sequence[str] | None = None, context: Collection[str] = ()
    ) -> LinkResult:
        """Return the title that a description fits, asking when another fits about as well, or nothing.

        A person who is named must have to do with it, and something else must fit too, or the person alone leaves
        few; without a person, rare words must.
        """
        wish = self._read(text)
        if not self._titles or not (wish.people or wish.surnames or wish.words):
            return LinkResult(None)
        matched, scores, possible = self._scores(wish)
        allowed = self._allowed(wish, matched, possible)
        for place in np.flatnonzero(allowed):
            entity = self._lexicon.entities[self._titles[place]]
            if (kinds is not None and entity.kind not in kinds) or entity.id in context:
                allowed[place] = False
        likely = np.flatnonzero(allowed)
        if not likely.size:
            return LinkResult(None)
        if self._encoder is not None:
            scores = self._with_nearness(text, scores, likely)
        best = likely[np.argsort(-scores[likely], kind="stable")][: MAX_ALTERNATIVES + 1]
        return self._result(best, scores, matched, wish)

    def names_somebody(self, text: str) -> bool:
        """Say whether a text names a person whom it is about: in full, or after `by`, `with` and the like."""
        wish = self._read(text)
        return bool(wish.people or wish.surnames)

    def is_person(self, text: str) -> bool:
        """Say whether a text is the name, or the last name, of a person who has to do with something."""
        key = fold_name(text)
        return any(
            self._lexicon.entities[s.entity].kind in PERSON_KINDS for s in self._lexicon.senses(key)
        ) or (key in self._surnames)

    def _allowed(self, wish: _Wish, matched: NDArray[np.float64], possible: float) -> NDArray[np.bool_]:
        """Say which titles have to do with everybody who is named, else with somebody, else fit by their words."""
        least = _ENOUGH * math.log(1 + len(self._titles))
        enough: NDArray[np.bool_] = (
            (matched >= least) & (matched >= _COVERED * possible) & (len(wish.words) > 1)
        )
        if not wish.people and not wish.surnames:
            return enough
        named = np.zeros(len(self._titles), dtype=np.intp)
        for places in wish.people:
            named[places] += 1
        if wish.people and named.max() > 0:
            return np.asarray(named == named.max())
        for places in wish.surnames:
            named[places] += 1
        by_name = named > 0 if not wish.people else np.zeros(len(named), dtype=bool)
        return np.asarray(by_name | enough)

    def _result(
        self,
        best: NDArray[np.intp],
        scores: NDArray[np.float64],
        matched: NDArray[np.float64],
        wish: _Wish,
    ) -> LinkResult:
        found = [self._lexicon.entities[self._titles[place]] for place in best]
        lead = float(scores[best[0]] - scores[best[1]]) if len(best) > 1 else math.inf
        unsaid = len(best) > 1 and bool(wish.words) and not matched[best[0]] and self._encoder is None
        ambiguous = lead < _MARGIN or unsaid
        score = 0.8 if not ambiguous else 0.5
        return LinkResult(found[0], score, tuple(found[1:]), ambiguous, "description")

    def _read(self, text: str) -> _Wish:
        wish = _Wish()
        tokens = tokenize(text)
        words = [token.text for token in tokens]
        k = 0
        while k < len(words):
            taken = self._person_at(words, k, wish) or self._genre_at(words, k, wish)
            if not taken and words[k] not in FUNCTION and words[k] not in _FILLER and len(words[k]) > 2:
                wish.words.append(_stem(words[k]))
            k += taken or 1
        return wish

    def _person_at(self, words: Sequence[str], k: int, wish: _Wish) -> int:
        for count in (3, 2):
            people = self._people.get(fold_name(" ".join(words[k : k + count])))
            if people and k + count <= len(words):
                wish.people.append(self._places(people, words[k : k + count]))
                return count
        people = self._surnames.get(words[k])
        if people and words[k] not in FUNCTION and words[k] not in _FILLER:
            led = k > 0 and words[k - 1] in PERSON_CUES
            if led or not is_common(words[k]):
                wish.surnames.append(self._places(people, words[k : k + 1]))
        return 0

    def _places(self, people: Sequence[int], words: Sequence[str]) -> NDArray[np.intp]:
        """Return the titles that have to do with any of these people, by the facts or by name in the text."""
        places = [self._of[number] for number in people]
        postings = [self._postings.get(_stem(word)) for word in words]
        named = [posting[0] for posting in postings if posting is not None]
        if len(named) == len(words):
            places.append(reduce(np.intersect1d, named))
        return np.unique(np.concatenate(places))

    def _genre_at(self, words: Sequence[str], k: int, wish: _Wish) -> int:
        for count in (2, 1):
            said = " ".join(words[k : k + count])
            key = _GENRES.get(said, said)
            plain = [s.entity for s in self._lexicon.senses(key) if s.entity in self._of]
            plain = [n for n in plain if self._lexicon.entities[n].kind in DESCRIPTIVE_KINDS]
            if plain and k + count <= len(words):
                wish.genres.append(np.unique(np.concatenate([self._of[number] for number in plain])))
                if count == 1:
                    wish.words.append(_stem(said))
                return count
        return 0

    def _scores(self, wish: _Wish) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Return what the words that are there are worth, the whole scores, and what all the words would be."""
        count = len(self._titles)
        matched, scores = np.zeros(count), _POPULAR * self._popularity
        possible = 0.0
        for word in dict.fromkeys(wish.words):
            posting = self._postings.get(word)
            rarity = math.log(1 + count / (1 + (len(posting[0]) if posting else 0)))
            possible += rarity
            if posting is None:
                continue
            places, times = posting
            tf = times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * self._lengths[places]))
            matched[places] += rarity
            scores[places] += rarity * np.minimum(tf, 1.5)
        for places in wish.genres:
            scores[places] += _GENRE
        for places in wish.people:
            scores[places] += _PERSON
        for places in wish.surnames:
            scores[places] += _SURNAME * max(0.0, 1.0 - len(places) / _MANY)
        return matched, scores, possible

    def _with_nearness(
        self, text: str, scores: NDArray[np.float64], likely: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        assert self._encoder is not None
        top = likely[np.argsort(-scores[likely], kind="stable")][:_RERANKED].tolist()
        missing = [place for place in top if place not in self._vectors]
        if missing:
            rows = self._encoder.encode([self._text(place) for place in missing])
            self._vectors.update(zip(missing, rows, strict=True))
        wanted = self._encoder.encode([text])[0]
        scores = scores.copy()
        for place in top:
            scores[place] += _NEAR * float(self._vectors[place] @ wanted)
        rest = np.setdiff1d(likely, top)
        scores[rest] = -np.inf
        return scores

    def _text(self, place: int) -> str:
        entity = self._lexicon.entities[self._titles[place]]
        return f"{entity.name}. {self._texts.get(entity.id, '')}"[:1_000]

    @cached_property
    def _of(self) -> dict[int, NDArray[np.intp]]:
        """People and plain words to the places of the titles that they have to do with."""
        found: dict[int, list[int]] = {}
        for triple in self._triples:
            ends = (self._lexicon.by_id.get(triple.subject), self._lexicon.by_id.get(triple.object))
            for one, other in (ends, ends[::-1]):
                if one is not None and other is not None and one in self._place and other not in self._place:
                    found.setdefault(other, []).append(self._place[one])
        return {number: np.unique(np.array(places, dtype=np.intp)) for number, places in found.items()}

    @cached_property
    def _people(self) -> dict[str, list[int]]:
        names: dict[str, list[int]] = {}
        for number in self._of:
            entity = self._lexicon.entities[number]
            if entity.kind in PERSON_KINDS:
                for name in (entity.name, *entity.aliases):
                    names.setdefault(fold_name(name), []).append(number)
        return names

    @cached_property
    def _surnames(self) -> dict[str, list[int]]:
        """The last word of a name, and a name of one word, to the people of that name."""
        names: dict[str, list[int]] = {}
        for key, people in self._people.items():
            last = key.rsplit(" ", 1)[-1]
            if len(last) >= 3:
                names.setdefault(last, []).extend(people)
        return names

    @cached_property
    def _popularity(self) -> NDArray[np.float64]:
        return np.array([math.log10(1 + self._lexicon.entities[n].popularity) / 0.3 for n in self._titles])

    @cached_property
    def _index(self) -> tuple[dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]], NDArray[np.float64]]:
        places: dict[str, array[int]] = {}
        times: dict[str, array[int]] = {}
        lengths = np.zeros(len(self._titles))
        stems: dict[str, str] = {}
        for place, number in enumerate(self._titles):
            entity = self._lexicon.entities[number]
            counts: dict[str, int] = {}
            said = _WORD.findall(f"{entity.name} {self._texts.get(entity.id, '')}".lower())
            for word in said:
                stem = stems.get(word)
                if stem is None:
                    stem = stems[word] = _stem(fold_name(word))
                counts[stem] = counts.get(stem, 0) + 1
            lengths[place] = len(said)
            for word, count in counts.items():
                if word not in places:
                    places[word], times[word] = array("i"), array("i")
                places[word].append(place)
                times[word].append(count)
        lengths /= max(1.0, float(lengths.mean())) if len(lengths) else 1.0
        postings = {
            word: (np.array(found, dtype=np.intp), np.array(times[word], dtype=np.float64))
            for word, found in places.items()
        }
        return postings, lengths

    @property
    def _postings(self) -> dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]]:
        return self._index[0]

    @property
    def _lengths(self) -> NDArray[np.float64]:
        return self._index[1]

    def warm_up(self) -> None:
        """Build the index, which is otherwise built at first use."""
        _ = (self._surnames, self._popularity, self._index)


def _stem(word: str) -> str:
    """Return a word without the commonest English endings, so that `dreams` and `dreaming` are `dream`."""
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
