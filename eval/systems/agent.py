"""The product itself: the builtin agent over a workspace, a fresh person and dialogue every time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from agent.events import TurnEnded
from agent.session import Agent
from agent.settings import Settings
from eval.systems.material import MeasuredItem
from eval.systems.protocol import Dialogue, Response
from eval.systems.titles import same_items
from recsys.errors import TastegraphError

OPENER = "What would you recommend?"
"""What the person says where the dialogue ends with the recommender, or has not begun."""


class WorkspaceAgent:
    """Answers as the chat does, with what the cards show as its ranking.

    What was said before is taken up as words, as after a switch from another assistant; nothing is known of the person.
    Whatever is remembered of a measured person is erased after the answer.
    """

    def __init__(
        self, workspace: Path, items: Sequence[MeasuredItem], settings: Settings | None = None
    ) -> None:
        """Open the workspace. `items` are the data's; what the workspace has beside them cannot be found.

        Raises `WorkspaceError` or `GraphError` when it cannot be opened, `TastegraphError` when it has none of them.
        """
        self._agent = Agent.open(workspace, settings)
        self.name = f"{self._agent.source.name} agent"
        found = [(item.id, item.title, item.year) for item in self._agent.services.workspace.items]
        self._ids = same_items(found, items)
        self._numbers = itertools.count(1)
        if not self._ids:
            self._agent.close()
            raise TastegraphError(f"The workspace {workspace} has no item of the measured data.")

    @property
    def covered(self) -> int:
        """How many items of the data the workspace has."""
        return len(set(self._ids.values()))

    def respond(self, dialogue: Dialogue) -> Response:
        """Put the latest words of the seeker to the agent."""
        ended = self.turn(dialogue)
        return Response(self.items_of(ended), ended.text)

    def items_of(self, ended: TurnEnded) -> tuple[str, ...]:
        """Return the data's ids of what the cards show, in their order."""
        shown = (self._ids.get(card.id) for card in ended.items)
        return tuple(dict.fromkeys(one for one in shown if one is not None))

    def turn(self, dialogue: Dialogue) -> TurnEnded:
        """Return everything that is known of the answer."""
        user = f"measured-{next(self._numbers)}"
        said = list(dialogue.utterances)
        latest = (
            said.pop().text if said and said[-1].speaker == "seeker" and said[-1].text.strip() else OPENER
        )
        roles = {"seeker": "user", "recommender": "assistant"}
        try:
            if said:
                self._agent.take_up(user, "measured", [(roles[one.speaker], one.text) for one in said])
            *_, ended = self._agent.turn(user, "measured", latest)
        finally:
            self._agent.erase(user)
        if not isinstance(ended, TurnEnded):
            raise TypeError("the last event of a turn is its end")
        return ended

    def close(self) -> None:
        """Release the workspace."""
        self._agent.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
