import json
from pathlib import Path

import pytest

from recsys.errors import SourceError
from recsys.ingest import load
from recsys.ingest.titles import clean_title

MOVIES_1M = (
    "1::Matrix, The (1999)::Action|Sci-Fi\n"
    "2::City of Lost Children, The (Cité des enfants perdus, La) (1995)::Adventure\n"
)
RATINGS_1M = "1::1::5::978300760\n1::2::3::978302109\n2::1::4::978301968\n"


@pytest.mark.parametrize(
    ("raw", "title", "year", "aliases"),
    [
        ("Matrix, The (1999)", "The Matrix", 1999, ()),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", 1995, ("Se7en",)),
        ("Postino, Il (The Postman) (1994)", "Il Postino", 1994, ("The Postman",)),
        ("Eye of Vichy, The (Oeil de Vichy, L') (1993)", "The Eye of Vichy", 1993, ("L'Oeil de Vichy",)),
        (
            "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)",
            "Léon: The Professional",
            1994,
            ("The Professional", "Léon"),
        ),
        ("Paris, France (1993)", "Paris, France", 1993, ()),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968, ()),
        ("1984 (Nineteen Eighty-Four) (1984)", "1984", 1984, ("Nineteen Eighty-Four",)),
        ("Babylon 5", "Babylon 5", None, ()),
        ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", 2006, ()),
        ("Dead Snow 2: Red vs. Dead (2014) ", "Dead Snow 2: Red vs. Dead", 2014, ()),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009, ()),
        ("(2010)", "(2010)", 2010, ()),
        ("", "", None, ()),
    ],
)
def test_titles(raw: str, title: str, year: int | None, aliases: tuple[str, ...]) -> None:
    assert clean_title(raw) == (title, year, aliases)


@pytest.fixture
def ml_1m(tmp_path: Path) -> Path:
    (tmp_path / "movies.dat").write_bytes(MOVIES_1M.encode("latin-1"))
    (tmp_path / "ratings.dat").write_text(RATINGS_1M, encoding="utf-8")
    return tmp_path


def test_ml_1m_official_files(ml_1m: Path) -> None:
    catalogue = load("ml-1m", ml_1m)
    matrix, city = catalogue.items
    assert (matrix.id, matrix.title, matrix.year, matrix.popularity) == ("film:1", "The Matrix", 1999, 2.0)
    assert matrix.numbers == {"rating": 4.5}
    assert matrix.attributes == {"genre": ("Action", "Sci-Fi")}
    assert city.aliases == ("La Cité des enfants perdus",)
    assert catalogue.interactions.row(0) == ("1", "film:1", 5.0, 978300760, "rating")
    assert not catalogue.simulated
    assert any("no plots" in note for note in catalogue.notes)


