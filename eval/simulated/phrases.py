"""How attributes are said: noun phrases of our own, for films and for goods."""

from __future__ import annotations

from collections.abc import Sequence

from eval.simulated.tastes import Attribute

_KINDS = ("genre", "mood", "theme", "tag")


def described(attributes: Sequence[Attribute], noun: str) -> str:
    """Return one noun phrase: `a comedy film with Tom Hanks from the 1990s`; `something` where no kind is said."""
    kinds = [one.value.lower() for one in attributes if one.facet in _KINDS]
    head = f"{_article(kinds[0])} {' '.join(kinds)} {noun}" if kinds else "something"
    return " ".join([head, *(_tail(one) for one in attributes if one.facet not in _KINDS)])


def keywords(attributes: Sequence[Attribute]) -> str:
    """Return the values alone, with commas between."""
    return ", ".join(
        one.value if one.facet in ("director", "cast", "country") else one.value.lower() for one in attributes
    )


def _tail(one: Attribute) -> str:
    forms = {
        "director": "directed by {}",
        "cast": "with {}",
        "country": "from {}",
        "decade": "from the {}",
    }
    return forms[one.facet].format(one.value)


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"
