"""Which extractors there are, by name."""

from __future__ import annotations

from pathlib import Path

from kg.extraction.assembling import Linker
from kg.extraction.documents import ExtractionError, Extractor

EXTRACTORS = ("minilm", "patterns", "chat")


def load_extractor(
    name: str = "minilm",
    linker: Linker | None = None,
    folder: Path | None = None,
    url: str = "",
    model: str = "",
) -> Extractor:
    """Return an extractor ready to work.

    `folder` is an adapter of one's own for `minilm`; `url` and `model` say where the chat model is. Raises
    `ExtractionError` for an unknown name, or where a part is missing.
    """
    if name == "patterns":
        from kg.extraction.patterns import PatternExtractor

        return PatternExtractor(linker)
    if name == "minilm":
        from kg.extraction.minilm_extractor import SHIPPED, MiniLmExtractor

        return MiniLmExtractor(folder or SHIPPED, linker)
    if name == "chat":
        from kg.extraction.chat import ChatExtractor, ChatModel

        if not url or not model:
            raise ExtractionError("The chat extractor needs the address of the chat model and its name.")
        return ChatExtractor(ChatModel(url=url, name=model), linker)
    raise ExtractionError(f"There is no extractor {name!r}. There are: {', '.join(EXTRACTORS)}.")
