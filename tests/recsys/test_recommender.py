import re
import threading

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.graph import GraphError, GraphUnavailable, KnowledgeGraph
from recsys.catalogue import Catalogue
from recsys.errors import WorkspaceError
from recsys.recommender import NO_BEHAVIOUR, NO_GRAPH, Recommender, UnknownItemError
from recsys.rerank import RerankConfig
from recsys.schema import Constraints, Granularity, Interest, Profile, RecommendRequest
from recsys.scoring import RecommenderConfig
from tests.recsys.conftest import GENRES, MOODS, build, make_items

NOBODY = Profile(user="nobody")
ITEM_IDS = [item.id for item in make_items()]
WORDS = ("violent", "violence", "tense", "stylish", "funny", "long", "old", "dusty", "crime", "'; DROP")


def interest(subject, facet="item", polarity=1, kind="liked", subject_id=None, scene="default"):
    return Interest(
        id=f"{facet}-{subject}-{kind}",
        user="someone",
        subject=subject,
        subject_id=subject_id or (subject if facet == "item" else None),
        facet=facet,
        polarity=polarity,
        kind=kind,
        scene=scene,
    )


def profile(*interests):
    return Profile(user="someone", interests=interests)


item_ids = st.lists(st.sampled_from(ITEM_IDS), max_size=3, unique=True).map(tuple)
words = st.lists(st.sampled_from(WORDS), max_size=2, unique=True).map(tuple)
genres = st.lists(st.sampled_from([g.capitalize() for g in GENRES]), max_size=2, unique=True).map(tuple)
constraints = st.builds(
    Constraints,
    include=st.fixed_dictionaries(
        {}, optional={"genre": genres, "mood": st.sampled_from([(m,) for m in MOODS])}
    ),
    exclude=st.fixed_dictionaries({}, optional={"genre": genres}),
    year_from=st.none() | st.integers(1940, 2030),
    number_max=st.fixed_dictionaries({}, optional={"runtime": st.floats(60, 260)}),
    exclude_items=item_ids,
)
requests = st.builds(
    RecommendRequest,
    seeds=item_ids,
    text=st.sampled_from(("", "a tense heist", "love in summer", "🙂", "MATCH (n) DELETE n")),
    more=words,
    less=words,
    constraints=constraints,
    use_profile=st.booleans(),
    limit=st.integers(1, 12),
)
profiles = st.lists(
    st.builds(
        interest,
        subject=st.sampled_from(ITEM_IDS),
        polarity=st.sampled_from((-1, 1)),
        kind=st.sampled_from(("stated", "liked", "disliked", "seen")),
    )
    | st.builds(
        interest, subject=st.sampled_from(WORDS), facet=st.just("genre"), polarity=st.sampled_from((-1, 1))
    )
    | st.builds(interest, subject=st.sampled_from(MOODS), facet=st.just("mood"), kind=st.just("stated")),
    max_size=6,
).map(lambda interests: profile(*interests))


class Away:
    """A graph whose server is gone, after it was opened; or whose questions fail for another reason."""

    def __init__(self, error: type[GraphError] = GraphUnavailable):
        self._error = error

    def __getattr__(self, name):
        def call(*args, **kwargs):
            raise self._error("the server is gone")

        return call


def also_like(workspace, one, other):
    """Count from the raw table whether people who rated `one` well met `other` more often than everybody."""
    liked = workspace.interactions.filter(pl.col("value") >= 3.5)
    everybody = liked["user"].n_unique()
    of_one = set(liked.filter(pl.col("item") == one)["user"])
    of_other = set(liked.filter(pl.col("item") == other)["user"])
    both = len(of_one & of_other)
    return both >= 2 and both / len(of_one) > len(of_other) / everybody


