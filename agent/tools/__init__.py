"""The tools: what the chat model may ask for. One file each; arguments in one place."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from agent.tools.answer_help import answer_help
from agent.tools.compare import compare
from agent.tools.explain import explain
from agent.tools.forget import forget
from agent.tools.give_feedback import give_feedback
from agent.tools.item_facts import item_facts
from agent.tools.recommend import recommend
from agent.tools.remember_taste import remember_taste
from agent.tools.search_catalogue import search_catalogue
from agent.tools.show_profile import show_profile
from agent.tools.similar_items import similar_items

ALL_TOOLS: tuple[BaseTool, ...] = (
    search_catalogue,
    recommend,
    similar_items,
    item_facts,
    explain,
    compare,
    remember_taste,
    show_profile,
    give_feedback,
    forget,
)


def tools_for(has_help: bool) -> list[BaseTool]:
    """Return the tools of a workspace; the help desk's only where there is one."""
    return [*ALL_TOOLS, answer_help] if has_help else list(ALL_TOOLS)
