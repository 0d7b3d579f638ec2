"""How do names that others wrote reach a picture as text and nothing else?"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufdff\ufe00-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry: control characters and halves of surrogate pairs."""
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that would turn the text after them around, outside their own label too."""
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return `text` as one line without characters that XML cannot carry or that change the direction."""
    return _SPACE.sub(" ", _DIRECTION.sub("", _NOT_XML.sub("\ufffd", text))).strip()


def escape(text: str) -> str:
    """Return `text` cleaned, for the content of an element or a quoted attribute."""
    return html.escape(clean(text), quote=True)


def script_json(value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    """Return `value` as JSON that can stand in a `script` element: no `<`, `>` or `&` is left in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def columns(text: str) -> int:
    """Return how wide `text` is, in widths of a Latin letter; Chinese and Japanese characters count two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def shorten(text: str, width: int) -> str:
    """Return `text` cleaned and cut to `width` columns, with an ellipsis where something was cut."""
    whole = clean(text)
    if columns(whole) <= width:
        return whole
    kept, used = "", 1
    for character in whole:
        used += columns(character)
        if used > width:
            break
        kept += character
    return kept.rstrip() + "…"


def words(relation: str) -> str:
    """Return a relation's name as words: `based_on` is `based on`."""
    return clean(relation.replace("_", " ")) or "?"
