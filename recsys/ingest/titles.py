"""Undo the way MovieLens writes titles: `Matrix, The (1999)`, `Postino, Il (The Postman) (1994)`."""

from __future__ import annotations

import re

_ARTICLES = (
    "The|A|An|La|Le|Les|L'|El|Los|Las|Il|Lo|I|Gli|Un|Une|Una|Uno"
    "|Der|Die|Das|Den|Det|De|Het|Ein|Eine|En|Ett|O|Os|As"
)
_ARTICLE = re.compile(rf"^(?P<rest>.+), (?P<article>{_ARTICLES})$", re.IGNORECASE)
_YEAR = re.compile(r"\s*\((?P<year>1[89]\d\d|20\d\d)(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$")
_GROUP = re.compile(r"\s*\((?P<inside>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*$")
_AKA = re.compile(r"^\s*(?:a\.?\s?k\.?\s?a\.?|also known as)\s+", re.IGNORECASE)


def article_first(title: str) -> str:
    """Move a trailing article to the front: `Haine, La` gives `La Haine`, `Avventura, L'` `L'Avventura`."""
    match = _ARTICLE.match(title.strip())
    if match is None:
        return title.strip()
    article, rest = match["article"], match["rest"]
    return f"{article}{rest}" if article.endswith("'") else f"{article} {rest}"


def clean_title(raw: str) -> tuple[str, int | None, tuple[str, ...]]:
    """Return the title as a person writes it, the year or None, and the other titles in parentheses."""
    text = " ".join(raw.split())
    year = None
    if match := _YEAR.search(text):
        year = int(match["year"])
        text = text[: match.start()]
    others: list[str] = []
    while (match := _GROUP.search(text)) and match.start() > 0:
        others.insert(0, article_first(_AKA.sub("", match["inside"])))
        text = text[: match.start()]
    title = article_first(text)
    if not title:
        return " ".join(raw.split()), year, ()
    aliases = dict.fromkeys(other for other in others if other and other.casefold() != title.casefold())
    return title, year, tuple(aliases)
