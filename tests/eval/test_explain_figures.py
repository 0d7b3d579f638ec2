"""Reasons are judged against the tables: true ones hold, every kind of false one is found."""

from contextlib import closing

import pytest

from eval.explain_figures.counterfactual import _compared, _Effects, _falls
from eval.explain_figures.explainers import BecauseYouLiked, Explained, because_popular, ours
from eval.explain_figures.people import from_history, with_wish
from eval.explain_figures.proof import Proof
from eval.simulated.tastes import draw_tastes
from kg.schema import Entity, Path
from kg.stores.ladybug import LadybugGraph
from recsys.recommender import Recommender
from recsys.schema import Evidence
from recsys.workspace import Workspace


@pytest.fixture(scope="module")
def films(starter_films):
    return Workspace.open(starter_films)


@pytest.fixture(scope="module")
def recommender(films):
    with closing(LadybugGraph(films.graph_path, read_only=True)) as graph:
        yield Recommender.open(films, graph)


@pytest.fixture(scope="module")
def tastes(films):
    return draw_tastes(films.items, films.interactions, 4, 0)


@pytest.fixture(scope="module")
def asked(recommender, tastes):
    return [make(recommender, taste) for taste in tastes for make in (from_history, with_wish)]


@pytest.fixture(scope="module")
def proof(films):
    return Proof(films)


def test_every_reason_of_ours_is_borne_out(asked, proof):
    judged = [
        (one.recommendation.item.label, reason.text, proof.verdict(one, reason, each.wanted).why)
        for each in asked
        for one in each.explained(ours)
        for reason in one.reasons
    ]
    assert len(judged) > 40
    assert [one for one in judged if one[2]] == []


def paths(asked):
    return [
        (one, reason)
        for each in asked
        for one in each.explained(ours)
        for reason in one.reasons
        if reason.kind == "path" and len(reason.path.entities) == 3
    ]


def why(proof, explained, reason):
    return proof.verdict(explained, reason).why


def test_a_path_with_a_false_edge_end_or_name_is_found(asked, proof):
    one, reason = paths(asked)[0]
    assert why(proof, one, reason) == ""
    start, middle, end = reason.path.entities
    relations = reason.path.relations
    stranger = Entity(id="person:nobody", kind="person", name="Nobody")

    def with_path(entities, relations, names=reason.names):
        return reason.model_copy(
            update={"path": Path(entities=entities, relations=relations), "names": names}
        )

    assert "no edge" in why(proof, one, with_path((start, stranger, end), relations))
    assert "no edge" in why(proof, one, with_path((start, middle, end), ("composer", relations[1])))
    assert "no simple walk" in why(proof, one, with_path((start, middle, start), relations))
    assert "not on the path" in why(proof, one, with_path((start, middle, end), relations, ("Nobody",)))
    others = Explained(one.person, one.recommendation, (), one.reasons)
    assert "nothing that the person liked" in why(proof, others, reason)
    elsewhere = next(o for o, _ in paths(asked) if o.recommendation.item.id not in {start.id, end.id})
    assert why(proof, elsewhere, reason) == "the item is at no end"


def test_false_claims_of_history_value_and_popularity_are_found(asked, proof, films):
    one = next(e for each in asked for e in each.explained(ours))
    item = one.recommendation.item
    stranger = next(i.id for i in films.items if i.id not in one.history and i.id != item.id)
    told = Evidence(
        kind="history", text="is liked by people who like it", entity_ids=(stranger,), names=("it",)
    )
    assert why(proof, one, told) == "the person did not like it"
    value = Evidence(kind="attribute", text="is directed by Nobody", entity_ids=(item.id,), names=("Nobody",))
    assert why(proof, one, value) == "the item does not have Nobody"
    genre = item.attributes["genre"][0]
    claimed = Evidence(kind="attribute", text=f"counts as {genre}, as you asked", names=(genre,))
    assert why(proof, one, claimed) == f"nobody asked for {genre}"
    assert proof.verdict(one, claimed, [("genre", genre)]).borne_out
    counts = {i: len(people) for i, people in proof._people.items()}
    rare, popular = min(counts, key=counts.get), max(counts, key=counts.get)
    for found, holds in ((rare, False), (popular, True)):
        recommendation = one.recommendation.model_copy(update={"item": films.item(found)})
        said = because_popular("", recommendation, ())
        assert proof.verdict(Explained("p", recommendation, (), said), said[0]).borne_out is holds


def test_the_cited_item_matters_more_than_others_and_one_by_chance_does_not(recommender, tastes, films):
    titles = {item.id: item.title for item in films.items}
    counts = {item.id: item.popularity for item in films.items}
    explainers = {
        "ours": ours,
        "chance": BecauseYouLiked(titles, counts, by_chance=True),
        "popular": because_popular,
    }
    falls = {name: [] for name in explainers}
    for taste in tastes:
        each = from_history(recommender, taste)
        known = _Effects(recommender, each)
        for name, explain in explainers.items():
            found, cites = _falls(each, explain, known, 0)
            falls[name] += found
            assert any(cites) == (name != "popular")
    assert falls["popular"] == []
    cited, chance = _compared(falls["ours"]), _compared(falls["chance"])
    assert cited.difference > 0.0
    assert cited.difference > 2 * abs(chance.difference)


def test_shares_add_up_to_the_score_that_ranks(asked, recommender):
    for each in asked:
        for one in each.recommendations:
            _, _, score = recommender.place_of(one.item.id, each.request, each.profile)
            assert sum(share.value for share in one.contributions) == pytest.approx(score, abs=1e-5)
