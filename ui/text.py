"""How does text that others wrote reach a page without becoming markup?"""

from __future__ import annotations

import html
import re

_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})
_MARKDOWN = re.compile(r"([\\\[\]`~|])")
_LINE_START = re.compile(r"^(\s*)(#{1,6}|>|={3,}|-{3,})(?=\s|$)", re.MULTILINE)
_LINK = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.")


def escape(text: object) -> str:
    """Return `text` for HTML content or a quoted attribute; inert in template literals and Handlebars too."""
    return html.escape(str(text), quote=True).translate(_TEMPLATE)


def chat_markdown(text: str) -> str:
    """Return `text` as Markdown that keeps emphasis, lists and line breaks, and nothing else.

    Markup, links and images of whoever wrote the text are shown as they were typed: a picture in a title
    would otherwise make the page ask a stranger's server for it.
    """
    safe = html.escape(text, quote=False)
    safe = _MARKDOWN.sub(r"\\\1", safe)
    safe = _LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2][0] != "&" else m[0], safe)
    return _LINK.sub(lambda m: m[0].replace(":", "&#58;").replace(".", "&#46;"), safe)


def plain_markdown(text: str) -> str:
    """Return `text` as Markdown that shows exactly these characters; for what the person typed."""
    safe = html.escape(text, quote=False)
    safe = re.sub(r"([\\`*_\[\]~|#+\-.!])", r"\\\1", safe)
    return _LINK.sub(lambda m: m[0].replace(":", "&#58;").replace(".", "&#46;"), safe)
