"""What stands beside the chat, as a person uses it: conversations, the profile, the picture, the catalogues."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.ui.serving import ANSWER_MS, Visit
from tests.ui.test_browser import browser

__all__ = ["browser"]
pytestmark = [pytest.mark.slow, pytest.mark.browser]
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DARK = {"color_scheme": "dark"}


def barriers(page, *rooms):
    """Return the serious findings of axe-core in these parts of the page."""
    found = Axe().run(page, context={"include": [[room] for room in rooms]})
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def titles(page):
    return page.locator(".tg-talk-open span").all_inner_texts()


def wait_for_talks(page, count):
    page.wait_for_function(
        "n => document.querySelectorAll('.tg-talk').length === n", arg=count, timeout=ANSWER_MS
    )


def done(visit):
    assert visit.left == []
    assert visit.errors == []
    visit.close()


def test_conversations_survive_a_reload_and_are_nobody_elses(browser, served):
    visit = Visit(browser, served, **DESKTOP)
    page = visit.page
    other = Visit(browser, served, **DESKTOP)
    visit.ask("I love crime films")
    page.get_by_role("button", name="New chat").click()
    page.wait_for_function("() => document.querySelectorAll('#tg-chat .user-row').length === 0")
    visit.ask("something like Heat")
    wait_for_talks(page, 2)
    assert titles(page) == ["something like Heat", "I love crime films"]
    visit.picture("conversations")

    page.reload()
    page.get_by_label("Your message").wait_for()
    wait_for_talks(page, 2)
    page.locator("#tg-chat .user-row").get_by_text("something like Heat").wait_for(timeout=ANSWER_MS)
    earlier = page.get_by_role("button", name="I love crime films Today")
    earlier.focus()
    page.keyboard.press("Enter")
    page.locator("#tg-chat .user-row").get_by_text("I love crime films").wait_for(timeout=ANSWER_MS)
    assert page.locator("#tg-chat .user-row").count() == 1
    page.wait_for_function(
        "() => document.querySelector('.tg-talk-open[aria-current]').innerText.startsWith('I love crime')"
    )

    page.get_by_role("button", name="Rename I love crime films").press("Enter")
    question = page.get_by_role("dialog", name="Rename this conversation")
    question.get_by_role("textbox").fill("<b>Crime</b>")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Rename <b>Crime</b>").wait_for(timeout=ANSWER_MS)
    thread = page.locator(".tg-talk-open[aria-current]").get_attribute("data-thread")

    # Another guest sees none of it, and does not get there with the name of the thread either.
    wait_for_talks(other.page, 0)
    for act in ("open", "rename", "drop"):
        asked = {"thread": thread, "title": "mine"}
        other.page.evaluate("([act, asked]) => window.__tastegraph(act, asked)", [act, asked])
    other.page.locator("#tg-status .tg-problem").wait_for(timeout=ANSWER_MS)
    other.page.get_by_label("Your message").press("Enter")
    other.page.get_by_text("Write what you feel like, then send it.").wait_for(timeout=ANSWER_MS)
    assert other.page.locator("#tg-chat .user-row").count() == 0
    done(other)
    page.reload()
    page.get_by_label("Your message").wait_for()
    wait_for_talks(page, 2)
    assert titles(page)[1] == "<b>Crime</b>"

    page.get_by_role("button", name="Delete <b>Crime</b>").press("Enter")
    page.get_by_role("dialog", name="Delete this conversation?").wait_for()
    assert barriers(page, "#tg-side", ".tg-dialog") == []
    page.get_by_role("button", name="Delete it").click()
    wait_for_talks(page, 1)
    assert page.locator("#tg-chat .user-row").count() == 0
    page.reload()
    page.get_by_label("Your message").wait_for()
    wait_for_talks(page, 1)
    assert titles(page) == ["something like Heat"]
    done(visit)


def test_what_is_changed_in_the_profile_moves_the_next_answer(browser, served):
    visit = Visit(browser, served, **DESKTOP)
    page, panel = visit.page, visit.page.locator("#tg-known")
    visit.ask("I love westerns")
    visit.ask("recommend me something")
    chips = page.locator(".tg-cards").last.locator(".tg-chip")
    assert "Western" in chips.all_inner_texts()

    page.get_by_role("button", name="What is known of me").press("Enter")
    line = panel.locator(".tg-line").filter(has_text="I love westerns")
    line.wait_for(timeout=ANSWER_MS)
    slider = line.get_by_role("slider")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    panel.get_by_text("It counts 60%").wait_for(timeout=ANSWER_MS)
    assert line.count() == 1, "its sentence stays"
    page.wait_for_function("() => document.activeElement.type === 'range'")
    assert slider.input_value() == "60"
    assert barriers(page, "#tg-known", "#tg-tools") == []

    panel.get_by_role("button", name="Avoid Western").press("Enter")
    panel.get_by_text("You do not like Western").wait_for(timeout=ANSWER_MS)
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "What is known of me"
    visit.ask("recommend me something else")
    assert "Western" not in chips.all_inner_texts()

    page.get_by_role("button", name="What is known of me").click()
    panel.get_by_role("button", name="Undo").press("Enter")
    panel.locator(".tg-line").filter(has_text="I love westerns").wait_for(timeout=ANSWER_MS)
    assert slider.input_value() == "60"
    panel.get_by_role("button", name="Change Western").press("Enter")
    page.get_by_role("dialog").get_by_role("textbox").fill("musicals")
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Forget Musical").press("Enter")
    panel.get_by_text("Forgotten: Musical").wait_for(timeout=ANSWER_MS)
    assert panel.locator(".tg-line").count() == 0
    panel.get_by_label("Add what you like").fill("Tom Hanks")
    panel.get_by_role("button", name="Avoid", exact=True).click()
    panel.get_by_text("You do not like Tom Hanks").wait_for(timeout=ANSWER_MS)
    done(visit)


@pytest.mark.parametrize(("name", "context"), [("light", DESKTOP), ("dark", DESKTOP | DARK)])
def test_the_picture_of_taste_answers_to_keyboard_and_pointer(browser, served, name, context):
    visit = Visit(browser, served, **context)
    page = visit.page
    visit.ask("I love crime films and I hate horror")
    visit.ask("I like Heat, and Toy Story for the kids")
    page.get_by_role("button", name="Menu").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".tg-net-svg").wait_for(timeout=ANSWER_MS)
    said = page.locator(".tg-net-said")
    me = page.locator(".tg-n-me")
    me.focus()
    assert "You · you" in said.inner_text()
    for key in ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
        if page.evaluate(
            "document.activeElement.matches('.tg-n-likes, .tg-n-avoids, .tg-n-scene, .tg-n-item')"
        ):
            break
    assert "You · you" not in said.inner_text()
    page.locator(".tg-node.tg-n-likes").filter(has_text="Crime").focus()
    page.keyboard.press("Enter")
    assert page.locator(".tg-net-said q").inner_text() == "I love crime films and I hate horror"
    # What is kept in view stays while the pointer passes over others.
    page.locator(".tg-n-item .tg-mark").first.hover()
    assert "Crime" in said.inner_text()
    visit.picture(f"taste-{name}")
    assert barriers(page, "#tg-known") == []
    if name == "light":
        before = page.locator(".tg-net-svg").get_attribute("viewBox")
        page.keyboard.press("+")
        assert page.locator(".tg-net-svg").get_attribute("viewBox") != before
        page.keyboard.press("0")
        assert page.locator(".tg-net-svg").get_attribute("viewBox") == before
        page.keyboard.press("Escape")
        item = page.locator(".tg-n-item").first
        place = item.locator(".tg-mark").bounding_box()
        page.mouse.move(place["x"] + 8, place["y"] + 8)
        page.mouse.down()
        page.mouse.move(place["x"] + 68, place["y"] + 38, steps=3)
        page.mouse.up()
        assert item.locator(".tg-mark").bounding_box()["x"] > place["x"] + 40
        page.get_by_text("The picture as a table").click()
        rows = page.locator("#tg-picture tbody tr").all_inner_texts()
        assert any("For the kids" in row for row in rows)
        assert any("lifts" in row and "Crime" in row for row in rows)
        page.locator(".tg-node.tg-n-avoids").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Change it in the list").click()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Like Horror"
        visit.picture("profile")
    done(visit)


def test_catalogues_are_chosen_and_keep_their_conversations_apart(browser, served):
    visit = Visit(browser, served, **(PHONE | DARK))
    page = visit.page
    opener = page.get_by_role("button", name="Conversations and catalogues")
    visit.ask("I love westerns and I hate horror")
    opener.click()
    side = page.locator("#tg-side")
    wait_for_talks(page, 1)
    side.get_by_text("old-books", exact=True).wait_for()
    visit.picture("conversations-phone")
    side.get_by_text("What to do").click()
    assert "cannot be read" in side.inner_text()
    assert barriers(page, "#tg-side") == []
    own = side.get_by_role("button", name="My films")
    page.wait_for_function(
        "() => document.querySelectorAll('.tg-state.tg-ready').length === 2", timeout=ANSWER_MS
    )
    assert "Films · 14 items · ready" in own.inner_text()
    own.click()
    page.wait_for_function("() => document.querySelectorAll('#tg-chat .user-row').length === 0")
    assert not side.is_visible()
    page.locator(".tg-brand").get_by_text("Test films").wait_for(state="attached")
    visit.ask("something like Alien")
    opener.click()
    page.wait_for_function("() => document.querySelector('.tg-talk-open').innerText.includes('Alien')")
    assert titles(page) == ["something like Alien"]
    page.reload()
    page.get_by_label("Your message").wait_for()
    page.locator("#tg-chat .user-row").get_by_text("something like Alien").wait_for(timeout=ANSWER_MS)
    opener.click()
    page.keyboard.press("Escape")
    assert not side.is_visible()
    assert (
        page.evaluate("document.activeElement.getAttribute('aria-label')") == "Conversations and catalogues"
    )
    opener.click()
    side.get_by_role("button", name=re.compile("^Films")).click()
    page.locator("#tg-chat .user-row").get_by_text("I love westerns").wait_for(timeout=ANSWER_MS)

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="What is known of me").click()
    page.get_by_role("button", name="Forget Western").wait_for(timeout=ANSWER_MS)
    assert page.locator("#tg-main").get_attribute("inert") is not None
    visit.picture("profile-phone")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"
    page.keyboard.press("Escape")
    assert page.locator("#tg-main").get_attribute("inert") is None
    done(visit)
