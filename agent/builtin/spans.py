"""Where a text names something: titles, people, values, numbers, references. The rest becomes a skeleton of
words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from agent.builtin.lexicon import PERSON_FACETS, Lexicon, Sense
from agent.builtin.quantities import Quantity, find_quantities
from agent.builtin.references import find_deltas, find_eras, find_references
from agent.builtin.skeleton import Skeleton, Span, clean, in_tags, mask
from agent.builtin.words import word_set
from agent.knowledge import Knowledge
from kg.linking import Mention
from kg.schema import Entity
from kg.text import fold_name, split_year

_YEAR_TAG = re.compile(r"\s{0,2}\(((?:1[89]|20)\d\d)\)")
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»\n]{1,80})[\"“”«»]|(?<!\w)'([A-Z][^'\n]{1,60})'(?!\w)")
_SMALL = word_set(
    """
    a an the of and in on to for with at from by de la le les el los las der die das du des et y und vs & -
    is
    """
)
_ABBREVIATED = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "vol.", "jr.", "sr.", "e.t."})
_LEADING = word_set(
    """
    like likes i i'm i've have has had loved love liked enjoyed enjoy seen saw watched watching watch or and
    also yes no something similar hi hello hey maybe perhaps the movie film show movies films such as but
    not anything yeah ok okay oh well then please is was it's really just both either with about to for in
    of on by from an if would recommend suggest my favourite favorite one because
    """
)
_CAPITAL_RUN = (
    r"(?:[A-Z0-9][\w'&.:-]*)"
    r"(?:(?:,? (?:of|the|and|in|a|an|to|on|for|with|at|from|de|la|le|&|vs\.?))* [A-Z0-9][\w'&:-]*)*"
)
_AFTER_SEED = re.compile(
    rf"\b(?:[Ll]ike|[Ss]uch as|[Ss]imilar to|[Ll]oved?|[Ll]iked|[Ee]njoy(?:ed)?|[Ss]een|[Ww]atched|[Ss]aw|"
    rf"[Hh]ate[ds]?|"
    rf"[Aa]bout|[Ff]an of|[Dd]irected|[Kk]now|[Hh]ave|[Cc]ompare|[\x00\x01] (?:and|or|vs\.?)) ((?:[Tt]he |"
    rf"[Aa] )?{_CAPITAL_RUN})"
)
_AFTER_PERSON = re.compile(
    rf"\b(?:by|with|starring|featuring|directed by|from director|stars?) ({_CAPITAL_RUN})"
)
_SURNAME = re.compile(
    r"\b(?:by|with|starring|featuring|of|from|love|like|loves|likes) "
    r"((?:(?:[Dd]e|[Vv]an|[Vv]on|[Dd]i|[Dd]a|[Dd]el|[Ll]e|[Ll]a|[Dd]u) )?[^\W\d_][\w'-]{3,})(?! [A-Z])|"
    r"\b([A-Z][\w'-]{3,})(?:'s)? (?:films?|movies?)\b"
)
_PARTICLES = word_set("de van von di da del le la du")
_LOOSE_SEED = re.compile(
    r"\b(?:something|anything|movies?|films?|one|stuff|ones|things) (?:like|similar to|such as) "
    r"(?!(?:a|an|my|your|this|that|these|those|it|them|what|when|watch|see|be|do|eat|wear|the ones?|some|"
    r"any|in|on|for|"
    r"make|laugh|cry|use|buy|go|sleep|me|us|you|him|her|i|we|relax|enjoy|stay)\b)"
    r"([a-z0-9][\w':-]*(?: (?!but\b|with\b|only\b|except\b|though\b|or\b|and\b|please\b|from\b|in\b|that\b|"
    r"which\b)[\w':-]+){0,5})"
)
_LINE_SEED = re.compile(
    r"(?:^|\n)(?:or |and |maybe )?(?:like|similar to) ([a-z0-9][\w':-]*(?: [\w':-]+){1,4})(?=$|[.!?,\n])"
)
"""A line of its own: `like shutter island`."""
_PRAISED = re.compile(
    rf"(?:^|[.!?] |\n)((?:The |A |An )?[A-Z][\w'&:-]+(?: (?:of|the|and|in|a|to|on|for|with|at|from|&))*"
    rf"(?: {_CAPITAL_RUN})) (?:is|was) (?:[\w-]+ ){{0,3}}?(?:my|great|good|awesome|amazing|excellent|fantastic|"
    rf"hilarious)\b"
)
_KINDS_OF_ITEM = word_set("tv show shows series movie movies film films it that this them actor actress guy")
_CHUNK = re.compile(
    r"[^,;.!?\n]+?(?=$|[,;!?\n]|\.(?:\s|$)|,? (?:and|or|vs\.?|versus|&) )|"
    r"(?<=and )[^,;.!?\n]+|(?<=or )[^,;.!?\n]+|(?<=vs )[^,;.!?\n]+"
)
_JOINED = re.compile(r"^(?:and|or|vs\.?|versus|&) ")
_POLITE = re.compile(r" (?:please|pls|plz|thanks|thank you)$", re.IGNORECASE)
_DESCRIBED = re.compile(
    r"\bthat (?:[\w'-]+ ){1,6}?(?:movie|film|flick|one)\b(?: (?:where|with|about|by|starring) [^.,;!?\n]{3,80})?",
    re.IGNORECASE,
)
_SHOUTED = word_set(
    "i i'm i've i'd like and or but also yes no the hi hello hey movie movies film films something seen ok"
)
"""Words that people write large in mid-sentence although no title begins with them there."""
_TYPO_SCORE = 0.8
_NOT_A_TITLE = frozenset(
    {"i", "i'm", "i've", "i'd", "hi", "hello", "hey", "any", "you", "do", "yes", "no", "what", "who"}
)


class Finder:
    """Finds spans with one workspace's words."""

    def __init__(self, knowledge: Knowledge, lexicon: Lexicon) -> None:
        self._linker = knowledge.linker
        self._lexicon = lexicon
        self._priced = "price" in knowledge.facet_values or knowledge.domain in ("shop", "products")
        self._not_items = set(knowledge.facet_values) | PERSON_FACETS | {"decade"}
        self._surnames = _surnames(knowledge)
        # Every dated catalogue has decades in its graph. They are read as years: a new time replaces an old one.
        self._facets = (set(knowledge.facet_values) | {"decade"}) - PERSON_FACETS

    def read(self, text: str, list_length: int, shown: Sequence[str] = ()) -> Skeleton:
        """Return the skeleton of `text`.

        Args:
            text: what the person wrote.
            list_length: the number of items in the newest list.
            shown: labels of the items shown before, newest first; their titles are known whatever else they
                may name.
        """
        plain = clean(text)
        spans: list[Span] = []

        def add(found: Iterator[Span]) -> None:
            for span in found:
                if span.start < span.end and not any(
                    span.start < s.end and s.start < span.end for s in spans
                ):
                    spans.append(span)

        mentions = sorted(self._linker.find(plain), key=lambda m: (m.start - m.end, -m.score))
        add(_already_shown(plain, shown))
        add(self._dated(plain, mentions))
        add(self._quoted(plain, mentions))
        add(self._described(plain))
        add(self._linked(plain, mentions))
        add(self._alone(plain))
        add(self._shared_surnames(mask(plain, spans)))
        add(_quantities(mask(plain, spans), plain, self._priced))
        add(Span(s, e, "d", name, plain[s:e]) for s, e, name in find_deltas(mask(plain, spans)))
        add(self._words(mask(plain, spans), plain))
        add(self._unknown(mask(plain, spans), plain))
        add(Span(s, e, "o", name, plain[s:e]) for s, e, name in find_eras(mask(plain, spans)))
        add(
            Span(s, e, "h" if ref.how == "person" else "r", plain[s:e], plain[s:e], ref)
            for s, e, ref in find_references(mask(plain, spans), list_length)
        )
        ordered = tuple(sorted(spans, key=lambda s: s.start))
        return Skeleton(plain, ordered, in_tags(plain, ordered))

    def title(self, surface: str) -> Span | None:
        """Return the span of a title that fills `surface`, or None."""
        found = self._linker.link(surface)
        if found.entity and found.entity.kind not in self._not_items and _is_name_of(found.entity, surface):
            mention = Mention(0, len(surface), surface, found.entity, found.score)
            return _title(mention, surface, 0, len(surface))
        for mention in self._linker.find(surface):
            if self._is_item(mention) and mention.end - mention.start >= 0.7 * len(surface):
                return _title(mention, surface, 0, len(surface))
        return None

    def _is_item(self, mention: Mention) -> bool:
        return mention.entity.kind not in self._not_items

    def _dated(self, text: str, mentions: list[Mention]) -> Iterator[Span]:
        for match in _YEAR_TAG.finditer(text):
            for mention in mentions:
                near = not text[mention.end : match.start()].strip()
                inside = near and mention.end <= match.end() and mention.start < match.start()
                run = _run_before(text, match.start())
                if inside and self._is_item(mention) and mention.start <= max(run, 0):
                    yield _title(mention, text, mention.start, match.end(), match[1])
                    break
            else:
                start = _run_before(text, match.start())
                joined = [m.end + 5 for m in mentions if text.startswith(" and ", m.end) and self._is_item(m)]
                start = max([start, *(end for end in joined if start < end < match.start())])
                if start >= 0:
                    surface = text[start : match.end()]
                    inner = self.title(text[start : match.start()])
                    if inner and fold_name(split_year(inner.name)[0]) == fold_name(
                        text[start : match.start()]
                    ):
                        name = f"{split_year(inner.name)[0]} ({match[1]})"
                        yield Span(start, match.end(), "t", name, surface, inner.data)
                    else:
                        yield Span(start, match.end(), "u", re.sub(r"\s+\(", " (", surface), surface)

    def _quoted(self, text: str, mentions: list[Mention]) -> Iterator[Span]:
        for match in _QUOTED.finditer(text):
            inner = (match[1] or match[2] or "").strip(" .,!?")
            if not inner or len(inner.split()) > 10:
                continue
            title = self.title(inner)
            if title:
                yield Span(match.start(), match.end(), "t", title.name, inner, title.data)
                continue
            sense = self._lexicon.sense_of(inner)
            if sense:
                yield Span(match.start(), match.end(), "v", inner, inner, sense)
            elif any(
                m.start >= match.start() and m.end <= match.end() and not self._is_item(m) for m in mentions
            ):
                continue
            else:
                yield Span(match.start(), match.end(), "u", inner, inner)

    def _described(self, text: str) -> Iterator[Span]:
        """Yield titles that are described by a person and something else: `that Nolan dream movie`."""
        for match in _DESCRIBED.finditer(text):
            found = self._linker.link(match[0])
            entity = found.entity
            if entity is None or found.ambiguous or found.reason != "description":
                continue
            if entity.kind not in self._not_items:
                mention = Mention(0, len(match[0]), match[0], entity, found.score)
                yield _title(mention, text, match.start(), match.end())

    def _linked(self, text: str, mentions: list[Mention]) -> Iterator[Span]:
        for mention in mentions:
            surface = text[mention.start : mention.end]
            sense = self._lexicon.sense_of(surface)
            if self._is_item(mention):
                if sense and surface == surface.lower():
                    continue
                yield _title(mention, text, mention.start, mention.end)
            elif mention.entity.kind == "person" or mention.entity.kind in PERSON_FACETS:
                if not sense and not _second_half(text, mention):
                    yield Span(
                        mention.start, mention.end, "p", mention.entity.name, surface, mention.entity.id
                    )
            elif not sense and mention.entity.kind not in self._facets:
                value = Sense(values=(mention.entity.name,), facet=mention.entity.kind)
                yield Span(mention.start, mention.end, "v", mention.entity.name, surface, value)

    def _alone(self, text: str) -> Iterator[Span]:
        """Yield titles that stand alone between commas and conjunctions, where nothing else marks them."""
        for match in _CHUNK.finditer(text):
            chunk = _POLITE.sub("", _JOINED.sub("", match[0].strip(" \t")))
            whole = chunk == text.strip(" .!?")
            if (
                not chunk
                or len(chunk) > 60
                or self._lexicon.sense_of(chunk)
                or not (whole or chunk[0].isupper())
            ):
                continue
            found = self._linker.link(chunk)
            entity = found.entity
            if entity is None or entity.kind in self._not_items or chunk.casefold() in _NOT_A_TITLE:
                continue
            if _is_name_of(entity, chunk) or (whole and found.score >= _TYPO_SCORE):
                start = text.index(chunk, match.start())
                yield _title(
                    Mention(0, len(chunk), chunk, entity, found.score), text, start, start + len(chunk)
                )

    def _shared_surnames(self, masked: str) -> Iterator[Span]:
        """Yield surnames that several people have, as the one with most items, where the words show a
        person."""
        for match in _SURNAME.finditer(masked):
            surface = match[1] or match[2]
            if surface.islower() and not re.match(r"(?:by|starring|featuring)\b", match[0]):
                continue
            group = 1 if match[1] else 2
            name = self._surnames.get(fold_name(surface))
            if name and not self._lexicon.sense_of(surface):
                yield Span(match.start(group), match.end(group), "p", name, surface)

    def _words(self, masked: str, text: str) -> Iterator[Span]:
        for found in self._lexicon.find(masked):
            surface = text[found.start : found.end]
            name = found.sense.values[0] if found.sense.values else found.sense.quality or surface
            yield Span(found.start, found.end, "v", name, surface, found.sense)

    def _unknown(self, masked: str, text: str) -> Iterator[Span]:
        for match in _AFTER_PERSON.finditer(masked):
            if not self._priced and match[1].split()[0].casefold() not in _NOT_A_TITLE:
                surface = text[match.start(1) : match.end(1)].rstrip(".,!?:")
                yield Span(match.start(1), match.start(1) + len(surface), "x", surface, surface)
        found = (p.finditer(masked) for p in (_AFTER_SEED, _LOOSE_SEED, _LINE_SEED, _PRAISED))
        for match in chain.from_iterable(found):
            surface = text[match.start(1) : match.end(1)].rstrip(".,!?:")
            if surface.casefold().split()[-1] in _KINDS_OF_ITEM:
                continue
            pointing = find_references(surface, 10)
            if pointing and pointing[0][1] - pointing[0][0] >= len(surface) - 1:
                continue
            found_one = self._linker.link(surface) if surface[:1].isupper() else None
            entity = found_one.entity if found_one else None
            if found_one and entity and entity.kind not in self._not_items and _is_name_of(entity, surface):
                # `Alien` is a plain word to the linker in most places, but not where a title is waited for.
                mention = Mention(0, len(surface), surface, entity, found_one.score)
                yield _title(mention, text, match.start(1), match.start(1) + len(surface))
                continue
            first = surface.split()[:1]
            if first and first[0].casefold() not in _NOT_A_TITLE and _has_name(surface):
                yield Span(match.start(1), match.start(1) + len(surface), "u", surface, surface)


