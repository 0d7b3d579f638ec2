"""What happens when somebody presses a button of a card, or a suggested reply?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import gradio as gr

from agent.builtin.dialogue import Dialogue as Said
from agent.evidence import ItemCard
from agent.tools.give_feedback import Verdict
from kg.graph import GraphError
from recsys.errors import TastegraphError
from ui.cards_actions import ASIDE, NONE, TURNS, VERDICTS
from ui.desk import BROKEN, Desk, line
from ui.render import Message
from ui.replies import Surroundings, language_of, replies, replies_html, shelves_of
from ui.replies_words import words_of
from ui.sessions import Dialogue

if TYPE_CHECKING:
    from agent.session import Agent

logger = logging.getLogger(__name__)
_GONE = "That card is no longer on the page; ask again to see it."
_EARLIER = "That suggestion belongs to an earlier answer; write it instead."


class CardDesk(Desk):
    """The handlers of the page for what is done with an item, and for replies that are pressed."""

    def mark(self, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, str]:
        """Keep a mark of an item, or take it back where the page shows it pressed. Returns chat and what was done."""
        item, mark = str(event._data.get("item", "")), event._data.get("mark")
        if mark not in (*VERDICTS, ASIDE) or not dialogue.shows(item):
            return gr.skip(), line(_GONE, "tg-problem")
        pressed = mark in dialogue.verdicts.get(item, NONE)
        try:
            agent, user = self._agents.get(dialogue.catalogue), self._user(dialogue)
            if mark == ASIDE:
                done = agent.set_aside(user, dialogue.thread, item, not pressed)
            elif pressed:
                done = agent.take_back(user, item, cast("Verdict", mark))
            else:
                done = agent.feedback(user, item, cast("Verdict", mark))
            self._read_verdicts(dialogue)
        except (TastegraphError, GraphError) as error:
            return gr.skip(), line(str(error), "tg-problem")
        except Exception:
            logger.exception("A mark could not be kept")
            return gr.skip(), line(BROKEN, "tg-problem")
        return self._chat(dialogue), line(done, "tg-stored")

    def about(self, dialogue: Dialogue, event: gr.EventData) -> Iterator[tuple[Any, str]]:
        """Ask for more like an item, or why it was suggested, in words. Yields chat and status while it is answered."""
        item, about = str(event._data.get("item", "")), event._data.get("about")
        card = _shown(dialogue, item)
        if about not in TURNS or card is None:
            yield gr.skip(), line(_GONE, "tg-problem")
            return
        words = words_of(language_of([answer.question for answer in dialogue.answers]))
        form = words.like if about == "more" else words.why
        yield from self._speak(form.format(title=card.label), dialogue)

    def say(self, dialogue: Dialogue, event: gr.EventData) -> Iterator[tuple[Any, str]]:
        """Send a suggested reply. Yields chat and status while it is answered."""
        text = str(event._data.get("text", ""))
        if text not in self._replies(dialogue):
            yield gr.skip(), line(_EARLIER, "tg-problem")
            return
        yield from self._speak(text, dialogue)

    def _speak(self, text: str, dialogue: Dialogue) -> Iterator[tuple[Any, str]]:
        # What the person is typing stays where it is.
        for chat, _, status in self.ask(text, dialogue):
            yield chat, status

    def _chat(self, dialogue: Dialogue) -> list[Message]:
        chat = super()._chat(dialogue)
        html = replies_html(self._replies(dialogue))
        if html:
            chat.append({"role": "assistant", "content": self._show_cards(dialogue.answers[-1], html)})
        return chat

    def _replies(self, dialogue: Dialogue) -> tuple[str, ...]:
        """Return the replies that fit the newest answer; none while it is being written."""
        if not dialogue.answers or not dialogue.answers[-1].ended:
            return ()
        try:
            agent = self._agents.get(dialogue.catalogue, timeout=0)
            said = Said.read(agent.messages(self._user(dialogue), dialogue.thread))
            troubled = any(one.level != "info" for one in dialogue.answers[-1].notices)
            return replies(said, surroundings(agent, troubled))
        except Exception:
            # They are a help only; what is away was told by the answer.
            logger.warning("No replies could be suggested", exc_info=True)
            return ()


def surroundings(agent: Agent, troubled: bool = False) -> Surroundings:
    """Return what an agent knows beside a dialogue; `troubled` says that its newest answer came with a warning."""
    knowledge, workspace = agent.services.knowledge, agent.services.workspace

    def named(text: str) -> list[str]:
        ids = dict.fromkeys(i for one in agent.services.find_items(text) for i in sorted(one.item_ids))
        labels = [item.label for i in ids if (item := workspace.item(i)) is not None]
        return [label for label in labels if label in text]

    return Surroundings(
        domain=knowledge.domain,
        shelves=shelves_of(knowledge.facet_values),
        help_answers=tuple(workspace.help_answers),
        named=named,
        troubled=troubled,
    )


def wire_cards(
    bridge: gr.HTML, desk: CardDesk, dialogue: gr.State, chat: gr.Chatbot, status: gr.HTML
) -> tuple[Any, list[Any]]:
    """Listen to the buttons of cards and replies; returns the event of a mark, and those that are turns."""
    quiet = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 4}
    listener: Any = bridge
    marked = listener.mark(desk.mark, [dialogue], [chat, status], **quiet)
    turns = [
        listen(answer, [dialogue], [chat, status], trigger_mode="once", concurrency_id="turns", **quiet)
        for listen, answer in ((listener.about, desk.about), (listener.say, desk.say))
    ]
    return marked, turns


def _shown(dialogue: Dialogue, item: str) -> ItemCard | None:
    """Return the newest card of an item that is on the page."""
    cards = (card for answer in reversed(dialogue.answers) for card in answer.cards)
    return next((card for card in cards if card.id == item), None)