def check_evidence(evidence, item, request, person, workspace, graph):
    leaned_on = {*request.seeds, *(person.liked if request.use_profile else ())}
    for name in evidence.names:
        assert name in evidence.text
    known = {i.title for i in workspace.items} | {
        v for i in workspace.items for vs in i.attributes.values() for v in vs
    }
    for name in known:
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", evidence.text) and name not in evidence.names:
            assert any(name in longer for longer in evidence.names), (name, evidence)
    if evidence.kind == "path":
        path = evidence.path
        assert path is not None
        assert path.entities[0].id == item.id
        assert path.entities[-1].id in leaned_on
        for one, relation, other in zip(path.entities, path.relations, path.entities[1:], strict=False):
            assert (relation, other.id) in {
                (n.relation, n.entity.id) for n in graph.neighbours(one.id, limit=500)
            }
        assert set(evidence.names) <= {e.name for e in path.entities}
    elif evidence.kind == "history":
        assert evidence.text.startswith("is liked by simulated viewers who like")
        assert evidence.entity_ids[0] in leaned_on
        assert also_like(workspace, evidence.entity_ids[0], item.id)
    elif evidence.kind == "attribute":
        if than := re.match(r"is (less|more) violent than (.+)", evidence.text):
            other = workspace.item(evidence.entity_ids[1])
            assert other.title == than[2]
            lower, higher = (item, other) if than[1] == "less" else (other, item)
            assert lower.numbers["violence"] < higher.numbers["violence"]
        elif not re.search(r"older|newer|longer|shorter|^has (runtime|violence|year) ", evidence.text):
            values = {v for vs in item.attributes.values() for v in vs}
            assert evidence.names
            assert set(evidence.names) <= values


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests, person=profiles)
def test_whatever_is_asked_every_answer_is_exact_allowed_and_true(recommender, built, request, person):
    workspace, graph = built
    answer = recommender.recommend(request, person)
    found = answer.recommendations
    assert len(found) <= request.limit
    assert len({r.item.id for r in found}) == len(found)
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)
    unwanted = {
        *request.seeds,
        *request.constraints.exclude_items,
        *person.disliked,
        *person.item_ids("seen"),
    }
    excluded = {g.casefold() for g in request.constraints.exclude.get("genre", ())}
    for r in found:
        assert abs(sum(c.value for c in r.contributions) - r.score) < 1e-5
        assert len({c.granularity for c in r.contributions}) == len(r.contributions)
        assert r.item.id not in unwanted
        assert not excluded & {g.casefold() for g in r.item.attributes["genre"]}
        assert 1 <= len(r.evidence) <= 4
        for evidence in r.evidence:
            check_evidence(evidence, r.item, request, person, workspace, graph)
        for c in r.contributions:
            assert c.simulated == (c.granularity in (Granularity.BEHAVIOUR, Granularity.POPULARITY))
    if not answer.relaxed:
        for r in found:
            for facet, values in request.constraints.include.items():
                assert not values or set(values) & set(r.item.attributes[facet])
            if request.constraints.year_from:
                assert r.item.year >= request.constraints.year_from
            if "runtime" in request.constraints.number_max:
                assert r.item.numbers["runtime"] <= request.constraints.number_max["runtime"]
    again = recommender.recommend(request, person)
    assert again == answer


def test_less_violent_like_heat_stays_near_heat_and_is_less_violent(recommender, built):
    request = RecommendRequest(
        seeds=("film:0",), text="something like Heat but less violent", less=("violent",)
    )
    answer = recommender.recommend(request, NOBODY)
    assert len(answer.recommendations) == 5
    assert not answer.relaxed
    heat = built[0].item("film:0")
    for r in answer.recommendations:
        assert r.item.numbers["violence"] < heat.numbers["violence"]
        assert any("less violent than Heat" in e.text for e in r.evidence)
        assert any(e.kind == "path" and "Heat" in e.names for e in r.evidence)
    same = [r for r in answer.recommendations if r.item.attributes["genre"] == heat.attributes["genre"]]
    assert len(same) >= 4


def test_less_violent_without_a_seed_means_little_violence(recommender):
    answer = recommender.recommend(RecommendRequest(less=("gory",), limit=20), NOBODY)
    assert max(r.item.numbers["violence"] for r in answer.recommendations) <= 1


def test_more_and_less_facet_words_move_the_answer(recommender):
    tense = recommender.recommend(RecommendRequest(more=("tense",), limit=8), NOBODY)
    assert all(r.item.attributes["mood"] == ("tense",) for r in tense.recommendations)
    assert all(any(e.text == "is tense, as you asked" for e in r.evidence) for r in tense.recommendations)
    funny = recommender.recommend(RecommendRequest(more=("funny",), less=("tense",), limit=8), NOBODY)
    assert all(r.item.attributes["genre"] == ("Comedy",) for r in funny.recommendations)
    assert all(r.item.attributes["mood"] != ("tense",) for r in funny.recommendations)


def test_words_that_are_no_facet_move_along_their_text(recommender):
    trenches = recommender.recommend(RecommendRequest(more=("trenches and soldiers",), limit=5), NOBODY)
    assert all(r.item.attributes["genre"] == ("War",) for r in trenches.recommendations)
    assert all(Granularity.TEXT in {c.granularity for c in r.contributions} for r in trenches.recommendations)


