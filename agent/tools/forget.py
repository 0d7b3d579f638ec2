"""Forget one thing, or everything, that is remembered of the person."""

from __future__ import annotations

import re

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import Forget
from agent.tools.base import Scope, make_tool
from agent.tools.corrections import says_undo
from agent.tools.payloads import words_list
from agent.tools.resolve import resolve_title
from kg.text import fold_name, split_year
from recsys.schema import Interest
from recsys.taste import statement

NAME = "forget"
_ASKED = re.compile(
    r"\b(forget|forgotten|delete|erase|wipe|unlearn|remove|clear|undo|drop|scratch|take .{1,60} back|"
    r"stop remember\w*|(did not|didn.?t) mean|"
    r"(no longer|not|n[o'’]t|never) (remember|keep|store|know)|"
    r"olvida(?:lo|la|me|r|te|d)?\b|borra|vergiss|l[öo]sch|oublie|efface)|忘|删",
    re.IGNORECASE,
)
"""Words with which a person asks to be forgotten, in the languages that the agent notices."""
CONVERSATION_KEPT = (
    "Our conversations are kept until they are erased too: /erase in the terminal, "
    "or `tastegraph profile erase`."
)


def _without_titles(scope: Scope) -> str:
    """Return what the person said without the titles in it: `Los Olvidados` and `Erased` ask for nothing."""
    said = scope.said
    for one in sorted(scope.services.find_items(said), key=lambda mention: -mention.start):
        inside = said[one.start : one.end]
        if not inside.islower():
            said = f"{said[: one.start]} {said[one.end :]}"
    return said


def run(scope: Scope, wanted: Forget) -> ToolPayload:
    """Erase the interests that match the subject; everything only when the person asked for that."""
    if not _ASKED.search(_without_titles(scope)):
        # A small model calls this unasked; what a person told must not be lost by that.
        return ToolPayload(
            tool=NAME,
            question="Nothing was forgotten, since you did not ask for it. What are you looking for?",
        )
    store = scope.services.interests
    if wanted.everything and not wanted.subject.strip():
        count = scope.services.forget(scope.user)
        text = (
            "Everything that was remembered of your taste is erased."
            if count
            else "Nothing was remembered of you."
        )
        return ToolPayload(tool=NAME, facts=[Fact(text=text), Fact(text=CONVERSATION_KEPT)])
    known = store.profile(scope.user).interests
    if not wanted.subject.strip():
        return ToolPayload(tool=NAME, question="What should be forgotten? One thing, or everything?")
    found = _matching(scope, wanted.subject, known)
    if not found:
        names = [one.subject for one in known[:5]]
        also = f" What is remembered: {words_list(names)}." if names else " Nothing is remembered of you."
        subject = wanted.subject if scope.did_say(wanted.subject) else "that"
        return ToolPayload(tool=NAME, notes=[f"Nothing about {subject} is remembered.{also}"])
    names = list(dict.fromkeys(one.subject for one in found))
    if says_undo(scope.said):
        back = [scope.services.undo(scope.user, one.id) for one in found]
        facts = [Fact(text=f"Taken back: {words_list(names)}.", names=names, kind="taken_back")]
        facts += [
            Fact(text=f"As before, {statement(one)[0].lower()}{statement(one)[1:]}", names=[one.subject])
            for one in back
            if one
        ]
        return ToolPayload(tool=NAME, facts=facts)
    for one in found:
        scope.services.forget(scope.user, one.id)
    return ToolPayload(
        tool=NAME, facts=[Fact(text=f"Forgotten: {words_list(names)}.", names=names, kind="forgotten")]
    )


def _matching(scope: Scope, subject: str, known: tuple[Interest, ...]) -> list[Interest]:
    key = fold_name(split_year(subject)[0])
    exact = [one for one in known if key and fold_name(split_year(one.subject)[0]) == key]
    if exact or not key:
        return exact
    values = {fold_name(value) for _, value in scope.services.facets.all_of(subject)}
    alike = [one for one in known if fold_name(one.subject) in values]
    if alike:
        return alike
    item = resolve_title(scope, subject).item
    return [one for one in known if item is not None and one.subject_id == item.id]


forget = make_tool(NAME, Forget, run)
