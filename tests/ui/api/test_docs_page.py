"""The page of the documentation in a real browser, at a desk's and a phone's size."""

import os
import shutil

import pytest

from tests.parts import need
from tests.ui.test_browser import CHROMIUM_FLAGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("width", [1200, 390])
def test_it_asks_nobody_fits_and_can_be_read_by_everybody(served, width):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    found = os.environ.get("TASTEGRAPH_CHROMIUM") or shutil.which("chromium")
    need(found is not None, "Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": width, "height": 800})
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{served.address}/v1/docs")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="POST /v1/recommend").click()
        assert page.locator("#post-recommend pre").is_visible()
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert sorted(set(asked)) == [f"{served.address}/v1/docs", f"{served.address}/v1/docs.css"]
        assert said == []
        bad = [one["id"] for one in Axe().run(page).response["violations"]]
        browser.close()
    assert bad == []