def _already_shown(text: str, shown: Sequence[str]) -> Iterator[Span]:
    """Yield the titles of shown items, with their year or without; one short word must be written as it was."""
    for label in shown:
        title, year = split_year(label)
        exact = " " not in title
        if exact and len(title) < 4:
            continue
        dated = rf"(?:\s{{0,2}}\({year}\))?" if year else ""
        pattern = rf"(?<!\w){re.escape(title)}{dated}(?!\w)(?!\s{{0,2}}\((?:1[89]|20)\d\d\))"
        for match in re.finditer(pattern, text, 0 if exact else re.IGNORECASE):
            yield Span(match.start(), match.end(), "t", label, match[0])


def _title(mention: Mention, text: str, start: int, end: int, year: str | None = None) -> Span:
    bare, _ = split_year(mention.entity.name)
    _, written = split_year(text[start:end])
    year = year or (str(written) if written else None)
    name = f"{bare} ({year})" if year else mention.entity.name
    return Span(start, end, "t", name, text[start:end], mention.entity.id)


def _quantities(masked: str, text: str, priced: bool) -> Iterator[Span]:
    tags = {"years": "n", "runtime": "m", "price": "e", "count": "c"}
    quantities: list[Quantity] = find_quantities(masked, priced)
    for q in quantities:
        yield Span(q.start, q.end, tags[q.kind], text[q.start : q.end], text[q.start : q.end], q)


