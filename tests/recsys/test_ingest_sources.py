import json
from pathlib import Path

import pytest

from recsys.errors import SourceError
from recsys.ingest import ADAPTERS, load
from tests.parts import shared_data


def test_s3rec_order_is_time_and_items_are_anonymous(tmp_path: Path) -> None:
    (tmp_path / "Beauty.txt").write_text("1 4 9 4\n2 9 5\n")
    (tmp_path / "Beauty_item2attributes.json").write_text('{"4": [12, 3, 12], "8": [1]}')
    catalogue = load("s3rec", tmp_path, {"name": "Beauty"})
    assert [item.title for item in catalogue.items] == [f"Beauty item {n}" for n in (4, 5, 8, 9)]
    assert catalogue.items[0].attributes == {"attribute": ("attribute 12", "attribute 3")}
    assert catalogue.interactions.rows() == [
        ("1", "product:4", 1.0, 0, "review"),
        ("1", "product:9", 1.0, 1, "review"),
        ("1", "product:4", 1.0, 2, "review"),
        ("2", "product:9", 1.0, 0, "review"),
        ("2", "product:5", 1.0, 1, "review"),
    ]


def test_s3rec_bad_rows(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="--name Beauty or --name Sports"):
        load("s3rec", tmp_path)
    (tmp_path / "Beauty.txt").write_text("1 4 9\n2\n1 5 x\n1 7\n")
    (tmp_path / "Beauty_item2attributes.json").write_text('{"four": [1], "4": ["a"]}')
    with pytest.raises(SourceError) as caught:
        load("s3rec", tmp_path, {"name": "Beauty"})
    text = str(caught.value)
    assert (
        'Beauty.txt, line 2: expected a user number and item numbers between single spaces, found "2"' in text
    )
    assert "Beauty.txt, line 3: expected" in text
    assert "Beauty.txt, line 4, column user: expected a user met only once (line 1)" in text
    assert 'column item: expected an item number, found "four"' in text
    assert "column attributes of item 4: expected a list of integers" in text


def write_rocket(folder: Path, kg: str) -> None:
    for scene, rows in (("view", "0\t0\n0\t1\n"), ("cart", "0\t1\n"), ("buy", "0\t1\n")):
        (folder / f"train_{scene}.tsv").write_text(f"user\titem\n{rows}")
    (folder / "test.tsv").write_text("user\titem\n0\t7\n")
    (folder / "kg.txt").write_text(kg)


def test_retail_rocket_scenes_links_and_held_out_purchases(tmp_path: Path) -> None:
    write_rocket(tmp_path, "0 0 0\n0 0 1\n1 0 0\n1 2 7\n7 2 1\n")
    catalogue = load("retail-rocket", tmp_path)
    assert [item.id for item in catalogue.items] == ["product:0", "product:1", "product:7"]
    assert catalogue.interactions["scene"].to_list() == ["view", "view", "cart", "buy"]
    assert "product:7" not in catalogue.interactions["item"].to_list()
    assert catalogue.links.rows() == [
        ("product:0", "viewed_with", "product:1"),
        ("product:1", "bought_with", "product:7"),
    ]


def test_retail_rocket_unknown_product_and_relation(tmp_path: Path) -> None:
    write_rocket(tmp_path, "0 0 55\n0 3 1\n")
    with pytest.raises(SourceError) as caught:
        load("retail-rocket", tmp_path)
    assert 'kg.txt, line 1, column tail: expected an id that the behaviour tables has, found "55"' in str(
        caught.value
    )
    assert "kg.txt, line 2, column relation: expected an integer from 0 to 2" in str(caught.value)


def test_lastfm_counts_names_and_graph(tmp_path: Path) -> None:
    (tmp_path / "user_artists.dat").write_text("userID\tartistID\tweight\n2\t51\t13883\n2\t52\t1\n")
    plain = load("lastfm-hetrec", tmp_path)
    assert plain.items[0].title == "Artist 51"
    assert plain.interactions["value"].to_list() == [13883.0, 1.0]
    (tmp_path / "artists.dat").write_text(
        'id\tname\turl\tpictureURL\n51\tDuran Duran\thttp://x\t\n52\t"Weird" Björk\thttp://y\thttp://z\n'
    )
    (tmp_path / "item_index2entity_id.txt").write_text("51\t0\n52\t1\n")
    (tmp_path / "kg.txt").write_text("0\tmusic.artist.origin\t900\n0\tmusic.artist.similar\t1\n")
    rich = load("lastfm-hetrec", tmp_path)
    assert [item.title for item in rich.items] == ["Duran Duran", '"Weird" Björk']
    assert rich.items[0].attributes == {"artist_origin": ("entity 900",)}
    assert rich.links.rows() == [("artist:51", "artist_similar", "artist:52")]


