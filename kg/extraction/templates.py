"""Labelled sentences out of facts and templates of our own: what the shipped extractor learns from.

A template is a sentence with slots: `[title] is a [year] film directed by [director].` A slot `[director+writer]` is
one name with two relations; `[cast*]` is a list; `[~person]` and `[~place]` are distractors that have no relation.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from kg.extraction.documents import PEOPLE, Document, Span
from kg.extraction.labels import LabelledText
from kg.extraction.values import GENRES, NATIONS

_SLOT = re.compile(r"\[(?P<off>~?)(?P<name>[a-z_+]+)(?P<many>\*?)\]")
_INVENTED = 0.5
"""Share of the people who get an invented name, so that the tagger learns wording and not faces."""


class Templates(NamedTuple):
    """Sentences with slots, and words for distractors."""

    leads: tuple[str, ...]
    follow: tuple[str, ...]
    plain: tuple[str, ...]
    products: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    places: tuple[str, ...]
    works: tuple[str, ...]


class Known(NamedTuple):
    """An item and its facts, of which the sentences speak."""

    id: str
    kind: str
    title: str
    year: int | None
    facts: Mapping[str, Sequence[str]]
    text: str = ""
    """Its own description: a distractor."""


@cache
def templates(held_out: bool = False) -> Templates:
    """Return the templates for training, or those that are kept for validation."""
    raw = tomllib.loads(files("kg.extraction").joinpath("templates.toml").read_text(encoding="utf-8"))
    own = raw["valid" if held_out else "train"]
    words = raw["words"]
    sentences = [tuple(own[name]) for name in ("leads", "follow", "plain", "products")]
    lists = [tuple(words[name]) for name in ("first", "last", "places", "works")]
    return Templates(*sentences, *lists)


def compose(items: Sequence[Known], count: int, seed: int = 0, held_out: bool = False) -> list[LabelledText]:
    """Return `count` labelled texts about randomly drawn items; the same ones for the same seed."""
    rng = random.Random(f"{seed}/{held_out}")
    chosen = templates(held_out)
    return [_one(rng.choice(items), chosen, rng) for _ in range(count)]


def _one(item: Known, chosen: Templates, rng: random.Random) -> LabelledText:
    writer = _Writer(item, chosen, rng)
    if item.kind == "product":
        sentences = rng.sample(chosen.products, rng.randint(1, 3))
    else:
        sentences = [rng.choice(chosen.leads)] if rng.random() < 0.85 else []
        sentences += rng.sample(chosen.follow, rng.randint(0, 3) or int(not sentences))
        sentences += rng.sample(chosen.plain, rng.choice((0, 0, 1, 2)))
    if item.text and item.kind != "product" and rng.random() < 0.4:
        writer.literal(item.text)
    for sentence in sentences:
        writer.sentence(sentence)
    document = Document(id=item.id, kind=item.kind, title=item.title, text=writer.text)
    return LabelledText(document, tuple(sorted(writer.spans)))


class _Writer:
    def __init__(self, item: Known, chosen: Templates, rng: random.Random) -> None:
        self.item, self.chosen, self.rng = item, chosen, rng
        self.text = ""
        self.spans: set[Span] = set()

    def literal(self, text: str) -> None:
        self.text += (" " if self.text else "") + text

    def sentence(self, template: str) -> None:
        before, spans = self.text, set(self.spans)
        self.literal("")
        place = 0
        for slot in _SLOT.finditer(template):
            self.text += template[place : slot.start()]
            if not self._slot(slot):
                self.text, self.spans = before, spans
                return
            place = slot.end()
        self.text += template[place:]

    def _slot(self, slot: re.Match[str]) -> bool:
        name, off = slot["name"], bool(slot["off"])
        relations = name.split("+")
        if off or name == "title":
            self.text += self.item.title if name == "title" else self._distractor(name)
            return True
        values = self._values(relations[0])
        if not values:
            return False
        many = self.rng.randint(2, 5) if slot["many"] else 1
        drawn = values[:many] if relations[0] != "genre" else values[: self.rng.randint(1, 3)]
        joined = self._joints(len(drawn), relations[0])
        for value, joint in zip(drawn, joined, strict=True):
            start = len(self.text)
            self.text += value
            self.spans |= {Span(start, len(self.text), relation) for relation in relations}
            self.text += joint
        return True

    def _joints(self, count: int, relation: str) -> list[str]:
        if relation == "genre":
            return [*([self.rng.choice((" ", " ", "-"))] * (count - 1)), ""]
        final = self.rng.choice((" and ", ", and ", " & ", " and "))
        return [", "] * (count - 2) + [final] * (count > 1) + [""]

    def _values(self, relation: str) -> list[str]:
        rng = self.rng
        if relation in PEOPLE:
            own = list(self.item.facts.get(relation, ()))
            if relation in ("producer", "composer") or not own or rng.random() < _INVENTED:
                own = [self._person() for _ in range(5)]
            rng.shuffle(own)
            return own
        if relation == "year":
            return [str(self.item.year or rng.randint(1920, 2025))]
        if relation == "genre":
            words = [w for w in GENRES if GENRES[w] in _graph_names(self.item.facts.get("genre", ()))]
            if len(words) < 2 or rng.random() < 0.4:
                words = rng.sample([w for w in GENRES if " " not in w or rng.random() < 0.5], 3)
            return _distinct(rng.sample(words, len(words)))
        if relation == "country":
            return [_title(rng.choice([n for n in NATIONS if len(n) > 3]))]
        if relation == "language":
            return [rng.choice([*self.item.facts.get("language", ()), *_LANGUAGES])]
        if relation == "based_on":
            return [rng.choice(self.chosen.works) if rng.random() < 0.7 else self.item.title]
        values = list(self.item.facts.get(relation, ()))
        rng.shuffle(values)
        return values

    def _distractor(self, name: str) -> str:
        if name == "place":
            return self.rng.choice(self.chosen.places)
        if name == "character":
            return self.rng.choice((self._person(), self.rng.choice(self.chosen.first)))
        if name == "year":
            return str(self.rng.randint(1890, 2025))
        return self.rng.choice(self.chosen.works) if name == "work" else self._person()

    def _person(self) -> str:
        rng, parts = self.rng, [self.rng.choice(self.chosen.first)]
        if rng.random() < 0.2:
            parts.append(rng.choice("ABCDEFGHJKLMPRSTVW") + ".")
        if rng.random() < 0.07:
            parts = [". ".join(rng.sample("ABCDEFGHJKLMPRSTVW", 2)) + "."]
        if rng.random() < 0.07:
            parts.append(rng.choice(("de", "von", "van der", "La", "Del")))
        return " ".join([*parts, rng.choice(self.chosen.last)]) + (" Jr." if rng.random() < 0.02 else "")


_LANGUAGES = (
    "English",
    "French",
    "Spanish",
    "Tamil",
    "Hindi",
    "German",
    "Italian",
    "Japanese",
    "Korean",
    "Danish",
)


def _graph_names(genres: Sequence[str]) -> set[str]:
    from kg.extraction.values import canonical

    return {canonical("genre", genre) for genre in genres}


def _distinct(words: list[str]) -> list[str]:
    """Keep one word for each genre."""
    return list({GENRES[word]: word for word in words}.values())


def _title(nation: str) -> str:
    return " ".join(part.capitalize() for part in nation.split())
