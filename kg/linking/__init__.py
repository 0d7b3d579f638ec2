"""From what a person wrote to the entities meant."""

from kg.linking.lexicon import LinkResult, Mention
from kg.linking.linker import EntityLinker, TextEncoder

__all__ = ["EntityLinker", "LinkResult", "Mention", "TextEncoder"]
