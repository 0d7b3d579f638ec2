"""The folder of a server of ours: its password, what is known of the one that runs, and one start at a time."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kg.graph import GraphError

_LOOK_SECONDS = 0.2


def kept_secret(file: Path) -> str:
    """Return the secret in `file`, made at first use; the file is the owner's alone from its first byte.

    Whoever asks at the same time gets the same one.
    """
    if not file.is_file():
        make_folder(file.parent)
        beside = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(secrets.token_urlsafe(24))
            # A link never replaces: of two that are made at once the first stays.
            os.link(beside, file)
        except FileExistsError:
            pass
        except OSError:
            # A file system without links.
            beside.rename(file)
        finally:
            beside.unlink(missing_ok=True)
    secret = file.read_text(encoding="utf-8").strip()
    if not secret:
        raise GraphError(f"The password in {file} is empty. Put the right one there.")
    return secret


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def read_state(home: Path) -> dict[str, str]:
    """Return what was written of the server of this home; empty when there was none or it cannot be read."""
    try:
        state = json.loads((home / "server.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(key): str(value) for key, value in state.items()} if isinstance(state, dict) else {}


def write_state(home: Path, state: Mapping[str, str | int]) -> None:
    """Replace what is written of the server of this home."""
    make_folder(home)
    beside = home / f".server.{uuid.uuid4().hex[:8]}"
    beside.write_text(json.dumps(state), encoding="utf-8")
    beside.replace(home / "server.json")


@contextmanager
def one_start(home: Path, seconds: float, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the home for one start; `wait` is called once where another process holds it.

    The system releases it when the process ends, however it ends. Raises `GraphError` when it is not free
    within `seconds`.
    """
    make_folder(home)
    deadline = time.monotonic() + seconds
    with (home / ".start.lock").open("ab") as file:
        waited = False
        while not _lock(file.fileno()):
            if not waited:
                waited = True
                wait()
            if time.monotonic() > deadline:
                raise GraphError(
                    f"Another start of the server in {home} has been under way for {seconds:.0f} s. End it, "
                    "then try again."
                )
            time.sleep(_LOOK_SECONDS)
        yield


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
