"""The builtin writer's phrases, a module a language. English stands in the writer itself."""

from agent.builtin.phrases.de import PHRASES as DE
from agent.builtin.phrases.es import PHRASES as ES
from agent.builtin.phrases.structure import Phrases
from agent.builtin.phrases.zh import PHRASES as ZH

__all__ = ["LANGUAGES", "Phrases", "of_language"]

LANGUAGES: dict[str, Phrases] = {one.code: one for one in (DE, ES, ZH)}
"""ISO 639-1 code to phrases."""


def of_language(code: str) -> Phrases | None:
    """Return the phrases of a language, or None where there are none."""
    return LANGUAGES.get(code)
