"""What happens beside the chat? The handlers of conversations, catalogues, the profile panel and the picture."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import gradio as gr

from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.schema import Interest
from recsys.taste import statement, tensions
from ui.conversation_list import CatalogueRow, catalogue_list_html, conversation_list_html
from ui.desk import BROKEN, Desk, line
from ui.interest_graph import interest_graph
from ui.interest_graph_view import interest_graph_html
from ui.known import known_html
from ui.personal import as_text
from ui.sessions import Dialogue, remembered

if TYPE_CHECKING:
    from agent.session import Agent

logger = logging.getLogger(__name__)
T = TypeVar("T")

_MOST_TENSIONS = 5
_LEADS_TO = 8
"""Suggestions in the picture."""
_WAIT_SECONDS = 30.0
"""How long an export or an erasure waits for a catalogue that is being opened."""


class SideDesk(Desk):
    """The handlers of the page with all that stands beside the chat."""

    def side(self, dialogue: Dialogue) -> tuple[str, str, str]:
        """Return the catalogues, the conversations and what is believed of the person, as HTML."""
        return self.catalogues(dialogue), self.talks(dialogue), self.known(dialogue)

    def catalogues(self, dialogue: Dialogue) -> str:
        """Return the choice of catalogues as HTML, with how each is."""
        agents = self._agents
        rows = []
        for name in agents.names:
            manifest, (state, problem) = agents.manifests[name], agents.state(name)
            label = manifest.name if "/" in name else name.replace("-", " ").capitalize()
            rows.append(
                CatalogueRow(name, label, manifest.domain, manifest.counts.get("items", 0), state, problem)
            )
        rows += [CatalogueRow(name, name, "", 0, "broken", why) for name, why in agents.unreadable.items()]
        return catalogue_list_html(rows, dialogue.catalogue)

    def talks(self, dialogue: Dialogue) -> str:
        """Return this person's conversations of this catalogue as HTML, newest first."""

        def listed(agent: Agent) -> str:
            return conversation_list_html(agent.conversations(self._user(dialogue)), dialogue.thread)

        found, problem = self._try(dialogue, listed, "The conversations could not be listed")
        return problem if found is None else found

    def open(self, dialogue: Dialogue, state: object, event: gr.EventData) -> tuple[Any, Any, str]:
        """Open one of the person's conversations. Returns browser state, chat and status."""
        thread = str(event._data.get("thread", ""))
        known, problem = self._try(
            dialogue,
            lambda agent: any(one.thread == thread for one in agent.conversations(self._user(dialogue))),
            "A conversation could not be opened",
        )
        if not known:
            return (
                gr.skip(),
                gr.skip(),
                problem or line("This conversation is not kept any more.", "tg-problem"),
            )
        dialogue.restart(thread)
        kept = remembered(state)
        kept["threads"] = kept.get("threads", {}) | {dialogue.catalogue: thread}
        return kept, [], ""

    def rename(self, dialogue: Dialogue, event: gr.EventData) -> str:
        """Give a conversation another title. Returns status."""
        thread, title = (str(event._data.get(name, "")) for name in ("thread", "title"))
        now, problem = self._try(
            dialogue,
            lambda agent: agent.rename(self._user(dialogue), thread, title),
            "A conversation could not be renamed",
        )
        return problem if now is None else line(f"Renamed: {now.title}", "tg-stored")

    def drop(self, dialogue: Dialogue, state: object, event: gr.EventData) -> tuple[Any, Any, str]:
        """Delete a conversation with all that was said in it. Returns browser state, chat and status."""
        thread = str(event._data.get("thread", ""))
        kept: Any = gr.skip()
        chat: Any = gr.skip()
        dialogue.dropped.add(thread)
        if thread == dialogue.thread:
            # First: an answer that is under way ends with it, and the deletion waits for that.
            kept, chat, _, _ = self.restart(dialogue, state)
        gone, problem = self._try(
            dialogue,
            lambda agent: agent.delete(self._user(dialogue), thread),
            "A conversation could not be deleted",
        )
        return kept, chat, problem if gone is None else line(f"Deleted: {gone.title}", "tg-stored")

    def known(self, dialogue: Dialogue) -> str:
        """Return what is believed of this person in this catalogue, as HTML."""

        def shown(agent: Agent) -> str:
            profile = agent.profile(self._user(dialogue))
            pulls = tensions(profile.interests, agent.services.workspace.item)[:_MOST_TENSIONS]
            name = self._agents.manifests[dialogue.catalogue].name
            return known_html(profile, name, pulls, dialogue.changed, dialogue.before is not None)

        found, problem = self._try(dialogue, shown, "A profile could not be read")
        return problem if found is None else found

    def graph(self, dialogue: Dialogue) -> str:
        """Return the picture of the person's taste, as HTML."""

        def drawn(agent: Agent) -> str:
            user = self._user(dialogue)
            interests = agent.profile(user).interests
            led_to = agent.carried(user, _LEADS_TO)
            graph = interest_graph(interests, led_to, agent.services.workspace.item)
            return interest_graph_html(graph, simulated=self._agents.manifests[dialogue.catalogue].simulated)

        found, problem = self._try(dialogue, drawn, "A picture of interests could not be drawn")
        return problem if found is None else found

    def correct(self, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, str]:
        """Change an opinion to liking or avoiding. Returns chat and what is stored now."""
        polarity: Literal[-1, 1] = 1 if event._data.get("way") == "like" else -1
        return self._change(dialogue, event, polarity=polarity)

    def strengthen(self, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, str]:
        """Change how much an interest counts. Returns chat and what is stored now."""
        try:
            percent = int(event._data.get("percent", 0))
        except (TypeError, ValueError):
            percent = 0
        return self._change(dialogue, event, strength=percent / 100)

    def reword(self, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, str]:
        """Change what an interest is about. Returns chat and what is stored now."""
        return self._change(dialogue, event, subject=str(event._data.get("subject", "")))

    def tell(self, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, str]:
        """Note something that the person likes or avoids. Returns chat and what is stored now."""
        polarity: Literal[-1, 1] = 1 if event._data.get("way") == "like" else -1
        subject = str(event._data.get("subject", ""))
        now, problem = self._try(
            dialogue,
            lambda agent: agent.tell(self._user(dialogue), subject, polarity),
            "An interest could not be noted",
        )
        return (
            (gr.skip(), problem) if now is None else self._changed(dialogue, None, f"Noted: {statement(now)}")
        )

    def forget(self, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, str]:
        """Erase one interest. Returns chat and what was erased."""
        wanted = str(event._data.get("interest", ""))

        def erased(agent: Agent) -> Interest | None:
            old = _one(agent, self._user(dialogue), wanted)
            agent.forget(self._user(dialogue), wanted)
            return old

        old, problem = self._try(dialogue, erased, "An interest could not be erased")
        return (
            (gr.skip(), problem) if old is None else self._changed(dialogue, old, f"Forgotten: {old.subject}")
        )

    def undo(self, dialogue: Dialogue) -> tuple[Any, str]:
        """Take the last change of the panel back. Returns chat and what is stored now."""
        before = dialogue.before
        if before is None:
            return gr.skip(), line("There is nothing to undo.", "tg-problem")
        now, problem = self._try(
            dialogue,
            lambda agent: agent.put_back(self._user(dialogue), before),
            "A change could not be undone",
        )
        return (
            (gr.skip(), problem)
            if now is None
            else self._changed(dialogue, None, f"As before: {statement(now)}")
        )

    def export(self, dialogue: Dialogue) -> tuple[str, str]:
        """Return everything stored about this person as JSON, "" when nothing can be read, and a status."""
        told, away = self._everywhere(dialogue, self._agents.names, lambda agent, user: agent.export(user))
        if not told:
            return "", line(away or BROKEN, "tg-problem")
        whole = as_text({"user": dialogue.user, "catalogues": told, "not_included": away})
        done = "Everything stored about you was handed to your browser."
        return whole, line(f"{done} {away}".strip(), "tg-problem" if away else "tg-stored")

    def erase(self, dialogue: Dialogue, state: object, event: gr.EventData) -> tuple[Any, Any, str]:
        """Erase everything stored about this person, here or in all catalogues.

        Returns browser state, chat and what was erased.
        """
        where = self._agents.names if event._data.get("where") == "all" else [dialogue.catalogue]
        # First: an answer that is under way ends with the conversation, and the erasing waits for that.
        dialogue.dropped.add(dialogue.thread)
        kept, chat, _, _ = self.restart(dialogue, state)
        told, away = self._everywhere(dialogue, where, lambda agent, user: agent.erase(user))
        dialogue.verdicts, dialogue.before, dialogue.changed = {}, None, ""
        kept["threads"] = {name: one for name, one in kept["threads"].items() if name not in told}
        kept["threads"][dialogue.catalogue] = dialogue.thread
        words = [text if len(told) == 1 else f"{name}: {text}" for name, text in told.items()]
        return kept, chat, line(" ".join([*words, away]).strip(), "tg-problem" if away else "tg-stored")

    def _everywhere(
        self, dialogue: Dialogue, names: list[str], do: Callable[[Agent, str], Any]
    ) -> tuple[dict[str, Any], str]:
        """Do something in each catalogue; returns what it gave by name, and in words where it could not be done."""
        done: dict[str, Any] = {}
        missing: list[str] = []
        for name in names:
            try:
                done[name] = do(self._agents.get(name, _WAIT_SECONDS), self._user(dialogue))
            except (TastegraphError, GraphError) as error:
                missing.append(f"{name} ({error})")
            except Exception:
                logger.exception("A person's data in %s could not be reached", name)
                missing.append(f"{name} (it broke, or is still being opened)")
        return done, f"Not reached: {'; '.join(missing)}." if missing else ""

    def _change(
        self,
        dialogue: Dialogue,
        event: gr.EventData,
        polarity: Literal[-1, 1] | None = None,
        subject: str | None = None,
        strength: float | None = None,
    ) -> tuple[Any, str]:
        wanted = str(event._data.get("interest", ""))

        def changed(agent: Agent) -> tuple[Interest | None, Interest]:
            user = self._user(dialogue)
            old = _one(agent, user, wanted)
            return old, agent.correct(user, wanted, polarity, subject, strength)

        found, problem = self._try(dialogue, changed, "An interest could not be corrected")
        if found is None:
            return gr.skip(), problem
        old, now = found
        percent = f" It counts {now.strength:.0%}." if strength is not None else ""
        return self._changed(dialogue, old, f"Corrected: {statement(now)}{percent}")

    def _changed(self, dialogue: Dialogue, before: Interest | None, told: str) -> tuple[Any, str]:
        """Take note of a change: what it was, for undoing, and what it does to the thumbs on the page."""
        dialogue.before, dialogue.changed = before, told
        self._read_verdicts(dialogue)
        return self._chat(dialogue), line(told, "tg-stored")

    def _try(
        self, dialogue: Dialogue, do: Callable[[Agent], T], failed: str
    ) -> tuple[T, Literal[""]] | tuple[None, str]:
        """Return what `do` gives, or the line that a person gets when it cannot be done."""
        try:
            return do(self._agents.get(dialogue.catalogue)), ""
        except (TastegraphError, GraphError) as error:
            return None, line(str(error), "tg-problem")
        except Exception:
            logger.exception(failed)
            return None, line(BROKEN, "tg-problem")


def _one(agent: Agent, user: str, interest_id: str) -> Interest | None:
    return next((one for one in agent.profile(user).interests if one.id == interest_id), None)