def test_text_alone_is_answered(recommender):
    answer = recommender.recommend(RecommendRequest(text="two people falling in love"), NOBODY)
    assert all(r.item.attributes["genre"] == ("Romance",) for r in answer.recommendations)


def test_the_profile_counts_only_when_it_is_asked_to(recommender):
    person = profile(*(interest(f"film:{k}") for k in (2, 6, 10)), interest("War", "genre", kind="stated"))
    with_profile = recommender.recommend(RecommendRequest(limit=8), person)
    assert all(r.item.attributes["genre"] == ("War",) for r in with_profile.recommendations)
    assert any("which you like" in e.text for r in with_profile.recommendations for e in r.evidence)
    without = recommender.recommend(RecommendRequest(limit=8, use_profile=False), person)
    nobody = recommender.recommend(RecommendRequest(limit=11), NOBODY)
    assert {r.item.id for r in without.recommendations} <= {r.item.id for r in nobody.recommendations}


def test_a_dislike_counts_against_its_like(recommender):
    request = RecommendRequest(limit=20)
    disliked = profile(*(interest(f"film:{k}", polarity=-1, kind="disliked") for k in (3, 7, 11, 15)))
    answer = recommender.recommend(request, disliked)
    romances = sum(r.item.attributes["genre"] == ("Romance",) for r in answer.recommendations)
    before = recommender.recommend(request, NOBODY)
    assert romances < sum(r.item.attributes["genre"] == ("Romance",) for r in before.recommendations)


def test_an_interest_of_another_scene_does_not_count(recommender):
    person = profile(interest("War", "genre", kind="stated", scene="work"))
    home = recommender.recommend(RecommendRequest(scene="home"), person)
    assert not any(
        c.granularity == Granularity.ATTRIBUTES for r in home.recommendations for c in r.contributions
    )
    work = recommender.recommend(RecommendRequest(scene="work"), person)
    assert all(r.item.attributes["genre"] == ("War",) for r in work.recommendations)


def test_what_cannot_be_met_is_relaxed_and_said(recommender):
    wanted = Constraints(include={"genre": ("Crime",), "mood": ("purple",)}, number_max={"runtime": 100.0})
    answer = recommender.recommend(RecommendRequest(constraints=wanted), NOBODY)
    assert answer.relaxed == ("mood purple",)
    assert all(r.item.attributes["genre"] == ("Crime",) for r in answer.recommendations)
    assert all(r.item.numbers["runtime"] <= 100 for r in answer.recommendations)
    assert not any("purple" in e.text for r in answer.recommendations for e in r.evidence)


def test_numbers_are_given_up_before_facets(recommender):
    wanted = Constraints(
        include={"director": ("Director 5",)}, year_from=1960, year_to=1965, number_max={"runtime": 90}
    )
    answer = recommender.recommend(RecommendRequest(constraints=wanted), NOBODY)
    assert answer.relaxed
    assert all("director" not in text for text in answer.relaxed)
    assert all(r.item.attributes["director"] == ("Director 5",) for r in answer.recommendations)


def test_exclusion_is_never_relaxed(recommender):
    everything = Constraints(exclude={"genre": tuple(GENRES)})
    answer = recommender.recommend(RecommendRequest(constraints=everything), NOBODY)
    assert answer.recommendations == ()


def test_facets_are_matched_without_case(recommender):
    answer = recommender.recommend(
        RecommendRequest(constraints=Constraints(include={"Genre": ("cRIME",)})), NOBODY
    )
    assert not answer.relaxed
    assert all(r.item.attributes["genre"] == ("Crime",) for r in answer.recommendations)


def test_unknown_seeds_are_said(recommender):
    answer = recommender.recommend(RecommendRequest(seeds=("film:none",)), NOBODY)
    assert len(answer.recommendations) == 5
    assert any("not in this catalogue" in text for text in answer.degraded)


def test_a_graph_that_is_away_is_said_and_takes_no_part(built, encoder, recommender):
    workspace, _ = built
    request = RecommendRequest(seeds=("film:0",))
    for away in (
        Recommender.open(workspace, Away(), encoder),
        _lost(recommender, workspace, encoder, built[1], GraphUnavailable),
        _lost(recommender, workspace, encoder, built[1], GraphError),
    ):
        answer = away.recommend(request, NOBODY)
        assert NO_GRAPH in answer.degraded
        assert len(answer.recommendations) == 5
        for r in answer.recommendations:
            assert Granularity.GRAPH not in {c.granularity for c in r.contributions}
            assert all(e.kind != "path" for e in r.evidence)
        assert away.explain("film:4", request, NOBODY).evidence
    assert NO_GRAPH not in recommender.recommend(request, NOBODY).degraded


