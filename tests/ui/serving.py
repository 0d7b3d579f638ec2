"""A server of the page for browser tests, and a person at it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts import ROOT

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ANSWER_MS = 90_000


@contextmanager
def serving(home: Path, log: Path) -> Iterator[str]:
    """Serve all workspaces of a home on a free port; yields the address."""
    import httpx

    command = [sys.executable, "-m", "ui", "serve", "--port", "0"]
    environment = {
        **os.environ,
        "TASTEGRAPH_HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
    }
    with log.open("w") as errors:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address is not None, f"{line!r}\n{log.read_text()}"
            assert httpx.get(address[0], timeout=30).status_code == 200
            yield address[0]
        finally:
            server.terminate()
            server.wait(timeout=30)


class Visit:
    """A page under watch: every request that leaves this machine and every error is written down."""

    def __init__(self, browser, address: str, **context) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.left: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self._request(request.url, address))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)
        self.page.get_by_label("Your message").wait_for()

    def _request(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.left.append(url)

    def ask(self, text: str) -> str:
        """Send a message and return the words of its answer once all steps are done."""
        asked = self.page.locator("#tg-chat .user-row").count()
        self.page.get_by_label("Your message").fill(text)
        self.page.get_by_label("Your message").press("Enter")
        self.page.wait_for_function(
            "n => document.querySelectorAll('#tg-chat .user-row').length > n", arg=asked, timeout=ANSWER_MS
        )
        self.page.wait_for_function(STILL, timeout=ANSWER_MS)
        return self.page.locator("#tg-chat .bot-row").last.inner_text()

    def picture(self, name: str) -> None:
        folder = os.environ.get("TASTEGRAPH_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))

    def close(self) -> None:
        self.context.close()


STILL = """() => {
  const rows = document.querySelectorAll('#tg-chat .bot-row');
  const text = rows.length ? rows[rows.length - 1].innerText : '';
  const state = (window.__still ||= { text: '', since: 0 });
  const busy = document.querySelector('#tg-chat [aria-busy="true"]') !== null || text.trim().endsWith('…');
  if (busy || text !== state.text || !text) { state.text = text; state.since = Date.now(); return false; }
  return Date.now() - state.since > 1500;
}"""
