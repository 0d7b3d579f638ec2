"""One person who talks to the application, what each answer was like, and what was acknowledged."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from agent.context import NO_INTERESTS
from agent.tools.wishes import GRAPH_AWAY
from agent.turn_evidence import NOTHING_RECALLED

Outcome = Literal["whole", "degraded", "refused", "broken off", "away", "ugly"]
"""`whole`: an answer that lacks nothing; `degraded`: one that says what is missing; `refused`: an error in the API's
form, with the id of the request; `broken off`: the connection ended within an answer; `away`: nobody answered at the
address; `ugly`: whatever else, such as a traceback, an error without an id, or an answer without an end."""
_DEGRADED = (NO_INTERESTS, GRAPH_AWAY, NOTHING_RECALLED, "out of reach at the moment", "does not answer")
_UGLY = ("Traceback (most recent call last)", 'File "/', "Internal Server Error\n")
_REMEMBERED = re.compile(r"Remembered: (you [^.]+)\.")
_SECONDS = 120.0


@dataclass(frozen=True)
class Seen:
    """What came of one request of one person."""

    person: str
    what: Literal["turn", "like"]
    began: float
    """`time.monotonic` when it was sent."""
    outcome: Outcome
    why: str = ""
    """Empty for a whole answer; else what was said, or what is ugly."""
    first: float = 0.0
    """Seconds until the first words; 0 where there were none."""
    seconds: float = 0.0


@dataclass
class Ledger:
    """What the application told one person that it has: it must be there whatever happens later."""

    likes: list[str] = field(default_factory=list)
    """Ids of items."""
    tastes: list[str] = field(default_factory=list)
    """As the answer said them: `you like Crime`."""
    turns: list[tuple[str, str, str]] = field(default_factory=list)
    """Dialogue, what was said, what was answered."""


class Person:
    """Talks in one dialogue with a key of their own. Use from one thread."""

    def __init__(self, address: str, name: str, token: str, thread: str = "load") -> None:
        self.name, self.thread = name, thread
        self.ledger = Ledger()
        self._client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS
        )

    def say(self, text: str) -> Seen:
        """Send a message and read its answer to the end."""
        began, clock = time.monotonic(), time.perf_counter()
        reading = _Reading()
        try:
            body = {"text": text, "thread": self.thread}
            with self._client.stream("POST", "/v1/chat", json=body) as response:
                if response.status_code != 200:
                    response.read()
                    return self._refused("turn", began, response)
                for line in response.iter_lines():
                    if line.strip():
                        reading.take(line, time.perf_counter() - clock)
        except httpx.HTTPError as error:
            return Seen(self.name, "turn", began, *_cut(error), reading.first, time.perf_counter() - clock)
        outcome, why = reading.outcome()
        if outcome in ("whole", "degraded") and reading.kept:
            self.ledger.turns.append((self.thread, text, reading.answer))
            self.ledger.tastes += _REMEMBERED.findall(reading.answer)
        return Seen(self.name, "turn", began, outcome, why, reading.first, time.perf_counter() - clock)

    def like(self, item: str) -> Seen:
        """Press the button that says that an item is liked."""
        began, clock = time.monotonic(), time.perf_counter()
        try:
            response = self._client.post("/v1/feedback", json={"item": item, "verdict": "like"})
        except httpx.HTTPError as error:
            return Seen(self.name, "like", began, *_cut(error), 0.0, time.perf_counter() - clock)
        if response.status_code != 200:
            return self._refused("like", began, response)
        self.ledger.likes.append(item)
        return Seen(self.name, "like", began, "whole", "", 0.0, time.perf_counter() - clock)

    def lost(self, tastes: bool = True) -> list[str]:
        """Return what was acknowledged and is not there, one line each; `tastes` as in `Crowd.lost`.

        Raises `httpx.HTTPError` when the application cannot be asked.
        """
        profile = self._client.get("/v1/profile").raise_for_status().json()["interests"]
        kept = self._client.get("/v1/profile/export").raise_for_status().json()
        liked = {one["subject_id"] for one in profile if one["kind"] == "liked"}
        events = {one["item"] for one in kept["feedback"]["events"] if one["kind"] == "like"}
        said = {_plain(one["statement"]) for one in profile}
        turns = Counter(
            (thread, one["said"], _plain(one["answer"]))
            for thread, dialogue in kept["dialogues"].items()
            for one in dialogue
        )
        wanted = Counter((thread, text, _plain(answer)) for thread, text, answer in self.ledger.turns)
        missing = [f"the like of {item} among interests" for item in self.ledger.likes if item not in liked]
        missing += [f"the like of {item} among reactions" for item in self.ledger.likes if item not in events]
        missing += [f"the taste “{one}”" for one in self.ledger.tastes if tastes and _plain(one) not in said]
        missing += [f"the turn “{text}” of {thread}" for thread, text, _ in (wanted - turns).elements()]
        return [f"{self.name}: {one}" for one in missing]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _refused(self, what: Literal["turn", "like"], began: float, response: httpx.Response) -> Seen:
        """Judge an answer that is none: it must have the API's form and the id of the request."""
        seconds = time.monotonic() - began
        try:
            told = response.json()["error"]
            whole = bool(told["message"] and told["request_id"] == response.headers["x-request-id"])
        except (ValueError, KeyError, TypeError):
            whole = False
        text = response.text
        if not whole or _ugly(text) or response.status_code == 500:
            return Seen(self.name, what, began, "ugly", f"{response.status_code}: {text[:300]}", 0.0, seconds)
        return Seen(self.name, what, began, "refused", f"{response.status_code} {told['code']}", 0.0, seconds)