def _leads(word: str, following: str) -> bool:
    """Say whether a word before a title is no part of it."""
    plain = word.casefold().strip(",")
    if plain in ("it", "this", "that", "there"):
        return following in ("is", "was")
    if plain == "i":
        return not following[0].isupper()
    if plain not in _LEADING:
        return False
    return plain != "the" or (word == "the" and following in ("The", "A", "An")) or not following[0].isupper()


def _surnames(knowledge: Knowledge) -> dict[str, str]:
    """Return folded surnames to the person of that name with most items."""
    counts: dict[str, int] = {}
    for facet in PERSON_FACETS & set(knowledge.facet_values):
        for name, count in knowledge.facet_values[facet].items():
            counts[name] = counts.get(name, 0) + count
    best: dict[str, str] = {}
    for name in sorted(counts, key=lambda n: (counts[n], n)):
        if " " in name:
            parts = name.split(" ")
            best[fold_name(parts[-1])] = name
            if len(parts) > 2 and parts[-2].casefold() in _PARTICLES:
                best[fold_name(" ".join(parts[-2:]))] = name
    return best


def _is_name_of(entity: Entity, text: str) -> bool:
    """Say whether a text is a name of the entity, but for case, accents, articles and a year."""
    names = {fold_name(split_year(name)[0]) for name in (entity.name, *entity.aliases)}
    return fold_name(split_year(text)[0]) in names


