"""ReDial as systems are shown it: the official dialogues with their titles, and what may be learned from.

The turns are those of `eval.offline_figures.redial_data` in its `official` form: messages of one person in a row are
one utterance, and every utterance of the recommender that names a film asks for those films.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from eval.crs_figures.turns import Turn, recommending_turns
from eval.offline_figures.redial_data import Redial, read_redial
from eval.systems.material import Material, MeasuredItem, TrainingDialogue
from eval.systems.protocol import Speaker, Utterance
from eval.systems.titles import title_and_year
from recsys.errors import SourceError

_FILM = re.compile(r"@(\d+)")
TRAIN, TEST = "crs/redial/train_union_partial.jsonl", "crs/redial/test_data.jsonl"


class RedialDialogues(NamedTuple):
    """What is learned from and what is asked; films are called as the data set writes them."""

    material: Material
    """Every train dialogue that there is, the validation dialogues among them, in the order of time."""
    test: tuple[Turn, ...]
    films: Redial
    """The same films as columns, in the order of `material.items`."""


def read_redial_dialogues(data: Path) -> RedialDialogues:
    """Read `crs/` in the folder of the data sets. Raises `SourceError` when a file is missing."""
    films = read_redial(data)
    info = json.loads((data / "crs/ievalm_redial/id2info.json").read_text(encoding="utf-8"))
    names = {number: film["name"] for number, film in info.items()}
    about = {film["name"]: film for film in reversed(info.values())}
    reader = _Reader(names)
    train = sorted((reader.read(line) for line in _lines(data / TRAIN)), key=lambda read: int(read.id))
    items = tuple(
        _item(name, text, about[name]) for name, text in zip(films.titles, films.texts, strict=True)
    )
    material = Material(
        items, tuple(TrainingDialogue(read.id, read.utterances) for read in train), films.behaviour
    )
    test = tuple(turn for line in _lines(data / TEST) for turn in reader.read(line).turns())
    return RedialDialogues(material, test, films)


class _Read(NamedTuple):
    id: str
    utterances: tuple[Utterance, ...]
    unknown: tuple[int, ...]

    def turns(self) -> Iterable[Turn]:
        return recommending_turns(self.id, self.utterances, self.unknown)


class _Reader:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def read(self, line: dict[str, Any]) -> _Read:
        messages: list[tuple[int, str]] = []
        for message in line["messages"]:
            text = html.unescape(message["text"])
            if messages and messages[-1][0] == message["senderWorkerId"]:
                messages[-1] = (messages[-1][0], f"{messages[-1][1]} {text}")
            else:
                messages.append((message["senderWorkerId"], text))
        titles = line["movieMentions"] or {}
        utterances, unknown = [], []
        for worker, text in messages:
            speaker: Speaker = "seeker" if worker == line["initiatorWorkerId"] else "recommender"
            named = [number for number in _FILM.findall(text) if number in titles]
            items = tuple(self._names[number] for number in named if number in self._names)
            said = _FILM.sub(lambda found: self._title(found.group(1), titles), text)
            utterances.append(Utterance(speaker, " ".join(said.split()), items))
            unknown.append(len({number for number in named if number not in self._names}))
        return _Read(str(line["conversationId"]), tuple(utterances), tuple(unknown))

    def _title(self, number: str, titles: Mapping[str, str | None]) -> str:
        # Spaces around it, because people wrote the marker against the next word.
        return f" {self._names.get(number) or titles.get(number) or ''} "


def _item(name: str, text: str, film: Mapping[str, Any]) -> MeasuredItem:
    title, year = title_and_year(name)
    having = tuple(
        (relation, value)
        for relation in ("genre", "star", "director", "writer")
        for value in film.get(relation, ())
    )
    return MeasuredItem(name, title, year, text, having)


def _lines(file: Path) -> Iterable[dict[str, Any]]:
    if not file.is_file():
        raise SourceError(f"{file} is missing; it is part of the shared measuring data.")
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
