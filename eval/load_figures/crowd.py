"""Many people who talk at once, each in a thread with a key and a dialogue of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from eval.load_figures.served import Served
from eval.load_figures.talk import Person, Seen

_PAUSE = 0.2
"""Seconds that a person waits after no answer, before they try again."""


class Crowd:
    """Begins to talk at `start` and stops after the answer of the moment at `stop`."""

    def __init__(
        self,
        served: Served,
        people: int,
        script: Callable[[int], Iterator[tuple[str, str]]],
        who: str = "person",
        pause: float = 0.0,
    ) -> None:
        """Make a key for each; `script` gives what a person does, by number, and they think for `pause` seconds."""
        names = [f"{who}-{number}" for number in range(people)]
        self.people = [Person(served.address, name, served.key(name)) for name in names]
        self._script = script
        self._pause = pause
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._wrong: list[BaseException] = []

    def start(self) -> None:
        """Let them talk."""
        self._threads = [
            threading.Thread(target=self._talk, args=(number, person), daemon=True)
            for number, person in enumerate(self.people)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each hear their last answer out. Raises what broke a person's thread, which is a fault of ours."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._wrong:
            raise self._wrong[0]

    def close(self) -> None:
        """Close the connections."""
        for person in self.people:
            person.close()

    @property
    def seen(self) -> Sequence[Seen]:
        """What was seen so far."""
        with self._lock:
            return list(self._seen)

    def turns(self) -> int:
        """Return how many turns were answered so far."""
        with self._lock:
            return sum(one.what == "turn" for one in self._seen)

    def await_whole(self, since: float, timeout: float) -> float | None:
        """Wait until everybody had a whole answer to a message sent after `since`; returns the seconds, or None."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ends: dict[str, float] = {}
            for one in self.seen:
                if one.began >= since and one.what == "turn" and one.outcome == "whole":
                    ends.setdefault(one.person, one.began + one.seconds)
            if len(ends) == len(self.people):
                return max(ends.values()) - since
            time.sleep(0.1)
        return None

    def lost(self, tastes: bool = True) -> list[str]:
        """Return everything that was acknowledged to anybody and is not there.

        Without `tastes` only turns and likes are looked up: who talks freely may take back what they told.
        """
        return [line for person in self.people for line in person.lost(tastes)]

    def acknowledged(self, tastes: bool = True) -> int:
        """Return how many things were acknowledged."""
        ledgers = [person.ledger for person in self.people]
        return sum(len(one.likes) + len(one.turns) + (len(one.tastes) if tastes else 0) for one in ledgers)

    def _talk(self, number: int, person: Person) -> None:
        try:
            for what, words in self._script(number):
                if self._over.is_set():
                    return
                if what == "begin":
                    person.thread = words
                    continue
                seen = person.say(words) if what == "say" else person.like(words)
                with self._lock:
                    self._seen.append(seen)
                answered = seen.outcome in ("whole", "degraded")
                if wait := self._pause if answered else max(_PAUSE, self._pause):
                    self._over.wait(wait)
        except BaseException as error:
            self._wrong.append(error)
