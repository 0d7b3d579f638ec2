import pytest

from kg.graph import GraphError
from kg.resolution import ResolutionConfig
from kg.resolution.blocking import Pair
from kg.resolution.fitting import LabelledPairs, fit_scorers
from kg.resolution.records import Records
from kg.resolution.resolve import resolve
from tests.kg.resolution.dumps import OURS, THEIRS, Film, films_dump

CONFIG = ResolutionConfig(trusted_identifiers=())
SEQUEL: Film = ("Salt Road 2", 1989, {"director": ["Petra Brandt"], "cast": ["Paul Osborne", "Kenneth Ladd"]})
DUMPS = [films_dump("ours", OURS), films_dump("theirs", (*THEIRS, SEQUEL))]
WRITTEN_OTHERWISE = {
    ("film:the-glass-harbour-1994", "film:glass-harbour-the"),
    ("film:harbour-nights-1996", "film:harbour-nights"),
    ("person:kenneth-maddox", "person:ken-maddox"),
}


@pytest.fixture(scope="module")
def shown() -> LabelledPairs:
    """What has one id is one, what is in the list too, everything else is two."""
    records = Records(DUMPS)

    def same(pair: Pair) -> bool:
        one, other = (records.keys[number][1] for number in pair)
        return one == other or (one, other) in WRITTEN_OTHERWISE

    return LabelledPairs(records, same)


def sequel(records: Records) -> Pair:
    return records.number["ours", "film:salt-road-1988"], records.number["theirs", "film:salt-road-2-1989"]


def test_scorers_of_one_s_own_find_what_they_were_shown(shown: LabelledPairs) -> None:
    fitted = fit_scorers([shown], [shown], CONFIG)
    assert fitted.f1 == {"item": 1.0, "person": 1.0}
    assert fitted.pairs["item, train"] == fitted.pairs["item, validation"] >= 4
    found = resolve(DUMPS, CONFIG, fitted.scorers)
    number = found.records.number
    for one, other in WRITTEN_OTHERWISE:
        assert found.roots[number["ours", one]] == found.roots[number["theirs", other]]
    first, second = sequel(found.records)
    assert found.roots[first] != found.roots[second]


def test_pairs_that_count_nothing_teach_nothing(shown: LabelledPairs) -> None:
    wrong = sequel(shown.records)

    def misled(pair: Pair) -> bool | None:
        return True if pair == wrong else shown.same(pair)

    def threshold_f1(told: LabelledPairs) -> float:
        return fit_scorers([shown], [told], CONFIG).f1["item"]

    assert threshold_f1(LabelledPairs(shown.records, misled)) < 1
    assert threshold_f1(LabelledPairs(shown.records, misled, {wrong: 0.0})) == 1


def test_labels_of_one_sort_are_refused(shown: LabelledPairs) -> None:
    ones = LabelledPairs(shown.records, lambda pair: True if shown.same(pair) else None)
    with pytest.raises(GraphError, match="one sort is missing"):
        fit_scorers([ones], [ones], CONFIG)
