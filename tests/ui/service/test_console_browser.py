"""People at the service console: real browsers, the real application, a real shop."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.ui.test_browser import browser

__all__ = ["browser"]
pytestmark = [pytest.mark.slow, pytest.mark.browser]
DRAFT_MS = 60_000
DESKTOP = {"viewport": {"width": 1400, "height": 950}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
INJECTED = (
    "<script>document.title='owned'</script> ![x](http://evil.invalid/x.png) <img src=http://evil.invalid/y>"
)


class Operator:
    """One person at the console; every request that leaves this machine and every error is written down."""

    def __init__(self, browser, address: str, name: str, **context) -> None:
        self.context = browser.new_context(**(context or DESKTOP))
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.left: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self._request(request.url, address))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
        self.page.goto(f"{address}/service/")
        field = self.page.get_by_label("Your name")
        field.wait_for(timeout=DRAFT_MS)
        field.fill(name)
        field.press("Enter")
        self.page.get_by_text(f"You are {name}").wait_for()

    def _request(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.left.append(url)

    @property
    def message(self):
        return self.page.get_by_label("What the customer wrote")

    @property
    def reply(self):
        return self.page.get_by_label("Suggested reply")

    def says(self, text: str) -> None:
        """Wait until the status line says this."""
        self.page.locator("#sv-status").get_by_text(text).wait_for(timeout=DRAFT_MS)

    def arrives(self, text: str) -> str:
        """Paste a message of a customer; returns the draft."""
        self.message.fill(text)
        self.page.get_by_role("button", name="Add message and draft a reply").click()
        self.says("The draft is ready")
        return self.reply.input_value()

    def case(self) -> str:
        return self.page.locator("#sv-head .sv-id").text_content()

    def open(self, case: str) -> None:
        self.page.locator(f'[data-do="open"][data-id="{case}"]').click()
        self.page.wait_for_function(
            "id => document.querySelector('#sv-head .sv-id')?.textContent === id", arg=case
        )

    def scan(self) -> list[str]:
        """Return the serious and critical findings of axe-core."""
        found = Axe().run(self.page)
        return [
            f"{one['id']} ({one['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for one in found.response["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"][:4]
        ]

    def picture(self, name: str) -> None:
        folder = os.environ.get("TASTEGRAPH_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.wait_for_timeout(500)
            self.page.screenshot(path=str(Path(folder) / f"service-{name}.png"))

    def leave(self) -> None:
        """Close the page; nothing may have left the machine or failed."""
        title = self.page.title()
        self.context.close()
        assert self.left == []
        assert self.errors == []
        assert title == "Service console"


def broken(who: tuple[str, str, str], more: str = "") -> str:
    email, _, order = who
    return (
        f"I am writing from {email}. What I got with {order} arrived broken and I am really unhappy. "
        f"I want to exchange it for another one. {more}"
    )


def test_an_operator_answers_a_customer(browser, address, people):
    olga = Operator(browser, address, "Olga")
    page = olga.page
    who = people[0]
    draft = olga.arrives(broken(who))
    assert draft.startswith(f"Dear {who[1].split()[0]},")
    assert who[2] in draft
    case = olga.case()
    page.get_by_text("Steps of this draft").click()
    assert page.locator("#sv-live .sv-step-done").count() >= 4
    page.get_by_text("Steps of this draft").click()
    assert page.locator("#sv-customer").get_by_text(who[0]).count() == 1
    assert page.locator(f'#sv-customer summary[data-key="order-{who[2]}"]').count() == 1
    assert page.locator("#sv-products li .sv-cover svg").count() >= 1
    assert "sounds unhappy" in page.locator("#sv-glad").inner_text()
    assert "Exchange" in page.locator("#sv-sources").inner_text()
    olga.picture("drafted")

    olga.reply.fill(draft + "\n\nOlga of the service desk")
    use = page.locator('#sv-sources [data-do="template"]').first
    use.click()
    olga.says("The text you had was put aside")
    assert olga.reply.input_value() != draft
    page.get_by_role("button", name="Bring my text back").click()
    olga.says("Your text is back")
    assert olga.reply.input_value().endswith("Olga of the service desk")

    page.get_by_role("button", name="Send reply").click()
    olga.says("Sent.")
    sent = page.locator(".sv-by-sent").last
    assert "Olga, sent, edited" in sent.inner_text()
    assert "Olga of the service desk" in sent.inner_text()
    assert olga.reply.input_value() == ""
    assert page.locator(f'[data-id="{case}"] .sv-sent').count() == 1

    olga.arrives(f"When do I hear from you? {INJECTED}")
    assert INJECTED in page.locator(".sv-by-customer").last.inner_text()
    assert page.locator(".sv-course img, .sv-course script, .sv-course a").count() == 0
    assert page.locator(f'[data-id="{case}"] .sv-drafted').count() == 1

    page.get_by_role("button", name="Note for colleagues").click()
    page.get_by_label("Note, not for the customer").fill("A **regular** customer")
    page.get_by_role("button", name="Keep note").click()
    olga.says("Note kept")
    page.get_by_role("button", name="Write the summary").click()
    page.wait_for_function(
        "name => document.querySelector('#sv-summary textarea').value.includes(name)", arg=who[1]
    )
    page.get_by_label("Colleague who takes over").fill("Pia")
    page.get_by_role("button", name="Hand over", exact=True).click()
    olga.says("Handed over to Pia")
    assert page.locator("#sv-head .sv-handed-over").count() == 1
    assert page.locator(f'[data-id="{case}"] .sv-handed-over').count() == 1

    page.get_by_label("Search cases").fill("nothing like it")
    page.get_by_text("No case fits").wait_for()
    page.get_by_label("Search cases").fill(who[1].split()[1])
    page.locator(f'[data-id="{case}"]').wait_for()
    page.reload()
    page.get_by_text("You are Olga").wait_for(timeout=DRAFT_MS)
    page.locator(".sv-by-sent").wait_for()
    assert olga.case() == case
    page.get_by_role("button", name="Close case").click()
    olga.says("Closed.")
    olga.leave()


def test_two_browsers_see_one_conversation_and_nobody_overwrites_the_other(browser, address, people):
    olga, pia = Operator(browser, address, "Olga"), Operator(browser, address, "Pia")
    draft = olga.arrives(broken(people[1]))
    case = olga.case()
    pia.page.locator(f'[data-do="open"][data-id="{case}"]').wait_for()
    pia.open(case)
    pia.page.wait_for_function("() => document.querySelector('#sv-reply textarea').value.length > 20")
    assert pia.reply.input_value() == draft
    olga.page.get_by_text("Also here: Pia").wait_for()

    pia.reply.fill(draft + " And from Pia.")
    olga.reply.fill("From Olga.")
    olga.page.get_by_role("button", name="Send reply").click()
    olga.says("Sent.")
    pia.page.locator(".sv-by-sent").get_by_text("From Olga.").wait_for()
    pia.says("Olga sent a reply. Your own text is untouched")
    pia.picture("two")
    assert pia.reply.input_value() == draft + " And from Pia."
    pia.page.get_by_role("button", name="Send reply").click()
    # In its own words: that Olga sent one stood there before the click.
    pia.says("Your reply was not sent and is still here")
    assert pia.page.locator(".sv-by-sent").count() == 1
    pia.page.get_by_role("button", name="Send reply").click()
    pia.says("Sent.")
    olga.page.locator(".sv-by-sent").get_by_text("And from Pia.").wait_for()
    olga.leave()
    pia.leave()


def test_everything_can_be_done_with_the_keyboard(browser, address, people):
    olga = Operator(browser, address, "Olga")
    page = olga.page
    first = people[0]

    def go_to(condition: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"() => document.activeElement.matches({condition!r})"):
                ring = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
                assert ring != "none", f"{condition} shows no focus"
                return
        raise AssertionError(f"{condition} is not reached with Tab")

    page.locator("body").focus()
    go_to("#sv-search input, #sv-search textarea")
    go_to("#sv-new")
    page.keyboard.press("Enter")
    olga.says("A new case")
    go_to("#sv-message textarea")
    page.keyboard.insert_text(broken(first))
    page.keyboard.press("Control+Enter")
    olga.says("The draft is ready")
    case = olga.case()
    go_to("#sv-reply textarea")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(" By hand.")
    page.keyboard.press("Control+Enter")
    olga.says("Sent.")
    assert "By hand." in page.locator(".sv-by-sent").last.inner_text()
    go_to("#sv-customer summary")
    about = page.locator("#sv-customer details").first
    assert about.get_attribute("open") is not None, "the order that is spoken of is open"
    page.keyboard.press("Enter")
    assert about.get_attribute("open") is None
    go_to("#sv-find input, #sv-find textarea")
    page.keyboard.insert_text(people[1][0])
    page.keyboard.press("Enter")
    page.locator("#sv-found").get_by_text(people[1][1]).wait_for()

    page.keyboard.press("Shift+Tab")
    page.locator("#sv-new").focus()
    page.keyboard.press("Enter")
    olga.says("A new case")
    page.locator(f'[data-do="open"][data-id="{case}"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.querySelector('#sv-head .sv-id')?.textContent === id", arg=case)
    assert page.evaluate("() => document.activeElement.dataset.id") == case, "the keyboard stays in the queue"
    olga.leave()


@pytest.mark.parametrize(
    ("name", "context"),
    [("light", DESKTOP), ("dark", {**DESKTOP, "color_scheme": "dark"}), ("phone", PHONE),
     ("phone-dark", {**PHONE, "color_scheme": "dark"})],
)  # fmt: skip
def test_the_console_fits_and_is_accessible(browser, address, people, name, context):
    olga = Operator(browser, address, "Olga", **context)
    page = olga.page
    olga.arrives(broken(people[-1], "*And* fast, please."))
    page.get_by_text("Steps of this draft").click()
    page.get_by_role("button", name="Note for colleagues").click()
    page.get_by_label("Find a customer").fill("a")
    page.get_by_label("Find a customer").press("Enter")
    page.locator("#sv-found [data-do]").first.wait_for()
    page.wait_for_timeout(400)
    found = olga.scan()
    assert found == [], "\n".join(found)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"
    page.get_by_text("Steps of this draft").click()
    page.get_by_role("button", name="Note for colleagues").click()
    page.get_by_label("Find a customer").fill("")
    page.get_by_label("Find a customer").press("Enter")
    if name == "dark":
        olga.picture(name)
    if "phone" in name:
        page.evaluate("() => document.querySelector('#sv-case').scrollIntoView()")
        assert page.locator("#sv-status p").is_visible()
        if name == "phone":
            olga.picture(name)
        page.evaluate("() => document.querySelector('#sv-sources').scrollIntoView()")
        if name == "phone":
            olga.picture("phone-sources")
        small = page.evaluate(
            "() => [...document.querySelectorAll('button')].filter(b => b.offsetParent && b.offsetHeight < 24)"
            ".map(b => b.outerHTML.slice(0, 120))"
        )
        assert small == [], f"{small}: targets that are too small to touch"
    page.get_by_role("button", name="Close case").click()
    olga.says("Closed.")
    assert olga.scan() == []
    olga.leave()
