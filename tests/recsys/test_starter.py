import hashlib
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from recsys.build import build_workspace
from recsys.catalogue import INTERACTION_SCHEMA, Catalogue
from recsys.catalogue_graph import slug
from recsys.schema import Item
from recsys.starter import catalogue as starter_catalogue
from recsys.starter import is_current, load_starter
from recsys.starter.catalogue import starter_items
from recsys.starter.profiles import Behaviour, ProfileSet, TasteProfile, load_profiles
from recsys.starter.simulate import fame, simulate
from recsys.workspace import Workspace


@pytest.fixture(scope="module")
def films() -> Catalogue:
    return load_starter("films", seed=7)


@pytest.fixture(scope="module")
def shop() -> Catalogue:
    return load_starter("shop", seed=7)


def digest(table: pl.DataFrame) -> str:
    return hashlib.sha256(table.write_csv().encode()).hexdigest()


def test_every_film_has_its_facts() -> None:
    items = starter_items("films")
    assert len(items) >= 1200
    assert len({item.id for item in items}) == len(items)
    assert [(i.year, i.title) for i in items] == sorted((i.year, i.title) for i in items)
    for item in items:
        assert item.id == f"film:{slug(item.title)}-{item.year}"
        assert item.kind == "film"
        assert item.year
        assert 1900 < item.year < 2026
        for facet in ("genre", "director", "writer", "country", "language", "theme", "mood", "audience"):
            assert item.attributes[facet], (item.id, facet)
        assert len(item.attributes["cast"]) >= 3, item.id
        assert 20 <= item.numbers["runtime"] <= 600
        assert item.numbers["violence"] in (0, 1, 2, 3)
        assert item.attributes["audience"][0] in ("all", "teen", "adult")
        assert 8 <= len(item.description.split()) <= 32


