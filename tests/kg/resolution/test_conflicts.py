from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from kg.resolution import conflicts, spoken
from kg.schema import Triple


def said(source: str, value: str, confidence: float = 0.9, day: date | None = None) -> Triple:
    return Triple(
        subject="film:heat",
        relation="year",
        object=value,
        source=source,
        confidence=confidence,
        last_seen=day,
    )


def speaks(triples: list[Triple], priority: tuple[str, ...] = ()) -> str:
    return spoken(triples, {"year"}, priority)["film:heat", "year"]


def test_the_configured_source_speaks_against_a_majority() -> None:
    triples = [said("a", "1995"), said("b", "1996"), said("c", "1996")]
    assert speaks(triples, ("a",)) == "1995"


def test_without_priority_more_sources_speak() -> None:
    assert speaks([said("a", "1995"), said("b", "1996"), said("c", "1996")]) == "1996"


def test_confidence_counts_with_the_sources() -> None:
    assert speaks([said("a", "1995", 1.0), said("b", "1996", 0.4), said("c", "1996", 0.4)]) == "1995"


def test_then_the_latest_then_the_least() -> None:
    assert (
        speaks([said("a", "1995", day=date(2026, 1, 2)), said("b", "1994", day=date(2026, 1, 1))]) == "1995"
    )
    assert speaks([said("a", "1995"), said("b", "1994")]) == "1994"


def test_every_value_is_kept_with_its_sources() -> None:
    (found,) = conflicts([said("a", "1995"), said("b", "1996"), said("c", "1995")], {"year"})
    assert [(claim.object, claim.sources) for claim in found.claims] == [
        ("1995", ("a", "c")),
        ("1996", ("b",)),
    ]


def test_agreement_and_other_relations_are_no_conflict() -> None:
    assert conflicts([said("a", "1995"), said("b", "1995")], {"year"}) == []
    assert conflicts([said("a", "1995"), said("b", "1996")], {"runtime"}) == []


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", "3"]), st.sampled_from([0.1, 0.5, 0.9]))
    ),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter(rows: list[tuple[str, str, float]], random: object) -> None:
    triples = [said(*row) for row in rows]
    shuffled = list(triples)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert conflicts(triples, {"year"}, ("b",)) == conflicts(shuffled, {"year"}, ("b",))
