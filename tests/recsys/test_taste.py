from datetime import UTC, datetime, timedelta

import pytest

from recsys.schema import Granularity, Interest, Item, Profile, RecommendRequest
from recsys.taste import FADED, counting, nearest_first, subject_key, tensions

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def interest(subject, days=0.0, polarity=1, facet="genre", **more):
    values = {"id": f"{subject}-{days}", "user": "ann", "kind": "stated", **more}
    return Interest(
        subject=subject, facet=facet, polarity=polarity, time=NOW - timedelta(days=days), **values
    )


def of(*interests):
    return Profile(user="ann", interests=interests)


@pytest.mark.parametrize(
    ("kind", "half_life"), [("stated", 730), ("liked", 365), ("disliked", 365), ("skipped", 1)]
)
def test_a_weight_halves_with_every_half_life(kind, half_life):
    for times in range(4):
        one = interest("x", days=times * half_life, kind=kind, strength=0.8)
        assert one.weight(NOW) == pytest.approx(0.8 * 0.5**times)


def test_what_was_seen_stays_seen_and_what_was_for_tonight_goes_with_the_night():
    assert interest("x", days=5000, kind="seen").weight(NOW) == 1.0
    assert interest("x", days=3, scene="tonight").weight(NOW) == 0.125


def test_a_weight_holds_for_a_day_and_never_exceeds_the_strength():
    one = interest("x", days=100, strength=0.5)
    assert one.weight(NOW) == one.weight(NOW + timedelta(hours=11))
    assert one.weight(NOW - timedelta(days=500)) == 0.5
    assert one.weight(NOW.replace(tzinfo=None)) == one.weight(NOW)


@pytest.mark.parametrize(
    ("facet", "grain"),
    [("item", "item"), ("director", "entity"), ("person", "entity"), ("brand", "entity"), ("Genre", "attribute"),
     ("colour", "attribute"), ("text", "text")],
)  # fmt: skip
def test_granularity_follows_the_facet(facet, grain):
    assert interest("x", facet=facet).granularity == grain


def test_a_record_from_before_the_fields_is_read():
    old = (
        '{"id":"a","user":"ann","subject":"horror","subject_id":null,"facet":"genre","polarity":-1,"strength":1.0,'
        '"kind":"stated","sentence":"no horror","time":"2026-01-01T00:00:00Z"}'
    )
    read = Interest.model_validate_json(old)
    assert (read.scene, read.granularity, read.half_life_days) == ("default", "attribute", 730.0)
    assert Interest.model_validate_json(read.model_dump_json()) == read
    assert {"granularity", "half_life_days", "scene"} <= set(read.model_dump())


def test_one_subject_however_it_is_put():
    keys = {
        subject_key(interest(words))
        for words in ("horror", "Horror films", "the horror genre", " HORROR movie ")
    }
    assert len(keys) == 1
    assert subject_key(interest("horror", facet="text")) in keys
    assert subject_key(interest("horror", kind="seen")) not in keys
    assert subject_key(interest("horror", scene="kids")) not in keys
    assert subject_key(interest("films")) != subject_key(interest("things"))


def test_a_scene_counts_where_it_is_asked_for():
    profile = of(interest("horror", polarity=-1, scene="kids"), interest("horror"), interest("war"))
    assert [(i.subject, i.polarity) for i in counting(profile, "default", NOW).interests] == [
        ("horror", 1),
        ("war", 1),
    ]
    assert [(i.subject, i.polarity) for i in counting(profile, "kids", NOW).interests] == [
        ("horror", -1),
        ("war", 1),
    ]
    assert [i.subject for i in counting(profile, "gift", NOW).interests] == ["horror", "war"]


def test_what_has_faded_counts_no_more_and_what_was_weak_from_the_start_does():
    weak = interest("weak", strength=FADED / 2)
    gone = interest("gone", days=730 * 4.1)
    half = interest("half", days=730)
    counted = counting(of(weak, gone, half), "default", NOW).interests
    assert [(i.subject, i.strength) for i in counted] == [("weak", FADED / 2), ("half", 0.5)]


