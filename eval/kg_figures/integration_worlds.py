"""Sources with a known truth, made from the starter catalogue: what is shipped is fitted to these and nothing else.

A world is a share of the starter films with their people, and invented ones beside them: remakes and sequels,
minor parts, brothers, namesakes. Three sources each know a part of it and write it in their own way. All numbers
below are assumptions about catalogues in general; each source draws its habits, so no one kind of source is learnt.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from eval.kg_figures.integration_spelling import inverted, plain_letters, respell, retitle
from kg.resolution.blocking import Pair
from kg.resolution.config import Key, ResolutionConfig
from kg.resolution.fitting import LabelledPairs
from kg.resolution.records import Records
from kg.sources import Dump, DumpBuilder
from kg.sources.ids import entity_id
from recsys.schema import Item

ROLES = ("director", "cast", "writer")
SOURCES = ("one", "two", "three")
_VALUES = {"film": ("theme",), "product": ("brand", "category", "kind", "colour", "material", "feature")}
"""What else a source may tell of an item; genres and the like say nothing in resolution."""
_DAY = date(2026, 1, 1)

_SEQUELS, _REMAKES, _NEAR_REMAKES = 0.06, 0.05, 0.01
_INVENTED_FILMS = (0, 1, 3, 6)
"""Invented films for each real one: a name says more in a small world than in a large one."""
_MINOR_PARTS = (0, 1, 1, 2, 3, 4)
_NAMESAKE, _RELATIVE = 0.01, 0.04
"""Shares of invented people who have the whole name of somebody, or the surname of a colleague. About one in ten
pairs of one name without a common film is then two people, as was counted (10 of 130) among the pairs of
`integration_labels.tsv` that are for choosing. It is all that comes from there."""
_TWO_CAREERS = 0.02
"""Share of people with three films or more who are really two of one name."""


@dataclass
class Film:
    """An item of the world; a product has no people and no year."""

    title: str
    year: int | None
    people: dict[str, list[int]]
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kind: str = "film"


@dataclass
class World:
    """What is true."""

    names: list[str]
    """By number of the person."""
    films: list[Film]


class Habits(NamedTuple):
    """How a source is."""

    share: float
    """Of the items that it knows."""
    roles: frozenset[str]
    cast: float
    """Share of the cast that it lists."""
    years: float
    """Share of films with a year."""
    off_by_one: float
    by_name: bool
    """People are known by name alone: namesakes are one record. Else they have pages."""
    titles: float
    """Share of titles written in another way."""
    people: float
    """Share of people written in another way, throughout."""
    now_and_then: float
    """Share of credits in which a name is written in another way."""
    article_last: bool
    plain: bool
    """Without accents."""
    values: float
    """Share of an item's other values that it tells."""
    working_titles: float
    """Share of titles that have nothing to do with the other sources' ones, as in another language."""


def labelled_worlds(items: Sequence[Item], count: int, seed: int) -> list[LabelledPairs]:
    """Return `count` worlds as their sources tell them, each with every pair across sources that is certain."""
    return [labelled_world(items, seed * 1_000 + number) for number in range(count)]


def labelled_world(items: Sequence[Item], seed: int) -> LabelledPairs:
    """Return the sources of one world and the truth on all pairs across them that a key of blocking may meet."""
    rng = random.Random(seed)
    world = invent(items, rng)
    dumps, owners = [], {}
    for source in SOURCES:
        dump, found = tell(world, source, draw_habits(rng), rng)
        dumps.append(dump)
        owners.update(found)
    records = Records(dumps)
    return LabelledPairs(records, _truth(records, owners))


def invent(items: Sequence[Item], rng: random.Random) -> World:
    """Return a world of two thirds to all of the items, with invented people and films beside the real ones."""
    kept = [item for item in items if rng.random() < rng.uniform(0.66, 1.0)]
    world = World([], [])
    numbers: dict[str, int] = {}
    for item in kept:
        people = {role: list(dict.fromkeys(item.attributes.get(role, ()))) for role in ROLES}
        for name in (name for names in people.values() for name in names):
            if name not in numbers:
                numbers[name] = len(world.names)
                world.names.append(name)
        world.films.append(
            Film(
                item.title,
                item.year,
                {role: [numbers[name] for name in names] for role, names in people.items()},
                {name: values for name, values in item.attributes.items() if name in _VALUES[item.kind]},
                item.kind,
            )
        )
    if numbers:
        _split_careers(world, rng)
        invented = _Invented(world, rng)
        _add_films(world, invented, rng)
        _add_invented_films(world, rng)
        _add_parts(world, invented, rng)
    return world


