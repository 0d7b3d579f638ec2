"""What may a text in a request hold? Types that several requests share."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from agent.session import clean

THREAD_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$"
MOST_CHARACTERS = 20_000
"""Longest text of a request; what the agent reads in one message may be less."""

Words = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS), AfterValidator(clean)]
"""A text without control characters, direction marks and lone surrogates."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(clean)]
"""A title, an id, a quality or a facet value."""
Thread = Annotated[
    str,
    Field(
        pattern=THREAD_PATTERN,
        description="Name of the dialogue: 1 to 64 letters, digits and `._~-`. Left out: a new one.",
        examples=["evening-1"],
    ),
]
Catalogue = Annotated[
    str | None,
    Field(
        max_length=200,
        description="A catalogue of `GET /v1/health`. Left out: the first.",
        examples=["films"],
    ),
]


def is_thread(value: str) -> bool:
    """Whether a text can name a dialogue."""
    return re.fullmatch(THREAD_PATTERN, value) is not None
