"""What relations of well-known triple dumps are called in our graph."""

from __future__ import annotations

from typing import NamedTuple


class Relation(NamedTuple):
    """How an edge of a dump is written down."""

    name: str
    subject_kind: str
    object_kind: str
    turned: bool = False
    """True: the dump's object is our subject (`film.actor.film` goes from the actor to the film)."""


KNOWN: dict[str, Relation] = {
    "genre": Relation("genre", "film", "genre"),
    "star": Relation("cast", "film", "person"),
    "actor": Relation("cast", "film", "person"),
    "director": Relation("director", "film", "person"),
    "writer": Relation("writer", "film", "person"),
    "year": Relation("year", "film", "year"),
    "language": Relation("language", "film", "language"),
    "film.actor.film": Relation("cast", "person", "film", True),
    "film.person_or_entity_appearing_in_film.film": Relation("cast", "person", "film", True),
    "film.director.film": Relation("director", "person", "film", True),
    "film.writer.film": Relation("writer", "person", "film", True),
    "film.producer.film": Relation("producer", "person", "film", True),
    "film.distributor.film": Relation("distributor", "company", "film", True),
    "film.production_company.film": Relation("company", "company", "film", True),
    "music.artist.origin": Relation("origin", "artist", "place"),
    "music.artist.album": Relation("album", "artist", "album"),
    "music.artist.track": Relation("track", "artist", "track"),
    "music.album.genre": Relation("genre", "album", "genre"),
    "music.musician.instruments_played": Relation("instrument", "artist", "instrument"),
    "people.person.place_of_birth": Relation("birthplace", "person", "place"),
    "people.person.profession": Relation("profession", "person", "profession"),
    "people.deceased_person.place_of_death": Relation("place_of_death", "person", "place"),
}
"""Relation as the dump writes it to ours. Others keep the last part of their name, between `thing`s."""


def known_relation(written: str) -> Relation:
    """Return what a dump's relation is here: `music.musician.guitars` is `guitars` from `thing` to `thing`."""
    last = written.rstrip("/>").rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(".", 1)[-1]
    return KNOWN.get(written) or KNOWN.get(last) or Relation(last or written, "thing", "thing")
