"""Read ReDial: whole dialogues with their films, the films' graph, and the turns that are asked for.

Two forms of the test are read. `official`: consecutive messages of one person are one utterance; every utterance of the
recommender that names a film asks for those films. A baseline that copies the latest named films measures .043/.090 on
it, as arXiv 2605.13053 reports, whose numbers we stand beside. `ievalm`: the turns and targets of the iEvaLM files,
which leave out turns before which no entity was found.
"""

from __future__ import annotations

import csv
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from recsys.dialogue.state import (
    DialogueData,
    DialogueState,
    DialogueTurn,
    Mention,
    Speaker,
    Utterance,
    turns_of,
)
from recsys.errors import SourceError
from recsys.sparse import ones_at

_FILM = re.compile(r"@(\d+)")
_RELATIONS = ("genre", "star", "director", "writer")
_LIKED = 4.0
"""Stars from which a rating counts as a like."""
_STRANGERS = 0.3
"""Share of the people that are kept apart to choose on."""


@dataclass(frozen=True)
class Asked:
    """One turn of a test: what was known and what was to be found."""

    state: DialogueState
    targets: tuple[int, ...]
    """Columns of the films that the recommender named."""
    unknown: int
    """Targets that are no candidate; they count as not found."""
    named: frozenset[int]
    """Films that the form of the test counts as already named."""


