"""What a sentence names, and what it does not."""

import random

import pytest

from kg.linking import EntityLinker
from kg.schema import Entity
from tests.kg.linking.catalogue import ENTITIES

LINKER = EntityLinker(ENTITIES)

SENTENCES = [
    ("something like the matrix or heat but less violent", ["film:the-matrix-1999", "film:heat-1995"]),
    ("I loved Heat, what else is there?", ["film:heat-1995"]),
    ("Have you seen It?", ["film:it-2017"]),
    ("what did people think of Her last year", ["film:her-2013"]),
    ('we watched "up" twice', ["film:up-2009"]),
    ("any film like “go”?", ["film:go-1999"]),
    ("heat (1986) please", ["film:heat-1986"]),
    ("was heat 1995 any good?", ["film:heat-1995"]),
    ("why alien?", ["film:alien-1979"]),
    ("what about speed", ["film:speed-1994"]),
    ("tell me about big", ["film:big-1988"]),
    ("is it better than aliens", ["film:aliens-1986"]),
    ("compare heat and speed", ["film:heat-1995", "film:speed-1994"]),
    ("similar to alien but funny", ["film:alien-1979"]),
    ("I saw speed, alien and big.", ["film:speed-1994", "film:alien-1979", "film:big-1988"]),
    ("inception blew my mind", ["film:inception-2010"]),
    ("pulp fiction is a classic", ["film:pulp-fiction-1994"]),
    ("I really liked fight club", ["film:fight-club-1999"]),
    ("fight club is my favourite film", ["film:fight-club-1999"]),
    ("Fight Club was too dark for me", ["film:fight-club-1999"]),
    ("have you seen get out?", ["film:get-out-2017"]),
    ("I loved the good the bad and the ugly", ["film:the-good,-the-bad-and-the-ugly-1966"]),
    ("anything like blade runner 2049", ["film:blade-runner-2049-2017"]),
    ("anything like blade runner", ["film:blade-runner-1982"]),
    ("I watched rocky 2 yesterday", ["film:rocky-ii-1979"]),
    ("amelie is so charming", ["film:amélie-2001"]),
    ("我喜欢卧虎藏龙", ["film:crouching-tiger,-hidden-dragon-2000"]),
    (
        "lord of the rings is too long",
        ["film:the-lord-of-the-rings:-the-fellowship-of-the-ring-2001"],
    ),
    ("schindlers list made me cry", ["film:schindler's-list-1993"]),
    ("I want something like Matrix, The", ["film:the-matrix-1999"]),
    ("movies like 1917", ["film:1917-2019"]),
    ("Heat and Alien are my favourites", ["film:heat-1995", "film:alien-1979"]),
    ("we enjoyed the movie heat", ["film:heat-1995"]),
    ("something like incepton", ["film:inception-2010"]),
    ("i watched pulp ficton last night", ["film:pulp-fiction-1994"]),
    ("similar to 'The Matrx'", ["film:the-matrix-1999"]),
    ("films like spiderman", ["film:spider-man-2002"]),
    ("I like E.T. a lot", ["film:e.t.-the-extra-terrestrial-1982"]),
    ("something by michael mann", ["person:michael-mann"]),
    ("Will Smith comedies, please", ["person:will-smith", "genre:comedy"]),
    ("a thriller with pacino", ["genre:thriller", "person:al-pacino"]),
    ("more films directed by nolan", ["person:christopher-nolan"]),
    ("I want more Nolan", ["person:christopher-nolan"]),
    ("a crime film about revenge", ["genre:crime", "theme:revenge"]),
    ("I like comedy", ["genre:comedy"]),
    ("I watched Comedy (1996)", ["film:comedy-1996"]),
    ("i don't want heat again, I've watched heat", ["film:heat-1995"]),
    ("die hard", ["film:die-hard-1988"]),
    ("Heat is a great classic action movie", ["film:heat-1995"]),
    ("I love The Matrix.", ["film:the-matrix-1999"]),
    ("Is Clueless on?", ["film:clueless-1995"]),
    (
        "I liked the Matrix Reloaded more than the Matrix",
        ["film:the-matrix-reloaded-2003", "film:the-matrix-1999"],
    ),
]

NEGATIVES = [
    "I just want something to watch with my kids tonight",
    "I've seen it already",
    "I loved it, I really loved it",
    "I like her a lot",
    "what's up",
    "let's go",
    "can you go big on explosions",
    "it was alone once, up on a hill",
    "I'd like it to be funny",
    "we had a good time last night, what a life",
    "date night is on friday, my wife gets home alone",
    "get out of here",
    "a movie about war",
    "less than 300 dollars please",
    "give me 300 of them",
    "at the speed of light in the heat of summer",
    "I LOVE IT SO MUCH GO ON",
    "something wild and big",
    "It is cold. Up there too. Go on.",
    "I feel like heat is getting to me",
    "films about aliens and speed",
    "a trip to London",
    "that is a GOOD idea for ALL of us",
    "Good",
    "I love to laugh",
    "with stone cold killers",
    "by Greta Nolandsen",
    "",
    "🎬🎬🎬",
    "'; DROP TABLE films; --",
    "MATCH (n) DETACH DELETE n",
    "   \n\t ",
]


