import numpy as np
import polars as pl
import pytest

from recsys.attributes import attribute_matrix, item_text
from recsys.catalogue import INTERACTION_SCHEMA, no_interactions
from recsys.constraints import Clause, ItemIndex, clauses_of, excluded_mask, satisfy
from recsys.interactions import meeting_matrix, meetings
from recsys.qualities import COMPARISONS, FACET_WORDS, QUALITIES, normal_word
from recsys.schema import Constraints, Item, Profile, RecommendRequest
from recsys.wishes import left_to_say, read_wishes

ITEMS = [
    Item(
        id="a",
        title="Kettle",
        attributes={"brand": ("Ora",), "colour": ("Red", "Blue")},
        numbers={"price": 20.0},
    ),
    Item(id="b", title="Pan", attributes={"brand": ("ORA",)}, numbers={"price": 50.0}, year=2001),
    Item(id="c", title="Cup", attributes={"colour": ("red",)}, numbers={"price": 80.0}, year=2004),
    Item(id="d", title="Lamp", numbers={}),
]
INDEX = ItemIndex(ITEMS)


def clause(text, met, importance=0):
    return Clause(text, np.array(met, dtype=bool), importance)


def table(*rows):
    return pl.DataFrame(rows, schema=INTERACTION_SCHEMA, orient="row")


def test_facets_and_numbers_become_masks():
    wanted = Constraints(
        include={"Brand": ("ora",), "colour": ("RED", "green")}, number_max={"price": 60}, year_from=2001
    )
    masks = {c.text: list(c.mask) for c in clauses_of(wanted, INDEX)}
    assert masks == {
        "Brand ora": [True, True, False, False],
        "colour RED or green": [True, False, True, False],
        "price at most 60": [True, True, False, False],
        "from 2001 on": [False, True, True, False],
    }
    assert list(excluded_mask(Constraints(exclude={"colour": ("red",)}), INDEX)) == [True, False, True, False]


def test_a_number_that_nothing_has_is_met_by_nothing():
    assert not INDEX.within("weight", None, 3.0).any()
    assert not INDEX.has_number("weight")
    assert INDEX.has_number("price")


def test_nothing_is_given_up_when_all_can_be_met():
    met, dropped = satisfy(np.ones(3, bool), [clause("x", [1, 1, 0]), clause("y", [0, 1, 1])])
    assert list(met) == [False, True, False]
    assert not dropped


def test_the_least_important_is_given_up_and_only_as_much_as_needed():
    facet, number, other = clause("f", [1, 0, 0], 1), clause("n", [0, 1, 0]), clause("o", [1, 1, 1])
    met, dropped = satisfy(np.ones(3, bool), [facet, number, other])
    assert [c.text for c in dropped] == ["n"]
    assert list(met) == [True, False, False]


def test_only_the_impossible_one_is_given_up():
    impossible, possible = clause("f", [0, 0, 0], 1), clause("n", [0, 1, 0])
    met, dropped = satisfy(np.ones(3, bool), [impossible, possible])
    assert [c.text for c in dropped] == ["f"]
    assert list(met) == [False, True, False]


def test_what_is_excluded_stays_out_whatever_is_given_up():
    allowed = np.array([False, False, True])
    met, _ = satisfy(allowed, [clause("x", [1, 0, 0]), clause("y", [0, 1, 0])])
    assert list(met) == [False, False, True]
    nothing, dropped = satisfy(np.zeros(3, bool), [clause("x", [1, 0, 0])])
    assert not nothing.any()
    assert not dropped


def test_many_clauses_are_given_up_in_order():
    clauses = [clause(str(k), np.arange(30) == k) for k in range(20)]
    met, dropped = satisfy(np.ones(30, bool), clauses)
    assert len(dropped) == 19
    assert list(np.flatnonzero(met)) == [19]


