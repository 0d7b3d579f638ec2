"""The login as a person meets it: a real browser, the keyboard, a phone, and a scan for barriers."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.parts import need
from tests.ui.test_browser import CHROMIUM_FLAGS
from tests.ui.walled import SECRET, WORDS, known, served

__all__ = ["known", "served"]
pytestmark = [pytest.mark.slow, pytest.mark.browser]
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    found = (
        os.environ.get("TASTEGRAPH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    need(found is not None, "Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


def barriers(page):
    """Return what axe-core finds, of any weight."""
    return [(one["id"], one["impact"]) for one in Axe().run(page).response["violations"]]


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_a_person_logs_in_and_out_with_the_keyboard(browser, served, size, scheme):
    address, _ = served
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/?tab=1")
    assert page.url == f"{address}/login?next=/%3Ftab%3D1"
    assert barriers(page) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES[size]["width"]
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong one")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert barriers(page) == []
    assert page.input_value("#name") == "ann"
    # What was wrong is where one goes on.
    page.keyboard.type(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_selector("#tg-input textarea:enabled", timeout=30_000)
    assert page.url == f"{address}/?tab=1"
    assert "You are a guest" not in page.inner_text("#tg-foot")
    assert {cookie["name"]: cookie["httpOnly"] for cookie in context.cookies()} == {
        "tastegraph-session": True
    }
    assert page.evaluate("document.cookie") == ""
    page.click("text=Log out")
    page.wait_for_selector("text=You are logged in as ann")
    assert barriers(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/login")
    page.goto(address)
    assert page.url == f"{address}/login"
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)
    assert SECRET.decode() not in page.content()
    context.close()
