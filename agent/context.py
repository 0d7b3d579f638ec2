"""The long-lived parts that all turns share, and what is particular to one turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import polars as pl

from agent.facets import FacetIndex
from agent.grounding import Language, Mention
from agent.grounding.plain_words import plain_words
from agent.grounding.support import Support
from agent.help_desk import HelpDesk
from agent.knowledge import Knowledge
from agent.nlu.reader import shared_reader
from agent.patient_graph import PatientGraph, within
from agent.reactions import Reactions
from agent.settings import Settings
from agent.titles import TitleIndex
from kg.graph import GraphError, GraphUnavailable, KnowledgeGraph
from kg.linking import EntityLinker
from kg.schema import Entity, Triple
from recsys.counterfactual import Effect, effects
from recsys.encoder import Encoder
from recsys.feedback.events import Kind
from recsys.interests import InterestStore, InterestStoreError
from recsys.recommender import Recommender
from recsys.rerank import RerankConfig
from recsys.schema import Interest, Profile, Recommendation, RecommendationList, RecommendRequest
from recsys.scoring import RecommenderConfig
from recsys.workspace import Workspace, graph_namespace

log = logging.getLogger(__name__)
_REACTION: dict[str, Kind] = {
    "stated": "opinion",
    "liked": "like",
    "disliked": "dislike",
    "seen": "seen",
    "skipped": "skip",
}
"""Kind of an interest in an item to the reaction that it is."""
NO_INTERESTS = "what you told me before could not be looked up, so it does not count here"
_NOUNS = {"films": "film", "shop": "product", "products": "product", "music": "artist", "news": "article"}


@dataclass(frozen=True)
class Services:
    """Everything a tool may use. One instance serves all people; it keeps nothing of a turn."""

    workspace: Workspace
    graph: KnowledgeGraph
    recommender: Recommender
    interests: InterestStore
    reactions: Reactions
    knowledge: Knowledge
    encoder: Encoder

    @classmethod
    def open(cls, path: Path, settings: Settings) -> Services:
        """Open the workspace at `path` with its graph, models and interests.

        Raises `WorkspaceError` when the workspace is missing or half there, `GraphError` when the embedded
        graph cannot be opened or the Neo4j server does not hold this build's graph, and
        `InterestStoreError` when the interests cannot be opened. A Neo4j server that is away raises nothing
        here: each answer that needs it says so.
        """
        workspace = Workspace.open(path)
        encoder = Encoder()
        graph = open_graph(workspace, settings)
        try:
            knobs = RerankConfig(
                diversity=settings.diversity,
                calibration=settings.calibration,
                popularity=settings.lesser_known,
            )
            recommender = Recommender.open(workspace, graph, encoder, RecommenderConfig(rerank=knobs))
            interests = open_interests(workspace, settings, encoder)
            reactions = Reactions.open(workspace.people_dir, settings.personal_weights)
        except BaseException:
            graph.close()
            raise
        knowledge = knowledge_of(workspace, recommender)
        services = cls(workspace, graph, recommender, interests, reactions, knowledge, encoder)
        # Made here, before threads share them.
        _ = (
            services.titles,
            services.facets,
            services.help_desk,
            services.language,
            services.numbers,
            services.item_kinds,
        )
        return services

    @cached_property
    def titles(self) -> TitleIndex:
        """The catalogue by title."""
        return TitleIndex(self.workspace.items)

    @cached_property
    def facets(self) -> FacetIndex:
        """The catalogue's facet values by name."""
        return FacetIndex(self.knowledge.facet_values)

    @cached_property
    def help_desk(self) -> HelpDesk | None:
        """The help desk, where the workspace has one."""
        answers = self.workspace.help_answers
        return HelpDesk(answers, self.workspace.policy, self.encoder) if answers else None

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Measured facets that the catalogue knows."""
        return frozenset(name for item in self.workspace.items for name in item.numbers)

    @cached_property
    def item_kinds(self) -> list[str]:
        """Kinds of entities that are items."""
        return sorted({item.kind for item in self.workspace.items})

    @cached_property
    def language(self) -> Language:
        """What grounding knows beside a turn's evidence."""
        texts = [item.description for item in self.workspace.items if item.description]
        texts += [text for one in self.workspace.help_answers for text in (one.question, one.answer)]
        values = [v for values in self.knowledge.facet_values.values() for v in values if v.islower()]
        return Language(
            self.find_items,
            plain_words([*texts, *values]),
            lambda title: [item.id for item in self.titles.exact(title)],
            self.titles.openings,
        )

    def has_number(self, name: str) -> bool:
        """Whether any item has this measured facet."""
        return name in self.numbers

    def find_items(self, text: str) -> list[Mention]:
        """Return the places of `text` that name items of the catalogue."""
        position = self.workspace.position
        places: dict[tuple[int, int], set[str]] = {}
        for one in self.knowledge.linker.find(text):
            if one.entity.id in position:
                places.setdefault((one.start, one.end), set()).add(one.entity.id)
        return [
            Mention(start, end, frozenset(ids | {i.id for i in self.titles.exact(text[start:end])}))
            for (start, end), ids in places.items()
        ]

    def warm_up(self) -> None:
        """Load what is loaded at first use, so that the first person does not wait."""
        self.encoder.warm_up()
        shared_reader().warm_up()
        # Nobody has this name: names of people are never empty.
        self.interests.recall("", "warm up")
        self.recommender.recommend(RecommendRequest(text="warm up"), Profile(user=""))
        self.find_items("like Warm Up")
        self.knowledge.linker.warm_up()
        first, last = self.workspace.items[0].id, self.workspace.items[-1].id
        with suppress(GraphUnavailable):
            # A server counts its relations once before it can weigh paths.
            self.graph.paths(first, last)
        if self.help_desk is not None:
            self.help_desk.warm_up()

    def close(self) -> None:
        """Release the graph and the files."""
        self.graph.close()
        self.reactions.close()
        self.interests.close()

    def recommend(self, user: str, request: RecommendRequest) -> RecommendationList:
        """Rank for a person: by their interests, and by what their reactions say of how much each part counts."""
        profile, away = self._profile(user)
        found = self.recommender.recommend(
            request,
            profile,
            self.reactions.multipliers(user),
            lambda pool: self.reactions.shown(user, pool),
        )
        return found.model_copy(update={"degraded": (*found.degraded, *away)}) if away else found

    def explain(self, user: str, item_id: str, request: RecommendRequest) -> Recommendation:
        """Return one item as `recommend` would score it for this person."""
        profile, _ = self._profile(user)
        return self.recommender.explain(item_id, request, profile, self.reactions.multipliers(user))

    def effects(
        self, user: str, item_id: str, request: RecommendRequest, only: Sequence[str] | None = None
    ) -> list[Effect]:
        """Return what each interest of a person, or each of the ids in `only`, does to an item, the largest first."""
        profile, _ = self._profile(user)
        asked = [one for one in profile.interests if only is None or one.id in only]
        return effects(self.recommender, item_id, request, profile, asked, self.reactions.multipliers(user))

    def _profile(self, user: str) -> tuple[Profile, tuple[str, ...]]:
        """Return a person's interests, none while their store is away, and what must be said of that."""
        try:
            return self.interests.profile(user), ()
        except InterestStoreError as error:
            # A wish can be met without them.
            log.warning("ranked without interests: %s", error)
            return Profile(user=user), (NO_INTERESTS,)

    def remember(self, interest: Interest) -> None:
        """Keep what a person thinks of something; of an item it is a reaction as well."""
        self.interests.add(interest)
        self._react(interest)

    def undo(self, user: str, interest_id: str) -> Interest | None:
        """Take one interest back; returns the opinion that it had replaced, which counts again, or None.

        Raises `UnknownInterestError` when this person has no such interest.
        """
        gone = self.interests.one(user, interest_id)
        before = self.interests.undo(user, interest_id)
        if gone.subject_id is not None:
            self.reactions.forget(user, gone.subject_id)
        if before is not None:
            self._react(before)
        return before

    def correct(self, user: str, interest_id: str, **changes: Any) -> Interest:  # noqa: ANN401 - as in the store
        """Change an interest as `InterestStore.correct` does, and what its reaction says with it."""
        old = self.interests.one(user, interest_id)
        new = self.interests.correct(user, interest_id, **changes)
        if old.subject_id is not None:
            self.reactions.forget(user, old.subject_id)
        self._react(new)
        return new

    def put_back(self, interest: Interest) -> Interest:
        """Store an interest as it was before it was corrected or forgotten, and its reaction; returns it."""
        if all(one.id != interest.id for one in self.interests.profile(interest.user).interests):
            self.remember(interest)
            return interest
        whole = interest.model_dump(exclude={"id", "user", "granularity", "half_life_days"})
        return self.correct(interest.user, interest.id, **whole)

    def _react(self, interest: Interest) -> None:
        if interest.facet == "item" and interest.subject_id is not None:
            kind = _REACTION[interest.kind]
            self.reactions.react(
                interest.user, interest.subject_id, kind, interest.polarity * interest.strength
            )

    def forget(self, user: str, interest_id: str | None = None) -> int:
        """Erase one interest with the reactions to its item, or everything known of a person's taste.

        Returns how many interests. Raises `UnknownInterestError` when this person has no such interest.
        """
        if interest_id is None:
            self.reactions.forget(user)
            return self.interests.forget(user)
        known = self.interests.profile(user).interests
        gone = self.interests.forget(user, interest_id)
        for one in known:
            if one.id == interest_id and one.subject_id is not None:
                self.reactions.forget(user, one.subject_id)
        return gone


