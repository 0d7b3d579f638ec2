import json
from pathlib import Path

import pytest

from eval.check_starter import check, fold, fold_value, render
from recsys.starter.catalogue import starter_items
from tests.parts import shared_data


def make_sources(folder: Path) -> Path:
    ml = folder / "ml-1m"
    ml.mkdir()
    (ml / "movies.dat").write_text("6::Heat (1995)::Action|Crime\n7::Nobody Knows This (1990)::Drama\n")
    (ml / "ratings.dat").write_text("1::6::5::978300760\n")
    record = {
        "movieId": 6,
        "Director": "Mann, Michael",
        "Actors": "Al Pacino, Robert De Niro",
        "Runtime": "190 min",
        "Genre": "Crime",
        "Country": "United States",
        "Language": "English",
    }
    record["Director"] = "Somebody Else"
    (ml / "metadata.jsonl").write_text(json.dumps(record))
    small = folder / "ml-latest-small"
    small.mkdir()
    (small / "movies.csv").write_text(
        'movieId,title,genres\n6,Heat (1996),Crime\n9,"Unheard Of, The (2001)",Drama\n'
    )
    (small / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,6,5,1\n2,6,5,1\n1,9,1,1\n")
    wiki = folder / "films" / "wikipedia"
    wiki.mkdir(parents=True)
    films = [{"title": "Heat", "year": 1995, "cast": ["Al Pacino"], "genres": ["Noir", "Crime"]}]
    (wiki / "movies-1990s.json").write_text(json.dumps(films))
    return folder


def test_names_are_compared_without_case_accents_order_and_suffix() -> None:
    assert fold("The Émigrés & Co.") == "emigres and co"
    assert fold_value("cast", "Wong Kar-wai") == fold_value("cast", "Kar-Wai Wong")
    assert fold_value("cast", "Robert Downey Jr.") == fold_value("cast", "Robert Downey")
    assert fold_value("genre", "Children's") == fold_value("genre", "Family")
    assert fold_value("country", "United States") == fold_value("country", "USA")


def test_agreement_and_disagreement_are_counted_and_listed(tmp_path: Path) -> None:
    report = check(make_sources(tmp_path))
    assert report.films == len(starter_items("films"))
    assert report.matched == {"ml-1m": 1, "ml-latest-small": 1, "wikipedia-films": 1, "any": 1}
    cast = report.counts["ml-1m", "cast"]
    assert (cast.compared, cast.agree, cast.found) == (1, 1, 2)
    assert report.counts["ml-1m", "country"].agree == 1
    assert report.counts["ml-1m", "director"].agree == 0
    assert report.counts["ml-1m", "runtime"].agree == 0
    assert report.counts["ml-latest-small", "year"].agree == 0
    listed = {(d.field, d.film, d.ours, d.theirs, d.source) for d in report.disagreements}
    assert ("director", "Heat (1995)", "Michael Mann", "Somebody Else", "ml-1m") in listed
    assert ("runtime", "Heat (1995)", "170", "190", "ml-1m") in listed
    assert ("year", "Heat (1995)", "1995", "1996", "ml-latest-small") in listed
    text = render(report)
    assert "| director | Heat (1995) | Michael Mann | Somebody Else | ml-1m |" in text
    assert "The Unheard Of (2001)" in text


@pytest.mark.shared_data
@pytest.mark.slow
def test_the_starter_films_agree_with_public_data_and_cover_the_known_films() -> None:
    report = check(shared_data())
    assert report.matched["any"] >= 0.85 * report.films
    floors = {"year": 0.95, "genre": 0.99, "director": 0.99, "cast": 0.97, "writer": 0.97, "runtime": 0.95}
    for (source, name), count in report.counts.items():
        if name in floors:
            assert count.agree >= floors[name] * count.compared, (source, name)
    assert report.coverage[300][0] >= 285
