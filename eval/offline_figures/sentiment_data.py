"""People's own words with what they thought: ReDial, IARD and CCPE, none of which the sentiment head has seen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from recsys.errors import SourceError

_MENTION = re.compile(r"@\d+(?:\s*<[^<>]*>)*")
_AGAINST = re.compile(
    r"\b(dislike|not like|don.?t (?:you )?like|didn.?t (?:you )?like|hate)\b", re.IGNORECASE
)
_FOR = re.compile(r"\b(?:you|that you|did you) (?:really )?(?:like|liked|love|enjoy)\b", re.IGNORECASE)
FILES = {"ReDial": ("crs/redial/test_data.jsonl",), "IARD": ("crs/iard.json",), "CCPE": ("crs/ccpe.txt",)}


class Judged(NamedTuple):
    """A text and whether its person was in favour."""

    text: str
    favour: bool


def read_judged(data: Path, source: str) -> list[Judged]:
    """Read one source of `FILES`; raises `SourceError` when its file is missing.

    ReDial: a seeker's message that names one film of which they said afterwards that they liked it or did not; the
    name is replaced by `it`. IARD: a seeker's message that accepts or rejects, not both. CCPE: what follows a question
    for what is liked or for what is disliked, where it states a preference.
    """
    files = [data / name for name in FILES[source]]
    for file in files:
        if not file.is_file():
            raise SourceError(f"{file} is missing; the figures of sentiment are measured on it.")
    return {"ReDial": redial, "IARD": _iard, "CCPE": _ccpe}[source](files[0])


def redial(file: Path) -> list[Judged]:
    """Read a file of ReDial dialogues."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        answers = row["initiatorQuestions"]
        if not isinstance(answers, dict):
            continue
        for message in row["messages"]:
            named = re.findall(r"@(\d+)", message["text"])
            if (
                message["senderWorkerId"] != row["initiatorWorkerId"]
                or len(named) != 1
                or named[0] not in answers
            ):
                continue
            if (liked := answers[named[0]]["liked"]) in (0, 1):
                found.append(Judged(_without_names(message["text"]), liked == 1))
    return found


def _iard(file: Path) -> list[Judged]:
    found = []
    for dialogue in json.loads(file.read_text(encoding="utf-8")).values():
        for turn in dialogue["dialogue_info"].values():
            said = set(turn["sub-intent/action"])
            if turn["role"] == "seeker" and ("ACC" in said) != ("REJ" in said):
                found.append(Judged(_without_names(turn["utterance_text"]), "ACC" in said))
    return found


def _ccpe(file: Path) -> list[Judged]:
    found = []
    asked: bool | None = None
    for line in file.read_text(encoding="utf-8").splitlines():
        who, said, kind, *_ = [*line.split("\t"), "", "", ""]
        if who == "SYSTEM":
            against, favour = bool(_AGAINST.search(said)), bool(_FOR.search(_AGAINST.sub(" ", said)))
            asked = None if against == favour or "?" not in said else favour
        elif who == "USER" and asked is not None and kind.startswith("ENTITY_PREFERENCE"):
            found.append(Judged(said, asked))
        elif not who:
            asked = None
    return found


def _without_names(text: str) -> str:
    return " ".join(_MENTION.sub("it", text).split())
