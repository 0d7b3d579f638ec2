"""Public utterances with labels, read from the folder of the data sets and divided once and for all.

IARD (MIT), CCPE (CC BY 4.0), clinc150 (CC BY 3.0), Bitext's customer service sets (CDLA-Sharing 1.0), ReDial
(CC BY 4.0). Raises `SourceError` everywhere when a file is missing or of another form.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from agent.nlu.labels import IARD_INTENTS
from agent.nlu.sides import side_asked_next, side_of_question
from agent.training.redial import is_held_out, read_dialogues
from recsys.errors import SourceError

Part = Literal["train", "valid", "test"]
IARD = "crs/iard.json"
CCPE = "crs/ccpe.txt"
CLINC = "help-desk/clinc150.json"
BITEXT = ("help-desk/20000_utterances.csv", "help-desk/Bitext_Sample_Customer_Service_Training_Dataset.csv")
REDIAL_TEST = "crs/redial/test_data.jsonl"
REDIAL_TRAIN = "crs/redial/train_union_partial.jsonl"
_SAME_INTENT = {"check_invoices": "check_invoice"}
_MARKED_FILM = re.compile(r"@\d+ <(.*?)>|@(\d+)")
_YEAR = re.compile(r"\s*\((?:19|20)\d\d\)\s*$")
_WORD = re.compile(r"[a-z]+")
_FILLER = frozenset(
    (
        "a about am an and any are as at be can could d did do does for get give have how i if in is it ll m me "
        "my of on or please re s see so some t that the there this to u ur us ve want was we what when where "
        "which will with would you your need help assistance know like tell show find looking look got gonna"
    ).split()
)


@dataclass(frozen=True)
class Said:
    """What somebody wrote, after what."""

    text: str
    before: str = ""
    """What the other side said just before; empty at the start and where the source has none."""
    labels: tuple[str, ...] = ()
    """Of the task that the source is for; several only for intents."""
    group: str = ""
    """What must not be divided: the dialogue, or the wording."""


def share_of(key: str) -> int:
    """Return a number in [0, 100) that depends on nothing but `key`."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 100


def part_of(key: str) -> Part:
    """Return the part of a dialogue or wording: 70 in 100 train, 10 valid, 20 test."""
    share = share_of(key)
    return "test" if share < 20 else "valid" if share < 30 else "train"


def iard(data: Path, part: Part) -> list[Said]:
    """Return seekers' turns with our intents. Test: the 38 dialogues that are in ReDial's test set; valid: about
    one in eight of the others."""
    dialogues = _json(data / IARD)
    held = {str(d["conversationId"]) for d in read_dialogues(data / REDIAL_TEST)}
    found: list[Said] = []
    for name, dialogue in dialogues.items():
        where = "test" if name in held else "valid" if share_of(name) < 12 else "train"
        if where != part:
            continue
        before: list[str] = []
        for turn in dialogue["dialogue_info"].values():
            text = _named(str(turn["utterance_text"]))
            if turn["role"] != "seeker":
                before.append(text)
                continue
            intents = {IARD_INTENTS[one] for one in turn["sub-intent/action"] if one in IARD_INTENTS}
            found.append(Said(text, " ".join(before), tuple(sorted(intents)), name))
            before = []
    return found


def ccpe_dialogues(data: Path, part: Part) -> Iterator[list[tuple[str, list[str], list[str]]]]:
    """Yield dialogues as (speaker, sentences, their labels), what one speaker said in a row together."""
    file = data / CCPE
    for block in _text(file).strip().split("\n\n"):
        turns: list[tuple[str, list[str], list[str]]] = []
        for line in block.split("\n"):
            cells = line.split("\t")
            if len(cells) < 3:
                raise SourceError(f"{file} is not CCPE with acts: four columns were expected.")
            speaker, text, label = cells[0], cells[1], cells[2]
            if text == "OVERALL":
                continue
            if turns and turns[-1][0] == speaker:
                turns[-1][1].append(text)
                turns[-1][2].append(label)
            else:
                turns.append((speaker, [text], [label]))
        if part_of(block) == part:
            yield turns


def ccpe_mentions(data: Path, part: Part) -> list[Said]:
    """Return single utterances of people with `none`, `entity` or `preference`, each after the question."""
    found: list[Said] = []
    for number, turns in enumerate(ccpe_dialogues(data, part)):
        before = ""
        for speaker, texts, labels in turns:
            if speaker != "USER":
                before = " ".join(texts)
                continue
            for text, label in zip(texts, labels, strict=True):
                kind = "none" if label == "OTHER" else "preference" if "PREFERENCE" in label else "entity"
                found.append(Said(text, before, (kind,), f"{part}-{number}"))
    return found


