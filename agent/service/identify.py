"""What in a message says who writes, and about which order? Found by form only; whether it is true is checked later."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.service.wording import content_words

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
ORDER = re.compile(r"(?<![\w@.])#?[A-Za-z]{1,3}-?\d{5,12}\b")
_NAME = re.compile(
    r"(?:my name is|name is|my name:|name:|this is|i am|i'm|regards,?|sincerely,?|greetings,?|thanks,?|cheers,?)\s+"
    r"(?P<name>[A-ZÀ-Þ][\w'’-]+(?:\s+[A-ZÀ-Þ][\w'’-]+){1,3})",
)
_NAME_ANY_CASE = re.compile(r"\bmy name is (?P<name>[^\W\d_][\w'’-]+ [^\W\d_][\w'’-]+)", re.IGNORECASE)
_POSTCODE_SAID = re.compile(
    r"\b(?:zip|post|postal)\s?-?(?:code)?(?: is|:)?\s+"
    r"(?P<code>[A-Z]{0,2}\d[\dA-Z]{1,4}(?:\s?(?:[A-Z]{2}|\d[A-Z]{2}))?)\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"(?<![\w#-])(?P<code>\d{5}|\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d{1,2}[A-Z]?\s\d[A-Z]{2})(?![\w-])"
)


_IDENTIFYING = content_words(
    "my name email mail e-mail address zip post postal postcode code order number account regards hi dear id"
)


@dataclass(frozen=True)
class Credentials:
    """What a message gives to find a customer by; empty strings where it gives nothing."""

    email: str = ""
    name: str = ""
    postcode: str = ""
    order: str = ""

    def __bool__(self) -> bool:
        return bool(self.email or (self.name and self.postcode) or self.order)


def read_credentials(text: str) -> Credentials:
    """Return the first email address, name, postcode and order number of a text."""
    email = EMAIL.search(text)
    rest = EMAIL.sub(" ", text)
    orders = order_numbers(rest)
    rest = ORDER.sub(" ", rest)
    code = _POSTCODE_SAID.search(rest) or _POSTCODE.search(rest)
    name = next((m for line in _spread(rest) if (m := _NAME.search(line))), None) or _NAME_ANY_CASE.search(
        rest
    )
    return Credentials(
        email=email[0].rstrip(".") if email else "",
        name=name["name"].strip() if name else "",
        postcode=code["code"].strip() if code else "",
        order=orders[0] if orders else "",
    )


def without_credentials(text: str) -> str:
    """Return what a message asks beside saying who writes: no address, name or postcode; an order has no number."""
    given = read_credentials(text)
    rest = ORDER.sub("", EMAIL.sub("", text))
    for value in (given.name, given.postcode):
        rest = rest.replace(value, "") if value else rest
    return " ".join(rest.split())


def only_identifies(text: str) -> bool:
    """Whether a message says nothing but who writes, or which order is meant."""
    return not content_words(without_credentials(text)) - _IDENTIFYING


def order_numbers(text: str) -> list[str]:
    """Return everything in a text that is written like an order's number, in order, each once."""
    return list(dict.fromkeys(match[0] for match in ORDER.finditer(text)))


def _spread(text: str) -> list[str]:
    """Return the text with a capital at the start of phrases that introduce a name made small."""
    small = re.sub(
        r"\b(My name|Name|This is|I am|I'm|Regards|Kind regards|Sincerely|Greetings|Thanks|Cheers)\b",
        lambda m: m[0].lower(),
        text,
    )
    return [small]
