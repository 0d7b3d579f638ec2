"""A person at the page: a real browser, the real server, the starter films."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.stores.ladybug import LadybugGraph
from recsys.workspace import Workspace
from tests.parts import need
from tests.ui.serving import ANSWER_MS, CHROMIUM_FLAGS, Visit, serving

__all__ = ["ANSWER_MS", "CHROMIUM_FLAGS", "Visit", "browser", "serving"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]


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
    menu = page.get_by_role("button", name="Menu")
    page.get_by_role("button", name="What is known of me").focus()
    page.keyboard.press("Enter")
    panel.get_by_text("Nothing about your taste yet").wait_for(timeout=ANSWER_MS)

    visit.ask("something like Heat")
    cards = page.locator(".tg-card .tg-title")
    first = cards.first.evaluate("e => e.firstChild.textContent.trim()")
    # The panel lies over the cards' thumbs; the keyboard reaches them.
    page.get_by_role("button", name=f"Like {first}", exact=True).first.press("Enter")
    panel.get_by_role("button", name=f"Forget {first}").wait_for(timeout=ANSWER_MS)

    menu.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export everything as a file").click()
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert download.value.suggested_filename == "tastegraph.json"
    assert set(exported["catalogues"]) == {"films", "my-films"}
    films = exported["catalogues"]["films"]
    assert first in " ".join(interest["subject"] for interest in films["interests"])
    assert [one["title"] for one in films["conversations"]] == ["something like Heat"]
    assert "something like Heat" in str(films["dialogues"])

    menu.click()
    page.get_by_role("button", name="Erase everything…").press("Enter")
    question = page.get_by_role("dialog", name="Erase everything stored about you?")
    question.wait_for()
    visit.picture("erase")
    # Enter on what has the keyboard first erases nothing.
    page.keyboard.press("Enter")
    question.wait_for(state="detached")
    assert panel.get_by_role("button", name=f"Forget {first}").count() == 1
    menu.click()
    page.get_by_role("button", name="Erase everything…").click()
    page.get_by_role("button", name="Erase in all catalogues").click()
    panel.get_by_text("Nothing about your taste yet").wait_for(timeout=ANSWER_MS)
    assert "Erased:" in page.locator("#tg-status").inner_text()
    assert page.locator("#tg-chat .user-row").count() == 0
    assert page.locator(".tg-talk").count() == 0
    page.reload()
    page.get_by_label("Your message").wait_for()
    page.locator("#tg-talks").get_by_text("Nothing yet").wait_for(timeout=ANSWER_MS)
    assert visit.left == []
    assert visit.errors == []
    visit.close()


def test_two_browsers_are_two_guests(browser, served):
    address = served
    first, second = (Visit(browser, address) for _ in range(2))
    first.ask("I love musicals")
    assert second.page.locator("#tg-chat .user-row").count() == 0
    answer = second.ask("What do you know about my taste?")
    assert "musical" not in answer.casefold()
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
