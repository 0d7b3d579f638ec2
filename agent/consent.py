"""Did the person ask for this? A language model may keep or change something of theirs only when they did.

A catalogue text may tell a model to remember or to forget. The person's own words decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from agent.grounding.support import fold

CHANGES = frozenset({"remember_taste", "give_feedback", "forget"})
"""Tools that change what is kept of the person."""
_POINTS = re.compile(
    r"\b(?:it|this|that|these|those|them|both|one|ones|first|second|third|fourth|fifth|last|all|him|her|es|das|den|die|dies\w*|"
    r"ersten?|zweiten?|dritten?|letzten?|lo|la|los|las|es[eao]|est[eao]|primer[oa]?|segund[oa]|tercer[oa]?|últim[oa]|\d)\b|这|那|它|第|他|她",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:lik\w*|lov\w*|hat\w*|dislik\w*|prefer\w*|enjoy\w*|seen|watch\w*|own|have|skip\w*|favou?rite\w*|great|good|bad|boring|awful|"
    r"fan|can.?t stand|into|not|no|never|want|need|remember|best|worst|terrible|amazing|fun|funny|nice|adore\w*|"
    r"gust\w*|encant\w*|odi\w*|prefier\w*|visto|vi|favorit\w*|mag|liebe?n?|hasse?|gesehen|gefäll\w*|gefiel|lieblings\w*|mochte)\b|喜欢|爱|讨厌|看过|不想|最",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:something|anything|nothing|things?|stuff|films?|movies?|shows?|ones?|products?|items?|more|else|much|just|"
    r"sounds?|looks?|would|'d|feels?) like\b",
    re.IGNORECASE,
)
"""`something like Heat` asks; it tells no liking."""
_CONTENT = 3
UNASKED = "Nothing was changed, since you did not ask for that."


def asked_for(tool: str, arguments: Mapping[str, Any], said: str, messages: Sequence[BaseMessage]) -> bool:
    """Whether the person's words of this turn can have meant a call that changes what is kept of them.

    They told a verdict or a taste, and they named its subject, here or in the message before, or pointed at
    something that was shown. In other languages than the subject's the verdict is enough. `forget` checks for
    itself what it was asked.
    """
    if tool not in CHANGES or tool == "forget":
        return True
    if not _TELLS.search(_WISH.sub(" ", said)):
        return False
    subject = str(arguments.get("subject") or arguments.get("title") or "")
    texts = [m.text for m in messages if isinstance(m, HumanMessage)][-2:]
    told = {word.rstrip("s") for text in (said, *texts) for word in fold(text)}
    wanted = [word.rstrip("s") for word in fold(subject)]
    named = [word for word in wanted if len(word) >= _CONTENT or word.isdigit() or not word.isascii()]
    if any(word in told for word in named or wanted):
        return True
    if tool == "give_feedback":
        return bool(_POINTS.search(said))
    return not said.isascii() or bool(
        re.search(r"\b(?:me gusta\w*|odio|ich mag|ich liebe|ich hasse)\b", said, re.IGNORECASE)
    )