def test_less_expensive_than_a_seed_is_strictly_below_its_price():
    wishes = read_wishes(RecommendRequest(less=("Too expensive!",)), Profile(user="u"), INDEX, [ITEMS[1]])
    (limit,) = wishes.limits
    assert limit.text == "cheaper than Pan"
    assert list(limit.clause(INDEX).mask) == [True, False, False, False]


def test_cheap_is_the_opposite_of_expensive():
    cheap = read_wishes(RecommendRequest(more=("cheap",)), Profile(user="u"), INDEX, [ITEMS[2]]).limits
    dear = read_wishes(RecommendRequest(less=("expensive",)), Profile(user="u"), INDEX, [ITEMS[2]]).limits
    assert cheap == dear


def test_below_the_lowest_is_as_low_as_the_lowest():
    wishes = read_wishes(RecommendRequest(less=("pricey",)), Profile(user="u"), INDEX, [ITEMS[0]])
    assert list(wishes.limits[0].clause(INDEX).mask) == [True, False, False, False]
    assert "Kettle" not in wishes.limits[0].text


def test_words_are_facets_or_else_text():
    wishes = read_wishes(RecommendRequest(more=("red",), less=("shiny",)), Profile(user="u"), INDEX, [])
    assert wishes.asked == {("colour", "red"): 1.0}
    assert wishes.less == ["shiny"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("something like Pan but less Expensive, please", ""),
        ("like pan, but for camping", "like , but for camping"),
        ("a panorama camera", "a panorama camera"),
        ("", ""),
    ],
)
def test_what_is_understood_is_not_said_again(text, left):
    assert left_to_say(RecommendRequest(text=text, less=("expensive",)), [ITEMS[1]]) == left


def test_every_quality_can_be_compared_in_words():
    assert {quality.number for quality in QUALITIES.values()} <= set(COMPARISONS)
    assert all(word == normal_word(word) for word in [*QUALITIES, *FACET_WORDS])


def test_attributes_of_one_item_only_are_left_out():
    matrix, names = attribute_matrix(ITEMS)
    assert names == [("brand", "ora"), ("colour", "red"), ("decade", "2000s")]
    assert matrix.toarray().tolist() == [[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 1, 0]]
    empty, none = attribute_matrix(ITEMS[3:])
    assert empty.shape == (0, 1)
    assert none == []


def test_item_text_has_what_it_is_about_and_not_the_people():
    item = Item(
        id="x",
        title="Heat",
        year=1995,
        description="word " * 100,
        attributes={"director": ("Michael Mann",), "genre": ("crime",)},
    )
    text = item_text(item)
    assert text.startswith("crime. word")
    assert "Heat" not in text
    assert "Mann" not in text
    assert len(text.split()) < 40


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("u", "a", 5.0, None, "rating"), ("u", "b", 3.0, None, "rating")], {"a"}),
        (
            [("u", "a", 3.5, None, "rating"), ("u", "b", 0.5, None, "rating"), ("u", "c", 1.0, None, "view")],
            {"a", "c"},
        ),
        ([("u", "a", 300.0, None, "listen"), ("u", "b", 1.0, None, "listen")], {"a", "b"}),
        ([("u", "a", 90.0, None, "rating"), ("u", "b", 10.0, None, "rating")], {"a", "b"}),
        ([("u", "a", 1.0, None, "rating"), ("u", "b", 1.0, None, "rating")], {"a", "b"}),
    ],
)
def test_only_a_low_rating_on_a_star_scale_is_no_meeting(rows, kept):
    assert set(meetings(table(*rows))["item"]) == kept


def test_the_meeting_matrix_has_each_pair_once_and_no_unknown_item():
    rows = table(
        ("v", "a", 1.0, None, "view"),
        ("v", "a", 1.0, None, "buy"),
        ("u", "c", 1.0, None, "view"),
        ("u", "zzz", 1.0, None, "view"),
    )
    assert meeting_matrix(ITEMS, rows).toarray().tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert meeting_matrix(ITEMS, no_interactions()).shape == (0, 4)