@dataclass(frozen=True)
class Redial:
    """Everything read; films are columns everywhere."""

    titles: tuple[str, ...]
    """One a film, with the year; the candidates."""
    texts: tuple[str, ...]
    """Title, genres and plot, one a film."""
    attributes: csr_array
    """Shape (n_attributes, n_films): genres, stars, directors, writers."""
    attribute_names: tuple[str, ...]
    behaviour: csr_array
    """Shape (n_people, n_films); 1.0 where a person of MovieLens gave four stars or more."""
    train: tuple[tuple[DialogueTurn, ...], ...]
    """Turns of each train dialogue that is not a validation dialogue, in the order of time."""
    valid: tuple[tuple[DialogueTurn, ...], ...]
    """Turns of the 1,000 validation dialogues, which are part of the official train set."""
    asked_train: tuple[tuple[Asked, ...], ...]
    """What each dialogue of `train`, then of `valid`, asks for."""
    people: Mapping[int, tuple[int, int]]
    """The numbers of recommender and seeker of each dialogue of `train` and `valid`."""
    asked_official: tuple[Asked, ...]
    asked_ievalm: tuple[Asked, ...]
    data_hash: str

    def training(self, dialogues: Sequence[Sequence[DialogueTurn]]) -> DialogueData:
        """Return these dialogues as training data."""
        return DialogueData(
            n_items=len(self.titles),
            turns=[turn for turns in dialogues for turn in turns],
            attributes=self.attributes,
            attribute_names=self.attribute_names,
            behaviour=self.behaviour,
        )

    def among_strangers(self, seed: int) -> tuple[list[tuple[DialogueTurn, ...]], tuple[Asked, ...]]:
        """Return dialogues to learn from, and what later dialogues ask for whose recommender is in none of them.

        Nobody of the official test speaks in the train set, whereas the people of the validation dialogues do and go
        on recommending their own films: a choice made on those is one for acquaintances. `seed` draws the people,
        three in ten of those who speak in the later half.
        """
        whole = [*self.train, *self.valid]
        order = sorted((turns[0].dialogue, place) for place, turns in enumerate(whole) if turns)
        late = dict(order[len(order) // 2 :])
        known = sorted({person for number in late for person in self.people[number]})
        drawn = np.random.default_rng(seed).permutation(known)[: round(_STRANGERS * len(known))]
        strangers = set(drawn.tolist())
        learned = [whole[place] for number, place in order if not strangers & set(self.people[number])]
        judged = [place for number, place in late.items() if self.people[number][0] in strangers]
        return learned, tuple(asked for place in judged for asked in self.asked_train[place])


def read_redial(data: Path) -> Redial:
    """Read `crs/` and the MovieLens folders in `data`. Raises `SourceError` when a file is missing."""
    crs = data / "crs"
    files = {
        "films": crs / "ievalm_redial" / "id2info.json",
        "valid": crs / "ievalm_redial" / "valid_data.jsonl",
        "ievalm": crs / "ievalm_redial_eval" / "test_data_processed.jsonl",
        "train": crs / "redial" / "train_union_partial.jsonl",
        "test": crs / "redial" / "test_data.jsonl",
        "map": crs / "redial" / "crbcrs_combined_metadata.csv",
        "links": data / "ml-latest-small" / "links.csv",
        "ratings": data / "ml-latest-small" / "ratings.csv",
        "ml1m": data / "ml-1m" / "metadata.jsonl",
        "ratings1m": data / "ml-1m" / "ratings_no_timestamp.csv",
    }
    for file in files.values():
        if not file.is_file():
            raise SourceError(f"{file} is missing; it is part of the shared measuring data.")
    films = _Films(json.loads(files["films"].read_text(encoding="utf-8")))
    dialogues = sorted(
        (_dialogue(line, films) for line in _lines(files["train"])), key=lambda read: read.number
    )
    validation = {int(line["conversationId"]) for line in _lines(files["valid"])}
    tested = [_dialogue(line, films) for line in _lines(files["test"])]
    train = [read for read in dialogues if read.number not in validation]
    valid = [read for read in dialogues if read.number in validation]
    attributes, names = films.attributes()
    return Redial(
        titles=tuple(films.titles),
        texts=tuple(films.texts),
        attributes=attributes,
        attribute_names=names,
        behaviour=_behaviour(files, films),
        train=tuple(tuple(read.turns) for read in train),
        valid=tuple(tuple(read.turns) for read in valid),
        asked_train=tuple(tuple(read.asked()) for read in (*train, *valid)),
        people={
            int(line["conversationId"]): (line["respondentWorkerId"], line["initiatorWorkerId"])
            for line in _lines(files["train"])
        },
        asked_official=tuple(asked for read in tested for asked in read.asked()),
        asked_ievalm=tuple(
            _as_ievalm(_lines(files["ievalm"]), {read.number: read for read in tested}, films)
        ),
        data_hash=_hash(files.values()),
    )


class _Films:
    """The films by their number in ReDial; numbers of one title are one film."""

    def __init__(self, info: dict[str, Any]) -> None:
        by_title: dict[str, int] = {}
        self.rows: list[dict[str, Any]] = []
        for film in info.values():
            if film["name"] not in by_title:
                by_title[film["name"]] = len(self.rows)
                self.rows.append(film)
        self.by_title = by_title
        self.columns = {number: by_title[film["name"]] for number, film in info.items()}
        self.titles = list(by_title)
        self.texts = [
            f"{film['name']}. {', '.join(film.get('genre', []))}. {film.get('plot', '')}"
            for film in self.rows
        ]

    def attributes(self) -> tuple[csr_array, tuple[str, ...]]:
        """Return who and what each film has; a person is one attribute in every part that they play."""
        rows: dict[str, int] = {}
        cells = sorted(
            {
                (rows.setdefault(name, len(rows)), column)
                for column, film in enumerate(self.rows)
                for relation in _RELATIONS
                for name in film.get(relation, [])
            }
        )
        pairs = np.array(cells, dtype=np.int64).reshape(-1, 2)
        return ones_at(pairs[:, 0], pairs[:, 1], (len(rows), len(self.rows))), tuple(rows)


@dataclass(frozen=True)
class _Read:
    number: int
    utterances: tuple[Utterance, ...]
    mentions: tuple[Mention, ...]
    unknown: tuple[int, ...]
    """Films that are no candidate, counted an utterance."""

    @property
    def turns(self) -> list[DialogueTurn]:
        return turns_of(self.utterances, self.mentions, self.number)

    def before(self, place: int) -> DialogueState:
        earlier = tuple(mention for mention in self.mentions if mention.utterance < place)
        return DialogueState(self.utterances[:place], earlier)

    def asked(self) -> Iterator[Asked]:
        for place, utterance in enumerate(self.utterances):
            targets = tuple(dict.fromkeys(m.item for m in self.mentions if m.utterance == place))
            if utterance.speaker is Speaker.RECOMMENDER and (targets or self.unknown[place]):
                state = self.before(place)
                yield Asked(state, targets, self.unknown[place], frozenset(state.named))


def _dialogue(line: dict[str, Any], films: _Films) -> _Read:
    messages: list[tuple[int, str]] = []
    for message in line["messages"]:
        text = html.unescape(message["text"])
        if messages and messages[-1][0] == message["senderWorkerId"]:
            messages[-1] = (messages[-1][0], f"{messages[-1][1]} {text}")
        else:
            messages.append((message["senderWorkerId"], text))
    numbers = line["movieMentions"] or {}
    utterances, mentions, unknown = [], [], []
    for place, (worker, text) in enumerate(messages):
        speaker = Speaker.SEEKER if worker == line["initiatorWorkerId"] else Speaker.RECOMMENDER
        named = [number for number in _FILM.findall(text) if number in numbers]
        mentions += [Mention(films.columns[number], place) for number in named if number in films.columns]
        unknown.append(len({number for number in named if number not in films.columns}))
        utterances.append(Utterance(speaker, " ".join(_FILM.sub(" ", text).split())))
    return _Read(int(line["conversationId"]), tuple(utterances), tuple(mentions), tuple(unknown))


def _as_ievalm(lines: Iterator[dict[str, Any]], tested: dict[int, _Read], films: _Films) -> Iterator[Asked]:
    for line in lines:
        read = tested[int(line["dialog_id"])]
        targets = tuple(films.by_title[title] for title in line["rec"])
        named = frozenset(films.by_title[entity] for entity in line["entity"] if entity in films.by_title)
        yield Asked(read.before(line["turn_id"]), targets, 0, named)


def _behaviour(files: dict[str, Path], films: _Films) -> csr_array:
    """Return the likes of MovieLens people, by the IMDb number of a film or else the published map."""
    films_of: dict[int, int] = {}
    by_imdb = {film.get("imdb_id"): column for column, film in enumerate(films.rows)}
    with files["links"].open(encoding="utf-8", newline="") as file:
        numbers = {int(row["movieId"]): f"tt{row['imdbId']}" for row in csv.DictReader(file)}
    for line in _lines(files["ml1m"]):
        if line.get("imdbId"):
            numbers.setdefault(line["movieId"], f"tt{str(line['imdbId']).zfill(7)}")
    for number, imdb in numbers.items():
        if imdb in by_imdb:
            films_of[number] = by_imdb[imdb]
    with files["map"].open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["movielensID"] and row["databaseId"] in films.columns:
                films_of.setdefault(int(float(row["movielensID"])), films.columns[row["databaseId"]])
    people: dict[tuple[str, str], int] = {}
    cells = set()
    for source in ("ratings", "ratings1m"):
        with files[source].open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                column = films_of.get(int(row["movieId"]))
                if column is not None and float(row["rating"]) >= _LIKED:
                    cells.add((people.setdefault((source, row["userId"]), len(people)), column))
    pairs = np.array(sorted(cells), dtype=np.int64).reshape(-1, 2)
    return ones_at(pairs[:, 0], pairs[:, 1], (len(people), len(films.rows)))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
