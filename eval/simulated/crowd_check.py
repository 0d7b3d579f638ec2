"""A second opinion on answers, which shares no code with the agent's own check: titles, years, numbers and people
against the catalogue itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.evidence import ItemCard, ToolPayload
from recsys.schema import Item

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_QUOTED = re.compile(r"“([^”\n]+)”|\"([^\"\n]+)\"|《([^》\n]+)》|「([^」\n]+)」|«([^»\n]+)»")
_DATED = re.compile(r"^(.*\S)\s*\(((?:1[89]|20)\d\d)\)$")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?(?![\w])")
_TOKEN = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_LONGEST = 8
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n")
_PEOPLE = ("director", "cast", "writer", "brand")


@dataclass(frozen=True)
class Finding:
    """Something in an answer that the catalogue or the turn's evidence does not bear out."""

    kind: str
    """`invented` for an item, `unseen` for an item that no tool returned, `year`, `number`, `person`."""
    text: str
    sentence: str


class Checker:
    """Knows a catalogue; checks answers against it."""

    def __init__(self, items: Sequence[Item], nouns: Iterable[str] = ()) -> None:
        self._items = {item.id: item for item in items}
        self._titles: dict[tuple[str, ...], set[str]] = {}
        self._people: dict[tuple[str, ...], set[str]] = {}
        for item in items:
            self._titles.setdefault(_fold(item.title), set()).add(item.id)
            for facet in _PEOPLE:
                for name in item.attributes.get(facet, ()):
                    self._people.setdefault(_fold(name), set()).add(item.id)
        self._values = {
            _fold(value) for item in items for values in item.attributes.values() for value in values
        }

    def check(
        self,
        answer: str,
        cards: Sequence[ItemCard],
        now: Sequence[ToolPayload],
        earlier: Sequence[ToolPayload],
        said: Sequence[str],
    ) -> list[Finding]:
        """Return what is wrong with an answer.

        Args:
            answer: the text as shown.
            cards: the items shown beside it.
            now: the payloads of the turn.
            earlier: those of earlier turns of the dialogue, whose items the answer may refer back to.
            said: the person's own words, and what is remembered of them.
        """
        seen = {card.id for payload in (*now, *earlier) for card in payload.items}
        text = _folded_text(
            [payload.model_dump_json() for payload in now],
            [fact for payload in earlier for fact in _prose(payload)],
            said,
        )
        found = [
            Finding("invented" if card.id not in self._items else "unseen", card.label, card.label)
            for card in cards
            if card.id not in self._items or card.id not in {c.id for payload in now for c in payload.items}
        ]
        for line in answer.splitlines():
            # Marks are read by lines: the point of `Mr.` ends no title.
            found += self._marked(line, seen, text)
        for sentence in _SENTENCE.split(answer):
            found += self._named(sentence, seen, text)
        return found

    def _marked(self, sentence: str, seen: set[str], text: str) -> list[Finding]:
        found = []
        spans = [(m[1], True) for m in _BOLD.finditer(sentence)]
        spans += [(next(g for g in m.groups() if g), False) for m in _QUOTED.finditer(sentence)]
        for span, bold in spans:
            dated = _DATED.match(span)
            title = dated[1] if dated else span
            ids = self._titles.get(_fold(title), set())
            year = int(dated[2]) if dated else None
            if year is not None:
                ids = {one for one in ids if self._items[one].year == year}
            in_words = not ids and not bold and span.isascii() and not any(c.isupper() for c in span)
            if ids & seen or _within(_fold(span), text) or in_words:
                # Ordinary words in quotes are an example of what one may say.
                continue
            found.append(Finding("unseen" if ids else "invented", span, sentence))
        return found

    def _named(self, sentence: str, seen: set[str], text: str) -> list[Finding]:
        tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(sentence)]
        words = [_fold(token) for token, _, _ in tokens]
        found: list[Finding] = []
        about: set[str] = set()
        covered: list[tuple[int, int]] = []
        people: list[tuple[tuple[str, ...], str]] = []
        i = 0
        while i < len(tokens):
            for n in range(min(_LONGEST, len(tokens) - i), 0, -1):
                folded = tuple(word for part in words[i : i + n] for word in part)
                ids = self._titles.get(folded, set())
                surface = sentence[tokens[i][1] : tokens[i + n - 1][2]]
                capital = all(
                    token[:1].isupper() or token[:1].isdigit()
                    for token, _, _ in tokens[i : i + n]
                    if len(token) > 3
                )
                if (
                    folded in self._people
                    and capital
                    and (n > 1 or folded not in self._values | set(self._titles))
                ):
                    people.append((folded, surface))
                    i += n - 1
                    break
                if ids and capital and any(c.isupper() for c in surface):
                    if ids & seen:
                        about |= ids & seen
                        covered.append((tokens[i][1], tokens[i + n - 1][2]))
                    elif n > 1 and not _within(folded, text):
                        found.append(Finding("unseen", surface, sentence))
                    i += n - 1
                    break
            i += 1
        if not about:
            return found
        for person, surface in people:
            if not (self._people[person] & about or _within(person, text)):
                found.append(Finding("person", surface, sentence))
        known = {float(self._items[one].year or 0) for one in about}
        known |= {value for one in about for value in self._items[one].numbers.values()}
        for match in _NUMBER.finditer(sentence):
            if any(a <= match.start() and match.end() <= b for a, b in covered):
                continue
            value = float(match[0].replace(",", "."))
            if (
                re.match(r"\s*\d{1,2}[.)]\s", sentence[: match.end() + 2])
                and not sentence[: match.start()].strip()
            ):
                continue
            if not any(abs(value - one) < 0.06 for one in known) and not _within((match[0],), text):
                kind = "year" if 1850 <= value <= 2100 else "number"
                found.append(Finding(kind, match[0], sentence))
        for start, end in covered:
            dated = re.match(r"[*”\"》]*\s*\(((?:1[89]|20)\d\d)\)", sentence[end:])
            ids = self._titles.get(_fold(sentence[start:end]), set())
            if dated and int(dated[1]) not in {self._items[one].year for one in ids}:
                found.append(Finding("year", f"{sentence[start:end]} ({dated[1]})", sentence))
        return found


def _fold(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(re.sub(r"['’]s$", "", word) for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", plain))


def _folded_text(*parts: Iterable[str]) -> str:
    return " | ".join(" ".join(_fold(text)) for texts in parts for text in texts)


def _within(words: tuple[str, ...], text: str) -> bool:
    return bool(words) and f" {' '.join(words)} " in f" {text} "


def _prose(payload: ToolPayload) -> list[str]:
    return [*(fact.text for fact in payload.facts), *payload.notes, payload.question or ""]
