"""A person at the page: a real browser, the real server, the starter films."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kg.stores.ladybug import LadybugGraph
from recsys.workspace import Workspace
from tests.parts import ROOT, need

pytestmark = [pytest.mark.slow, pytest.mark.browser]
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


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    found = (
        os.environ.get("TASTEGRAPH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    need(found is not None, "Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


@contextmanager
def serving(workspace: Path, log: Path) -> Iterator[str]:
    """Serve a workspace on a free port; yields its address."""
    import httpx

    command = [sys.executable, "-m", "ui", "serve", "--port", "0", "--workspace", str(workspace)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
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


@pytest.fixture(scope="module")
def served(starter_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(starter_films, tmp_path_factory.mktemp("server") / "log") as one:
        yield one


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


def shared_names(workspace: Path, title: str, other: str) -> set[str]:
    """Return the people, themes and genres that the graph connects with both films."""
    opened = Workspace.open(workspace)
    graph = LadybugGraph(opened.graph_path, read_only=True)
    try:
        sides = []
        for name in (title, other):
            item = next(item for item in opened.items if item.title == name)
            near = graph.neighbours(item.id, limit=1000)
            sides.append(
                {n.entity.name for n in near if n.entity.kind in ("person", "genre", "theme", "mood")}
            )
    finally:
        graph.close()
    return sides[0] & sides[1]


def test_a_stranger_chats(browser, served, starter_films):
    address = served
    visit = Visit(browser, address, viewport={"width": 1280, "height": 900})
    page = visit.page
    visit.picture("empty")

    answer = visit.ask("something like Heat but less violent")
    cards = page.locator(".tg-card")
    assert cards.count() >= 3, answer
    title = cards.first.locator(".tg-title").evaluate("e => e.firstChild.textContent.trim()")
    assert title != "Heat"
    assert page.get_by_text("simulated").count() > 0
    visit.picture("cards")

    page.get_by_role("button", name=f"Like {title}", exact=True).first.click()
    assert title in page.locator("#tg-status .tg-stored").inner_text(timeout=ANSWER_MS)
    page.wait_for_function("() => document.querySelector('.tg-like').getAttribute('aria-pressed') === 'true'")
    visit.picture("liked")

    answer = visit.ask("why the first one?")
    common = shared_names(starter_films, title, "Heat")
    assert common, f"the graph connects {title} and Heat by nothing"
    assert any(name.casefold() in answer.casefold() for name in common), f"{common} not in {answer!r}"
    visit.picture("why")

    assert visit.left == []
    assert visit.errors == []

    page.reload()
    page.get_by_label("Your message").wait_for()
    page.wait_for_function(
        "() => document.querySelectorAll('#tg-chat .user-row').length === 2", timeout=20_000
    )
    liked = page.get_by_role("button", name=f"Like {title}", exact=True).first
    assert liked.get_attribute("aria-pressed") == "true"

    page.get_by_role("button", name="New chat").click()
    page.wait_for_function("() => document.querySelectorAll('#tg-chat .user-row').length === 0")
    visit.close()


def test_a_guest_sees_takes_along_and_erases_what_is_known(browser, served):
    visit = Visit(browser, served, viewport={"width": 1280, "height": 900})
    page = visit.page
    panel = page.locator("#tg-known")
    opener = panel.get_by_role("button", name="What is known of me")
    opener.focus()
    page.keyboard.press("Enter")
    panel.get_by_text("Nothing about your taste yet").wait_for(timeout=ANSWER_MS)

    visit.ask("something like Heat")
    cards = page.locator(".tg-card .tg-title")
    first, second = (cards.nth(k).evaluate("e => e.firstChild.textContent.trim()") for k in range(2))
    for title in (first, second):
        page.get_by_role("button", name=f"Like {title}", exact=True).first.click()
        panel.get_by_role("button", name=f"Forget {title}").wait_for(timeout=ANSWER_MS)
    visit.picture("known")

    with page.expect_download() as download:
        panel.get_by_role("button", name="Export as JSON").click()
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert download.value.suggested_filename == "tastegraph.json"
    subjects = " ".join(interest["subject"] for interest in exported["interests"])
    assert first in subjects
    assert second in subjects
    assert "something like Heat" in str(exported["dialogues"])

    panel.get_by_role("button", name=f"Correct {second}").click()
    panel.get_by_text("You do not like").wait_for(timeout=ANSWER_MS)
    assert "Corrected: You dislike" in page.locator("#tg-status").inner_text()

    forget = panel.get_by_role("button", name=f"Forget {first}")
    forget.focus()
    page.keyboard.press("Enter")
    forget.wait_for(state="detached", timeout=ANSWER_MS)
    assert panel.get_by_role("button", name=f"Forget {second}").count() == 1
    like = page.get_by_role("button", name=f"Like {first}", exact=True).first
    assert like.get_attribute("aria-pressed") == "false"

    sure = panel.get_by_role("button", name="Yes, erase everything")
    assert not sure.is_visible()
    panel.locator("summary").focus()
    page.keyboard.press("Enter")
    visit.picture("known-sure")
    sure.focus()
    page.keyboard.press("Enter")
    panel.get_by_text("Nothing about your taste yet").wait_for(timeout=ANSWER_MS)
    assert "Erased:" in page.locator("#tg-status").inner_text()
    assert page.locator("#tg-chat .user-row").count() == 0
    page.reload()
    page.get_by_label("Your message").wait_for()
    panel.get_by_role("button", name="What is known of me").click()
    panel.get_by_text("Nothing about your taste yet").wait_for(timeout=ANSWER_MS)
    assert visit.left == []
    assert visit.errors == []
    visit.close()


def test_two_browsers_are_two_guests(browser, served):
    address = served
    first, second = (Visit(browser, address) for _ in range(2))
    first.ask("I love science fiction")
    assert second.page.locator("#tg-chat .user-row").count() == 0
    answer = second.ask("What do you know about my taste?")
    assert "science fiction" not in answer.casefold()
    for visit in (first, second):
        assert visit.left == []
        visit.close()


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("phone", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}),
        ("dark", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}),
    ],
)
def test_the_page_fits_a_phone_and_the_dark(browser, served, name, context):
    visit = Visit(browser, served, **context)
    visit.picture(f"{name}-empty")
    answer = visit.ask("a funny film from the nineties")
    assert visit.page.locator(".tg-card").count() > 0, answer
    visit.picture(name)
    visit.page.get_by_role("button", name="What is known of me").click()
    visit.page.get_by_role("button", name="Export as JSON").wait_for(timeout=ANSWER_MS)
    visit.picture(f"{name}-known")
    wide = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"
    assert visit.errors == []
    visit.close()


def test_an_empty_message_gets_a_sentence(browser, served):
    visit = Visit(browser, served)
    visit.page.get_by_role("button", name="Send").click()
    visit.page.wait_for_function("() => document.querySelector('#tg-status').innerText.includes('Write')")
    assert visit.page.locator("#tg-chat .user-row").count() == 0
    visit.close()