def _second_half(text: str, mention: Mention) -> bool:
    """Say whether a single surname follows another capitalised word: `Uncle Buck` is no mention of a Buck."""
    before = re.search(r"([^\W\d_][\w'-]*) $", text[: mention.start])
    alone = " " not in text[mention.start : mention.end]
    return bool(alone and before and before[1][0].isupper() and before[1].casefold() not in _LEADING | _SMALL)


def _has_name(surface: str) -> bool:
    return any(word[0].isalpha() and word.casefold() not in _SMALL for word in surface.split())


def _run_before(text: str, end: int) -> int:
    """Return where the title that ends at `end` begins, or -1: back over capitalised words and small
    words."""
    words = [(m.start(), m[0]) for m in re.finditer(r"\S+", text[max(0, end - 90) : end])]
    offset = max(0, end - 90)
    kept: list[tuple[int, str]] = []
    for start, word in reversed(words):
        if kept and "\n" in text[start + offset + len(word) : kept[-1][0]]:
            break
        stop = word[-1] in ".!?,;)" and word.casefold() not in _ABBREVIATED
        if kept and stop and not (word[-1] in "!," and kept[-1][1].casefold() in _SMALL):
            break
        if not (word[0].isupper() or word[0].isdigit() or word[0] in "'#&-–—" or word.casefold() in _SMALL):
            break
        kept.append((start + offset, word))
    kept.reverse()
    while len(kept) > 1 and _leads(kept[0][1], kept[1][1]):
        inside = kept[0][1][0].isupper() and re.search(r"[a-z,] $", text[: kept[0][0]])
        if inside and kept[0][1].casefold() not in _SHOUTED:
            break
        kept.pop(0)
    if not any(word[0].isupper() or word[0].isdigit() for _, word in kept):
        lower = re.search(
            r"\b(?:like|seen|saw|watched|loved|liked|enjoyed|love|movie|film)\s+([^.,;!?()]{1,60})$",
            text[:end],
        )
        return lower.start(1) if lower else -1
    return kept[0][0]