ALIEN = Item(
    id="alien", title="Alien", year=1979, attributes={"genre": ("Horror",), "director": ("Ridley Scott",)}
)


def test_a_loved_film_of_a_hated_genre_is_said_and_both_stand():
    loved = interest("Alien (1979)", facet="item", subject_id="alien", kind="liked")
    hated = interest("horror", polarity=-1)
    also = interest("Ridley Scott", facet="person")
    (found,) = tensions([hated, loved, also], {"alien": ALIEN}.get)
    assert (found.nearer, found.wider) == (loved, hated)
    assert "You like Alien (1979), though you dislike horror" in found.text
    assert tensions([hated, loved], {}.get) == []
    assert tensions([interest("horror"), loved], {"alien": ALIEN}.get) == []
    seen = loved.model_copy(update={"kind": "seen"})
    assert tensions([hated, seen], {"alien": ALIEN}.get) == []


def test_the_nearer_speaks_first():
    text, genre, item = interest("a", facet="text"), interest("b"), interest("c", facet="item")
    assert nearest_first([text, genre, item]) == [item, genre, text]


def shares(recommender, item, profile, **request):
    found = recommender.explain(item, RecommendRequest(**request), profile)
    assert sum(part.value for part in found.contributions) == pytest.approx(found.score)
    return {part.granularity: part.value for part in found.contributions}


def test_the_share_of_a_taste_halves_with_its_half_life(recommender):
    item = recommender.workspace.items[0]
    genre = item.attributes["genre"][0]
    asked = {"context": {"time": NOW}}
    fresh, old = (shares(recommender, item.id, of(interest(genre, days=d)), **asked) for d in (0, 730))
    assert fresh[Granularity.ATTRIBUTES] > 0
    assert old[Granularity.ATTRIBUTES] == pytest.approx(fresh[Granularity.ATTRIBUTES] / 2)
    gone = shares(recommender, item.id, of(interest(genre, days=730 * 5)), **asked)
    assert Granularity.ATTRIBUTES not in gone


def test_an_old_like_pulls_less_and_the_shares_still_sum(recommender):
    one, other = recommender.workspace.items[0], recommender.workspace.items[4]
    asked = {"context": {"time": NOW}}
    pulls = []
    for days in (0, 365, 730, 365 * 5):
        like = interest(one.label, days, facet="item", subject_id=one.id, kind="liked")
        found = shares(recommender, other.id, of(like), **asked)
        pulls.append(abs(found.get(Granularity.BEHAVIOUR, 0.0)) + abs(found.get(Granularity.GRAPH, 0.0)))
    assert pulls == sorted(pulls, reverse=True)
    assert pulls[0] > pulls[1] > pulls[2] > pulls[3] == 0.0


def test_what_is_thought_of_an_item_comes_before_what_is_thought_of_its_kind(recommender):
    item = recommender.workspace.items[0]
    hated = interest(item.attributes["genre"][0], polarity=-1)
    loved = interest(item.label, facet="item", subject_id=item.id, kind="liked")
    assert shares(recommender, item.id, of(hated))[Granularity.ATTRIBUTES] < 0
    assert shares(recommender, item.id, of(hated, loved)).get(Granularity.ATTRIBUTES, 0.0) == 0.0


def test_what_was_passed_over_comes_again_after_some_days_and_what_is_disliked_does_not(recommender):
    ids = [item.id for item in recommender.workspace.items]
    request = RecommendRequest(context={"time": NOW}, limit=50)

    def offered(kind, days):
        one = interest("x", days, -1, facet="item", subject_id=ids[0], kind=kind, strength=0.3)
        return ids[0] in {r.item.id for r in recommender.recommend(request, of(one)).recommendations}

    assert not offered("skipped", 0)
    assert offered("skipped", 10)
    assert not offered("disliked", 3000)
