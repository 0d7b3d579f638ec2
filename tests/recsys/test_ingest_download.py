import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recsys.errors import DownloadError
from recsys.ingest.download import REMOTES, Remote, RemoteFile, download, fetch


def archive(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, text in members.items():
            opened.writestr(name, text)
    return buffer.getvalue()


GOOD = archive({"set/movies.dat": "1::Heat (1995)::Crime\n", "set/README": "terms", "../../evil.txt": "x"})


class Publisher:
    """A publisher on the loopback interface; `bodies` may be changed between requests."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {"/set.zip": GOOD, "/plain.json": b"[]"}
        self.cut = 0
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = publisher.bodies.get(self.path)
                if body is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) - publisher.cut])

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def remote(self, md5: str | None = None, members: tuple[str, ...] = ("movies.dat", "README")) -> Remote:
        return Remote((RemoteFile(self.url("/set.zip"), md5, members),), "Terms of the publisher.")


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_right_checksum_unpacks_only_the_named_files(publisher: Publisher, tmp_path: Path) -> None:
    said: list[str] = []
    cache = tmp_path / "cache"
    folder = fetch("set", publisher.remote(hashlib.md5(GOOD).hexdigest()), cache, said.append)
    assert folder == cache / "set"
    assert sorted(f.name for f in folder.iterdir()) == [".complete", "README", "movies.dat"]
    assert "MD5 as published" in "\n".join(said)
    assert "Terms of the publisher." in said[0]
    assert not list(tmp_path.rglob("evil.txt"))
    publisher.bodies.clear()
    assert fetch("set", publisher.remote("0" * 32), cache, said.append) == folder
    assert "already in" in said[-1]


def test_wrong_checksum_keeps_nothing(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="its publisher says 0000"):
        fetch("set", publisher.remote("0" * 32), tmp_path, print)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_body_keeps_nothing_and_can_be_tried_again(publisher: Publisher, tmp_path: Path) -> None:
    publisher.cut = 20
    with pytest.raises(DownloadError, match="could not be fetched"):
        fetch("set", publisher.remote(), tmp_path, print)
    assert list(tmp_path.iterdir()) == []
    publisher.cut = 0
    assert (fetch("set", publisher.remote(), tmp_path, print) / "movies.dat").is_file()


def test_without_a_published_checksum_the_first_download_is_trusted_and_said(
    publisher: Publisher, tmp_path: Path
) -> None:
    said: list[str] = []
    folder = fetch("set", publisher.remote(), tmp_path, said.append)
    digest = hashlib.sha256(GOOD).hexdigest()
    assert f"trusted on first download; SHA-256 {digest}" in "\n".join(said)
    assert (tmp_path / "set.set.zip.sha256").read_text().startswith(digest)
    (folder / ".complete").unlink()
    fetch("set", publisher.remote(), tmp_path, said.append)
    assert "as at the first download" in said[-1]
    (folder / ".complete").unlink()
    before = (folder / "movies.dat").read_text()
    publisher.bodies["/set.zip"] = archive({"movies.dat": "other", "README": "x"})
    with pytest.raises(DownloadError, match="but the first download had"):
        fetch("set", publisher.remote(), tmp_path, said.append)
    assert (folder / "movies.dat").read_text() == before


def test_a_file_that_moved_is_no_archive_or_lacks_a_member(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"lacks ratings\.dat"):
        fetch("set", publisher.remote(members=("ratings.dat",)), tmp_path / "a", print)
    publisher.bodies["/set.zip"] = b"<html>"
    with pytest.raises(DownloadError, match="not a zip archive"):
        fetch("set", publisher.remote(), tmp_path / "b", print)
    publisher.bodies.clear()
    with pytest.raises(DownloadError, match="answered 404"):
        fetch("set", publisher.remote(), tmp_path / "c", print)


def test_offline_says_what_to_do(tmp_path: Path) -> None:
    closed = Publisher()
    remote = closed.remote()
    closed.server.shutdown()
    closed.server.server_close()
    with pytest.raises(DownloadError, match="Check the network"):
        fetch("set", remote, tmp_path, print)
    assert list(tmp_path.iterdir()) == []


def test_several_plain_files_are_one_source(publisher: Publisher, tmp_path: Path) -> None:
    publisher.bodies["/two.json"] = b"[1]"
    files = tuple(RemoteFile(publisher.url(path)) for path in ("/plain.json", "/two.json"))
    folder = fetch("films", Remote(files, "terms"), tmp_path, print)
    assert (folder / "two.json").read_bytes() == b"[1]"


def test_sources_that_cannot_be_fetched_say_so(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="Give its files with --from"):
        download("retail-rocket", tmp_path, print)


def test_known_publishers_are_reached_over_https_only() -> None:
    assert all(file.url.startswith("https://") for remote in REMOTES.values() for file in remote.files)
    assert REMOTES["ml-1m"].files[0].md5 == "c4d9eecfca2ab87c1945afe126590906"
