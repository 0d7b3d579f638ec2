"""The agent: hand it a person, a dialogue and a text; it yields the events of one turn."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self, cast

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel, Field

from agent.answers import SHOWN, last_list, payloads_of, plain_answer, split_turn, text_of, whole
from agent.chat_models import ModelSource, UncalledModel, model_source
from agent.context import Services, TurnContext
from agent.errors import InvalidRequest
from agent.events import Event
from agent.evidence import ItemCard
from agent.memory import Conversation, Dialogues, check_name
from agent.middleware import GroundedTurn
from agent.prompts import system_prompt
from agent.settings import Settings
from agent.tools import tools_for
from agent.tools.base import Scope
from agent.tools.give_feedback import Verdict, confirmation, feedback_interest, verdict_in
from agent.tools.tastes import correction_of, stated_interest
from agent.turn_frame import Ending, framed
from recsys.counterfactual import Carried, carried
from recsys.errors import TastegraphError
from recsys.schema import Interest, Item, Profile
from recsys.taste import statement

log = logging.getLogger(__name__)


class HistoryTurn(BaseModel):
    """One turn of a stored dialogue."""

    said: str
    answer: str = ""
    items: list[ItemCard] = Field(default_factory=list)


class Agent:
    """Answers many people at once. Holds only what all turns share; a turn's own things live in its
    context."""

    def __init__(self, services: Services, settings: Settings, source: ModelSource) -> None:
        self.services = services
        self.settings = settings
        self.source = source
        self._dialogues = Dialogues.open(settings, services.workspace)
        knowledge = services.knowledge
        self.grounded = GroundedTurn(source, settings)
        """Runs the chat model and the tools of every turn."""
        self._graph = create_agent(
            UncalledModel(),
            tools_for(knowledge.has_help),
            system_prompt=system_prompt(knowledge),
            middleware=[self.grounded],
            context_schema=TurnContext,
            checkpointer=self._dialogues.saver,
        )

    @classmethod
    def open(
        cls, workspace_path: Path, settings: Settings | None = None, chat_model: BaseChatModel | None = None
    ) -> Agent:
        """Open the workspace and make the agent; a given `chat_model` replaces the one in the settings.

        Raises `WorkspaceError`, `GraphError` or `InterestStoreError` when a part cannot be opened. A chat
        model's server that is away raises nothing: the builtin model answers and says so.
        """
        settings = settings or Settings()
        services = Services.open(workspace_path, settings)
        return cls(services, settings, model_source(settings, services.knowledge, chat_model))

    def turn(self, user: str, thread: str, text: str) -> Iterator[Event]:
        """Answer one message. `TurnStarted` comes first and `TurnEnded` last, whatever happens between them.

        Turns of one dialogue wait for each other; different dialogues go on at once. Errors become a
        `Notice`.
        """

        def run(ended: Ending) -> Iterator[Event]:
            said = self._checked(user, thread, text)
            with self._dialogues.turn(user, thread) as key:
                yield from self._run(user, thread, key, said, ended)

        return framed(thread, self.source.name, run)

    def feedback(self, user: str, item_id: str, verdict: Verdict) -> str:
        """Record a verdict on an item, as a button does; returns a confirmation in words.

        Raises `InvalidRequest` when the user's name cannot be used or the item is not in the catalogue.
        """
        item = self._item(user, item_id)
        scope = Scope(user, "", "", self.services, ())
        self.services.remember(feedback_interest(scope, item, verdict))
        return confirmation(item, verdict)

    def take_back(self, user: str, item_id: str, verdict: Verdict) -> str:
        """Take a verdict on an item back, as pressing its button again does; what it had replaced counts again.

        Returns a confirmation in words. Raises `InvalidRequest` when there is no such verdict, and as `feedback` does.
        """
        item = self._item(user, item_id)
        given = (one for one in self.profile(user).interests if one.subject_id == item_id)
        newest = next((one for one in given if verdict_in(one) == verdict), None)
        if newest is None:
            raise InvalidRequest(f"There is nothing to take back of {item.label}. Load the page again.")
        before = self.services.undo(user, newest.id)
        return " ".join([f"Taken back: {item.label}.", *([statement(before)] if before is not None else [])])

    def verdicts(self, user: str) -> dict[str, frozenset[Verdict]]:
        """Return item id to the verdicts of the person that count: one opinion at most, and whether it was seen."""
        found: dict[str, frozenset[Verdict]] = {}
        for one in self.profile(user).interests:
            verdict = verdict_in(one)
            if verdict is not None and one.subject_id is not None:
                found[one.subject_id] = found.get(one.subject_id, frozenset()) | {verdict}
        return found

    def set_aside(self, user: str, thread: str, item_id: str, aside: bool = True) -> str:
        """Recommend an item no more in this dialogue, or again; it says nothing of the person's taste.

        Returns a confirmation in words. Waits for a turn of the dialogue that is under way. Raises `InvalidRequest`
        when there is no such dialogue, and as `feedback` does; `DialogueStoreError` when it cannot be kept.
        """
        item = self._item(user, item_id)
        check_name(thread, "thread")
        with self._dialogues.turn(user, thread) as key:
            if not self._messages(key):
                raise InvalidRequest("This conversation is not kept any more. Ask anew.")
            known = [one for one in self._aside(key) if one != item_id]
            config = RunnableConfig(configurable={"thread_id": key})
            changed = {"aside": [*known, item_id] if aside else known}
            self._graph.update_state(config, changed, as_node="model")
            self._dialogues.prune(key)
        if aside:
            return f"Not in this conversation: {item.label}. What you like stays as it is."
        return f"{item.label} may be suggested again."

    def aside(self, user: str, thread: str) -> tuple[str, ...]:
        """Return the ids of the items that are set aside in a dialogue, in the order in which they were."""
        key = self._dialogues.key(check_name(user, "user"), check_name(thread, "thread"))
        return tuple(self._aside(key))

    def profile(self, user: str) -> Profile:
        """Return what is remembered of the person's taste, newest first."""
        return self.services.interests.profile(check_name(user, "user"))

    def correct(
        self,
        user: str,
        interest_id: str,
        polarity: Literal[-1, 1] | None = None,
        subject: str | None = None,
        strength: float | None = None,
    ) -> Interest:
        """Change an interest's polarity, subject or strength in (0, 1], as the person says it; returns it as it is.

        Raises `InvalidRequest` when nothing would change or a strength is out of range, `UnknownInterestError` when
        they have no such interest.
        """
        scope = Scope(check_name(user, "user"), "", "", self.services, ())
        subject = clean(subject)[:200] or None if subject is not None else None
        if polarity is None and subject is None and strength is None:
            raise InvalidRequest(
                "Say what is right: that you like it, that you dislike it, how much, or what it is about."
            )
        if strength is not None and not 0.0 < strength <= 1.0:
            raise InvalidRequest("A strength is more than 0 and at most 1. To drop it, forget it.")
        old = self.services.interests.one(user, interest_id)
        changes = correction_of(scope, old, polarity, subject, strength)
        return self.services.correct(user, interest_id, **changes)

    def tell(self, user: str, subject: str, polarity: Literal[-1, 1]) -> Interest:
        """Note by hand that the person likes or avoids something, as a sentence of theirs would; returns the interest.

        Raises `InvalidRequest` when the subject is empty.
        """
        check_name(user, "user")
        subject = clean(subject)[:200]
        if not subject:
            raise InvalidRequest(
                "Say what you like or would rather not have: a title, a person, a kind, a mood."
            )
        scope = Scope(user, "", subject, self.services, ())
        told = stated_interest(scope, subject, polarity)[0].model_copy(update={"sentence": ""})
        self.services.remember(told)
        return told

    def carried(self, user: str, limit: int = 10) -> Carried:
        """Return what would be recommended to the person now, unasked, and what each interest adds to each item."""
        profile = self.profile(user)
        return carried(self.services.recommender, profile, limit, self.services.reactions.multipliers(user))

    def put_back(self, user: str, interest: Interest) -> Interest:
        """Undo a correction or a forgetting by hand: store an interest of the person again as it was; returns it.

        What it had replaced before it was forgotten is gone. Raises `InvalidRequest` when it is not this person's.
        """
        if interest.user != check_name(user, "user"):
            raise InvalidRequest("That was noted of somebody else. Load the page again.")
        return self.services.put_back(interest)

    def forget(self, user: str, interest_id: str) -> int:
        """Erase one interest of the person; returns the number of records erased."""
        return self.services.forget(check_name(user, "user"), interest_id)

    def export(self, user: str) -> dict[str, Any]:
        """Return everything kept of the person as plain JSON values: interests, reactions, dialogues, and the items
        that are set aside in them."""
        check_name(user, "user")
        threads = self._dialogues.threads(user)
        dialogues = {
            thread: [turn.model_dump(mode="json") for turn in self.history(user, thread)]
            for thread in threads
        }
        return {
            "user": user,
            "interests": self.services.interests.export(user),
            "feedback": self.services.reactions.export(user),
            "dialogues": dialogues,
            "aside": {thread: list(ids) for thread in threads if (ids := self.aside(user, thread))},
            "conversations": [one.model_dump(mode="json") for one in self.conversations(user)],
        }

    def erase(self, user: str) -> str:
        """Erase everything kept of the person, reactions included; returns what was erased in words."""
        check_name(user, "user")
        dialogues = self._dialogues.erase(user)
        interests = self.services.forget(user)
        erased = f"Erased: {interests} remembered interests and {dialogues} conversations."
        return " ".join([erased, *filter(None, (self.services.interests.remains, self._dialogues.remains))])

    def take_up(self, user: str, thread: str, said: Sequence[tuple[str, str]]) -> None:
        """Begin a dialogue with what was said elsewhere: (`user` or `assistant`, text), oldest first.

        Only the words are taken up: what an answer showed is evidence only where this agent found it, so nothing that
        is brought along can be claimed or pointed at by its place. Raises `InvalidRequest` for a name that cannot be
        used, and `DialogueStoreError` when it cannot be kept.
        """
        check_name(user, "user")
        check_name(thread, "thread")
        kinds: dict[str, type[HumanMessage | AIMessage]] = {"user": HumanMessage, "assistant": AIMessage}
        messages = [kinds[role](clean(text)) for role, text in said if clean(text)]
        with self._dialogues.turn(user, thread) as key:
            config = RunnableConfig(configurable={"thread_id": key})
            self._graph.update_state(config, {"messages": messages}, as_node="model")
            self._dialogues.prune(key)

    def conversations(self, user: str) -> list[Conversation]:
        """Return the person's stored dialogues with title and times, the one that went on last first."""
        return self._dialogues.conversations(check_name(user, "user"))

    def rename(self, user: str, thread: str, title: str) -> Conversation:
        """Give a dialogue another title and return it.

        Raises `InvalidRequest` for an empty title, `UnknownConversation` when this person has no such dialogue.
        """
        if not clean(title):
            raise InvalidRequest("A title has at least one character.")
        return self._dialogues.rename(check_name(user, "user"), check_name(thread, "thread"), clean(title))

    def delete(self, user: str, thread: str) -> Conversation:
        """Remove one dialogue and all that was said in it, once a turn of it is over; interests stay. Returns it.

        Raises `UnknownConversation` when this person has no such dialogue.
        """
        return self._dialogues.delete(check_name(user, "user"), check_name(thread, "thread"))

    def threads(self, user: str) -> list[str]:
        """Return the names of the person's stored dialogues."""
        return self._dialogues.threads(check_name(user, "user"))

    def history(self, user: str, thread: str) -> list[HistoryTurn]:
        """Return the turns of a dialogue, oldest first, with the items that each answer showed."""
        check_name(user, "user")
        check_name(thread, "thread")
        turns: list[HistoryTurn] = []
        messages: list[BaseMessage] = []
        for message in self._messages(self._dialogues.key(user, thread)):
            if isinstance(message, HumanMessage):
                turns.append(HistoryTurn(said=text_of(message)))
                messages = []
            messages.append(whole(message))
            if isinstance(message, AIMessage) and not message.tool_calls and turns:
                turns[-1].answer = text_of(message)
                turns[-1].items = last_list(messages) if message.additional_kwargs.get(SHOWN) else []
        return turns

    def messages(self, user: str, thread: str) -> list[AnyMessage]:
        """Return what is stored of a dialogue, tool results included, oldest first."""
        return self._messages(self._dialogues.key(check_name(user, "user"), check_name(thread, "thread")))

    def warm_up(self) -> None:
        """Load what is loaded at first use, so that the first person does not wait; call it from a thread."""
        self.services.warm_up()
        try:
            self.source.first()
        except TastegraphError as error:
            log.warning("%s", error)

    def close(self) -> None:
        """Release the files and the graph."""
        self._dialogues.close()
        self.services.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self, user: str, thread: str, text: str) -> str:
        check_name(user, "user")
        check_name(thread, "thread")
        most = self.settings.max_input_characters
        if len(text) > most:
            raise InvalidRequest(
                f"That is {len(text):,} characters, and I read at most {most:,} at once. "
                f"Please tell me in a few sentences what you are looking for."
            )
        said = clean(text)
        noun = self.services.knowledge.noun
        if not said:
            raise InvalidRequest(
                f"Your message is empty. Tell me what you feel like, or name a {noun} that you like."
            )
        if not any(unicodedata.category(c)[0] in "LN" for c in said):
            raise InvalidRequest(
                f"I cannot read a wish from that. Say it in words: a mood, a genre, or a {noun} you like."
            )
        return said

    def _run(self, user: str, thread: str, key: str, said: str, ended: Ending) -> Iterator[Event]:
        context = TurnContext(user=user, thread=thread, services=self.services, said=said)
        config = RunnableConfig(
            configurable={"thread_id": key},
            # Each step of a turn is a call of the model and of its tools; the middleware stops long before
            # this.
            recursion_limit=4 * self.settings.max_steps + 10,
        )
        message = HumanMessage(said)
        stream = self._graph.stream(
            {"messages": [message]}, config, context=context, stream_mode="custom", durability="exit"
        )
        for event in cast("Iterator[Event]", stream):
            if ended.note(event):
                yield event
        ended.chat_model = context.chat_model or ended.chat_model
        if ended.is_silent:
            _, current = split_turn(self._messages(key))
            yield from ended.say(plain_answer(payloads_of(current)))
        self._dialogues.prune(key)
        self._dialogues.note(user, thread, said)

    def _item(self, user: str, item_id: str) -> Item:
        check_name(user, "user")
        item = self.services.workspace.item(item_id)
        if item is None:
            raise InvalidRequest("This item is not in the catalogue any more. Ask for it anew.")
        return item

    def _messages(self, key: str) -> list[AnyMessage]:
        return list(self._state(key).get("messages", []))

    def _aside(self, key: str) -> list[str]:
        return list(self._state(key).get("aside", []))

    def _state(self, key: str) -> dict[str, Any]:
        return dict(self._graph.get_state(RunnableConfig(configurable={"thread_id": key})).values)


def clean(text: str) -> str:
    """Remove control characters, invisible direction marks and lone surrogates; keep line ends and
    joiners."""
    kept = "".join(
        c
        for c in text.replace("\r\n", "\n")
        if c in "\n\t\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    )
    return kept.strip()
