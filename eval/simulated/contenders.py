"""Who simulated people talk to: our agent, our recommender without a dialogue, and plain rankings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent.events import TurnEnded
from agent.session import Agent
from eval.simulated.conversation import SHOWN, as_utterance
from eval.simulated.tastes import Taste
from eval.systems.material import Material, MeasuredItem
from eval.systems.protocol import Dialogue, Response, Utterance
from eval.systems.text_retrieval import TextRetrieval
from recsys.models.base import Users
from recsys.models.ease import Ease
from recsys.models.popularity import Popularity
from recsys.recommender import Recommender
from recsys.schema import Constraints, Interest, Item, Profile, RecommendRequest
from recsys.sparse import ones_at
from recsys.workspace import Workspace

_RANKED = 50


@dataclass
class AgentSystem:
    """Our agent, in one conversation with one person. It goes on with a dialogue that it was in; another one is new."""

    agent: Agent
    name: str
    user: str
    known: Sequence[str] = ()
    """Items that the person had liked before, as their interests say."""
    wrote: Counter[str] = field(default_factory=Counter)
    """Chat model to the turns that it ended: the builtin one finishes where a server fails."""
    _said: tuple[Utterance, ...] = ()
    _thread: int = 0

    def respond(self, dialogue: Dialogue) -> Response:
        """Take one turn."""
        *before, last = dialogue.utterances
        if not before:
            self.agent.erase(self.user)
            for item in self.known:
                self.agent.feedback(self.user, item, "like")
            self._thread += 1
        elif tuple(before) != self._said:
            raise ValueError("a conversation with the agent is held from its first message to its last")
        ended = list(self.agent.turn(self.user, f"t{self._thread}", last.text))[-1]
        if not isinstance(ended, TurnEnded):
            raise TypeError(f"a turn ended with {ended.type}")
        self.wrote[ended.chat_model] += 1
        response = Response(tuple(dict.fromkeys(card.id for card in ended.items)), ended.text)
        self._said = (*dialogue.utterances, as_utterance(response))
        return response


@dataclass
class NoDialogue:
    """Our recommender, which knows what the person liked and hears nothing: the next five of its list, and the next."""

    recommender: Recommender
    known: Sequence[str]
    name: str = "recommender without a dialogue"

    def respond(self, dialogue: Dialogue) -> Response:
        """Return the best five that were not shown yet."""
        request = RecommendRequest(limit=SHOWN, constraints=Constraints(exclude_items=_shown(dialogue)))
        found = self.recommender.recommend(request, liking(self.known)).recommendations
        return Response(tuple(one.item.id for one in found), "")


@dataclass(frozen=True)
class Plain:
    """A workspace's plain models over its items. Rankings leave out what was named or shown in the dialogue."""

    items: Sequence[Item]
    counts: NDArray[np.float32]
    """Shape (n_items,); meetings in training."""
    ease: Ease
    position: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, workspace: Workspace) -> Plain:
        """Load the models. Raises `WorkspaceError` when one is missing."""
        popularity, ease = Popularity(), Ease()
        popularity.load(workspace.models_dir)
        ease.load(workspace.models_dir)
        return cls(workspace.items, popularity.counts, ease, workspace.position)

    @cached_property
    def titles(self) -> TextRetrieval:
        """The titles, to be found by words."""
        return TextRetrieval(Material(tuple(MeasuredItem(item.id, item.title) for item in self.items)))

    def ranked(
        self, scores: NDArray[np.floating], dialogue: Dialogue, without: Sequence[str] = ()
    ) -> Response:
        """Return the best items by score; among equals the more popular."""
        order = np.lexsort((-self.counts, -scores))
        gone = {*dialogue.named, *without}
        ids = (self.items[k].id for k in order)
        return Response(
            tuple(i for i, _ in zip((i for i in ids if i not in gone), range(_RANKED), strict=False)), ""
        )

    def ease_scores(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """Return EASE's scores for a history, shape (n_items,)."""
        columns = [self.position[i] for i in dict.fromkeys(ids) if i in self.position]
        row = ones_at(
            np.zeros(len(columns), dtype=np.int64), np.array(columns, dtype=np.int64), (1, len(self.items))
        )
        scores: NDArray[np.float32] = self.ease.score(Users(row))[0]
        return scores


@dataclass
class PopularitySystem:
    """The most popular items that were not named or shown."""

    plain: Plain
    name: str = "popularity"

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank by popularity."""
        return self.plain.ranked(np.zeros(len(self.plain.items), dtype=np.float32), dialogue)


@dataclass
class EaseSystem:
    """EASE on the items that the person named, or on those that they liked before."""

    plain: Plain
    known: Sequence[str] = ()
    name: str = "EASE on named items"

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank by EASE; where nothing was named, by popularity."""
        named = [i for one in dialogue.utterances if one.speaker == "seeker" for i in one.items]
        return self.plain.ranked(self.plain.ease_scores([*self.known, *named]), dialogue, self.known)


@dataclass
class TitleCopier:
    """Looks for titles that have the words which the person said: by this a simulator that leaks is found out."""

    plain: Plain
    name: str = "titles by the words said"

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank titles by the words of everything that the person said; among equals by popularity."""
        found = self.plain.titles.respond(dialogue)
        scores = np.zeros(len(self.plain.items))
        scores[[self.plain.position[i] for i in found.items]] = found.scores
        return self.plain.ranked(scores, dialogue)


def liking(ids: Sequence[str]) -> Profile:
    """Return the profile of somebody who liked these items, the last of them most recently."""
    interests = tuple(
        Interest(id=i, user="simulated", subject=i, subject_id=i, facet="item", polarity=1, kind="liked")
        for i in reversed(ids)
    )
    return Profile(user="simulated", interests=interests)


def agent_for(
    agent: Agent, taste: Taste, seed: int, with_history: bool, name: str = "builtin"
) -> AgentSystem:
    """Return the agent as one person meets it: as a guest, or with their history known."""
    user = f"sim{seed}-{taste.person}-{'known' if with_history else 'guest'}"
    return AgentSystem(
        agent, f"{name}, history known" if with_history else name, user, taste.known if with_history else ()
    )


def _shown(dialogue: Dialogue) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(i for one in dialogue.utterances if one.speaker == "recommender" for i in one.items)
    )
