"""Words of plain English talk, and what they say about a title beside them."""

from __future__ import annotations

from functools import cache
from importlib import resources


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FUNCTION = _set(
    """i me my mine myself you your yours he him his she her hers it its itself we us our ours they
    them their theirs this that these those who whom whose which what whatever when where why how a
    an the some any no not none each every all both few many much more most less least several
    enough other others another such same own one ones two three four five six seven eight nine ten
    first second third and or but nor so yet if then else than as at by for from in into of off on
    onto out over to up down with without within about above after again against around because
    before behind between beyond during except inside near outside per since through throughout till
    toward under until upon via while although though unless whether am is are was were be been
    being do does did done doing have has had having will would shall should can could may might
    must cannot go goes going gone went get gets got getting let lets make makes made take takes
    took give gives gave come comes came know knows knew want wants wanted need needs needed like
    likes liked say says said see sees saw seen watch look looks looked think thinks thought just
    only very too also even still already ever never always often sometimes maybe perhaps quite
    rather really pretty almost here there now today tonight tomorrow yesterday soon later lately
    recently once twice something anything nothing everything someone anyone everyone somebody
    anybody everybody nobody somewhere anywhere everywhere yes no ok okay oh hey hi hello please
    thanks thank well kinda sorta lot lots bit stuff thing things way alone together instead back
    away dont doesnt didnt isnt arent wasnt werent wont cant couldnt wouldnt shouldnt havent hasnt
    hadnt im ive ill id youre youve youd hes shes theyre theyd were weve thats whats lets gonna
    wanna gotta whos theres u ur r im n etc vs"""
)
"""Words that hold sentences together; in lower case they name nothing, whatever stands before them."""

ALWAYS_CAPITAL = _set(
    """i im ill id ive english french german italian spanish american british japanese chinese korean
    indian russian swedish danish mexican irish scottish european african asian christmas halloween
    easter thanksgiving monday tuesday wednesday thursday friday saturday sunday january february
    march april june july august september october november december tv dvd ok usa uk us eu
    hollywood bollywood netflix amazon hulu disney hbo imdb oscar oscars god mr mrs ms dr"""
)
"""Words that are written with a capital anyway, so that a capital says nothing."""

SEEN = _set("watched rewatched loved enjoyed liked hated adored saw seen called titled named")
COMPARED = _set("compare comparing than versus vs why")
ABOUT_AFTER = _set(
    """what how me us more know heard hear think thoughts thought ask asking opinion info information
    details facts read sure feel crazy talk talking"""
)
"""Words before `about` that ask about a title; `a film about war` does not."""
NOT_A_SIMILE = _set(
    """would d id wed youd theyd shed hed feel feels felt feeling look looks looking sound sounds seem
    seems act acts"""
)
"""Words before `like` that make it something else than a comparison or a taste."""
PERSON_CUES = _set("by with starring from featuring director actor actress directed of")
JOINERS = _set("or and nor plus vs versus with to than")
BOUNDARY = JOINERS | _set(
    """but except from by because though although so not if when while which that who is was are were
    has had for in on at too also again please instead yet as i we you my today tonight yesterday
    just only last recently before after years ago maybe it he she they s starring directed did do
    does would and could"""
)
"""Words that may follow a title; a plain noun there would make the title part of a phrase."""

OPINION = _set(
    """a an my the one so too really very pretty such great good amazing awesome fun funny awful bad boring
    brilliant excellent fantastic overrated underrated perfect terrible incredible wonderful"""
)
"""Words that follow `TITLE is` when somebody says what they think of it."""

CHAT = _set(
    """lol lmao rofl omg imo imho btw idk tbh brb asap diy faq fyi thx tho smh wtf ftw afaik iirc nvm jk
    irl tv dvd hbo bbc nbc cbs abc cnn mtv pbs usa imdb cgi pov vhs rpg nyc"""
)
"""Initials of talk and of companies, which stand for no title."""

_NUMBERS = "one two three four five six seven eight nine ten".split(" ")
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split(" ")
OLDEST, NEWEST = (
    _set("original first older oldest old classic"),
    _set("new newer newest latest remake reboot recent"),
)
"""Words before a title that choose among films of one title by their age."""


def number_of(word: str) -> int:
    """Return the number that a folded word is, in digits or in letters up to ten; 0 for any other word."""
    if word.isdigit() and len(word) <= 2:
        return int(word)
    return _NUMBERS.index(word) + 1 if word in _NUMBERS else 0


def ordinal_of(word: str) -> int:
    """Return 1 for `first` up to 10 for `tenth`; 0 for any other word."""
    return _ORDINALS.index(word) + 1 if word in _ORDINALS else 0


@cache
def _common() -> frozenset[str]:
    text = resources.files("kg.linking").joinpath("common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split()) | FUNCTION


def is_common(word: str) -> bool:
    """Say whether a folded word, or what it is an inflection of, is met in plain talk."""
    common = _common()
    if word in common:
        return True
    for ending, bases in _ENDINGS:
        if word.endswith(ending):
            stem = word[: -len(ending)]
            if any(stem + base in common for base in bases):
                return True
            if len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in common:
                return True
    return False


_ENDINGS = (
    ("ies", ("y",)),
    ("ied", ("y",)),
    ("es", ("", "e")),
    ("s", ("",)),
    ("ed", ("", "e")),
    ("ing", ("", "e")),
    ("er", ("", "e")),
    ("est", ("", "e")),
    ("ly", ("",)),
    ("y", ("", "e")),
    ("ness", ("",)),
)