def test_films_are_spread_over_decades_countries_and_genres() -> None:
    items = starter_items("films")
    decades = Counter((item.year or 0) // 10 for item in items)
    assert all(decades[d] >= 20 for d in range(192, 203))
    assert sum("USA" not in item.attributes["country"] for item in items) >= len(items) / 4
    assert len({c for item in items for c in item.attributes["country"]}) >= 40
    assert len({g for item in items for g in item.attributes["genre"]}) >= 20


def test_one_person_is_spelled_in_one_way() -> None:
    spelled: dict[str, set[str]] = {}
    for item in starter_items("films"):
        for facet in ("director", "cast", "writer"):
            for name in item.attributes[facet]:
                spelled.setdefault(re.sub(r"\W", "", slug(name)), set()).add(name)
    assert [names for names in spelled.values() if len(names) > 1] == []


def test_every_product_and_help_answer_is_whole(shop: Catalogue) -> None:
    assert len(shop.items) >= 400
    assert len({item.attributes["category"] for item in shop.items}) == 8
    for item in shop.items:
        assert item.numbers["price"] > 0
        assert all(item.attributes[f] for f in ("kind", "brand", "material", "feature")), item.id
        assert item.description
    assert len(shop.help_answers) >= 80
    assert len({answer.id for answer in shop.help_answers}) == len(shop.help_answers)
    anchors = set(re.findall(r"\{#([\w-]+)\}", shop.policy))
    assert {answer.policy for answer in shop.help_answers} <= anchors


def test_catalogues_say_that_behaviour_is_simulated(films: Catalogue, shop: Catalogue) -> None:
    for catalogue in (films, shop):
        assert catalogue.simulated
        assert any("simulated" in note for note in catalogue.notes)
        assert sum(item.popularity for item in catalogue.items) == catalogue.interactions.height
    assert films.name == "Tastegraph starter films"
    assert shop.name == "Fernwick Supply, an invented shop"


def test_behaviour_has_the_documented_shape(films: Catalogue, shop: Catalogue) -> None:
    for catalogue in (films, shop):
        table = catalogue.interactions
        assert dict(table.schema) == INTERACTION_SCHEMA
        known = {item.id for item in catalogue.items}
        assert set(table["item"]) <= known
        assert table.select("user", "item").is_unique().all()
        counts = table.group_by("user").len()["len"].to_numpy()
        assert len(counts) == 2000
        assert counts.min() >= 10
        assert counts.max() <= 80
        # Heavy tail: the mean lies above the median, and some meet several times as many as most.
        assert counts.mean() > np.median(counts)
        assert np.quantile(counts, 0.99) > 2.5 * np.median(counts)
        times = table.group_by("user", maintain_order=True).agg(pl.col("time").diff().min())["time"]
        assert times.min() >= 0  # type: ignore[operator]


def test_the_same_seed_gives_the_same_table_and_another_seed_another() -> None:
    items, profiles = starter_items("films")[:300], only_known(starter_items("films")[:300])
    one, two, three = (digest(simulate(items, profiles, seed)) for seed in (1, 1, 2))
    assert one == two != three


def only_known(items: list[Item]) -> ProfileSet:
    """A small profile set whose values all occur in `items`."""
    profiles = [
        TasteProfile(name="drama", about="Likes dramas more than anything.", weights={"genre": {"Drama": 3}}),
        TasteProfile(
            name="comedy", about="Likes comedies more than anything.", weights={"genre": {"Comedy": 3}}
        ),
    ]
    how = load_profiles("films").behaviour.model_copy(update={"people": 60, "most": 40, "quirks": 2})
    assert items
    return ProfileSet(behaviour=how, profiles=tuple(profiles))


def test_people_of_a_profile_meet_what_it_seeks() -> None:
    items = starter_items("films")
    horror = TasteProfile(name="h", about="Likes horror films above all.", weights={"genre": {"Horror": 3}})
    how = load_profiles("films").behaviour.model_copy(update={"people": 100})
    table = simulate(items, ProfileSet(behaviour=how, profiles=(horror,)), seed=3)
    scary = {item.id for item in items if "Horror" in item.attributes["genre"]}
    share = float(table["item"].is_in(list(scary)).mean())  # type: ignore[arg-type]
    assert share > 4 * len(scary) / len(items)


def test_profiles_are_documented_and_name_only_what_the_catalogue_has() -> None:
    for name, least in (("films", 24), ("shop", 16)):
        profiles = load_profiles(name)
        assert len(profiles.profiles) >= least
        values = {
            (facet, value)
            for item in starter_items(name)  # type: ignore[arg-type]
            for facet, found in item.attributes.items()
            for value in found
        } | {("decade", f"{(item.year or 0) // 10 * 10}s") for item in starter_items(name)}  # type: ignore[arg-type]
        for profile in profiles.profiles:
            assert profile.about.endswith(".")
            for facet, weights in profile.weights.items():
                assert all((facet, value) in values for value in weights), profile.name


def test_a_profile_that_names_what_no_item_has_is_refused() -> None:
    profile = TasteProfile(name="x", about="Likes a genre nobody makes.", weights={"genre": {"Yodelling": 1}})
    how = load_profiles("films").behaviour
    with pytest.raises(ValueError, match="no item has genre 'Yodelling'"):
        simulate(starter_items("films"), ProfileSet(behaviour=how, profiles=(profile,)), 0)
    with pytest.raises(ValidationError, match="weights go from -3 to 3"):
        TasteProfile(name="x", about="Likes one genre far too much.", weights={"genre": {"Drama": 9}})
    with pytest.raises(ValidationError, match="least <= median <= most"):
        Behaviour(**{**how.model_dump(), "median": 500})


def test_fame_is_standardised_and_grows_with_the_people_of_a_film() -> None:
    items = starter_items("films")
    values = fame(items)
    assert abs(values.mean()) < 1e-9
    assert abs(values.std() - 1) < 1e-9
    by_id = dict(zip((item.id for item in items), values, strict=True))
    assert by_id["film:heat-1995"] > by_id["film:nanook-of-the-north-1922"]


@pytest.mark.slow
def test_a_starter_is_current_only_while_it_is_whole_and_of_this_data_and_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop"
    build_workspace(path, load_starter("shop", 7), 7, lambda line: None)
    built = Workspace.open(path)
    assert is_current(built, "shop", 7)
    assert not is_current(built, "shop", 8)
    assert not is_current(built, "films", 7)
    assert not is_current(built, "nothing of this name", 7)
    triples = built.build_dir / "triples.parquet"
    cards = sorted(built.models_dir.glob("*.json"))
    for lost in ([triples], [built.graph_path], cards, [cards[0].with_suffix(".safetensors")]):
        for file in lost:
            file.rename(f"{file}.away")
        assert not is_current(built, "shop", 7), lost
        for file in lost:
            Path(f"{file}.away").rename(file)
    assert is_current(built, "shop", 7)
    data = tmp_path / "data"
    shutil.copytree(Path(starter_catalogue.__file__).with_name("data"), data)
    monkeypatch.setattr(starter_catalogue, "_DATA", data)
    assert is_current(built, "shop", 7)
    with (data / "help.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert not is_current(built, "shop", 7)
