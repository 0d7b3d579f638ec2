"""What a step is called while it runs, and what came out of it, in words a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.evidence import ToolPayload

_PLAIN = {
    "search_catalogue": "Searching the catalogue",
    "recommend": "Looking for {nouns}",
    "similar_items": "Looking for similar {nouns}",
    "item_facts": "Looking up a {noun}",
    "explain": "Finding the reasons",
    "compare": "Comparing",
    "remember_taste": "Remembering your taste",
    "show_profile": "Reading your profile",
    "give_feedback": "Noting your feedback",
    "forget": "Forgetting",
    "answer_help": "Asking the help desk",
    "find_customer": "Looking for the customer",
    "orders_of_customer": "Reading the customer's orders",
    "order_details": "Reading the order",
    "policy": "Reading the policy",
    "answer_template": "Choosing an answer template",
    "recommend_for_customer": "Looking for {nouns} that fit",
    "draft_reply": "Drafting the reply",
}
_WITH_SUBJECT = {
    "search_catalogue": ("query", "Searching for {subject}"),
    "recommend": ("like", "Looking for {nouns} like {subject}"),
    "similar_items": ("title", "Looking for {nouns} like {subject}"),
    "item_facts": ("title", "Looking up {subject}"),
    "explain": ("title", "Finding the reasons for {subject}"),
    "compare": ("titles", "Comparing {subject}"),
    "remember_taste": ("subject", "Remembering your taste: {subject}"),
    "give_feedback": ("title", "Noting your feedback on {subject}"),
    "forget": ("subject", "Forgetting {subject}"),
}


def plain_label(tool: str, noun: str) -> str:
    """Return what is being done, naming nothing that the model wrote."""
    return _PLAIN.get(tool, "Working").format(noun=noun, nouns=plural(noun))


def label(tool: str, arguments: Mapping[str, Any], noun: str) -> str:
    """Return what is being done, with its subject where there is one."""
    key, form = _WITH_SUBJECT.get(tool, ("", ""))
    value = arguments.get(key)
    subject = " and ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    subject = " ".join(subject.split())[:80]
    if tool == "recommend" and not subject and isinstance(arguments.get("include"), list):
        wanted = [str(one) for one in arguments["include"]][:4]
        if wanted:
            return f"Looking for {plural(noun)}: {', '.join(wanted)}"
    return form.format(subject=subject, noun=noun, nouns=plural(noun)) if subject else plain_label(tool, noun)


def summary(payload: ToolPayload, noun: str) -> str:
    """Return what came out, in a few words."""
    if not payload.ok:
        return "did not work"
    if payload.items:
        count = len(payload.items)
        return f"{count} {noun if count == 1 else plural(noun)}"
    if payload.question:
        return "a question for you"
    if payload.facts:
        return "done" if len(payload.facts) == 1 else f"{len(payload.facts)} facts"
    return "nothing found" if payload.tool in ("recommend", "search_catalogue", "similar_items") else "done"


def plural(noun: str) -> str:
    """Return the plural of an item's noun."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"
