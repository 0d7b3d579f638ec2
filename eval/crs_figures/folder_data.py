"""Read dialogues in iEvaLM's form: a folder of `*_data_processed.jsonl`, and a map of entities.

A line is one turn: `dialog_id`, `turn_id`, `context` (utterances, oldest first), `entity` (what was named so far),
`rec` (what the recommender then named), `resp`. Entities are names or numbers of the map. The seeker speaks last before
a turn, and speakers alternate; an empty utterance at the start says that the recommender began.

The map is `entity2id.json` (name to number), beside which may stand `item_ids.json` (numbers of the items), `kg.json`
with `relation2id.json` (what items have), `entity2type.json` and `id2info.json` (plots).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from eval.crs_figures.turns import Turn
from eval.systems.material import MeasuredItem, TrainingDialogue
from eval.systems.protocol import Dialogue, Speaker, Utterance
from eval.systems.titles import title_and_year
from kg.text import fold_name
from recsys.errors import SourceError

_RESOURCE = re.compile(r"^<?https?://\S+/([^/>]+)>?$")
PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class FolderData:
    """What a folder and its map hold."""

    items: tuple[MeasuredItem, ...]
    turns: dict[str, tuple[Turn, ...]]
    """Part (`train`, `valid`, `test`) to its turns; only the parts that there are."""
    files: tuple[Path, ...]
    """Everything that was read."""
    items_from: str
    """Where the list of items was found, in words."""

    def dialogues(self, part: str, without: frozenset[str] = frozenset()) -> tuple[TrainingDialogue, ...]:
        """Return the part's dialogues as far as they are there: what was said before each one's last turn, and that
        turn's targets as the recommender's answer. Those whose id is in `without` are left out."""
        last: dict[str, Turn] = {}
        for turn in self.turns.get(part, ()):
            if turn.dialogue_id not in without and turn.number >= last.get(turn.dialogue_id, turn).number:
                last[turn.dialogue_id] = turn
        return tuple(
            TrainingDialogue(number, (*turn.dialogue.utterances, Utterance("recommender", "", turn.targets)))
            for number, turn in last.items()
        )


def read_folder(folder: Path, entities: Path) -> FolderData:
    """Read the dialogues in `folder`; `entities` is `entity2id.json` or the folder that holds it.

    Raises `SourceError` when a file is missing, a line is not in the form, or no line has a target.
    """
    names_file = entities / "entity2id.json" if entities.is_dir() else entities
    files = {part: found for part in PARTS if (found := _part_file(folder, part))}
    if not files:
        raise SourceError(
            f"{folder} has no test_data_processed.jsonl. Give a folder with one line of JSON a turn: dialog_id, "
            "turn_id, context, entity, rec."
        )
    number_of = _json(names_file)
    names = _Names({int(number): name for name, number in number_of.items()})
    lines = {part: list(_lines(file)) for part, file in files.items()}
    ids, items_from = _item_names(names_file.parent, names, lines)
    if not ids:
        raise SourceError(f"{folder} names no item that {names_file} has.")
    told = _optional(names_file.parent / "id2info.json") or {}
    info = {about["name"]: about for about in told.values()}
    having = _having(names_file.parent, names)
    items = tuple(_item(name, having.get(name, ()), info) for name in ids)
    reader = _Reader(names, items)
    turns = {part: tuple(reader.turn(line) for line in lines[part] if line["rec"]) for part in files}
    if not any(turns.values()):
        raise SourceError(f"{folder}: no turn has a target in `rec`.")
    beside = ("item_ids.json", "kg.json", "relation2id.json", "entity2type.json", "id2info.json")
    read = [names_file, *files.values()]
    read += [file for name in beside if (file := names_file.parent / name).is_file()]
    return FolderData(items, turns, tuple(read), items_from)


class _Names:
    """Names by number; a resource of DBpedia is called by its title."""

    def __init__(self, by_number: dict[int, str]) -> None:
        self.by_number = {number: _readable(name) for number, name in by_number.items()}

    def of(self, entity: int | str) -> str:
        if isinstance(entity, str):
            return _readable(entity)
        if entity not in self.by_number:
            raise SourceError(f"The map of entities has no number {entity}; is it the map of this folder?")
        return self.by_number[entity]


class _Reader:
    def __init__(self, names: _Names, items: Sequence[MeasuredItem]) -> None:
        self._names = names
        self._items = {item.id: item for item in items}

    def turn(self, line: dict[str, Any]) -> Turn:
        entities = [self._names.of(one) for one in line.get("entity", []) + line.get("prev_entity", [])]
        targets = list(dict.fromkeys(self._names.of(one) for one in line["rec"]))
        if "prev_entity" in line:
            # This form counts what the answer itself names as an entity of the turn.
            entities = [self._names.of(one) for one in line["prev_entity"]]
        named = [name for name in entities if name in self._items]
        context = [str(text) for text in line["context"]]
        return Turn(
            dialogue_id=str(line["dialog_id"]),
            number=len(context),
            dialogue=Dialogue(self._utterances(context, named)),
            targets=tuple(name for name in targets if name in self._items),
            unknown=sum(name not in self._items for name in targets),
            known=frozenset(named),
            answer=str(line.get("resp", "")),
        )

    def _utterances(self, context: Sequence[str], named: Sequence[str]) -> tuple[Utterance, ...]:
        """Give each named item to the utterances that have its title; one that none has to where the one before is."""
        folded = [f" {fold_name(text)} " for text in context]
        at: list[list[str]] = [[] for _ in context]
        latest = 0
        for name in dict.fromkeys(named):
            title = f" {fold_name(self._items[name].title)} "
            places = [place for place, text in enumerate(folded) if title in text]
            for place in places or ([latest] if context else []):
                at[place].append(name)
            latest = places[0] if places else latest
        speakers: tuple[Speaker, Speaker] = ("seeker", "recommender")
        return tuple(
            Utterance(speakers[(len(context) - 1 - place) % 2], text, tuple(at[place]))
            for place, text in enumerate(context)
            if text or at[place]
        )


def _item(name: str, having: Sequence[tuple[str, str]], info: dict[str, Any]) -> MeasuredItem:
    title, year = title_and_year(name)
    about = info.get(name, {})
    if year is None and str(about.get("year", "")).isdigit():
        year = int(about["year"])
    genres = ", ".join(value for relation, value in having if relation == "genre")
    others = ", ".join(
        dict.fromkeys(value for relation, value in having if relation not in ("genre", "plot"))
    )
    text = ". ".join(part for part in (name, genres, about.get("plot") or others) if part)
    return MeasuredItem(name, title, year, text, tuple(dict.fromkeys(having)))


def _item_names(beside: Path, names: _Names, lines: dict[str, list[dict[str, Any]]]) -> tuple[list[str], str]:
    listed = _optional(beside / "item_ids.json")
    if listed is not None:
        return list(dict.fromkeys(names.of(number) for number in listed)), "item_ids.json"
    types = _optional(beside / "entity2type.json")
    if types is not None:
        films = [_readable(name) for name, kind in types.items() if kind in ("movie", "film", "item", "book")]
        return list(dict.fromkeys(films)), "entity2type.json"
    recommended = {names.of(one) for part in lines.values() for line in part for one in line["rec"]}
    known = set(names.by_number.values())
    return sorted(recommended & known), "every item that some turn of the folder recommends"


def _having(beside: Path, names: _Names) -> dict[str, list[tuple[str, str]]]:
    graph, relations = _optional(beside / "kg.json"), _optional(beside / "relation2id.json")
    if graph is None or relations is None:
        return {}
    called = {number: relation for relation, number in relations.items()}
    return {
        names.of(int(subject)): [(called[relation], names.of(value)) for relation, value in edges]
        for subject, edges in graph.items()
    }


def _readable(name: str) -> str:
    resource = _RESOURCE.match(name)
    return unquote(resource.group(1)).replace("_", " ") if resource else name


def _part_file(folder: Path, part: str) -> Path | None:
    for name in (f"{part}_data_processed.jsonl", f"{part}.jsonl"):
        if (folder / name).is_file():
            return folder / name
    return None


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        for number, text in enumerate(stream, 1):
            try:
                line = json.loads(text)
                missing = [name for name in ("dialog_id", "context", "rec") if name not in line]
            except (ValueError, TypeError) as error:
                raise SourceError(f"{file}, line {number} is no JSON: {error}") from error
            if missing:
                raise SourceError(f"{file}, line {number} has no {', '.join(missing)}.")
            if not isinstance(line["rec"], list):
                # One target may stand by itself.
                line["rec"] = [] if line["rec"] in (None, "") else [line["rec"]]
            yield line


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise SourceError(f"{file} is missing: the map of entities, name to number.")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _optional(file: Path) -> Any:  # noqa: ANN401 - whatever the JSON holds
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
