"""Which of our dialogues goes on, when a client sends a whole dialogue and names none?"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence

Said = tuple[str, str]
"""Role (`user` or `assistant`) and text of a message."""


class Threads:
    """Remembers, for each dialogue as a client has seen it so far, the thread that holds it. Keeps digests, no words.

    A dialogue is found once: what a client goes on with a second time, as when an answer is asked for anew, must
    not land in a thread that has moved on. Safe between threads.
    """

    def __init__(self, most: int) -> None:
        """Take how many dialogues are remembered; the one that went on longest ago is forgotten first."""
        self._most = most
        self._found: OrderedDict[str, tuple[str, str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, user: str, catalogue: str, said: Sequence[Said]) -> str | None:
        """Return the thread that holds exactly these messages of this person, or None; it is not found again."""
        with self._lock:
            found = self._found.pop(_digest(user, catalogue, said), None)
        return found[2] if found else None

    def keep(self, user: str, catalogue: str, said: Sequence[Said], thread: str) -> None:
        """Remember that the thread holds these messages."""
        with self._lock:
            self._found[_digest(user, catalogue, said)] = (user, catalogue, thread)
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def forget(self, user: str, catalogue: str) -> None:
        """Forget a person's dialogues in a catalogue: they were erased."""
        with self._lock:
            for digest, (whose, where, _) in list(self._found.items()):
                if (whose, where) == (user, catalogue):
                    del self._found[digest]


def _digest(user: str, catalogue: str, said: Sequence[Said]) -> str:
    # Clients trim answers; a message is the same with other white space at its ends.
    told = [user, catalogue, *([role, text.strip()] for role, text in said)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
