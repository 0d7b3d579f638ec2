"""How alike two folded names are, and in what they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

_SUFFIXES = frozenset({"jr", "sr", "junior", "senior", "2", "3", "4", "ii", "iii", "iv"})
SHORT_FORMS = (
    "abigail abby|albert al bert|alexander alex sandy|alfred al fred|andrew andy drew|anthony tony|arthur art"
    "|barbara barb|benjamin ben|catherine cathy kate|charles charlie chuck|christopher chris|daniel dan danny"
    "|david dave|deborah debbie|donald don|dorothy dot|edward ed eddie ted ned|elizabeth liz beth betty eliza"
    "|eugene gene|frances fran|francis frank|frederick fred freddie|gerald jerry|gregory greg|henry harry hank"
    "|jacob jake|james jim jimmy jamie|janet jan|jeffrey jeff|jennifer jenny|jerome jerry|john jack johnny"
    "|jonathan jon|joseph joe joey|joshua josh|katherine kathy kate katie|kenneth ken|lawrence larry|leonard len"
    "|louis lou|margaret maggie meg peggy|martin marty|matthew matt|michael mike mickey|nathan nat|nicholas nick"
    "|patricia pat patty|patrick pat|peter pete|philip phil|raymond ray|rebecca becky|richard dick rick richie"
    "|robert bob bobby rob|ronald ron|russell russ|samuel sam|stephen steve|steven steve|susan sue|theodore ted"
    "|thomas tom tommy|timothy tim|victoria vicky|vincent vince|walter walt|william bill billy will"
)
"""Groups of names, the formal one first, then its short forms."""
_FORMAL = {
    short: frozenset(names[0] for group in SHORT_FORMS.split("|") if short in (names := group.split())[1:])
    for short in SHORT_FORMS.replace("|", " ").split()
}


class NameMatch(NamedTuple):
    """The two names (of all the names of both) that are most alike."""

    exact: bool
    jaro_winkler: float
    """0..1 (Winkler 1990)."""
    tokens: float
    """0..1: similarity with the words put in order."""
    one: str
    other: str


def best_match(ours: Sequence[str], theirs: Sequence[str]) -> NameMatch:
    """Return the best match between two lists of folded names; neither may be empty."""
    common = sorted(set(ours) & set(theirs))
    if common:
        return NameMatch(True, 1.0, 1.0, common[0], common[0])
    return max(
        (
            NameMatch(
                False,
                JaroWinkler.similarity(one, other),
                fuzz.token_sort_ratio(one, other) / 100,
                one,
                other,
            )
            for one in ours
            for other in theirs
        ),
        key=lambda match: (match.jaro_winkler + match.tokens, *sorted((match.one, match.other))),
    )


def numbers_differ(one: str, other: str) -> bool:
    """Say whether the numbers in two titles are not the same: `grease` and `grease 2`."""
    return _digits(one) != _digits(other)


def words_within(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Say whether the words of one name, two at least, stand within another: a title with and without subtitle."""
    for one in ours:
        for other in theirs:
            short, long = sorted((one.split(), other.split()), key=len)
            if len(short) >= 2 and set(short) <= set(long) and one != other:
                return True
    return False


def suffixes_differ(one: str, other: str) -> bool:
    """Say whether only one name has a `jr`, or the two have different ones."""
    return _suffix(one) != _suffix(other)


def same_surname(one: str, other: str) -> bool:
    """Say whether the last words are equal, generation suffixes left out."""
    ours, theirs = _bare(one), _bare(other)
    return bool(ours) and bool(theirs) and ours[-1] == theirs[-1]


def given_names_fit(one: str, other: str) -> bool:
    """Say whether one first word may stand for the other: equal, an initial, its start, or an English short form."""
    ours, theirs = _bare(one), _bare(other)
    if not ours or not theirs:
        return False
    short, long = sorted((ours[0], theirs[0]), key=len)
    if long.startswith(short):
        return True
    return bool(({short} | _FORMAL.get(short, frozenset())) & ({long} | _FORMAL.get(long, frozenset())))


def _digits(name: str) -> list[str]:
    return [word for word in name.split() if word.isdigit()]


def _bare(name: str) -> list[str]:
    words = name.split()
    return [word for place, word in enumerate(words) if place == 0 or word not in _SUFFIXES]


def _suffix(name: str) -> str:
    last = name.split()[-1:]
    return {"junior": "jr", "senior": "sr"}.get(last[0], last[0]) if last and last[0] in _SUFFIXES else ""
