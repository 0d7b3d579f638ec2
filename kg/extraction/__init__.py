"""Facts from text: entities and relations out of plots, product texts and opening paragraphs.

Three extractors have one interface: `PatternExtractor` (our own patterns, no model), `MiniLmExtractor` (a small tagger,
no server) and `ChatExtractor` (a chat model behind an OpenAI-compatible endpoint).
"""

from kg.extraction.documents import (
    RELATIONS,
    Document,
    Extraction,
    ExtractionError,
    Extractor,
    Span,
)

__all__ = ["RELATIONS", "Document", "Extraction", "ExtractionError", "Extractor", "Span"]
