"""A small hand-made set of films and people with the traps of real ones: short, plain and equal titles."""

from kg.schema import Entity


def film(title: str, year: int, popularity: float = 100.0, *aliases: str) -> Entity:
    slug = "-".join(title.lower().split())
    return Entity(
        id=f"film:{slug}-{year}",
        kind="film",
        name=title,
        aliases=(f"{title} ({year})", *aliases),
        popularity=popularity,
    )


def person(name: str, popularity: float = 10.0) -> Entity:
    return Entity(
        id=f"person:{'-'.join(name.lower().split())}", kind="person", name=name, popularity=popularity
    )


FILMS = [
    film("The Matrix", 1999, 900),
    film("The Matrix Reloaded", 2003, 500),
    film("Heat", 1995, 800),
    film("Heat", 1986, 20),
    film("The Heat", 2013, 90),
    film("Her", 2013, 400),
    film("It", 2017, 500),
    film("It", 1990, 300),
    film("Up", 2009, 600),
    film("Big", 1988, 300),
    film("Go", 1999, 80),
    film("Alien", 1979, 700),
    film("Aliens", 1986, 600),
    film("Speed", 1994, 350),
    film("Inception", 2010, 950),
    film("Pulp Fiction", 1994, 900),
    film("Fight Club", 1999, 880),
    film("Get Out", 2017, 450),
    film("Home Alone", 1990, 420),
    film("Date Night", 2010, 40),
    film("Kids", 1995, 60),
    film("Tonight", 1984, 1),
    film("Something Wild", 1986, 30),
    film("The Good, the Bad and the Ugly", 1966, 700),
    film("Good", 2008, 5),
    film("Funny Games", 1997, 70),
    film("Once", 2007, 90),
    film("Alone", 2020, 9),
    film("1917", 2019, 300),
    film("300", 2006, 310),
    film("Blade Runner", 1982, 640),
    film("Blade Runner 2049", 2017, 480),
    film("Rocky II", 1979, 130),
    film("Amélie", 2001, 520, "Le Fabuleux Destin d'Amélie Poulain"),
    film("Crouching Tiger, Hidden Dragon", 2000, 400, "卧虎藏龙"),
    film("The Lord of the Rings: The Fellowship of the Ring", 2001, 900),
    film("The Lord of the Rings: The Two Towers", 2002, 850),
    film("Schindler's List", 1993, 780),
    film("Spider-Man", 2002, 500),
    film("E.T. the Extra-Terrestrial", 1982, 500, "E.T."),
    film("War", 2007, 10),
    film("Comedy", 1996, 2),
    film("Life", 2017, 50),
    film("Die Hard", 1988, 600),
    film("Clueless", 1995, 200),
]
PEOPLE = [
    person("Michael Mann"),
    person("Al Pacino", 50),
    person("Christopher Nolan", 60),
    person("Will Smith", 40),
    person("Emma Stone", 40),
    person("Sofia Coppola"),
    person("Francis Ford Coppola"),
    person("Keanu Reeves", 45),
    person("Ana London"),
]
GENRES = [
    Entity(id=f"genre:{name}", kind="genre", name=name.title()) for name in ("comedy", "thriller", "crime")
]
THEMES = [Entity(id=f"theme:{name}", kind="theme", name=name) for name in ("revenge", "love", "time travel")]
ENTITIES = [*FILMS, *PEOPLE, *GENRES, *THEMES]