class _Invented:
    """People who do not exist, named as people are named."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.whole = [name for name in world.names if " " in name]
        self.firsts = [name.split()[0] for name in self.whole]
        self.lasts = [name.split()[-1] for name in self.whole]
        firsts, lasts = Counter(self.firsts), Counter(self.lasts)
        self.common = [0.3 + firsts[n.split()[0]] * lasts[n.split()[-1]] / 20 for n in self.whole]

    def person(self, colleagues: Sequence[int] = ()) -> int:
        """Add one; now and then with the name of somebody, or of the family of a colleague."""
        share = self.rng.random()
        if share < _NAMESAKE:
            name = self.rng.choices(self.whole, self.common)[0]
        elif share < _NAMESAKE + _RELATIVE and colleagues:
            relative = self.world.names[self.rng.choice(colleagues)]
            last = relative.split()[-1]
            name = f"{relative} Jr." if self.rng.random() < 0.15 else f"{self.rng.choice(self.firsts)} {last}"
        else:
            name = f"{self.rng.choice(self.firsts)} {self.rng.choice(self.lasts)}"
        self.world.names.append(name)
        return len(self.world.names) - 1


def _split_careers(world: World, rng: random.Random) -> None:
    films: dict[int, list[Film]] = defaultdict(list)
    for film in world.films:
        for person in sorted({p for people in film.people.values() for p in people}):
            films[person].append(film)
    for person, found in sorted(films.items()):
        if len(found) >= 3 and rng.random() < _TWO_CAREERS:
            found.sort(key=lambda film: (film.year or 0, film.title))
            other = len(world.names)
            world.names.append(world.names[person])
            for film in found[len(found) // 2 :]:
                film.people = {
                    role: [other if p == person else p for p in people]
                    for role, people in film.people.items()
                }


def _add_films(world: World, invented: _Invented, rng: random.Random) -> None:
    for film in list(world.films):
        year = film.year or 2000
        share = rng.random()
        if share < _SEQUELS:
            title = f"{film.title}{rng.choice([' 2', ' II', ' 3', ': ' + rng.choice(world.films).title])}"
            people = {
                role: [p if rng.random() < 0.6 else invented.person(found) for p in found]
                for role, found in film.people.items()
            }
            world.films.append(Film(title, year + rng.choice([1, 2, 2, 3, 3, 4, 7]), people, film.values))
        elif share < _SEQUELS + _REMAKES + _NEAR_REMAKES:
            near = share > _SEQUELS + _REMAKES
            gap = rng.choice([-1, 0, 1, 2]) if near else rng.choice([-1, 1]) * rng.randint(5, 50)
            people = {role: [invented.person() for _ in found] for role, found in film.people.items()}
            if rng.random() < 0.5:
                people["writer"] = film.people.get("writer", [])
            world.films.append(Film(film.title, year + gap, people, film.values))


def _add_invented_films(world: World, rng: random.Random) -> None:
    """Add films with titles put together from words of titles; `_add_parts` gives them their people."""
    real = list(world.films)
    for _ in range(rng.choice(_INVENTED_FILMS) * len(real)):
        words = [word for _ in range(2) for word in rng.choice(real).title.split()]
        title = " ".join(rng.sample(words, min(len(words), rng.choice((1, 2, 2, 3)))))
        world.films.append(Film(title, rng.choice(real).year, {role: [] for role in ROLES}))


def _add_parts(world: World, invented: _Invented, rng: random.Random) -> None:
    """Give films minor parts, and those without anybody all of their people.

    An invented person is in one film or in a few of a quarter of a century.
    """
    recent: list[tuple[int, int]] = []
    for film in sorted(world.films, key=lambda film: (film.year or 0, film.title)):
        wanted = {"cast": rng.choice(_MINOR_PARTS)}
        if not any(film.people.values()):
            wanted = {"director": 1, "writer": rng.choice((1, 1, 2)), "cast": 3 + wanted["cast"]}
        everybody = [person for people in film.people.values() for person in people]
        for role, count in wanted.items():
            for _ in range(count):
                person = _of_the_time(recent, film.year or 0, rng) if rng.random() < 0.45 else None
                person = invented.person(everybody) if person is None else person
                if person not in film.people[role]:
                    film.people[role].append(person)
                    everybody.append(person)
                    recent.append((person, film.year or 0))


def _of_the_time(met: Sequence[tuple[int, int]], year: int, rng: random.Random) -> int | None:
    """Return one of the invented people met so far whose film was not long ago, if a few draws find one."""
    draws = rng.choices(met, k=8) if met else []
    return next((person for person, then in draws if year - then <= 25), None)


def draw_habits(rng: random.Random) -> Habits:
    """Return what a source may be like: from well kept to careless, from a few columns to whole credits."""
    roles = rng.choice(
        ["director cast writer", "director cast", "director cast writer", "cast", "director writer"]
    )
    return Habits(
        share=rng.uniform(0.35, 1.0),
        roles=frozenset(roles.split()),
        cast=rng.uniform(0.4, 1.0),
        years=rng.choice([0.0, 0.7, 0.97, 1.0, 1.0]),
        off_by_one=rng.uniform(0.0, 0.12),
        by_name=rng.random() < 0.6,
        titles=rng.uniform(0.01, 0.15),
        people=rng.uniform(0.01, 0.08),
        now_and_then=rng.uniform(0.0, 0.02),
        article_last=rng.random() < 0.25,
        plain=rng.random() < 0.25,
        values=rng.choice([0.0, 0.5, 0.8, 0.8]),
        working_titles=rng.uniform(0.0, 0.03),
    )


def tell(
    world: World, source: str, habits: Habits, rng: random.Random
) -> tuple[Dump, dict[Key, frozenset[int]]]:
    """Return a source's dump, and for each of its items and people the numbers of what it really is."""
    builder = DumpBuilder(source, _DAY, 0.9)
    owners: dict[Key, set[int]] = defaultdict(set)
    people = _People(world, habits, rng)
    order = list(range(len(world.films)))
    rng.shuffle(order)
    for place, number in enumerate(order):
        film = world.films[number]
        if rng.random() > habits.share:
            continue
        item = builder.add(f"{film.kind}:{source}-{place}", film.kind, _title(film, world, habits, rng))
        owners[source, item].add(number)
        if film.year is not None and rng.random() < habits.years:
            year = film.year + (rng.choice([-1, 1]) if rng.random() < habits.off_by_one else 0)
            builder.value(item, "year", "year", str(year))
        for relation, values in film.values.items():
            for value in values:
                if rng.random() < habits.values:
                    builder.value(item, relation, relation, value)
        for role in sorted(habits.roles & film.people.keys()):
            for person in film.people[role]:
                if role != "cast" or rng.random() < habits.cast:
                    key = people.add(builder, person)
                    builder.link(item, role, key)
                    owners[source, key].add(person)
    return builder.finish(Path(source)), {key: frozenset(found) for key, found in owners.items()}