def _lost(recommender, workspace, encoder, graph: KnowledgeGraph, error: type[GraphError]):
    opened = Recommender.open(workspace, graph, encoder)
    opened.graph = Away(error)
    return opened


def test_explain_agrees_with_recommend(recommender):
    request = RecommendRequest(seeds=("film:0",), more=("stylish",))
    for r in recommender.recommend(request, NOBODY).recommendations:
        again = recommender.explain(r.item.id, request, NOBODY)
        assert again.score == pytest.approx(r.score)
        assert again.evidence == r.evidence


def test_an_unknown_item_cannot_be_explained_or_compared(recommender):
    for call in (
        lambda: recommender.explain("x", RecommendRequest(), NOBODY),
        lambda: recommender.similar("x"),
    ):
        with pytest.raises(UnknownItemError, match="Search for its title"):
            call()


def test_similar_items_share_something(recommender):
    answer = recommender.similar("film:0", 6)
    assert len(answer.recommendations) == 6
    for r in answer.recommendations:
        assert any(e.kind == "path" and "Heat" in e.names for e in r.evidence)


def test_search_finds_titles_values_and_meaning(recommender):
    assert recommender.search("heat")[0].title == "Heat"
    assert recommender.search("Pictur 17")[0].title == "Picture 17"
    directed = recommender.search("films by Director 5", limit=4)
    assert all("Director 5" in item.attributes["director"] for item in directed)
    meant = recommender.search("soldiers at the front", limit=5)
    assert all(item.attributes["genre"] == ("War",) for item in meant)
    crime_only = Constraints(include={"genre": ("Crime",)}, number_max={"runtime": 100})
    found = recommender.search("soldiers at the front", crime_only, limit=5)
    assert found
    assert all(i.attributes["genre"] == ("Crime",) and i.numbers["runtime"] <= 100 for i in found)
    assert len(recommender.search("", limit=3)) == 3
    assert recommender.search("heat", Constraints(include={"genre": ("none",)})) == []


def test_facet_values_count_items(recommender):
    values = recommender.facet_values()
    assert values["genre"] == {"Comedy": 40, "Crime": 40, "Romance": 40, "War": 40}
    assert sum(values["mood"].values()) == 160


def test_diversity_spreads_a_list_that_one_director_filled(built, encoder):
    workspace, graph = built
    request = RecommendRequest(seeds=("film:0",), limit=8)

    def directors(diversity):
        config = RecommenderConfig(rerank=RerankConfig(diversity=diversity))
        answer = Recommender.open(workspace, graph, encoder, config).recommend(request, NOBODY)
        return len({r.item.attributes["director"] for r in answer.recommendations})

    assert directors(0.6) > directors(0.0)


def test_without_interactions_it_recommends_and_says_so(tmp_path, encoder):
    items = make_items(40)
    workspace, graph = build(tmp_path, Catalogue("Films", "films", "test", items), encoder)
    try:
        cold = Recommender.open(workspace, graph, encoder)
        answer = cold.recommend(RecommendRequest(seeds=("film:0",)), NOBODY)
        assert NO_BEHAVIOUR in answer.degraded
        assert len(answer.recommendations) == 5
        assert Granularity.BEHAVIOUR not in {
            c.granularity for r in answer.recommendations for c in r.contributions
        }
        (workspace.models_dir / "text_tower.json").unlink()
        with pytest.raises(WorkspaceError, match="text_tower"):
            Recommender.open(workspace, graph, encoder)
    finally:
        graph.close()


def test_threads_get_the_same_answers(recommender):
    asked = [RecommendRequest(seeds=(f"film:{k}",), text=f"story {k}") for k in range(8)]
    expected = [recommender.recommend(r, NOBODY) for r in asked]
    wrong = []

    def ask(k):
        if recommender.recommend(asked[k], NOBODY) != expected[k]:
            wrong.append(k)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_title_in_the_text_is_no_description(recommender):
    """`Heat` in the words must not pull in texts about heat: the answer is that of the seed alone."""
    named = RecommendRequest(seeds=("film:0",), text="something like Heat")
    unnamed = RecommendRequest(seeds=("film:0",))
    assert recommender.recommend(named, NOBODY) == recommender.recommend(unnamed, NOBODY)