@dataclass
class TurnContext:
    """One turn: whose it is and what it has used up. Made anew for every turn; the model cannot write it."""

    user: str
    thread: str
    services: Services
    said: str
    """What the person said in this turn."""
    started: float = field(default_factory=time.monotonic)
    model_failed: bool = False
    """Whether the chosen chat model failed in this turn, so that the other one goes on."""
    rewrites: int = 0
    """Sentences that were written again so far."""
    shown: list[str] = field(default_factory=list)
    """Checked text that was streamed so far."""
    recalled: tuple[str, ...] | None = None
    """What the person told before that bears on this turn, as statements; None before it was looked up."""
    finished: set[tuple[str, str]] = field(default_factory=set)
    """Tool calls that are done, as (message id, call id)."""
    progress: threading.Condition = field(default_factory=threading.Condition)
    """Told when a tool call is done."""
    chat_model: str = ""
    """Which model wrote last."""
    support: tuple[int, Support] | None = None
    """What the answer may say by now, with the number of results that it was made from."""

    @property
    def seconds(self) -> float:
        """Seconds since the turn began."""
        return time.monotonic() - self.started


def open_graph(workspace: Workspace, settings: Settings) -> KnowledgeGraph:
    """Open the graph that the settings name, for reading only.

    Raises `GraphError` when it cannot be opened, or when the server answers without this build's graph. A
    server that is away may come back; until then each answer that needs it says so.
    """
    if settings.graph == "embedded":
        from kg.stores.ladybug import LadybugGraph

        return LadybugGraph(workspace.graph_path, read_only=True)
    from kg.stores.neo4j import Neo4jGraph

    graph = Neo4jGraph(
        settings.graph,
        settings.neo4j_user,
        settings.neo4j_password.get_secret_value(),
        settings.neo4j_database,
        graph_namespace(workspace),
        read_only=True,
    )

    def check(opened: KnowledgeGraph) -> None:
        if workspace.items and not opened.get([workspace.items[0].id]):
            raise GraphError(
                f"The Neo4j server at {settings.graph} does not hold the graph of this build. "
                f"Copy it there: `tastegraph kg serve load --workspace {workspace.path}`."
            )

    try:
        within(settings.graph_seconds, lambda: check(graph))
    except GraphUnavailable as error:
        log.warning("%s", error)
    except BaseException:
        graph.close()
        raise
    return cast("KnowledgeGraph", PatientGraph(graph, check, settings.graph_seconds))


