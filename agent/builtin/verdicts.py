"""What a sentence that names nothing says of the item just talked about: praise, scorn, that it was seen."""

from __future__ import annotations

import re
from typing import Literal

from agent.builtin.scene import Scene

_OPENING = (
    r"(?:(?:yes+|yeah+|yep|yup|yea|ya|oh+|ah+|wow|ooh+|haha+|lol|omg|well|no|nope|and|but|also|ok(?:ay)?|of course|"
    r"true|"
    r"right|definitely|absolutely|totally|totes|sure|exactly|agreed|i (?:think|thought)|i agree|indeed)[,.! ]*)*"
)
_ADVERB = (
    r"(?:(?:really|so|very|pretty|just|also|absolutely|definitely|such|quite|still|kinda|actually|truly|super|always|"
    r"honestly|certainly|an?|the|both|another|one of)[ ,]*)*"
)
_GOOD = (
    r"(?:good|great|awesome|amazing|fantastic|excellent|fun|funny|wonderful|nice|best|brilliant|perfect|superb|lovely|"
    r"hilarious|incredible|entertaining|beautiful|terrific|cool|cute|touching|adorable|exciting)"
)
_BAD = (
    r"(?:bad|terrible|awful|boring|horrible|dull|lame|rubbish|trash|garbage|overrated|disappointing|dumb|stupid|"
    r"worst)"
)
_ITEM = r"(?:movies?|films?|flicks?|ones?|shows?|series|watch|cast|acting|stor(?:y|ies)|actors?|soundtrack)"
_WAS = r"(?:(?:<r\d+>|it|that|this|they|those|these)?(?:'s| is| was| were| are)|(?:is|was|were|are)) "
_FAVOURITE = r"(?:my|our) (?:[\w-]+ ){0,3}fav\w*"
_END = (
    r"(?:[, ]*(?:too|though|tho|as well|indeed|imo|lol|haha|for sure|i (?:think|thought)|in my opinion|overall|"
    r"<r\d+>))*$"
)

_LIKED = re.compile(
    rf"^{_OPENING}(?:{_WAS}{_ADVERB}(?:{_GOOD}(?:,? (?:and )?{_GOOD})*(?: {_ITEM})?|{_FAVOURITE}|classics?)|"
    rf"{_ADVERB}(?:{_GOOD} {_ITEM}|{_FAVOURITE}|(?:all[- ]time )?fav\w*|classics?(?: {_ITEM})?)|"
    rf"(?:absolutely |really |totally )*(?:love[sd]?|liked|enjoyed|adore[sd]?)(?: <r\d+>| it| them| both|"
    rf" all of <r\d+>)*)"
    rf"{_END}"
)
_DISLIKED = re.compile(
    rf"^{_OPENING}(?:{_WAS}{_ADVERB}{_BAD}(?: {_ITEM})?|{_ADVERB}{_BAD} {_ITEM}|"
    rf"{_WAS}not {_ADVERB}(?:{_GOOD}|my (?:thing|type|cup of tea|kind|favou?rite)|for me)(?: {_ITEM})?|"
    rf"not (?:really )?(?:my (?:thing|type|cup of tea|kind)|a fan|for me|into it)|"
    rf"(?:really |absolutely )*(?:hated|disliked)(?: <r\d+>| it| them| both)*){_END}"
)
_SEEN_ASKED = re.compile(
    r"\b(?:have|has|did|do|had) (?:you|u|ya)\b(?: guys| both| ever| already| by any chance| also| happen to)* "
    r"(?:seen|see|watched|watch|saw|catch)\b|(?:^|[.!?] |\n)(?:ever )?seen\b",
    re.IGNORECASE,
)
_YES_SEEN = re.compile(
    r"^(?:(?:yes+|yeah+|yep|yup|yea|ya|oh|of course|sure|actually|ha+)[,.! ]*)*(?:i (?:have|did|do|sure have|"
    r"certainly have)"
    r"(?: (?:actually|already|indeed))?(?: seen <r\d+>| seen it)?|(?:i(?:'ve| have)? )?(?:seen|saw|"
    r"watched) (?:<r\d+>|it)|"
    r"of course|many times|a (?:few|couple) times|both)?$"
)


def assessment(sentence: str) -> Literal["like", "dislike"] | None:
    """Say whether a skeleton sentence, its values written out, is nothing but praise or scorn.

    `Great movie` and `was really good too` are.

    A single word of praise (`great!`) says nothing of an item, so it is none.
    """
    plain = sentence.strip(" ,.!")
    if " " not in plain and plain not in ("loved", "hated", "classic"):
        return None
    if _DISLIKED.match(plain):
        return "dislike"
    return "like" if _LIKED.match(plain) else None


def judged(sentence: str, scene: Scene) -> list[str]:
    """Return the labels of what such a sentence is about: what it points at, else the item talked about last."""
    for match in re.finditer(r"<r(\d+)>", sentence):
        reference = scene.spans[int(match[1])].data
        return scene.resolve(reference, int(match[1]))
    return [scene.dialogue.focus] if scene.dialogue.focus else []


def says_seen(sentence: str, reply: str) -> bool:
    """Say whether a skeleton sentence answers yes to the question of a reply whether something was seen."""
    plain = sentence.strip(" ,.!")
    return bool(plain and _YES_SEEN.match(plain) and _SEEN_ASKED.search(reply))