class _Reading:
    """The events of one answer as they come."""

    def __init__(self) -> None:
        self.first = 0.0
        self.answer = ""
        self.kept = False
        """Whether the turn ended without an error, so that it must be stored."""
        self._ended = False
        self._refused = False
        self._said: list[str] = []
        self._strange = ""

    def take(self, line: str, seconds: float) -> None:
        """Take one line of the stream."""
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            self._strange = f"no JSON: {line[:200]}"
            return
        if "error" in event:
            self._said.append(f"error: {event['error'].get('message', '')}")
            self._ended = self._refused = bool(event["error"].get("request_id"))
            return
        match event.get("type"):
            case "text":
                self.first = self.first or seconds
            case "notice" if event["level"] in ("warning", "error"):
                self._said.append(f"{event['level']}: {event['text']}")
            case "turn_ended":
                self._ended, self.answer = True, event["text"]
                self.kept = not any(one.startswith("error") for one in self._said)
            case _:
                pass
        if _ugly(line):
            self._strange = line[:300]

    def outcome(self) -> tuple[Outcome, str]:
        """Return what the answer was like, and what it said of it."""
        if self._strange or not self._ended:
            return "ugly", self._strange or "an answer without an end"
        if self._refused:
            return "refused", "; ".join(self._said)
        if self._said:
            return "degraded", "; ".join(self._said)
        if not self.answer.strip():
            return "ugly", "an empty answer"
        told = next((one for one in _DEGRADED if one in self.answer), "")
        return ("degraded", told) if told else ("whole", "")


def script(name: str, titles: list[str], items: list[str], kinds: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what a person does while parts fail, without end: (`say`, words) and (`like`, item).

    Nothing that is told is taken back, so that everything acknowledged must be there at the end.
    """
    number = 0
    while True:
        title = titles[number % len(titles)]
        yield "say", f"something like {title}"
        yield "like", items[number % len(items)]
        yield "say", f"I love {kinds[number % len(kinds)]} films"
        yield "say", "why the first one?"
        yield "say", f"{name} would like something by the director of {title}"
        number += 1


def _cut(error: httpx.HTTPError) -> tuple[Outcome, str]:
    why = f"{type(error).__name__}: {error}"
    return ("away" if isinstance(error, httpx.ConnectError) else "broken off"), why


def _ugly(text: str) -> bool:
    return any(one in text for one in _UGLY)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).removesuffix(".")
