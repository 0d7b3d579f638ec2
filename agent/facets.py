"""Words of a person to facet values of the catalogue: `sci fi`, `thrillers`, `french`, `the 90s`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kg.text import fold_name
from recsys.qualities import FACET_WORDS

_DECADE = re.compile(r"^(?:the )?(?P<early>early |mid |late )?(?P<digits>(?:1[89]|20)?\d0)['’]?s$")
_YEAR = re.compile(r"^(?:1[89]|20)\d\d$")
_DROPPED_ENDS = (
    " movies",
    " movie",
    " films",
    " film",
    " flicks",
    " music",
    " products",
    " items",
    " language",
)
_SAME = {
    "sci fi": ("science fiction", "sci-fi"),
    "scifi": ("science fiction", "sci-fi"),
    "science fiction": ("sci-fi",),
    "rom com": ("romantic comedy", "romance"),
    "romcom": ("romantic comedy", "romance"),
    "romance": ("romantic",),
    "cartoon": ("animation", "animated"),
    "animated": ("animation",),
    "anime": ("animation",),
    "noir": ("film-noir", "film noir"),
    "kids": ("children's", "children", "family"),
    "children": ("children's", "kids", "family"),
    "documentary": ("documentaries",),
    "scary": ("horror",),
    "funny": ("comedy",),
    "biopic": ("biography", "biographical"),
    "suspense": ("thriller", "suspenseful"),
    "gangster": ("gangsters", "crime"),
    "colour": ("color",),
    "phone": ("smartphone", "phones"),
    "american": ("usa", "united states", "united states of america", "us"),
    "usa": ("united states", "united states of america"),
    "united states": ("usa", "united states of america", "us"),
    "british": ("uk", "united kingdom", "england"),
    "uk": ("united kingdom",),
    "english": ("english",),
    "french": ("france",),
    "german": ("germany",),
    "italian": ("italy",),
    "spanish": ("spain",),
    "japanese": ("japan",),
    "korean": ("south korea", "korea"),
    "chinese": ("china", "mandarin"),
    "indian": ("india", "hindi"),
    "hong kong": ("hong kong",),
    "russian": ("russia", "soviet union"),
    "swedish": ("sweden",),
    "danish": ("denmark",),
    "norwegian": ("norway",),
    "polish": ("poland",),
    "mexican": ("mexico",),
    "brazilian": ("brazil",),
    "australian": ("australia",),
    "canadian": ("canada",),
    "irish": ("ireland",),
    "iranian": ("iran", "persian"),
    "turkish": ("turkey",),
    "greek": ("greece",),
    "dutch": ("netherlands",),
    "belgian": ("belgium",),
    "argentinian": ("argentina",),
    "argentine": ("argentina",),
}


@dataclass
class Resolved:
    """Words resolved: facet values, a span of years, and words that are no facet value."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    year_from: int | None = None
    year_to: int | None = None
    rest: list[str] = field(default_factory=list)


class FacetIndex:
    """Facet values by folded name. Read-only; threads may share it."""

    def __init__(self, facet_values: Mapping[str, Mapping[str, int]]) -> None:
        self._found: dict[str, dict[tuple[str, str], int]] = {}
        for facet, values in facet_values.items():
            for value, count in values.items():
                self._found.setdefault(fold_name(value), {})[facet, value] = count

    def all_of(self, words: str) -> list[tuple[str, str]]:
        """Return every (facet, value) that the words may mean, most frequent first; empty when they are no
        value."""
        for key in _keys(words):
            found = self._found.get(key)
            if found:
                return sorted(found, key=lambda pair: (-found[pair], pair))
        return []

    def all_meanings(self, words: str) -> list[tuple[str, str]]:
        """Return the values of every reading of the words: `french` is a language and a country."""
        found = [pair for key in _keys(words) for pair in self._found.get(key, {})]
        return list(dict.fromkeys(found))

    def include(self, words: Iterable[str]) -> Resolved:
        """Resolve what an item must have: one facet a word, the most frequent where several have the
        value."""
        result = Resolved()
        for word in words:
            years = decade_of(word)
            found = self.all_of(word)
            if years is not None and not (found and found[0][0] != "decade"):
                result.year_from = years[0] if result.year_from is None else max(result.year_from, years[0])
                result.year_to = years[1] if result.year_to is None else min(result.year_to, years[1])
            elif found:
                facet, value = found[0]
                result.values[facet] = (*result.values.get(facet, ()), value)
            else:
                result.rest.append(word)
        return result

    def exclude(self, words: Iterable[str]) -> Resolved:
        """Resolve what an item must not have: every facet that has the value, in every reading."""
        result = Resolved()
        for word in words:
            found = self.all_meanings(word)
            years = decade_of(word)
            if years is not None:
                decades = range(years[0] // 10 * 10, years[1] + 1, 10)
                found += [("decade", f"{year}s") for year in decades]
            for facet, value in found:
                if value not in result.values.get(facet, ()):
                    result.values[facet] = (*result.values.get(facet, ()), value)
            if not found:
                result.rest.append(word)
        return result


def decade_of(words: str) -> tuple[int, int] | None:
    """Return the years that `90s`, `the late 1980s` or `1994` span, or None."""
    plain = " ".join(words.casefold().replace("-", " ").split())
    if _YEAR.match(plain):
        return int(plain), int(plain)
    match = _DECADE.match(plain)
    if not match:
        return None
    digits = int(match["digits"])
    if digits < 100:
        digits += 1900 if digits >= 30 else 2000
    spans = {"early ": (0, 3), "mid ": (4, 6), "late ": (7, 9)}
    low, high = spans.get(match["early"] or "", (0, 9))
    return digits + low, digits + high


def _keys(words: str) -> list[str]:
    """Return the folded spellings to try, nearest first."""
    plain = fold_name(words)
    forms = [plain]
    forms += [plain[: -len(end)].strip() for end in _DROPPED_ENDS if plain.endswith(end)]
    for form in list(forms):
        forms += _singulars(form)
    for form in list(forms):
        forms += [fold_name(other) for other in _SAME.get(form, ())]
        forms += [
            fold_name(other) for other in FACET_WORDS.get(form.replace(" ", "-"), FACET_WORDS.get(form, ()))
        ]
    forms += [form + "s" for form in forms[:2]]
    return [form for form in dict.fromkeys(forms) if form]


def _singulars(word: str) -> list[str]:
    if word.endswith("ies") and len(word) > 4:
        return [word[:-3] + "y"]
    if word.endswith(("ches", "shes", "sses", "xes")):
        return [word[:-2]]
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return [word[:-1]]
    return []
