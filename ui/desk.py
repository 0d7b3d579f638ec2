"""What happens when somebody uses the page? The handlers behind it, over agents and plain values."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from kg.graph import GraphError
from recsys.errors import TastegraphError
from ui.agents import Agents
from ui.cards import cards_html
from ui.cards_actions import ASIDE
from ui.render import GETTING_READY, Answer, Message, Step, failed, grow, messages
from ui.sessions import Dialogue, Guests, new_thread, remembered
from ui.text import escape

logger = logging.getLogger(__name__)

SMOOTH_SECONDS = 0.05
"""Words that come closer together than this are shown together, so that a long dialogue streams smoothly."""
BROKEN = (
    "Something broke on this side and was written to the log. Ask again; if it stays, `tastegraph doctor` "
    "says which part is at fault."
)


class Desk:
    """The handlers of one page. All state of a visitor is in the arguments."""

    def __init__(
        self,
        agents: Agents,
        guests: Guests,
        show_cards: Callable[[Answer, str], object],
        who: Callable[[], str | None] | None = None,
    ) -> None:
        """Take what the page shows; `who` says who is logged in at this event, and is None where all are guests."""
        self._who = who
        self._agents = agents
        self._guests = guests
        self._show_cards = show_cards

    def arrive(self, state: object) -> tuple[dict[str, Any], Dialogue, list[Message], str]:
        """Recognise the browser or give it a guest id, and take up the thread it had.

        Returns browser state, dialogue, chat and status.
        """
        kept = remembered(state)
        user = self._guests.user(kept.get("guest")) if self._who is None else self._who() or ""
        if user is None:
            kept = {"guest": self._guests.new(), "threads": {}}
            user = self._guests.user(kept["guest"]) or ""
        name = kept.get("catalogue")
        name = name if name in self._agents.names else self._agents.names[0]
        dialogue = Dialogue(user=user, catalogue=name)
        return self._resume(dialogue, kept), dialogue, [], ""

    def recall(self, dialogue: Dialogue) -> object:
        """Return the chat with what was said earlier in this thread, once the agent is open."""
        try:
            agent = self._agents.get(dialogue.catalogue)
            turns = agent.history(self._user(dialogue), dialogue.thread)
            self._read_verdicts(dialogue)
        except Exception:
            # The first question says it to the person; here it would only greet them with an error.
            logger.warning("Nothing of an earlier dialogue could be taken up", exc_info=True)
            return gr.skip()
        if dialogue.answers or not turns:
            return gr.skip()
        dialogue.answers.extend(
            Answer(question=turn.said, text=turn.answer, cards=tuple(turn.items), ended=True)
            for turn in turns
        )
        return self._chat(dialogue)

    def ask(self, text: str, dialogue: Dialogue) -> Iterator[tuple[Any, Any, Any]]:
        """Yield (chat, input, status) while the agent answers; the words come as they are checked."""
        if not text.strip():
            yield gr.skip(), gr.skip(), line("Write what you feel like, then send it.", "tg-problem")
            return
        if not dialogue.user:
            # An example can be chosen before the visitor was recognised.
            yield (
                gr.skip(),
                gr.skip(),
                line("One moment, the page is still loading. Send it again.", "tg-problem"),
            )
            return
        place, thread = len(dialogue.answers), dialogue.thread
        answers = dialogue.answers
        answers.append(Answer(question=text))
        growing = self._answers(answers[place], dialogue)
        shown = 0.0
        try:
            yield self._chat(dialogue), "", ""
            for answer in growing:
                if dialogue.answers is not answers:
                    return
                answers[place] = answer
                if answer.ended:
                    self._after_turn(dialogue)
                if answer.ended or time.monotonic() - shown >= SMOOTH_SECONDS:
                    shown = time.monotonic()
                    yield self._chat(dialogue), gr.skip(), ""
        finally:
            if not answers[place].ended and thread not in dialogue.dropped:
                _finish(growing)

    def ask_example(self, dialogue: Dialogue, event: gr.SelectData) -> Iterator[tuple[Any, Any, Any]]:
        """Ask the example that was chosen."""
        yield from self.ask(event.value["text"], dialogue)

    def restart(self, dialogue: Dialogue, state: object) -> tuple[dict[str, Any], list[Message], str, str]:
        """Begin a new chat. Returns browser state, chat, input and status."""
        dialogue.restart()
        kept = remembered(state)
        kept["threads"] = kept.get("threads", {}) | {dialogue.catalogue: dialogue.thread}
        return kept, [], "", ""

    def switch(
        self, dialogue: Dialogue, state: object, event: gr.EventData
    ) -> tuple[dict[str, Any], Any, str]:
        """Go to another catalogue and the thread it had. Returns browser state, chat and status."""
        kept, name = remembered(state), str(event._data.get("name", ""))
        if name == dialogue.catalogue or name not in self._agents.names:
            return kept, gr.skip(), ""
        dialogue.catalogue = name
        dialogue.verdicts = {}
        dialogue.before, dialogue.changed = None, ""
        return self._resume(dialogue, kept), [], ""

    def _answers(self, answer: Answer, dialogue: Dialogue) -> Iterator[Answer]:
        """Return the growing answer in the thread that is open now; whatever goes wrong becomes a line in it."""
        return self._grow(answer, dialogue, dialogue.catalogue, dialogue.thread)

    def _grow(self, answer: Answer, dialogue: Dialogue, catalogue: str, thread: str) -> Iterator[Answer]:
        try:
            if not self._agents.ready(catalogue):
                waiting = Step(id="ready", label=GETTING_READY)
                answer = replace(answer, steps=(waiting,))
                yield answer
                began = time.monotonic()
                self._agents.get(catalogue)
                done = replace(waiting, ok=True, summary="ready", seconds=time.monotonic() - began)
                answer = replace(answer, steps=(done,))
                yield answer
            agent = self._agents.get(catalogue)
            events = agent.turn(self._user(dialogue), thread, answer.question)
            for grown in grow(answer, events):
                answer = grown
                yield answer
            if not answer.ended:
                yield failed(answer, "The answer stopped before its end. Ask again.")
        except (TastegraphError, GraphError) as error:
            yield failed(answer, str(error))
        except Exception:
            # The last line of defence of a page: a person gets a sentence, the log gets the trace.
            logger.exception("A turn failed")
            yield failed(answer, BROKEN)

    def _read_verdicts(self, dialogue: Dialogue) -> None:
        """Take what the person thinks of items, and what is set aside in this dialogue, from what is stored."""
        agent, user = self._agents.get(dialogue.catalogue), self._user(dialogue)
        found: dict[str, frozenset[str]] = {
            item: frozenset(said) for item, said in agent.verdicts(user).items()
        }
        for item in agent.aside(user, dialogue.thread):
            found[item] = found.get(item, frozenset()) | {ASIDE}
        dialogue.verdicts = found

    def _after_turn(self, dialogue: Dialogue) -> None:
        """Read again what may have changed by what was said: an opinion of an item in words."""
        try:
            self._read_verdicts(dialogue)
        except Exception:
            # The answer itself has told what is away.
            logger.warning("Verdicts could not be read after a turn", exc_info=True)

    def _user(self, dialogue: Dialogue) -> str:
        """Return whose dialogue it is; raises `TastegraphError` when somebody else asks, or nobody who is logged in."""
        if self._who is not None and self._who() != dialogue.user:
            raise TastegraphError("You are not logged in as the person of this page any more. Load it again.")
        return dialogue.user

    def _resume(self, dialogue: Dialogue, kept: dict[str, Any]) -> dict[str, Any]:
        """Take up the thread that the browser remembers for this catalogue, or begin one."""
        threads = dict(kept.get("threads", {}))
        dialogue.restart(threads.get(dialogue.catalogue, new_thread()))
        threads[dialogue.catalogue] = dialogue.thread
        return kept | {"threads": threads, "catalogue": dialogue.catalogue}

    def _chat(self, dialogue: Dialogue) -> list[Message]:
        return list(messages(dialogue.answers, lambda answer: self._cards(answer, dialogue)))

    def _cards(self, answer: Answer, dialogue: Dialogue) -> object:
        return self._show_cards(answer, cards_html(answer.cards, dialogue.verdicts))


def _finish(growing: Iterator[Answer]) -> None:
    """Let a turn come to its end where nobody looks on any more: what was asked is kept with its answer."""
    threading.Thread(target=deque, args=(growing, 0), name="finish-turn", daemon=True).start()


def line(text: str, kind: str) -> str:
    """Return a line of the page's status; `kind` is `tg-stored` or `tg-problem`."""
    return f'<p class="{kind}" role="status">{escape(text)}</p>' if text else ""
