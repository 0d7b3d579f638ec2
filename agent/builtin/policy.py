"""What to do about a message: which tools to call with which arguments, or what to reply at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from agent.builtin.acts import Act
from agent.builtin.carry import Base, base_of, last_noted, measured, moved, quality_of, unique
from agent.builtin.corrections import correction_of
from agent.builtin.dialogue import Call, Dialogue
from agent.builtin.learned import LearnedReader
from agent.builtin.lexicon import Lexicon
from agent.builtin.request import Request
from agent.builtin.settle import years_of
from agent.builtin.smalltalk import CONTRADICTION, SmallTalk
from agent.builtin.understand import Understanding
from agent.knowledge import Knowledge
from agent.tools.arguments import (
    AnswerHelp,
    Compare,
    Explain,
    Forget,
    GiveFeedback,
    ItemFacts,
    RememberTaste,
    SearchCatalogue,
    ShowProfile,
    SimilarItems,
    Wishes,
)
from kg.text import fold_name
from recsys.occasions import only_scene

_MOST_NOTES = 5
"""Tastes, and pieces of feedback, that one message may leave."""
_MOST = 10
_SOCIAL = {
    Act.GREET,
    Act.HOW_ARE_YOU,
    Act.THANKS,
    Act.BYE,
    Act.WHO,
    Act.YES,
    Act.NO,
    Act.OFF_TOPIC,
    Act.REACT,
}


@dataclass(frozen=True)
class Plan:
    """Tool calls to make, or a reply when there are none."""

    calls: tuple[Call, ...] = ()
    reply: str = ""


class Policy:
    """Decides for one workspace. Keeps nothing of a dialogue; threads may share it."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.understanding = Understanding(knowledge, LearnedReader())
        self.smalltalk = SmallTalk(knowledge)
        self._lexicon: Lexicon = self.understanding.lexicon

    def plan(self, dialogue: Dialogue, tools: Collection[str] | None = None) -> tuple[Request, Plan]:
        """Return what the newest message asks for, and what to do about it.

        Args:
            dialogue: the dialogue; its `now` is the message to answer.
            tools: names of the tools at hand; None when all are.
        """
        request = self.understanding.read(dialogue.now.text, dialogue)
        seed = self.seed(dialogue)
        if request.empty:
            return request, Plan(reply=self.smalltalk.empty(seed))
        answered = self._answered(request, dialogue)
        if answered is not None:
            return request, Plan((answered,))
        self._resume(request, dialogue)
        self._bare_yes(request, dialogue)
        if request.contradictions and {Act.RECOMMEND, Act.SEARCH} & set(request.acts):
            return request, Plan(reply=self.smalltalk.contradiction(request))
        models = [*self._memory(request, dialogue), *self._about_items(request)]
        reply = "" if models else self._social(request, dialogue, seed)
        if not reply:
            models += self._lists(request, dialogue)
        calls = [Call(TOOL_NAMES[type(m)], m.model_dump(exclude_defaults=True)) for m in models]
        usable = [call for call in calls if tools is None or call.name in tools]
        if usable:
            return request, Plan(tuple(usable))
        if calls:
            return request, Plan(reply=self.smalltalk.no_tool())
        return request, Plan(reply=self._once(reply or self._ask(request, dialogue, seed), dialogue, seed))

    @staticmethod
    def seed(dialogue: Dialogue) -> str:
        """Return what variation depends on: the person's words so far."""
        return "\n".join(
            [*(turn.text for turn in dialogue.past[-3:]), str(len(dialogue.past)), dialogue.now.text]
        )

    def _memory(self, request: Request, dialogue: Dialogue) -> list[BaseModel]:
        models: list[BaseModel] = []
        if corrected := correction_of(request.text, dialogue):
            return [corrected]
        if request.undo:
            subject = last_noted(dialogue)
            models += [Forget(subject=subject[:200])] if subject else []
        elif Act.FORGET in request.acts and request.forget is not None:
            everything = not request.forget
            models.append(Forget(subject=request.forget[:200], everything=everything))
        for subject, polarity in list(request.tastes.items())[:_MOST_NOTES]:
            if not only_scene(subject):
                models.append(RememberTaste(subject=subject[:200], polarity=polarity))
        for title, verdict in list(request.feedback.items())[:_MOST_NOTES]:
            models.append(GiveFeedback(title=title, verdict=verdict))
        if Act.PROFILE in request.acts:
            models.append(ShowProfile())
        if Act.HELP in request.acts:
            models.append(AnswerHelp(question=request.text[:2000]))
        return models

    @staticmethod
    def _about_items(request: Request) -> list[BaseModel]:
        models: list[BaseModel] = []
        if Act.EXPLAIN in request.acts:
            models += [Explain(title=title, without=request.without[:200]) for title in request.targets[:3]]
        if Act.COMPARE in request.acts and len(request.targets) > 1:
            models.append(Compare(titles=request.targets[:4]))
        if Act.QUESTION in request.acts:
            facets = request.facets[:6]
            models += [ItemFacts(title=title, facets=facets) for title in request.targets[:3]]
        return models

    def _lists(self, request: Request, dialogue: Dialogue) -> list[BaseModel]:
        if Act.SEARCH in request.acts:
            return [self._search(request)]
        if Act.RECOMMEND not in request.acts:
            return []
        slots = request.slots
        if request.continues and dialogue.last_wish:
            return [self._continued(request, dialogue)]
        if not slots.constrained and not request.words:
            broad = (
                request.anything
                or request.another
                or dialogue.known_taste
                or dialogue.last_list
                or self.smalltalk.was_asked([turn.reply for turn in dialogue.past])
                or any(call.name == "remember_taste" for turn in dialogue.past for call in turn.calls)
            )
            return [self._wishes(request, dialogue, Base())] if broad else []
        known = [title for title in slots.like if title not in request.unknown]
        filtered = slots.include or slots.exclude or slots.years or slots.max_runtime or slots.max_price
        if len(slots.like) == 1 and known and not filtered and not request.tastes:
            more, less = moved(slots)
            return [SimilarItems(title=known[0], more=more[:6], less=less[:6], count=slots.count or 5)]
        return [self._wishes(request, dialogue, Base())]

    @staticmethod
    def _search(request: Request) -> SearchCatalogue:
        slots = request.slots
        low, high = years_of(slots.years)
        words = [*slots.include, *request.bare] or request.words
        return SearchCatalogue(
            query=(" ".join(words) or request.text)[:2000],
            include=slots.include[:_MOST],
            exclude=slots.exclude[:_MOST],
            year_from=low,
            year_to=high,
            count=slots.count or 5,
        )

    def _continued(self, request: Request, dialogue: Dialogue) -> Wishes:
        base = base_of(dialogue.last_wish)
        base.slots.like = [title for title in base.slots.like if self.understanding.knows(title)]
        fresh = request.slots
        wanted = {fold_name(value) for value in fresh.include}
        refused = {fold_name(value) for value in fresh.exclude}
        facets = {self._lexicon.facet_of(value) for value in fresh.include} - {None}
        old = base.slots
        if any(self._lexicon.facet_of(v) in facets for v in old.include):
            base.text = ""
        old.include = [
            v for v in old.include if fold_name(v) not in refused and self._lexicon.facet_of(v) not in facets
        ]
        old.exclude = [v for v in old.exclude if fold_name(v) not in wanted]
        old.more = [q for q in old.more if q not in fresh.less]
        old.less = [q for q in old.less if q not in fresh.more]
        shown = dialogue.shown_labels
        old.exclude = [v for v in old.exclude if v not in shown]
        wishes = self._wishes(request, dialogue, base)
        room = _MOST - len(wishes.exclude)
        also = [label for label in shown if label not in wishes.exclude][: max(room, 0)]
        return wishes.model_copy(update={"exclude": [*wishes.exclude, *also]})

    def _wishes(self, request: Request, dialogue: Dialogue, base: Base) -> Wishes:
        slots, old = request.slots, base.slots
        low, high = years_of(slots.years)
        if not slots.years:
            low, high = base.year_from, base.year_to
        max_runtime = slots.max_runtime or old.max_runtime
        max_price = slots.max_price or old.max_price
        more, less = list(slots.more), list(slots.less)
        for delta in dict.fromkeys(slots.deltas):
            bound = measured(delta, dialogue) if request.continues else None
            if bound is None:
                quality, up = quality_of(delta)
                (more if up else less).append(quality)
            elif delta == "older":
                high = int(bound)
                low = None if low is not None and low > high else low
            elif delta == "newer":
                low = int(bound)
                high = None if high is not None and high < low else high
            elif delta == "shorter":
                max_runtime = max(int(bound), 1)
            else:
                max_price = max(bound, 0.01)
        needs_text = bool(request.words or request.unknown or not slots.constrained)
        text = request.text if needs_text and not request.continues and not request.anything else base.text
        if request.continues and request.words and not slots.constrained and not request.another:
            text = request.text
        return Wishes(
            like=unique([*old.like, *slots.like])[:_MOST],
            include=unique([*old.include, *slots.include])[:_MOST],
            exclude=unique([*slots.exclude, *old.exclude])[:_MOST],
            more=unique([*more, *old.more])[:6],
            less=unique([*less, *old.less])[:6],
            year_from=low,
            year_to=high,
            max_runtime=max_runtime,
            max_price=max_price,
            text=text[:2000],
            count=slots.count or old.count or 5,
        )

    def _social(self, request: Request, dialogue: Dialogue, seed: str) -> str:
        """Return a reply when the message is only social, or points at nothing; else an empty string."""
        acts = set(request.acts)
        if request.undo:
            return self.smalltalk.nothing_to_undo()
        if (Act.EXPLAIN in acts or Act.QUESTION in acts or Act.COMPARE in acts) and not {
            Act.SEARCH,
            Act.RECOMMEND,
        } & acts:
            return self.smalltalk.ask_which(bool(dialogue.last_list))
        if request.lost and not {Act.SEARCH, Act.RECOMMEND} & acts:
            return self.smalltalk.ask_which(bool(dialogue.last_list))
        if acts and acts <= {Act.NO}:
            return self.smalltalk.what_to_change() if dialogue.last_list else self.smalltalk.ask_wish(seed)
        if Act.OFF_TOPIC in acts or (acts & _SOCIAL and not {Act.SEARCH, Act.RECOMMEND} & acts):
            return self.smalltalk.reply(request, seed)
        return ""

    def _once(self, reply: str, dialogue: Dialogue, seed: str) -> str:
        """Return a reply without the question what the person wants, where that was asked before."""
        question = self.smalltalk.ask_wish(seed)
        if question not in reply or not self.smalltalk.was_asked([turn.reply for turn in dialogue.past]):
            return reply
        return reply.replace(question, "").strip() or self.smalltalk.unclear(seed)

    def _ask(self, request: Request, dialogue: Dialogue, seed: str) -> str:
        if Act.RECOMMEND in request.acts:
            hello = "Hello. " if Act.GREET in request.acts else ""
            return hello + self.smalltalk.ask_wish(seed)
        return self.smalltalk.unclear(seed)

    def _bare_yes(self, request: Request, dialogue: Dialogue) -> None:
        """Let a bare `yes` take up what was offered: more like the item that was just liked, or more of the
        list."""
        if (
            len(request.text.split()) > 4
            or request.acts != [Act.YES]
            or request.feedback
            or request.tastes
            or not dialogue.past
        ):
            return
        liked = [
            str(call.args.get("title"))
            for call in dialogue.past[-1].calls
            if call.name == "give_feedback" and call.args.get("verdict") == "like"
        ]
        if liked:
            request.slots.like = liked
            request.acts = [Act.RECOMMEND]
        elif dialogue.past[-1].shown:
            request.acts, request.another, request.continues = [Act.RECOMMEND], True, True

    def _resume(self, request: Request, dialogue: Dialogue) -> None:
        """Add the wishes that were held up by a contradiction, without what contradicted."""
        if not dialogue.past or CONTRADICTION not in dialogue.past[-1].reply:
            return
        before = replace(dialogue, past=dialogue.past[:-1], now=dialogue.past[-1])
        held = self.understanding.read(dialogue.past[-1].text, before)
        gone = {fold_name(word) for word in held.contradictions}
        slots = request.slots
        slots.like = unique([*held.slots.like, *slots.like])
        slots.include = unique([*(v for v in held.slots.include if fold_name(v) not in gone), *slots.include])
        slots.exclude = unique([*(v for v in held.slots.exclude if fold_name(v) not in gone), *slots.exclude])
        slots.more = unique([*(q for q in held.slots.more if fold_name(q) not in gone), *slots.more])
        slots.less = unique([*(q for q in held.slots.less if fold_name(q) not in gone), *slots.less])
        if "years" not in held.contradictions and not slots.years:
            slots.years = held.slots.years
        slots.max_runtime = slots.max_runtime or held.slots.max_runtime
        slots.max_price = slots.max_price or held.slots.max_price
        request.continues = False
        if slots.constrained:
            request.add(Act.RECOMMEND)

    @staticmethod
    def _answered(request: Request, dialogue: Dialogue) -> Call | None:
        """Return the last call with the title that a tool had asked about, when this message names it."""
        last = dialogue.past[-1] if dialogue.past else None
        if last is None or not last.question or len(request.text.split()) > 8:
            return None
        if set(request.acts) & {Act.HELP, Act.FORGET, Act.PROFILE, Act.COMPARE, Act.EXPLAIN, Act.SEARCH}:
            return None
        asked = next((c for c, p in zip(last.calls, last.payloads, strict=False) if p.question), None)
        if asked is None:
            return None
        names = [*request.targets, *request.bare, *request.slots.like]
        years = [
            low for low, high, bound in request.slots.years if low is not None and low == high and not bound
        ]
        for key in ("title", "like", "titles"):
            value = asked.args.get(key)
            if not value:
                continue
            first = value[0] if isinstance(value, list) else str(value)
            name = names[0] if names else f"{first} ({years[0]})" if years else None
            if name is None:
                return None
            changed: Any = [name, *value[1:]] if isinstance(value, list) else name
            return Call(asked.name, {**asked.args, key: changed})
        return None


TOOL_NAMES: dict[type[BaseModel], str] = {
    AnswerHelp: "answer_help",
    Compare: "compare",
    Explain: "explain",
    Forget: "forget",
    GiveFeedback: "give_feedback",
    ItemFacts: "item_facts",
    RememberTaste: "remember_taste",
    SearchCatalogue: "search_catalogue",
    ShowProfile: "show_profile",
    SimilarItems: "similar_items",
    Wishes: "recommend",
}