class _People:
    """How one source writes people."""

    def __init__(self, world: World, habits: Habits, rng: random.Random) -> None:
        self.habits, self.rng = habits, rng
        self.names = [self._written(name, habits.people) for name in world.names]
        met = Counter(world.names)
        self.qualified = [
            rng.random() < (0.6 if met[name] > 1 else 0.12) and not habits.by_name for name in world.names
        ]

    def add(self, builder: DumpBuilder, person: int) -> str:
        name = self._written(self.names[person], self.habits.now_and_then)
        if self.habits.by_name:
            return builder.named("person", name)
        page = f"{self.names[person]}{' (actor)' if self.qualified[person] else ''}"
        key = f"{entity_id('person', self.names[person])}-{person}"
        return builder.add(key, "person", name, identifiers=(f"page:{page}",))

    def _written(self, name: str, share: float) -> str:
        changed = respell(name, self.rng) if self.rng.random() < share else name
        return plain_letters(changed, self.rng) if self.habits.plain else changed


def _title(film: Film, world: World, habits: Habits, rng: random.Random) -> str:
    title = film.title
    if film.kind == "film" and rng.random() < habits.working_titles:
        words = [word for _ in range(2) for word in rng.choice(world.films).title.split()]
        title = " ".join(rng.sample(words, min(len(words), 3)))
    elif rng.random() < habits.titles:
        title = retitle(title, rng)
    if habits.article_last:
        title = inverted(title, rng)
    return plain_letters(title, rng) if habits.plain else title


def _truth(records: Records, owners: Mapping[Key, frozenset[int]]) -> Callable[[Pair], bool | None]:
    """Say of pairs across sources what is true; nothing where a record is several at once."""

    def same(pair: Pair) -> bool | None:
        one, other = (records.keys[number] for number in pair)
        ours, theirs = owners.get(one), owners.get(other)
        if ours is None or theirs is None or one[0] == other[0]:
            return None
        if ours.isdisjoint(theirs):
            return False
        return True if len(ours) == len(theirs) == 1 else None

    return same


WORLDS = ResolutionConfig(trusted_identifiers=())
"""How a world is resolved: its pages are there for their qualifiers only."""
