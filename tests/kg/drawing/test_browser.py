"""A person at a picture: pointing, dragging, the keyboard, filters, search, and not one request."""

import re
from pathlib import Path

import pytest

from kg.drawing import neighbourhood, write_pictures
from tests.kg.drawing.samples import EVIL, films, hostile
from tests.ui.test_browser import browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]
__all__ = ["browser"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    made = {}
    for name, graph, entity in (
        ("films", films(folder / "films.lbug"), "film:0"),
        ("hostile", hostile(folder / "hostile.lbug"), "thing:middle"),
    ):
        made[name] = write_pictures(neighbourhood(graph, entity, 2, 20), folder / name)[0]
        graph.close()
    return made


class Look:
    """A picture under watch: requests, errors and dialogs are written down."""

    def __init__(self, browser, file: Path, **context) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("request", self._request)
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.troubles.append(m.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))
        self.file = file
        self.page.goto(file.as_uri())

    def _request(self, request) -> None:
        if request.url != self.file.as_uri() and not request.url.startswith("data:"):
            self.troubles.append(request.url)

    def node(self, name: str):
        return self.page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}, "))

    def facts(self) -> str:
        return self.page.locator("#facts").inner_text()


@pytest.fixture
def look(browser):
    opened: list[Look] = []

    def open_(file: Path, **context) -> Look:
        opened.append(Look(browser, file, **context))
        return opened[-1]

    yield open_
    for one in opened:
        one.context.close()
        assert one.troubles == []


def test_pointing_shows_the_facts_with_where_they_come_from(look, pictures):
    seen = look(pictures["films"])
    seen.node("Ann Lee").hover()
    said = seen.facts()
    for words in (
        "A. Lee",
        "Film number 0",
        "director",
        "writer",
        "from plots, confidence 0.75",
        "2026-01-02",
    ):
        assert words in said
    assert "It was made by Ann Lee." in said


def test_a_click_unfolds_the_second_step_and_keeps_the_facts(look, pictures):
    seen = look(pictures["films"])
    assert not seen.node("Film number 1").is_visible()
    assert seen.node("Ann Lee").get_attribute("aria-expanded") == "false"
    seen.node("Ann Lee").click()
    assert seen.node("Film number 1").is_visible()
    assert seen.node("Ann Lee").get_attribute("aria-expanded") == "true"
    seen.page.mouse.move(1, 1)
    assert "Ann Lee" in seen.facts()
    seen.node("Ann Lee").click()
    assert not seen.node("Film number 1").is_visible()


def test_the_keyboard_reaches_every_entity(look, pictures):
    seen = look(pictures["films"])
    seen.node("Film number 0").focus()
    reached = set()
    for key in ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft") * 6:
        seen.page.keyboard.press(key)
        reached.add(seen.page.evaluate("document.activeElement.getAttribute('aria-label')").split(",")[0])
    assert reached >= {"Ann Lee", "Drama", "Actor 0 0", "Actor 0 1"}
    assert seen.page.locator(".node[tabindex='0']").count() == 1
    seen.node("Ann Lee").focus()
    seen.page.keyboard.press("Enter")
    assert seen.node("Ann Lee").get_attribute("aria-pressed") == "true"
    assert seen.node("Film number 1").is_visible()
    seen.page.keyboard.press("Escape")
    assert seen.node("Ann Lee").get_attribute("aria-pressed") == "false"


def test_filters_by_relation_and_kind_hide_what_they_name(look, pictures):
    seen = look(pictures["films"])
    aside = seen.page.locator("aside")
    aside.get_by_label(re.compile("cast")).uncheck()
    assert not seen.node("Actor 0 0").is_visible()
    assert seen.node("Drama").is_visible()
    aside.get_by_label(re.compile("genre")).first.uncheck()
    assert not seen.node("Drama").is_visible()
    assert seen.node("Film number 0").is_visible()
    aside.get_by_label(re.compile("cast")).check()
    assert seen.node("Actor 0 0").is_visible()


def test_search_finds_names_and_aliases_and_says_when_there_are_none(look, pictures):
    seen = look(pictures["films"])
    box = seen.page.get_by_role("searchbox")
    box.fill("a. lee")
    assert seen.page.locator("#found").inner_text() == "1 found"
    box.press("Enter")
    assert "Ann Lee" in seen.facts()
    box.fill("zzz")
    assert seen.page.locator("#found").inner_text() == "Not in this picture"


def test_dragging_moves_an_entity_with_its_lines_or_the_picture(look, pictures):
    seen = look(pictures["films"])
    drama = seen.node("Drama")
    before, line = drama.bounding_box(), seen.page.locator(".line").first.bounding_box()
    x, y = before["x"] + before["width"] / 2, before["y"] + 10
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x + 60, y + 40, steps=4)
    seen.page.mouse.up()
    after = drama.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(60, abs=15)
    assert drama.get_attribute("aria-pressed") == "false"
    assert seen.page.locator(".line").evaluate_all("lines => lines.length") > 0
    view = seen.page.locator(".picture > svg").get_attribute("viewBox")
    box = seen.page.locator(".picture > svg").bounding_box()
    seen.page.mouse.move(box["x"] + 8, box["y"] + box["height"] - 8)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 90, box["y"] + box["height"] - 60, steps=4)
    seen.page.mouse.up()
    moved = seen.page.locator(".picture > svg").get_attribute("viewBox")
    assert moved != view
    seen.page.get_by_role("button", name="Zoom in").click()
    assert float(seen.page.locator(".picture > svg").get_attribute("viewBox").split()[2]) < float(
        moved.split()[2]
    )
    assert line is not None


def test_a_click_on_a_line_shows_its_facts(look, pictures):
    seen = look(pictures["films"])
    box = seen.page.locator(".line:has-text('director Ann Lee') .hold").first.bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert seen.page.locator("#facts h2").inner_text() == "Film number 0 – Ann Lee"
    assert "from table" in seen.facts()


def test_names_that_try_to_be_markup_are_text(look, pictures):
    seen = look(pictures["hostile"])
    assert seen.page.locator("h1").inner_text().startswith("</script><script>alert('x')</script>")
    for k in range(seen.page.locator(".node.ring1").count()):
        seen.page.locator(".node.ring1").nth(k).dispatch_event("pointerenter")
    assert seen.page.locator("#facts script, #facts b, #facts i, #facts img").count() == 0
    seen.page.get_by_text("All facts of this picture as a table").click()
    assert "alert(1)" in seen.page.locator("table").inner_text()
    assert EVIL[:9] in seen.page.title()


@pytest.mark.parametrize("name", ["films", "hostile"])
def test_a_phone_shows_it_without_scrolling_aside(look, pictures, name):
    seen = look(pictures[name], viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert seen.page.locator(".picture > svg").bounding_box()["height"] > 250
    seen.page.locator(".node.ring1:visible").first.tap()
    assert seen.page.locator(".node[aria-pressed='true']").count() == 1


def test_dark_is_the_readers_choice(look, pictures):
    grounds = {
        scheme: look(pictures["films"], color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(247, 246, 243)", "dark": "rgb(16, 17, 19)"}


def test_the_static_drawing_opens_by_itself(look, pictures):
    seen = look(pictures["films"].with_suffix(".svg"))
    assert seen.page.locator("text.heading").text_content().startswith("Film number 0")
