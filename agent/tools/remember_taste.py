"""Keep something that the person said about their taste."""

from __future__ import annotations

from agent.evidence import Fact, ToolPayload
from agent.tools.arguments import RememberTaste
from agent.tools.base import Scope, failed, make_tool
from agent.tools.corrections import taken_back
from agent.tools.payloads import words_list
from agent.tools.tastes import cards_of, stated_interest
from recsys.occasions import only_scene, scene_phrase
from recsys.schema import Interest
from recsys.taste import subject_key

NAME = "remember_taste"


def run(scope: Scope, wanted: RememberTaste) -> ToolPayload:
    """Store the taste with the sentence that the person said, never with words of a model.

    A taste that changed replaces the older one, which is kept; what the person says was wrong is gone.
    """
    subject = " ".join(wanted.subject.split())
    if not subject or only_scene(subject):
        return failed(NAME, "What is it that you like or dislike?")
    interest, item, note = stated_interest(scope, subject, 1 if wanted.polarity == "like" else -1)
    known = scope.services.interests.profile(scope.user).interests
    wrong = taken_back(scope, interest, known)
    for one in wrong:
        scope.services.undo(scope.user, one.id)
    scope.services.remember(interest)
    fact = Fact(
        text=_confirmed(interest, known, wrong),
        names=[*(one.subject for one in wrong), interest.subject],
        kind=_kind(interest, known, wrong),
    )
    return ToolPayload(tool=NAME, items=cards_of(item), facts=[fact], notes=[note] if note else [])


def _confirmed(interest: Interest, known: tuple[Interest, ...], wrong: list[Interest]) -> str:
    verb = "like" if interest.polarity > 0 else "dislike"
    where = f" {scene_phrase(interest.scene)}" if scene_phrase(interest.scene) else ""
    if wrong:
        others = list(dict.fromkeys(one.subject for one in wrong if one.subject != interest.subject))
        instead = f", not {words_list(others)}" if others else ""
        return f"Corrected: you {verb} {interest.subject}{where}{instead}."
    key = subject_key(interest)
    before = next((one for one in known if subject_key(one) == key), None)
    if before is not None and before.polarity != interest.polarity:
        was = "liked" if before.polarity > 0 else "disliked"
        return f"Remembered: you {verb} {interest.subject}{where} now; before, you {was} it."
    return f"Remembered: you {verb} {interest.subject}{where}."


def _kind(interest: Interest, known: tuple[Interest, ...], wrong: list[Interest]) -> str:
    if wrong or scene_phrase(interest.scene):
        # What was said before, or for which occasion, is told in the sentence alone.
        return ""
    key = subject_key(interest)
    before = next((one for one in known if subject_key(one) == key), None)
    changed = "now_" if before is not None and before.polarity != interest.polarity else ""
    return f"{changed}{'likes' if interest.polarity > 0 else 'dislikes'}"


remember_taste = make_tool(NAME, RememberTaste, run)