def test_wikipedia_films_and_their_bad_rows(tmp_path: Path) -> None:
    films = [
        {
            "title": "Heat",
            "year": 1995,
            "cast": ["Al Pacino"],
            "genres": ["Crime"],
            "extract": "A film.",
            "href": "H",
        },
        {
            "title": "Heat",
            "year": 1995,
            "cast": ["Al Pacino"],
            "genres": ["Crime"],
            "extract": "A film.",
            "href": "H",
        },
        {"title": "Heat", "year": 1995, "cast": [], "genres": [], "href": None},
    ]
    (tmp_path / "movies-1990s.json").write_text(json.dumps(films))
    catalogue = load("wikipedia-films", tmp_path)
    assert [item.id for item in catalogue.items] == ["film:heat-1995", "film:heat-1995-2"]
    assert catalogue.items[0].description == "A film."
    (tmp_path / "movies-1980s.json").write_text(json.dumps([films[0], {"title": "X", "year": "1981"}, 3]))
    with pytest.raises(SourceError) as caught:
        load("wikipedia-films", tmp_path)
    assert (
        'movies-1980s.json, column film 2.year: expected input should be a valid integer, found "1981"'
        in str(caught.value)
    )
    assert "column film 3" in str(caught.value)


def test_tau_retail_variants_become_facets(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    variant = {"item_id": "1", "options": {"color": "red", "size": "M"}, "available": False, "price": 10.0}
    other = {"item_id": "2", "options": {"color": "blue", "size": "M"}, "available": True, "price": 12.5}
    products = {"T-Shirt": {"name": "T-Shirt", "product_id": "9", "variants": {"1": variant, "2": other}}}
    (data / "products.json").write_text(json.dumps(products))
    order = {"user_id": "ann", "items": [{"product_id": "9"}, {"product_id": "9"}]}
    (data / "orders.json").write_text(json.dumps({"#W1": order}))
    (tmp_path / "wiki.md").write_text("# Policy\n")
    catalogue = load("tau-retail", tmp_path)
    shirt = catalogue.items[0]
    assert shirt.attributes == {"category": ("T-Shirt",), "colour": ("blue", "red"), "size": ("M",)}
    assert shirt.numbers == {"price": 12.5}
    assert catalogue.policy == "# Policy\n"
    assert catalogue.interactions.rows() == [("ann", "product:9", 1.0, None, "buy")]
    order["items"].append({"product_id": "77"})  # type: ignore[attr-defined]
    (data / "orders.json").write_text(json.dumps({"#W1": order}))
    with pytest.raises(SourceError, match=r'expected an id that products\.json has, found "77"'):
        load("tau-retail", tmp_path)


def test_every_adapter_says_what_it_needs() -> None:
    assert set(ADAPTERS) == {
        "ml-1m",
        "ml-latest-small",
        "ml-100k",
        "s3rec",
        "retail-rocket",
        "lastfm-hetrec",
        "wikipedia-films",
        "tau-retail",
        "table",
    }
    assert all(adapter.summary and adapter.from_points_to for adapter in ADAPTERS.values())


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("source", "folder", "options", "items", "interactions", "users"),
    [
        ("ml-1m", "ml-1m", {}, 3883, 1_000_209, 6040),
        ("ml-latest-small", "ml-latest-small", {}, 9742, 100_836, 610),
        ("ml-100k", "ml-100k", {}, 1682, 100_000, 943),
        ("s3rec", "s3rec", {"name": "Beauty"}, 12_101, 198_502, 22_363),
        ("retail-rocket", "retail-rocket", {}, 30_113, 97_381, 2174),
        ("lastfm-hetrec", "music/lastfm-hetrec", {}, 17_632, 92_834, 1892),
        ("tau-retail", "help-desk/tau_retail", {}, 50, 2714, 438),
    ],
)
def test_the_real_files_are_read_whole(
    source: str, folder: str, options: dict[str, str], items: int, interactions: int, users: int
) -> None:
    catalogue = load(source, shared_data() / folder, options)
    assert len(catalogue.items) == items
    assert catalogue.interactions.height == interactions
    assert catalogue.interactions["user"].n_unique() == users
    assert sum(item.popularity for item in catalogue.items) == interactions
