"""Can the chosen chat model's server do what the chat needs? Said to the person who starts a chat or a server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.settings import Settings


def words(settings: Settings) -> list[str]:
    """Return what the start-up probe found as lines; none for the builtin chat model.

    Asks the server for one tool call, which takes some seconds on a CPU.
    """
    if settings.chat_model != "vllm":
        return []
    from agent.probe import probe

    report = probe(settings)
    if report.ok:
        room = f", {report.context:,} tokens" if report.context else ""
        return [f"{report.model} at {settings.llm_base_url}{room}: answers with tool calls"]
    return [
        *(f"Chat model: {problem}" for problem in report.problems),
        "Until this is mended the builtin chat model answers where the server fails, and says so.",
    ]


def tell(settings: Settings, say: Callable[[str], None]) -> threading.Thread:
    """Find the words in the background and say each; returns the thread, which ends when all is said."""

    def look() -> None:
        for line in words(settings):
            say(line)

    thread = threading.Thread(target=look, name="chat-model-check", daemon=True)
    thread.start()
    return thread
