"""What is in a text of the service desk: its sentences, its content words, and claims that something was done."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from agent.grounding.plain_words import PLAIN_WORDS
from agent.sentences import SentenceBuffer
from kg.text import tokenize

_VERBS = (
    "cancelled canceled refunded changed updated modified exchanged returned replaced processed initiated issued "
    "credited reimbursed booked arranged scheduled registered created deleted closed removed added swapped reshipped "
    "resent approved upgraded extended waived corrected applied submitted completed"
).split()
_DONE = "|".join(_VERBS)
_PREPARING = r"(?:already |now |just |also |hereby |successfully |gone ahead and |went ahead and |since )*"
_CLAIMS = re.compile(
    rf"\b(?:i|we|i've|we've|our team|a colleague|my colleague|the team)(?:'ve| have| has)? "
    rf"{_PREPARING}(?:{_DONE}|placed|dispatched)\b"
    rf"|\b(?:your|the|this|that|these|both|all|it|they|everything|items?|order \S+)\b[^.!?\n]{{0,60}}?"
    rf"\b(?:has|have|was|were|is|are) {_PREPARING}(?:been )?{_PREPARING}(?:{_DONE})\b"
    rf"|\bsuccessfully (?:{_DONE})\b"
    r"|\b(?:cancellation|refund|exchange|return|change) (?:is|was|has been) "
    r"(?:complete|done|successful|confirmed|on its way)\b"
    rf"|\b(?:stands|consider (?:it|this|that|your \w+)|as good as) (?:{_DONE})\b"
    r"|\b(?:took the liberty of|have taken care of|has been taken care of|is on its way to you)\b"
    r"|\b(?:is|are|was|were) (?:now )?(?:saved|stored|set|in effect)\b"
    r"|^\W*(?:done|all done|it is done|it's done)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:nothing|not|never|no|cannot|can't|once|until|unless|if|when|before|after|whether|as soon as|"
    r"would|could|can|may|must)\b",
    re.IGNORECASE,
)

_ENDINGS = (
    "lations", "lation", "lled", "lling", "ling", "led", "ations", "ation", "ings", "ing", "ed", "es", "s"
)  # fmt: skip


def claims_a_change(sentence: str, known: str = "") -> bool:
    """Whether a sentence says that an order or account was changed.

    `known` is what the evidence says of orders and policy: a passage that stands there word for word, such as the
    policy's own "are refunded within 2 working days", claims nothing new.
    """
    plain = " ".join(sentence.replace("’", "'").split())
    evidence = " ".join(known.replace("’", "'").split()).casefold()
    for match in _CLAIMS.finditer(plain):
        clause = re.split(r"[,;:]", plain[: match.end()])[-1]
        before_verb = f"{clause} "
        if _NOT.search(before_verb):
            continue
        if len(match[0].split()) >= 3 and match[0].casefold() in evidence:
            continue
        return True
    return False


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text, without what is empty."""
    buffer = SentenceBuffer()
    return [one for one in (*buffer.feed(text), *buffer.flush()) if one.strip()]


def policy_terms(text: str) -> str:
    """Return the words of a policy for what a text says in words of every day, each once; often an empty string."""
    plain = text.replace("’", "'")
    return " ".join(dict.fromkeys(term for said, term in _terms() if said.search(plain)))


@cache
def _terms() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = (files("agent.service") / "data" / "terms.toml").read_text(encoding="utf-8")
    return tuple(
        (re.compile(rf"\b(?:{'|'.join(one['said'])})\b", re.IGNORECASE), one["term"])
        for one in tomllib.loads(text)["terms"]
    )


def content_words(text: str) -> frozenset[str]:
    """Return the stems of a text's words that are no words of every day."""
    return frozenset(_stem(t.text) for t in tokenize(text) if t.text not in PLAIN_WORDS)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)] + ("l" if ending.startswith("l") else "")
    return word
