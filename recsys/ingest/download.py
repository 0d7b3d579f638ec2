"""Fetch a public data set from its publisher, check it, and unpack it beside the others."""

from __future__ import annotations

import hashlib
import shutil
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from recsys.errors import DownloadError

_BLOCK = 1 << 20
_DONE = ".complete"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a publisher."""

    url: str
    md5: str | None = None
    """The publisher's checksum, or None where it gives none."""
    members: tuple[str, ...] = ()
    """Names of the files wanted out of a zip archive; empty: the file is used as it is."""

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Remote:
    """Where a publisher has a source, and on which terms."""

    files: tuple[RemoteFile, ...]
    terms: str


_MOVIELENS = "https://files.grouplens.org/datasets/movielens"
_GROUPLENS_TERMS = "GroupLens: for research; do not pass it on or use it commercially without permission."

REMOTES: dict[str, Remote] = {
    "ml-1m": Remote(
        (
            RemoteFile(
                f"{_MOVIELENS}/ml-1m.zip",
                "c4d9eecfca2ab87c1945afe126590906",
                ("movies.dat", "ratings.dat", "users.dat", "README"),
            ),
        ),
        _GROUPLENS_TERMS,
    ),
    "ml-100k": Remote(
        (
            RemoteFile(
                f"{_MOVIELENS}/ml-100k.zip",
                "0e33842e24a9c977be4e0107933c0723",
                ("u.data", "u.item", "u.user", "README"),
            ),
        ),
        _GROUPLENS_TERMS,
    ),
    "ml-latest-small": Remote(
        (
            RemoteFile(
                f"{_MOVIELENS}/ml-latest-small.zip",
                None,
                ("movies.csv", "ratings.csv", "tags.csv", "links.csv", "README.txt"),
            ),
        ),
        _GROUPLENS_TERMS,
    ),
    "lastfm-hetrec": Remote(
        (
            RemoteFile(
                "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
                None,
                ("user_artists.dat", "artists.dat", "readme.txt"),
            ),
        ),
        "HetRec 2011, Last.fm: for research, not commercial.",
    ),
    "wikipedia-films": Remote(
        tuple(
            RemoteFile(
                f"https://raw.githubusercontent.com/prust/wikipedia-movie-data/master/movies-{start}s.json"
            )
            for start in range(1900, 2030, 10)
        ),
        "Text of Wikipedia, CC BY-SA 4.0: name the source, share under the same terms.",
    ),
}


def download(source: str, cache: Path, progress: Callable[[str], None]) -> Path:
    """Fetch a source into `cache/SOURCE` and return that folder, for `load`; a complete one is used again.

    Raises `DownloadError` when the source cannot be fetched for a person, when the network or the publisher
    does not answer, or when a checksum is wrong; nothing half-written stays.
    """
    remote = REMOTES.get(source)
    if remote is None:
        raise DownloadError(
            f"{source} cannot be fetched for you: its publisher asks you to take it yourself, or "
            "there is none. "
            f"Give its files with --from. Can be fetched: {', '.join(REMOTES)}."
        )
    return fetch(source, remote, cache, progress)


def fetch(source: str, remote: Remote, cache: Path, progress: Callable[[str], None]) -> Path:
    """Fetch the files of `remote` into `cache/SOURCE`, as `download` does for the known ones."""
    target = cache / source
    if (target / _DONE).is_file():
        progress(f"{source}: already in {target}")
        return target
    progress(f"{source}: {remote.terms}")
    cache.mkdir(parents=True, exist_ok=True)
    beside = cache / f".{source}.{uuid.uuid4().hex[:8]}"
    beside.mkdir()
    try:
        for file in remote.files:
            part = beside / file.name
            sha256, md5 = _fetch(file.url, part, progress)
            _check(file, md5, sha256, cache / f"{source}.{file.name}.sha256", progress)
            if file.members:
                _unpack(part, file.members, beside)
                part.unlink()
        (beside / _DONE).write_text("", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        beside.replace(target)
    except OSError as error:
        raise DownloadError(f"{source} cannot be written to {cache}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _fetch(url: str, file: Path, progress: Callable[[str], None]) -> tuple[str, str]:
    """Write the body of `url` to `file`; return its SHA-256 and MD5."""
    import httpx

    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=30) as answer:
            answer.raise_for_status()
            with file.open("wb") as out:
                for block in answer.iter_bytes(_BLOCK):
                    out.write(block)
                    sha256.update(block)
                    md5.update(block)
                    size += len(block)
    except httpx.HTTPStatusError as error:
        raise DownloadError(
            f"{url} answered {error.response.status_code}. The publisher may have moved it: fetch it "
            "with a browser "
            "and give the folder with --from."
        ) from error
    except httpx.HTTPError as error:
        raise DownloadError(
            f"{url} could not be fetched ({error.__class__.__name__}: {error}). Check the network and "
            "try again, "
            "or fetch it elsewhere and give the folder with --from."
        ) from error
    progress(f"{file.name}: {size / 1e6:.1f} MB")
    return sha256.hexdigest(), md5.hexdigest()


def _check(file: RemoteFile, md5: str, sha256: str, record: Path, progress: Callable[[str], None]) -> None:
    if file.md5 is not None:
        if md5 != file.md5:
            raise DownloadError(
                f"{file.url} has the MD5 {md5}, but its publisher says {file.md5}: the file was "
                "damaged or changed on "
                "the way. Nothing was kept; try again."
            )
        progress(f"{file.name}: MD5 as published")
        return
    if record.is_file():
        first = record.read_text(encoding="utf-8").split()[0]
        if sha256 != first:
            raise DownloadError(
                f"{file.url} has the SHA-256 {sha256}, but the first download had {first}. Nothing "
                "was kept. If the "
                f"publisher has a new version, remove {record} and try again."
            )
        progress(f"{file.name}: SHA-256 as at the first download")
        return
    beside = record.with_name(f".{record.name}.{uuid.uuid4().hex[:8]}")
    beside.write_text(f"{sha256}  {file.name}\n", encoding="utf-8")
    beside.replace(record)
    progress(
        f"{file.name}: no published checksum, trusted on first download; SHA-256 {sha256} is kept in "
        f"{record.name}"
    )


def _unpack(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    """Take the files named `members` out of any folder of the archive; nothing else is written."""
    try:
        with zipfile.ZipFile(archive) as opened:
            by_name = {PurePosixPath(name).name: name for name in opened.namelist() if not name.endswith("/")}
            missing = [name for name in members if name not in by_name]
            if missing:
                raise DownloadError(f"{archive.name} lacks {', '.join(missing)}; nothing was kept.")
            for name in members:
                with opened.open(by_name[name]) as source, (folder / name).open("wb") as out:
                    shutil.copyfileobj(source, out, _BLOCK)
    except zipfile.BadZipFile as error:
        raise DownloadError(f"{archive.name} is not a zip archive; nothing was kept. Try again.") from error
