"""Where do this person's workspaces and secrets live, and which workspace is meant?"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import platformdirs

from recsys.errors import TastegraphError

DEFAULT_WORKSPACE = "films"
HERE = ".tastegraph"
STARTERS = ("films", "shop")


def home(given: Path | None = None) -> Path:
    """Return the home folder: `given`, else TASTEGRAPH_HOME, else `.tastegraph` here, else the platform's data folder.

    The folder here is what `make chat` builds, so that the command finds it in the same checkout.
    """
    if given is not None:
        return given.expanduser().resolve()
    named = os.environ.get("TASTEGRAPH_HOME")
    if named:
        return Path(named).expanduser().resolve()
    here = Path.cwd() / HERE
    return here if here.is_dir() else platformdirs.user_data_path("tastegraph")


def starter_path(name: str, given: Path | None = None) -> Path:
    """Return where the starter workspace of this name lives."""
    return home(given) / "workspaces" / name


def find_workspace(given: str | None) -> Path:
    """Return the folder that `given` means: the name of a workspace at home, else a folder; default `films`.

    Whether a workspace is there is for `Workspace.open` to say.
    """
    if given is None:
        return starter_path(DEFAULT_WORKSPACE)
    if _is_name(given) and starter_path(given).is_dir():
        return starter_path(given)
    return Path(given).expanduser().resolve()


def new_workspace(given: str) -> Path:
    """Return where a workspace called `given` is to be built: at home for a bare name, else in that folder."""
    return starter_path(given) if _is_name(given) else Path(given).expanduser().resolve()


def _is_name(given: str) -> bool:
    """Say whether `given` is a name and no path: `ml-1m`, but not `./ml-1m`, `..` or `~`."""
    return given not in ("", ".", "..") and not given.startswith("~") and Path(given).parts == (given,)


def workspaces_at_home() -> list[Path]:
    """Return the workspaces in the home folder that have a manifest, films first."""
    folder = home() / "workspaces"
    found = [path.parent for path in folder.glob("*/manifest.json")] if folder.is_dir() else []
    return sorted(found, key=lambda path: (path.name != DEFAULT_WORKSPACE, path.name))


def secret(given: Path | None = None) -> bytes:
    """Return the 32 secret bytes of this home; made on first use, readable by the owner only.

    Raises `TastegraphError` when the file cannot be read or written, or holds something else.
    """
    folder = home(given)
    file = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _write_secret(file)
        value = file.read_bytes()
    except OSError as error:
        raise TastegraphError(
            f"The secret in {file} cannot be read or written ({error.strerror}). Give yourself the rights to "
            "the folder, or choose another one with TASTEGRAPH_HOME."
        ) from error
    if len(value) != 32:
        raise TastegraphError(
            f"{file} does not hold 32 bytes. Delete it; open pages then count as new guests."
        )
    return value


def _write_secret(file: Path) -> None:
    beside = file.with_name(f".secret.{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_bytes(32))
    try:
        # A link fails where another process was first, so both read the same secret.
        os.link(beside, file)
    except FileExistsError:
        pass
    finally:
        beside.unlink(missing_ok=True)
