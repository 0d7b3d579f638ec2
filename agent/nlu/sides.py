"""Which side a question takes: does it ask for what somebody likes, or for what somebody does not like?"""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["like", "dislike"]
_AGAINST = re.compile(
    r"\b(?:dis ?lik(?:e|ed|es|ing)|hat(?:e|ed)|least|(?:(?:do|did|would|is)n'?[t’]?'?t?|dont|didnt|not|never|n[’']t) "
    r"(?:you |u )?(?:really |particularl?y |particulary |heavily |necessarily |particular )?"
    r"(?:like[ds]?|enjoy(?:ed)?|love|care for|prefer))\b",
    re.IGNORECASE,
)
_FOR = re.compile(r"\b(?:like[ds]?|enjoy(?:ed|able)?|lov(?:e|ed)|favou?rites?|prefer)\b", re.IGNORECASE)
_LIKENESS = re.compile(r"\b(?:movies?|films?|ones?|something|anything) like\b", re.IGNORECASE)
_OPEN = re.compile(
    r"\b(?:do|did|have|would) (?:you|u) (?:also |really |ever )?(?:like|enjoy|love)\b", re.IGNORECASE
)
_WHY = re.compile(r"\b(?:what|why|how come|which|name|tell|reasons?)\b", re.IGNORECASE)
_ABOUT_IT = re.compile(r"\b(?:it|this|that|these|those|them)\b", re.IGNORECASE)
_OTHER_ONE = re.compile(
    r"\b(?:a|an|another|any|some|other|specific|particular) (?:\w+ )?(?:movies?|films?|kinds?|types?|genres?|ones?)\b|"
    r"\b(?:what|which) (?:other )?(?:kind|type|sort|genre|movie|film)s?\b|\bname\b|\bdid (?:you|u) (?:like|enjoy)\b",
    re.IGNORECASE,
)


def side_of_question(question: str) -> Side | None:
    """Return the side that a question asks for; None where it asks for neither or both, or leaves it open."""
    if _is_open(question):
        return None
    rest = _AGAINST.sub(" ", _LIKENESS.sub(" ", question))
    against, in_favour = rest != _LIKENESS.sub(" ", question), bool(_FOR.search(rest))
    if against == in_favour:
        return None
    return "dislike" if against else "like"


def side_asked_next(question: str, after: str) -> Side | None:
    """Return on which side somebody stood the answer to an open question: the side of the next question, when that
    asks why of the same thing."""
    if (
        not _is_open(question)
        or not _ABOUT_IT.search(after)
        or _OTHER_ONE.search(after)
        or not _WHY.search(after)
    ):
        return None
    return side_of_question(after)


def _is_open(question: str) -> bool:
    return bool(_OPEN.search(question)) and not _WHY.search(question)
