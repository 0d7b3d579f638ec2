"""Rank the catalogue for a request and a profile, and say why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from scipy.sparse import csc_array

from kg.graph import GraphError, GraphUnavailable, KnowledgeGraph
from recsys.behaviour import Behaviour
from recsys.choosing import Chooser
from recsys.constraints import Clause, ItemIndex, Mask, clauses_of, excluded_mask, satisfy
from recsys.encoder import Encoder, EncoderError
from recsys.errors import TastegraphError, WorkspaceError
from recsys.explain import CLOSE, Asked, Explainer
from recsys.feedback.live import Shown
from recsys.graph_matrix import GraphMatrix, read_graph_matrix
from recsys.interactions import meeting_matrix
from recsys.models.base import FloatMatrix
from recsys.models.persist import load_model
from recsys.models.popularity import Popularity
from recsys.models.text_tower import TextTower
from recsys.retrieval import Found, Retrieval
from recsys.schema import (
    Constraints,
    Contribution,
    Granularity,
    Profile,
    Recommendation,
    RecommendationList,
    RecommendRequest,
)
from recsys.scoring import Anchors, Directions, Part, RecommenderConfig, Scoring
from recsys.sparse import ones_at
from recsys.taste import counting
from recsys.train import SCALES
from recsys.wishes import Wishes, left_to_say, read_wishes
from recsys.workspace import Workspace

_FROM_PEOPLE = frozenset(
    {
        Granularity.BEHAVIOUR,
        Granularity.POPULARITY,
        Granularity.SEQUENCE,
        Granularity.SOCIAL,
        Granularity.CONTEXT,
    }
)
"""What can only have been learned from people; simulated where they were."""
_MOST_CHARACTERS = 2000
NO_GRAPH = "the graph did not answer"
NO_BEHAVIOUR = "there is no behaviour to learn from"
NO_TEXT = "the text encoder is not available"
UNHEARD = "the words of the wish, which nothing here is described like"


class UnknownItemError(TastegraphError):
    """An item id that is not in the catalogue."""


@dataclass(frozen=True)
class _Situation:
    """A request read: what it leans on, what it points at, what may be returned."""

    asked: Asked
    clauses: list[Clause]
    allowed: Mask
    degraded: tuple[str, ...]


class Recommender:
    """Ranks items. Read-only after `open`; threads may share it."""

    def __init__(
        self,
        workspace: Workspace,
        graph: KnowledgeGraph,
        encoder: Encoder,
        scoring: Scoring,
        meetings: csc_array,
        graph_known: bool,
    ) -> None:
        self.workspace, self.graph, self.encoder = workspace, graph, encoder
        self._scoring, self._index, self._graph_known = scoring, scoring.index, graph_known
        manifest = workspace.manifest
        self._explainer = Explainer(self._index, scoring, meetings, manifest.domain, manifest.simulated)
        self._retrieval = Retrieval(self._index, scoring.tower, encoder)
        self._chooser = Chooser(self._index, scoring, np.diff(meetings.indptr))

    @classmethod
    def open(
        cls,
        workspace: Workspace,
        graph: KnowledgeGraph,
        encoder: Encoder | None = None,
        config: RecommenderConfig | None = None,
    ) -> Recommender:
        """Load the models of a workspace; the encoder itself is loaded at first use.

        Raises `WorkspaceError` when a model is missing or of another catalogue. A workspace without
        interactions has no model of behaviour, which each answer says. When the graph is away and the build
        has no triples, so does each answer.
        """
        encoder = encoder or Encoder()
        items, models = workspace.items, workspace.models_dir
        index = ItemIndex(items)
        popularity, tower = Popularity(), TextTower(encoder)
        popularity.load(models)
        tower.load(models)
        behaviour: Behaviour | None = None
        if workspace.manifest.counts.get("meetings", 0) or (models / "ease.json").is_file():
            behaviour = Behaviour.open(models, len(items))
        _, scales = load_model(models, SCALES)
        for card in (popularity.card, tower.card, *([behaviour.card] if behaviour else [])):
            if card.n_items != len(items):
                raise WorkspaceError(
                    f"The model {card.name} was trained for {card.n_items} items and the catalogue has "
                    f"{len(items)}. Build the workspace anew."
                )
        try:
            matrix, known = read_graph_matrix(items, workspace.build_dir / "triples.parquet", graph), True
        except GraphUnavailable:
            matrix, known = GraphMatrix(ones_at((), (), (len(items), 0)), {}), False
        counts = popularity.counts if popularity.counts.any() else index.numbers["popularity"]
        units = {name: float(value[0]) for name, value in scales.items()}
        scoring = Scoring(index, units, counts, tower, behaviour, matrix, config or RecommenderConfig())
        meetings = csc_array(meeting_matrix(items, workspace.interactions))
        meetings.sort_indices()
        return cls(workspace, graph, encoder, scoring, meetings, known)

    def recommend(
        self,
        request: RecommendRequest,
        profile: Profile,
        multipliers: Mapping[str, float] | None = None,
        watch: Callable[[Shown], None] | None = None,
    ) -> RecommendationList:
        """Return the best items that meet the request, highest score first, each with its shares and 1 to 4
        reasons.

        Seeds, what the person dislikes, has seen or has liked already, and `exclude_items` are never
        returned. What had to be given up is in `relaxed`, what could not take part in `degraded`. `multipliers`
        says by how much each granularity counts for this person, see `recsys.feedback`; `watch` is given the
        pool that the list is chosen from.
        """
        situation = self._read(request, profile)
        met, dropped = satisfy(situation.allowed, situation.clauses)
        asked = replace(situation.asked, relaxed=frozenset(clause.text for clause in dropped))
        relaxed = tuple(clause.text for clause in dropped)
        if _only_words(request) and asked.directions.said is None and NO_TEXT not in situation.degraded:
            relaxed = (*relaxed, UNHEARD)
        try:
            if not self._graph_known and self._leans(asked):
                raise GraphUnavailable(NO_GRAPH)
            found = self._rank(asked, met, request.limit, self.graph, multipliers, watch)
            return RecommendationList(recommendations=found, relaxed=relaxed, degraded=situation.degraded)
        except GraphError:
            found = self._rank(asked, met, request.limit, None, multipliers, watch)
            degraded = (*situation.degraded, NO_GRAPH)
            return RecommendationList(recommendations=found, relaxed=relaxed, degraded=degraded)

    def explain(
        self,
        item_id: str,
        request: RecommendRequest,
        profile: Profile,
        multipliers: Mapping[str, float] | None = None,
    ) -> Recommendation:
        """Return one item as `recommend` would score it, whether or not the request would return it.

        Raises `UnknownItemError` when it is not in the catalogue.
        """
        column = self._column(item_id)
        asked = self._read(request, profile).asked
        failed = frozenset(clause.text for clause in self._clauses(request, asked) if not clause.mask[column])
        asked = replace(asked, relaxed=failed)
        try:
            graph = self.graph if self._graph_known else None
            parts = _weighted(self._parts(asked, graph is not None), asked, multipliers)
            return self._recommendation(column, asked, parts, graph)
        except GraphError:
            parts = _weighted(self._parts(asked, False), asked, multipliers)
            return self._recommendation(column, asked, parts, None)

    def place_of(
        self,
        item_id: str,
        request: RecommendRequest,
        profile: Profile,
        multipliers: Mapping[str, float] | None = None,
    ) -> tuple[int, int, float]:
        """Return the 1-based place of an item by score alone, among how many items that the request allows, and its
        score. It counts among them in any case; items of its score stand behind it.

        Raises `UnknownItemError` when it is not in the catalogue.
        """
        column = self._column(item_id)
        total, met = self._totals(request, profile, multipliers)
        met = met.copy()
        met[column] = True
        return 1 + int((total[met] > total[column]).sum()), int(met.sum()), float(total[column])

    def scores_of(
        self,
        item_ids: Sequence[str],
        request: RecommendRequest,
        profile: Profile,
        multipliers: Mapping[str, float] | None = None,
    ) -> list[float]:
        """Return the scores of items, whether or not the request would return them; one ranking for all.

        Raises `UnknownItemError` when one is not in the catalogue.
        """
        columns = [self._column(one) for one in item_ids]
        total, _ = self._totals(request, profile, multipliers)
        return [float(total[column]) for column in columns]

    def _totals(
        self, request: RecommendRequest, profile: Profile, multipliers: Mapping[str, float] | None
    ) -> tuple[Part, Mask]:
        situation = self._read(request, profile)
        met, dropped = satisfy(situation.allowed, situation.clauses)
        asked = replace(situation.asked, relaxed=frozenset(clause.text for clause in dropped))
        parts = _weighted(self._parts(asked, self._graph_known), asked, multipliers)
        total: Part = np.sum(list(parts.values()), axis=0)
        return total, met

    def similar(self, item_id: str, limit: int = 5) -> RecommendationList:
        """Return the items most like one item, for nobody in particular.

        Raises `UnknownItemError` when it is not in the catalogue.
        """
        self._column(item_id)
        request = RecommendRequest(seeds=(item_id,), use_profile=False, limit=limit)
        return self.recommend(request, Profile(user=""))

    def search(self, text: str, constraints: Constraints | None = None, limit: int = 10) -> Found:
        """Return items that the text names or describes, best first, within hard constraints.

        Nothing is relaxed: when no item meets the constraints the list is empty. Without the text encoder
        names are found, descriptions are not, and `degraded` says so.
        """
        wanted = constraints or Constraints()
        allowed = self._allowed(wanted, ())
        for clause in clauses_of(wanted, self._index):
            allowed &= clause.mask
        columns, with_meaning = self._retrieval.rank(text, allowed, limit)
        return Found((self._index.items[k] for k in columns), () if with_meaning else (NO_TEXT,))

    def facet_values(self) -> dict[str, dict[str, int]]:
        """Return facet to value to the number of items that have it, most frequent first, in the items'
        spelling."""
        counts: dict[str, dict[str, int]] = {}
        for item in self._index.items:
            for facet, values in item.attributes.items():
                for value in values:
                    of_facet = counts.setdefault(facet, {})
                    of_facet[value] = of_facet.get(value, 0) + 1
        return {
            facet: dict(sorted(values.items(), key=lambda pair: (-pair[1], pair[0])))
            for facet, values in sorted(counts.items())
        }

    def _read(self, request: RecommendRequest, profile: Profile) -> _Situation:
        position = self.workspace.position
        seeds = [position[i] for i in dict.fromkeys(request.seeds) if i in position]
        degraded = []
        if unknown := sum(i not in position for i in set(request.seeds)):
            degraded.append(
                f"{unknown} of the items that the answer should be like are not in this catalogue"
            )
        now = request.context.time or datetime.now(UTC)
        current = counting(profile, request.scene, now)
        counted = current if request.use_profile else Profile(user=profile.user)
        disliked = set(counted.disliked)
        anchors = Anchors(
            seeds=tuple(seeds),
            liked=_columns((i for i in counted.liked if i not in disliked), position, set(seeds)),
            disliked=_columns(counted.disliked, position, set(seeds)),
            strength=_strengths(counted, position),
        )
        wishes = read_wishes(request, counted, self._index, [self._index.items[k] for k in seeds])
        try:
            directions = self._directions(request, anchors, wishes)
        except EncoderError:
            directions = Directions(rest=self._of_items(anchors))
            degraded.append(NO_TEXT)
        if self._scoring.behaviour is None:
            degraded.append(NO_BEHAVIOUR)
        asked = Asked(anchors, wishes, directions, request.constraints, frozenset())
        # What was passed over a while ago may come again; what is disliked, liked or seen may not.
        passed = set(profile.item_ids("skipped")) - set(current.item_ids("skipped"))
        disliked_ever = (i for i in profile.disliked if i not in passed)
        met = (*request.seeds, *disliked_ever, *profile.liked, *profile.item_ids("seen"))
        allowed = self._allowed(request.constraints, met)
        return _Situation(asked, self._clauses(request, asked), allowed, tuple(degraded))

    def _clauses(self, request: RecommendRequest, asked: Asked) -> list[Clause]:
        limits = [limit.clause(self._index) for limit in asked.wishes.limits]
        return [*clauses_of(request.constraints, self._index), *limits]

    def _allowed(self, constraints: Constraints, met: Sequence[str]) -> Mask:
        allowed = ~excluded_mask(constraints, self._index)
        for item_id in (*met, *constraints.exclude_items):
            column = self.workspace.position.get(item_id)
            if column is not None:
                allowed[column] = False
        return allowed

    def _directions(self, request: RecommendRequest, anchors: Anchors, wishes: Wishes) -> Directions:
        config = self._scoring.config
        seeds = [self._index.items[column] for column in anchors.seeds]
        text = left_to_say(request, seeds)[:_MOST_CHARACTERS]
        phrases = [phrase for phrase, _ in wishes.phrases]
        texts = [*wishes.more, *wishes.less, *phrases, *([text] if text else [])]
        vectors = iter(self.encoder.encode(texts))
        more = [(word, next(vectors)) for word in wishes.more]
        less = [next(vectors) for _ in wishes.less]
        weighed = [weight * next(vectors) for _, weight in wishes.phrases]
        rest = self._of_items(anchors)
        for group, weight in (
            ([vector for _, vector in more], config.words),
            (less, -config.words),
            (weighed, config.profile_wishes),
        ):
            if group:
                part = weight * np.mean(group, axis=0)
                rest = part if rest is None else rest + part
        said: FloatMatrix | None = None
        if text:
            said = next(vectors)
            # Something is always nearest; a wish that nothing comes close to must not rank by chance.
            if float(np.max(self._scoring.tower.vectors @ said)) < CLOSE:
                return Directions(None, rest, more)
            # The words of "like this but less violent" lie near violence; that share of them is taken out.
            for vector in less:
                said = said - max(0.0, float(said @ vector)) * vector
        return Directions(said, rest, more)

    def _of_items(self, anchors: Anchors) -> FloatMatrix | None:
        config, centred = self._scoring.config, self._scoring.tower.centred
        beside = config.beside_seeds if anchors.seeds else 1.0
        total: FloatMatrix | None = None
        for group, weight in (
            (anchors.seeds, config.seeds_text),
            (anchors.liked, config.liked * config.seeds_text * beside),
            (anchors.disliked, -config.disliked * config.seeds_text * beside),
        ):
            if group:
                strength = np.array([anchors.strength.get(k, 1.0) for k in group], dtype=np.float32)
                part = np.float32(weight) * (strength[:, None] * centred[list(group)]).mean(axis=0)
                total = part if total is None else total + part
        return total

    def _parts(self, asked: Asked, with_graph: bool) -> dict[Granularity, Part]:
        return self._scoring.parts(asked.anchors, asked.wishes, asked.directions, with_graph)

    def _rank(
        self,
        asked: Asked,
        met: Mask,
        limit: int,
        graph: KnowledgeGraph | None,
        multipliers: Mapping[str, float] | None,
        watch: Callable[[Shown], None] | None,
    ) -> tuple[Recommendation, ...]:
        plain = self._parts(asked, graph is not None)
        parts = _weighted(plain, asked, multipliers)
        total: Part = np.sum(list(parts.values()), axis=0)
        candidates = np.flatnonzero(met)
        size = min(len(candidates), max(self._scoring.config.pool, 10 * limit))
        order = np.argsort(-total[candidates], kind="stable")[:size]
        pool = candidates[order]
        chosen = self._chooser.choose(pool, total, asked.anchors, limit)
        found = tuple(self._recommendation(column, asked, parts, graph) for column in chosen)
        if watch is not None and len(pool):
            shares = {granularity.value: part[pool] for granularity, part in plain.items()}
            watch(Shown([self._index.items[column].id for column in pool], shares))
        return found

    def _recommendation(
        self, column: int, asked: Asked, parts: dict[Granularity, Part], graph: KnowledgeGraph | None
    ) -> Recommendation:
        simulated = self.workspace.manifest.simulated
        shares = tuple(
            Contribution(
                granularity=granularity,
                value=float(part[column]),
                simulated=simulated and granularity in _FROM_PEOPLE,
            )
            for granularity, part in parts.items()
            if part[column] != 0.0
        )
        return Recommendation(
            item=self._index.items[column],
            score=sum(share.value for share in shares),
            contributions=shares,
            evidence=self._explainer.reasons(column, asked, graph),
        )

    def _leans(self, asked: Asked) -> bool:
        return bool(asked.anchors.seeds or asked.anchors.liked)

    def _column(self, item_id: str) -> int:
        column = self.workspace.position.get(item_id)
        if column is None:
            raise UnknownItemError(
                f"There is no item {item_id!r} in this catalogue. Search for its title first."
            )
        return column


def _weighted(
    parts: dict[Granularity, Part], asked: Asked, multipliers: Mapping[str, float] | None
) -> dict[Granularity, Part]:
    """Let each part count as much as it does for this person; what they asked for in words counts in full."""
    if not multipliers:
        return parts
    kept = {Granularity.ATTRIBUTES} if asked.wishes.asked else set()
    return {
        name: part if name in kept else multipliers.get(name.value, 1.0) * part
        for name, part in parts.items()
    }


def _only_words(request: RecommendRequest) -> bool:
    """Whether the text is all that is asked."""
    limits = request.constraints.model_dump(exclude={"exclude_items"}, exclude_defaults=True)
    return bool(request.text.strip()) and not (request.seeds or request.more or request.less or limits)


def _strengths(profile: Profile, position: dict[str, int]) -> dict[int, float]:
    """Return column to weight for the items of a profile; of several opinions on one the newest."""
    found: dict[int, float] = {}
    for one in profile.interests:
        if one.facet == "item" and one.kind != "seen" and one.subject_id in position:
            found.setdefault(position[one.subject_id], one.strength)
    return found


def _columns(ids: Iterable[str], position: dict[str, int], without: set[int]) -> tuple[int, ...]:
    known = (position[i] for i in dict.fromkeys(ids) if i in position)
    return tuple(column for column in known if column not in without)
