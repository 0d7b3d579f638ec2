"""A person with an agenda (after Schatzmann et al., 2007): what is still to say, what is asked, what to object to.

What such a person says is true of a film that they were glad of, and never its title: attributes come from
`eval.simulated.tastes`, and each sentence is checked for words of the targets' titles before it is said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from eval.simulated.personas import Act, Persona, all_forms
from eval.simulated.phrases import described, keywords
from eval.simulated.tastes import Attribute, Taste, Vocabulary, tells
from eval.systems.protocol import Response, Utterance

_YEARS_APART = 8
_ASKED = {
    "genre": re.compile(
        r"\b(genre|kind of|sort of|type of|mood|feel like|what are you (?:after|looking for))", re.I
    ),
    "cast": re.compile(r"\b(actor|actress|star|cast|who should)\b", re.I),
    "director": re.compile(r"\bdirector|directed\b", re.I),
    "decade": re.compile(r"\b(year|decade|era|how old|recent)\b", re.I),
    "country": re.compile(r"\b(country|countries|where should)\b", re.I),
}
_QUESTION = re.compile(r"[^.!?\n]*\?")


@dataclass(frozen=True)
class Line:
    """What a person is about to say, before it is worded."""

    act: Act
    attributes: tuple[Attribute, ...] = ()
    """True of the item in mind; of `less`, what is not wanted."""
    titles: tuple[str, ...] = ()
    """Ids of items of the past that are named."""


@dataclass
class Agenda:
    """One simulated person in one conversation. Seeded: the same answers get the same words."""

    taste: Taste
    persona: Persona
    vocabulary: Vocabulary
    seed: int = 0
    noun: str = "film"
    said: set[Attribute] = field(default_factory=set)
    refused: set[Attribute] = field(default_factory=set)
    turns: int = 0
    """Messages so far."""

    def __post_init__(self) -> None:
        self._draw = random.Random(f"{self.seed}/agenda/{self.taste.person}")
        self.patience = self._draw.randint(*self.persona.patience)
        self._order = self._draw.sample(self.taste.targets, len(self.taste.targets))
        self._hidden = self.vocabulary.words_of(self.taste.targets)

    @property
    def mind(self) -> str:
        """The target that the person is thinking of now."""
        return self._order[0]

    def found(self, response: Response) -> str | None:
        """Return the target among the items that the person looks at, or None."""
        looked = response.items[: self.persona.looks_at]
        return next((i for i in looked if i in self.taste.targets), None)

    def next_line(self, response: Response | None) -> Line | None:
        """Return what to say to an answer (None opens), or None when the patience is over."""
        if self.turns >= self.patience:
            return None
        self.turns += 1
        return self._open() if response is None else self._react(response)

    def worded(self, line: Line) -> Utterance:
        """Put a line into words that share none with the title of a target."""
        titles = " and ".join(self.vocabulary.items[i].title for i in line.titles)
        forms = list(self.persona.forms[line.act])
        self._draw.shuffle(forms)
        # Where each of one's own wordings has a word of a title, somebody else's may have none.
        forms += all_forms(line.act)
        terse = self.persona.name == "terse"
        wanted = keywords(line.attributes) if terse else described(line.attributes, self.noun)
        value = keywords(line.attributes)
        for form in forms:
            says = "{what}" in form or "{value}" in form
            if ("{titles}" in form) != bool(titles) or says != bool(line.attributes):
                continue
            text = form.format(what=wanted, value=value, titles=titles)
            if not tells(text, self._hidden):
                break
        else:
            # Every wording has a word of a title: the attributes and films alone have none.
            text = ", ".join(filter(None, (value, titles))) or "?"
        self.note(line)
        return Utterance("seeker", text, line.titles)

    def note(self, line: Line) -> None:
        """Remember what was said."""
        (self.refused if line.act == "less" else self.said).update(line.attributes)

    def _open(self) -> Line:
        named = min(self._draw.randint(*self.persona.names), len(self.taste.nameable))
        titles = tuple(self._draw.sample(self.taste.nameable, named))
        needed = any("{what}" in form for form in self.persona.forms["open"])
        told = self._fresh(self._draw.randint(*self.persona.says)) if needed or not titles else ()
        return Line("open", told, titles)

    def _react(self, response: Response) -> Line:
        shown = response.items[: self.persona.looks_at]
        asked = self._asked(response.text)
        if not shown and asked is not None:
            return self._telling("answer", asked)
        if self._draw.random() < self.persona.restless and len(self._order) > 1:
            self._order.append(self._order.pop(0))
            return self._telling("change")
        objection = self._objection(shown)
        if objection is not None and self._draw.random() < self.persona.critical:
            return objection
        return self._telling("more")

    def _telling(self, act: Act, facet: str = "") -> Line:
        told = self._fresh(self._draw.randint(*self.persona.says), facet)
        if not told:
            # Everything about this one is said: think of another one.
            self._order.append(self._order.pop(0))
            told = self._fresh(self._draw.randint(*self.persona.says))
            return Line("change", told) if told else Line("other")
        return Line(act, told)

    def _objection(self, shown: Sequence[str]) -> Line | None:
        items = [self.vocabulary.items[i] for i in shown if i in self.vocabulary.items]
        years = [item.year for item in items if item.year is not None]
        mind = self.vocabulary.items[self.mind].year
        if (
            years
            and mind is not None
            and abs(median(years) - mind) > _YEARS_APART
            and self._draw.random() < 0.5
        ):
            return Line("older" if mind < median(years) else "newer")
        for one in self.taste.avoids:
            having = sum(one in self.vocabulary.of[item.id] for item in items)
            if one not in self.refused and having:
                return Line("less", (one,))
        return None

    def _fresh(self, count: int, facet: str = "") -> tuple[Attribute, ...]:
        """Draw what was not said yet of the item in mind, the liked ones more often; one a facet, but for genres."""
        left = [one for one in self.taste.wants[self.mind] if one not in self.said]
        if facet and any(one.facet == facet for one in left):
            left.sort(key=lambda one: one.facet != facet)
            chosen = [left.pop(0)]
        else:
            chosen = []
        while left and len(chosen) < count:
            weights = [1.0 / (2 + k) for k in range(len(left))]
            one = self._draw.choices(left, weights)[0]
            left.remove(one)
            if one.facet == "genre" or one.facet not in {other.facet for other in chosen}:
                chosen.append(one)
        return tuple(chosen)

    def _asked(self, text: str) -> str | None:
        """Return the facet that a text asks for; empty when it asks something else, None when it asks nothing."""
        questions = " ".join(_QUESTION.findall(text))
        if not questions:
            return None
        return next((facet for facet, form in _ASKED.items() if form.search(questions)), "")
