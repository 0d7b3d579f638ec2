"""Which components does the console have, and which event goes where?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Read when Gradio is imported: nothing is reported to anybody.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from ui.service.board import Board
from ui.service.console import Console
from ui.service.desks import Desks
from ui.service.panels import Update, problem
from ui.service.queue_view import FILTERS
from ui.service.seat import Seat
from ui.theme import ICON

POLL_SECONDS = 2.0
"""Seconds between two looks for what others changed."""
STATIC = Path(__file__).parent.parent / "static"
STYLE_SHEET = STATIC / "service.css"
PAGE_SCRIPT = STATIC / "service.js"
_BRAND = (
    f'<div class="sv-brand"><img src="{ICON}" alt="" width="30" height="30"><div><h1>Service console</h1>'
    "<p>Nothing is sent or changed by itself.</p></div></div>"
)


def build_console(desks: Desks, secret: str) -> gr.Blocks:
    """Return the console over these desks; nothing is opened here. `secret` is of the browser's storage."""
    console = Console(desks, Board())
    with gr.Blocks(title="Service console", analytics_enabled=False, elem_id="sv-page") as page:
        browser = gr.BrowserState({}, storage_key="tastegraph-service", secret=secret)
        seat = gr.State(Seat())
        on = gr.Textbox("", visible="hidden", label="Case shown", elem_id="sv-on")
        with gr.Row(elem_id="sv-top"):
            gr.HTML(_BRAND)
            shop = gr.Dropdown(
                choices=[(desks.title(name), name) for name in desks.names],
                value=desks.names[0],
                label="Shop",
                visible=len(desks.names) > 1,
                interactive=True,
                elem_id="sv-shop",
            )
            hello = gr.HTML("", elem_id="sv-hello")
            rename = gr.Button("Change name", size="sm", scale=0, elem_id="sv-rename", visible=False)
        with gr.Row(elem_id="sv-who", visible=False) as asked:
            name = gr.Textbox(label="Your name, as colleagues know it", max_lines=1, elem_id="sv-name")
            name_ok = gr.Button("Start work", variant="primary", scale=0, elem_id="sv-name-ok")
        status = gr.HTML('<p class="sv-done">Getting ready…</p>', elem_id="sv-status")
        with gr.Row(elem_id="sv-main"):
            with gr.Column(elem_id="sv-left"):
                gr.HTML('<h2 class="sv-title">Queue</h2>')
                search = gr.Textbox(
                    label="Search cases", placeholder="Name or words", max_lines=1, elem_id="sv-search"
                )
                only = gr.Dropdown(
                    choices=[(label, key) for key, label in FILTERS.items()],
                    value="open",
                    label="Show",
                    filterable=False,
                    elem_id="sv-only",
                    interactive=True,
                )
                new = gr.Button("New case", elem_id="sv-new")
                queue = gr.HTML("", elem_id="sv-queue")
            with gr.Column(elem_id="sv-case"):
                head = gr.HTML("", elem_id="sv-head")
                course = gr.HTML("", elem_id="sv-course")
                message = gr.Textbox(
                    label="What the customer wrote",
                    placeholder="Paste the customer's message here",
                    lines=2,
                    max_lines=8,
                    elem_id="sv-message",
                )
                draft = gr.Button("Add message and draft a reply", elem_id="sv-draft")
                live = gr.HTML("", elem_id="sv-live")
                reply = gr.Textbox(
                    label="Suggested reply: edit it before you send",
                    lines=8,
                    max_lines=11,
                    elem_id="sv-reply",
                )
                with gr.Row(elem_id="sv-replying"):
                    send = gr.Button("Send reply", variant="primary", elem_id="sv-send")
                    anew = gr.Button("Make the draft anew", elem_id="sv-anew")
                with gr.Accordion("Note for colleagues", open=False, elem_id="sv-noting"):
                    note = gr.Textbox(label="Note, not for the customer", lines=2, elem_id="sv-note")
                    add_note = gr.Button("Keep note", elem_id="sv-note-ok")
            with gr.Column(elem_id="sv-right"):
                gr.HTML('<h2 class="sv-title">Customer</h2>')
                customer = gr.HTML("", elem_id="sv-customer")
                find = gr.Textbox(
                    label="Find a customer",
                    placeholder="Name, email, postcode or order number",
                    max_lines=1,
                    elem_id="sv-find",
                )
                found = gr.HTML("", elem_id="sv-found")
                gr.HTML('<h2 class="sv-title">Satisfaction</h2>')
                glad = gr.HTML("", elem_id="sv-glad")
                gr.HTML('<h2 class="sv-title">What the draft rests on</h2>')
                sources = gr.HTML("", elem_id="sv-sources")
                templates = gr.Dropdown(
                    choices=[], label="Another template", elem_id="sv-templates", interactive=True
                )
                use = gr.Button("Draft from this template", elem_id="sv-use")
                gr.HTML('<h2 class="sv-title">Products that fit</h2>')
                products = gr.HTML("", elem_id="sv-products")
                gr.HTML('<h2 class="sv-title">Hand over</h2>')
                summarise = gr.Button("Write the summary", elem_id="sv-summarise")
                summary = gr.Textbox(
                    label="Summary and hand-over note",
                    lines=5,
                    max_lines=14,
                    buttons=["copy"],
                    elem_id="sv-summary",
                )
                to = gr.Textbox(label="Colleague who takes over", max_lines=1, elem_id="sv-to")
                hand = gr.Button("Hand over", elem_id="sv-hand")
        bridge = gr.HTML(
            "", js_on_load=PAGE_SCRIPT.read_text(encoding="utf-8"), elem_id="sv-bridge", visible="hidden"
        )
        timer = gr.Timer(POLL_SECONDS)

        parts: dict[str, Any] = {
            "browser": browser, "shop": shop, "hello": hello, "asked": asked, "status": status, "on": on,
            "queue": queue, "head": head, "course": course, "live": live, "message": message, "reply": reply,
            "note": note, "customer": customer, "find": find, "found": found, "glad": glad, "sources": sources,
            "templates": templates, "products": products, "summary": summary, "to": to,
        }  # fmt: skip
        outputs = [*parts.values(), rename]

        def values(update: Update) -> list[Any]:
            """Return a value for each output; what is not named stays as it is."""
            row = [_value(key, update[key]) if key in update else gr.skip() for key in parts]
            return [*row, gr.Button(visible=not update["asked"]) if "asked" in update else gr.skip()]

        def streamed(updates: Iterator[Update]) -> Iterator[list[Any]]:
            for update in updates:
                yield values(update)

        def arrive(here: Seat, state: object, request: gr.Request) -> list[Any]:
            return values(console.arrive(here, state, request.username))

        def write(here: Seat, said: str, case: str, text: str, words: str, which: str) -> Iterator[list[Any]]:
            yield from streamed(console.write(here, said, case, text, words, which))

        def redraft(here: Seat, case: str, text: str, words: str, which: str) -> Iterator[list[Any]]:
            yield from streamed(console.redraft(here, "", case, text, words, which))

        def use_template(
            here: Seat, template: str | None, case: str, text: str, words: str, which: str
        ) -> Iterator[list[Any]]:
            if template:
                yield from streamed(console.redraft(here, template, case, text, words, which))
            else:
                yield values({"status": problem("Choose a template of the list first.")})

        def plain_call(handler: Callable[..., Update]) -> Callable[..., list[Any]]:
            return lambda *given: values(handler(*given))

        quiet: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "concurrency_limit": 8,
        }
        turns: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "trigger_mode": "once",
            "concurrency_limit": 4,
            "concurrency_id": "drafts",
        }
        place = [on, reply, search, only]

        page.load(arrive, [seat, browser], outputs, **quiet)
        timer.tick(
            plain_call(console.poll), [seat, *place], outputs, queue=False, **quiet, trigger_mode="once"
        )
        gr.on([name.submit, name_ok.click], plain_call(console.name), [seat, name], outputs, **quiet)
        rename.click(plain_call(console.rename), [seat], outputs, **quiet)
        shop.input(plain_call(console.switch), [seat, shop], outputs, **quiet)
        gr.on([search.input, only.input], plain_call(console.filter), [seat, search, only], outputs, **quiet)
        new.click(plain_call(console.new), [seat, *place], outputs, **quiet)
        draft.click(write, [seat, message, *place], outputs, **turns)
        anew.click(redraft, [seat, *place], outputs, **turns)
        use.click(use_template, [seat, templates, *place], outputs, **turns)
        send.click(plain_call(console.send), [seat, *place], outputs, trigger_mode="once", **quiet)
        add_note.click(plain_call(console.note), [seat, on, note], outputs, **quiet)
        find.submit(plain_call(console.find), [seat, find], outputs, **quiet)
        summarise.click(plain_call(console.summarise), [seat, on], outputs, **quiet)
        hand.click(plain_call(console.hand_over), [seat, on, to, summary], outputs, **quiet)

        def pressed(
            here: Seat, case: str, text: str, words: str, which: str, event: gr.EventData
        ) -> list[Any]:
            """Do what a button inside a panel asks for."""
            return values(console.pressed(here, _do(event), _id(event), case, text, words, which))

        def template_pressed(
            here: Seat, case: str, text: str, words: str, which: str, event: gr.EventData
        ) -> Iterator[list[Any]]:
            yield from streamed(console.redraft(here, _id(event), case, text, words, which))

        bridge.pressed(pressed, [seat, *place], outputs, **quiet)
        bridge.template(template_pressed, [seat, *place], outputs, **turns)
    page.queue(default_concurrency_limit=8)
    return page


def _value(key: str, value: Any) -> Any:  # noqa: ANN401 - what Gradio takes for the part
    if key == "templates":
        return gr.Dropdown(choices=value, value=None)
    if key == "asked":
        return gr.Row(visible=value)
    return value


def _id(event: gr.EventData) -> str:
    return str(event._data.get("id", ""))[:200]


def _do(event: gr.EventData) -> str:
    return str(event._data.get("do", ""))[:40]