def test_ml_1m_metadata_adds_people_plots_and_facts(ml_1m: Path) -> None:
    record = {
        "movieId": 1,
        "Title": "The Matrix",
        "imdbID": "tt0133093",
        "Rated": "R",
        "Runtime": "136 min",
        "Genre": "Action, Sci-Fi, Thriller",
        "Director": "Lana Wachowski, Lilly Wachowski",
        "Writer": "Lilly Wachowski (written by), Lana Wachowski (story, and screenplay), Lilly Wachowski",
        "Actors": "Keanu Reeves, N/A",
        "Plot": "Two pills.",
        "Language": "English",
        "Country": "N/A",
    }
    (ml_1m / "metadata.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    matrix = load("ml-1m", ml_1m).items[0]
    assert matrix.attributes["genre"] == ("Action", "Sci-Fi", "Thriller")
    assert matrix.attributes["writer"] == ("Lilly Wachowski", "Lana Wachowski")
    assert matrix.attributes["rated"] == ("R",)
    assert "country" not in matrix.attributes
    assert matrix.numbers["runtime"] == 136.0
    assert matrix.description == "Two pills."
    assert matrix.aliases == ("tt0133093",)


def test_ml_1m_bad_rows_of_every_file_are_named_at_once(ml_1m: Path) -> None:
    with (ml_1m / "movies.dat").open("a", encoding="utf-8") as file:
        file.write("1::Twice (2000)::Drama\nthree::Bad id (2000)::Drama\n4::No genre field\n")
    with (ml_1m / "ratings.dat").open("a", encoding="utf-8") as file:
        file.write("1::77::5::978300760\n1::1::9::978300760\n")
    (ml_1m / "metadata.jsonl").write_text('{"movieId": "1"}\nnot json\n{"movieId": 1, "Runtime": "long"}\n')
    with pytest.raises(SourceError) as caught:
        load("ml-1m", ml_1m)
    text = str(caught.value)
    for expected in (
        "movies.dat, line 3, column MovieID: expected an id met only once (line 1 has it)",
        'movies.dat, line 4, column MovieID: expected an integer of at least 1, found "three"',
        "movies.dat, line 5: expected 3 fields between '::', found \"2: 4::No genre field\"",
        'ratings.dat, line 5, column rating: expected a number from 1 to 5, found "9"',
        "metadata.jsonl, line 1, column movieId: expected an integer",
        "metadata.jsonl, line 2: expected a JSON object",
        "metadata.jsonl, line 3, column Runtime: expected minutes such as 104 min",
    ):
        assert expected in text


def test_ml_1m_unknown_films_are_named_and_bad_films_do_not_echo_in_the_ratings(ml_1m: Path) -> None:
    with (ml_1m / "ratings.dat").open("a", encoding="utf-8") as file:
        file.write("1::77::5::978300760\n")
    (ml_1m / "metadata.jsonl").write_text('{"movieId": 99}\n')
    with pytest.raises(SourceError) as caught:
        load("ml-1m", ml_1m)
    assert 'ratings.dat, line 4, column movieId: expected an id that movies.dat has, found "77"' in str(
        caught.value
    )
    assert 'metadata.jsonl, line 1, column movieId: expected an id that movies.dat has, found "99"' in str(
        caught.value
    )
    with (ml_1m / "movies.dat").open("a", encoding="utf-8") as file:
        file.write("77::Bad row (2000)\n")
    (ml_1m / "metadata.jsonl").unlink()
    with pytest.raises(SourceError, match="1 bad row"):
        load("ml-1m", ml_1m)


def test_ml_latest_small_tags_links_and_quoted_titles(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text(
        'movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n2,Moonlight,(no '
        "genres listed)\n"
    )
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,0.5,964982703\n")
    (tmp_path / "tags.csv").write_text(
        "userId,movieId,tag,timestamp\n1,1,Funny,1\n2,2,funny,2\n2,2,only once,3\n"
    )
    (tmp_path / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0112346,9087\n2,4975722,\n")
    catalogue = load("ml-latest-small", tmp_path)
    president, moonlight = catalogue.items
    assert president.title == "The American President"
    assert president.attributes == {"genre": ("Comedy", "Drama"), "tag": ("funny",)}
    assert president.aliases == ("tt0112346",)
    assert moonlight.attributes == {"tag": ("funny",)}
    assert catalogue.interactions["value"].to_list() == [0.5]


def test_ml_100k_genre_flags(tmp_path: Path) -> None:
    flags = "|".join("1" if k in (1, 5) else "0" for k in range(19))
    (tmp_path / "u.item").write_bytes(f"1|Café (1995)|01-Jan-1995||http://x|{flags}\n".encode("latin-1"))
    (tmp_path / "u.data").write_text("196\t1\t3\t881250949\n")
    catalogue = load("ml-100k", tmp_path)
    assert catalogue.items[0].title == "Café"
    assert catalogue.items[0].attributes == {"genre": ("Action", "Comedy")}
    (tmp_path / "u.data").write_text("196\t1\t3.5\t881250949\n")
    with pytest.raises(SourceError, match="column rating: expected an integer from 1 to 5"):
        load("ml-100k", tmp_path)


def test_a_missing_file_an_unknown_source_and_an_unknown_option(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no movies\.dat"):
        load("ml-1m", tmp_path)
    (tmp_path / "movies.dat").write_text(MOVIES_1M, encoding="utf-8")
    with pytest.raises(SourceError, match=r"no ratings\.dat or ratings_no_timestamp\.csv"):
        load("ml-1m", tmp_path)
    with pytest.raises(SourceError, match="Known: ml-1m"):
        load("ml-2m", tmp_path)
    with pytest.raises(SourceError, match=r"--from must point to the folder with movies\.dat"):
        load("ml-1m", tmp_path / "none")
    with pytest.raises(SourceError, match="does not know --colour"):
        load("ml-1m", tmp_path, {"colour": "red"})
