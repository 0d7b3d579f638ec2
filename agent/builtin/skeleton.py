"""A text whose named parts are tags: what the rules read instead of what the person wrote."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

TEXT_LIMIT = 1_500
"""Characters of a message that are read; what comes later cannot change the answer."""


@dataclass(frozen=True)
class Span:
    """A stretch of the cleaned text that names something."""

    start: int
    end: int
    tag: str
    """`t` title, `u` title that the catalogue lacks, `p` person, `x` person that it lacks, `v` value or
    quality,
    `n` years, `m` minutes, `e` euros, `c` how many, `r` reference, `h` reference to a person, `d` delta, `o`
    era."""
    name: str
    """What to pass to a tool."""
    surface: str
    """As the person wrote it."""
    data: Any = None
    """The `Sense`, `Quantity` or `Reference`; for a title the entity's id."""


@dataclass(frozen=True)
class Skeleton:
    """A text whose named parts are tags: `i liked <t0> but less <v1>`."""

    text: str
    """The cleaned text."""
    spans: tuple[Span, ...]
    words: str
    """The skeleton, in lower case."""


def clean(text: str) -> str:
    """Return the text that is read: entities decoded, quotes and spaces plain, at most `TEXT_LIMIT`
    characters."""
    plain = html.unescape(text[: 2 * TEXT_LIMIT]).replace("\x00", " ").replace("<", " ").replace(">", " ")
    plain = plain.replace("’", "'").replace("‘", "'").replace("`", "'")
    return re.sub(r"[^\S\n]+", " ", plain)[:TEXT_LIMIT].strip()


def mask(text: str, spans: list[Span]) -> str:
    """Return `text` with every span blotted out, offsets kept."""
    out = list(text)
    for span in spans:
        out[span.start : span.end] = "\x00" * (span.end - span.start)
    masked = "".join(out)
    return re.sub(r"\x00+", lambda m: "\x00".ljust(len(m[0]), "\x01"), masked)


def in_tags(text: str, spans: tuple[Span, ...]) -> str:
    """Return `text` in lower case, with a tag in the place of every span."""
    parts: list[str] = []
    at = 0
    for k, span in enumerate(spans):
        parts += [text[at : span.start].lower(), f"<{span.tag}{k}>"]
        at = span.end
    return "".join([*parts, text[at:].lower()])
