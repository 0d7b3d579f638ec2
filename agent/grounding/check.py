"""The checks of a sentence, in their order."""

from __future__ import annotations

import re

from agent.grounding.names import names
from agent.grounding.numbers import numbers
from agent.grounding.owners import attribution
from agent.grounding.sentence import Language, Sentence, Verdict
from agent.grounding.support import Support
from agent.grounding.titles import called, catalogue_titles, marked_titles, offered

_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_YEAR_AFTER = re.compile(r"^[*\"”»'’》」]*\s*\((?P<year>1[89]\d\d|20\d\d)\)")


def check_sentence(
    sentence: str, support: Support, language: Language, before: frozenset[str] = frozenset()
) -> Verdict:
    """Check one sentence, or one line of a list, against the evidence of its turn.

    `before` holds the ids of the item that the sentence before was about: `it` is that item.
    """
    mark = _LIST_MARK.match(sentence)
    body = " " * mark.end() + sentence[mark.end() :] if mark else sentence
    under_check = Sentence(body, support, language, before)
    for check in (
        marked_titles, names, catalogue_titles, offered, called, numbers, attribution,
    ):  # fmt: skip
        check(under_check)
    return under_check.verdict