def found(text: str) -> list[str]:
    return [mention.entity.id for mention in LINKER.find(text)]


@pytest.mark.parametrize(("text", "ids"), SENTENCES)
def test_finds(text: str, ids: list[str]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize("text", NEGATIVES)
def test_finds_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", [*(text for text, _ in SENTENCES), *NEGATIVES])
def test_spans_are_in_order_and_say_what_they_cover(text: str) -> None:
    end = 0
    for mention in LINKER.find(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.surface
        assert 0 < mention.score <= 1
        end = mention.end


def test_year_is_part_of_the_mention() -> None:
    [mention] = LINKER.find("was Heat (1986) good?")
    assert mention.surface == "Heat (1986)"


def test_a_year_that_no_such_film_has_finds_nothing() -> None:
    assert found("I watched Alien (1955)") == []


@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        ("Heat", "film:heat-1995"),
        ("heat (1986)", "film:heat-1986"),
        ("heat 1986", "film:heat-1986"),
        ("Heat (1996)", "film:heat-1995"),
        ("Matrix, The", "film:the-matrix-1999"),
        ("the movie heat", "film:heat-1995"),
        ('"Her"', "film:her-2013"),
        ("godfater", None),
        ("incepton", "film:inception-2010"),
        ("alein", "film:alien-1979"),
        ("Shindlers Lst", "film:schindler's-list-1993"),
        ("fight clubb", "film:fight-club-1999"),
        ("Rocky 2", "film:rocky-ii-1979"),
        ("blade runner 2049", "film:blade-runner-2049-2017"),
        ("Amelie", "film:amélie-2001"),
        ("Le fabuleux destin d'Amelie Poulain", "film:amélie-2001"),
        ("卧虎藏龙", "film:crouching-tiger,-hidden-dragon-2000"),
        ("Heat by Michael Mann", "film:heat-1995"),
        ("film:up-2009", "film:up-2009"),
        ("pacino", "person:al-pacino"),
        ("Coppola", None),
        ("The Return of the Heat of Mordor", None),
        ("Alien (1955)", None),
        ("", None),
        ("?!", None),
        ("x" * 100_000, None),
        ("}) DETACH DELETE n //", None),
    ],
)
def test_links_one_mention(mention: str, expected: str | None) -> None:
    entity = LINKER.link(mention).entity
    assert (entity.id if entity else None) == expected


def test_equal_names_about_as_popular_are_ambiguous() -> None:
    result = LINKER.link("It")
    assert result.ambiguous
    assert result.entity is not None
    assert (result.entity.id, [e.id for e in result.alternatives]) == ("film:it-2017", ["film:it-1990"])
    assert result.score < 1


def test_a_far_more_popular_namesake_is_not_ambiguous() -> None:
    result = LINKER.link("heat")
    assert not result.ambiguous
    assert {e.id for e in result.alternatives} == {"film:heat-1986", "film:the-heat-2013"}


def test_what_the_talk_is_about_wins() -> None:
    result = LINKER.link("heat", context_ids=["film:heat-1986"])
    assert result.entity is not None
    assert (result.entity.id, result.ambiguous, result.score) == ("film:heat-1986", False, 1.0)


def test_kinds_limit_the_answer() -> None:
    assert LINKER.link("comedy", kinds=["film"]).entity == LINKER.link("comedy (1996)").entity
    genre = LINKER.link("comedy", kinds=["genre"]).entity
    assert genre is not None
    assert genre.kind == "genre"
    assert LINKER.link("heat", kinds=["person"]).entity is None


def test_an_exact_unknown_year_shows_what_there_is() -> None:
    result = LINKER.link("Alien (1955)")
    assert result.entity is None
    assert [e.id for e in result.alternatives] == ["film:alien-1979"]


def test_no_entities_link_to_nothing() -> None:
    empty = EntityLinker([])
    assert empty.link("heat").entity is None
    assert empty.find("I loved Heat") == []


def _made_up_words(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    parts = ["ba", "ro", "mi", "ten", "sul", "ka", "dor", "vi", "len", "qua", "pri", "os", "und", "ze", "fal"]
    return ["".join(rng.choices(parts, k=rng.randint(2, 3))) for _ in range(count)]


def test_forty_thousand_entities_are_fast_and_exact() -> None:
    rng = random.Random(7)
    words = [*_made_up_words(6_000, seed=7), "night", "day", "love", "house", "big", "the", "of"]
    entities = [
        Entity(
            id=f"{'film' if k < 20_000 else 'person'}:{k}",
            kind="film" if k < 20_000 else "person",
            name=" ".join(rng.choices(words, k=2 if k >= 20_000 else rng.randint(1, 4))).title(),
            popularity=float(rng.randrange(1_000)),
        )
        for k in range(40_000)
    ]
    linker = EntityLinker(entities)
    linker.link("warm up the index of typing errors")
    wish = "with my friends, anything with less violence?"
    films = [e for e in entities[:20_000] if len(e.name.split()) >= 3 and "Of" not in e.name]
    hits = 0
    for film in rng.sample(films, 200):
        typo = film.name[:4] + film.name[5:]
        text = f"I loved {film.name.lower()} and saw {typo.lower()} {wish}"
        mentions = linker.find(text)
        hits += any(m.entity.name == film.name for m in mentions)
    assert hits >= 198