def open_interests(workspace: Workspace, settings: Settings, encoder: Encoder) -> InterestStore:
    """Open the interests of a workspace: in its own folder, or in its own collection of a Chroma server."""
    if settings.chroma_url:
        return InterestStore.open(settings.chroma_url, encoder, f"interests-{workspace.id}")
    return InterestStore.open(workspace.people_dir / "interests", encoder)


def knowledge_of(workspace: Workspace, recommender: Recommender) -> Knowledge:
    """Return the vocabulary of a workspace."""
    rows = pl.read_parquet(workspace.build_dir / "entities.parquet").iter_rows(named=True)
    labels = {item.id: item.label for item in workspace.items if item.year}
    entities = [
        Entity.model_validate(
            row
            | {"aliases": (*(row["aliases"] or ()), *([labels[row["id"]]] if row["id"] in labels else ()))}
        )
        for row in rows
    ]
    manifest = workspace.manifest
    kinds = [item.kind for item in workspace.items[:50]]
    common = max(set(kinds), key=kinds.count) if kinds else "item"
    return Knowledge(
        domain=manifest.domain,
        name=manifest.name,
        noun=common if common != "item" else _NOUNS.get(manifest.domain, "item"),
        linker=EntityLinker(entities, _Facts(workspace.build_dir / "triples.parquet"), _texts(workspace)),
        facet_values=recommender.facet_values(),
        has_help=bool(workspace.help_answers),
        item_count=len(workspace.items),
    )


@dataclass(frozen=True)
class _Facts:
    """What each item has to do with; read from the build when the first description is to be understood."""

    file: Path

    def __iter__(self) -> Iterator[Triple]:
        rows = pl.read_parquet(self.file, columns=["subject", "relation", "object", "source"])
        for subject, relation, value, source in rows.iter_rows():
            yield Triple(subject=subject, relation=relation, object=value, source=source)


def _texts(workspace: Workspace) -> dict[str, str]:
    return {item.id: item.description for item in workspace.items if item.description}