def ccpe_polarities(data: Path, part: Part) -> list[Said]:
    """Return answers with `like` or `dislike`; `group` says how the side is known.

    `asked`: a question that leaves it open (`Do you like the movie Up?`); the side is that of the next question
    (`What do you dislike about it?`), so a person's reading of the answer. `told`: a question for one side (`a movie
    that you did not like?`) that was answered with something.
    """
    found: list[Said] = []
    for turns in ccpe_dialogues(data, part):
        for k, (speaker, texts, labels) in enumerate(turns):
            if speaker != "USER" or not k:
                continue
            question, text = " ".join(turns[k - 1][1]), " ".join(texts)
            after = " ".join(turns[k + 1][1]) if k + 1 < len(turns) else ""
            if side := side_asked_next(question, after):
                found.append(Said(text, question, (side,), "asked"))
            elif (side := side_of_question(question)) and any(label != "OTHER" for label in labels):
                found.append(Said(text, question, (side,), "told"))
    return found


def clinc(data: Path, part: Part) -> tuple[list[Said], list[Said]]:
    """Return utterances with one of 150 intents, and those outside them all, of the official parts."""
    raw = _json(data / CLINC)
    name = {"train": "train", "valid": "val", "test": "test"}[part]
    inside = [Said(text, labels=(intent,)) for text, intent in raw[name]]
    return inside, [Said(text, labels=("oos",)) for text, _ in raw[f"oos_{name}"]]


def bitext(data: Path, part: Part) -> list[Said]:
    """Return customers' utterances with a service intent, each wording once.

    Utterances of the same words but for order, endings, fillers and one-letter slips share a part: `cancel my
    order please` and `I want to cancel the orders`.
    """
    found: dict[str, Said] = {}
    for name in BITEXT:
        with _open(data / name) as file:
            for row in csv.DictReader(file):
                text = " ".join(row["utterance"].split())
                wording = wording_of(text)
                if part_of(wording) == part:
                    intent = _SAME_INTENT.get(row["intent"], row["intent"])
                    found.setdefault(text.lower(), Said(text, labels=(intent,), group=wording))
    return list(found.values())


def wording_of(text: str) -> str:
    """Return what an utterance has in common with its near-duplicates: its telling words, cut, sorted."""
    words = {
        re.sub(r"(.)\1+", r"\1", word)[:4] for word in _WORD.findall(text.lower()) if word not in _FILLER
    }
    return " ".join(sorted(words))


def redial_polarities(data: Path) -> list[Said]:
    """Return seekers' turns of training dialogues that name one film, with whether the seeker likes it.

    The side is what the seeker ticked in the form after the dialogue; it is about the film, not the sentence, so it
    is noisy. Dialogues kept for development are left out.
    """
    test = _iard_test_ids(data)
    found: list[Said] = []
    for dialogue in read_dialogues(data / REDIAL_TRAIN):
        name = str(dialogue["conversationId"])
        if is_held_out(name) or name in test or not isinstance(dialogue.get("initiatorQuestions"), dict):
            continue
        found += _ticked(dialogue, name)
    return found


def redial_turns(data: Path) -> list[Said]:
    """Return seekers' turns of training dialogues without labels, in the order of the file."""
    labelled = set(_json(data / IARD))
    found: list[Said] = []
    for dialogue in read_dialogues(data / REDIAL_TRAIN):
        name = str(dialogue["conversationId"])
        if is_held_out(name) or name in labelled:
            continue
        found += [Said(text, before, (), name) for text, before, _ in _seeker(dialogue)]
    return found


def _ticked(dialogue: dict[str, Any], name: str) -> Iterator[Said]:
    for text, before, films in _seeker(dialogue):
        told = [dialogue["initiatorQuestions"].get(film, {}) for film in films]
        if len(told) == 1 and told[0].get("liked") in (0, 1):
            yield Said(text, before, ("like" if told[0]["liked"] else "dislike",), name)


def _seeker(dialogue: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    titles = {key: _YEAR.sub("", str(title)) for key, title in (dialogue["movieMentions"] or {}).items()}
    before: list[str] = []
    for message in dialogue["messages"]:
        raw = str(message["text"])
        text = re.sub(r"@(\d+)", lambda m: titles.get(m[1], "it"), raw)
        if message["senderWorkerId"] != dialogue["initiatorWorkerId"]:
            before.append(text)
            continue
        yield text, " ".join(before), re.findall(r"@(\d+)", raw)
        before = []


def _iard_test_ids(data: Path) -> set[str]:
    return {str(d["conversationId"]) for d in read_dialogues(data / REDIAL_TEST)}


def _named(text: str) -> str:
    return " ".join(_MARKED_FILM.sub(lambda m: _YEAR.sub("", m[1] or "it").strip(), text).split())


def _json(file: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads(_text(file))
    except ValueError as error:
        raise SourceError(f"{file} is no JSON.") from error
    return loaded


def _text(file: Path) -> str:
    with _open(file) as opened:
        return opened.read()


def _open(file: Path) -> TextIO:
    if not file.is_file():
        raise SourceError(f"There is no {file}. Put the data set there, or name another folder with --data.")
    return file.open(encoding="utf-8-sig", newline="" if file.suffix == ".csv" else None)
