"""Which components does the page have, and which event goes where?"""

from __future__ import annotations

import os
from typing import Any

# Read when Gradio is imported: nothing is reported to anybody, and nothing is asked of a hub.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
from gradio.context import LocalContext

from recsys.workspace import Manifest
from ui.agents import Agents
from ui.cards_desk import CardDesk, wire_cards
from ui.render import Answer
from ui.service.desks import Desks
from ui.sessions import Dialogue, Guests
from ui.side import Side, left_column, opener_html, right_panel, tools_html, wire
from ui.side_desk import SideDesk
from ui.text import escape
from ui.theme import ICON, STATIC

EXAMPLES: dict[str, tuple[str, ...]] = {
    "films": (
        "Something like Heat but less violent",
        "A funny film from the nineties for a tired evening",
        "Which films did Akira Kurosawa direct?",
        "I love slow science fiction. What should I see?",
    ),
    "shop": (
        "A backpack for weekend hikes under 120 euros",
        "How do I return something?",
        "A gift for someone who cooks",
        "Headphones for a noisy train",
    ),
}
"""By domain; other domains get `OTHER_EXAMPLES`."""
OTHER_EXAMPLES = ("What do you have?", "Recommend me something", "What do you know about my taste?")
_ASK = {
    "films": (
        "What do you feel like watching?",
        "Name a film, a person, a mood, or what you would rather not see.",
    ),
    "shop": ("What are you looking for?", "Say what it is for, what it may cost, or ask about your order."),
}
_OTHER_ASK = ("What are you looking for?", "Name something you like, or what it should be about.")

_GUEST = "You are a guest; what you say about your taste stays on this computer."
_LOGGED_IN = (
    'What you say about your taste stays on the computer that serves this. <a href="/logout">Log out</a>'
)

_DESK = ' <a href="/service/">Service console</a>'

PAGE_SCRIPTS = tuple(STATIC / name for name in ("page.js", "cards.js", "side.js", "interest_graph.js"))
"""One script to the page: all of them read `trigger` of one component."""


class PageDesk(CardDesk, SideDesk):
    """All handlers of the page: of the chat, of its cards and of what stands beside it."""


def build_page(agents: Agents, guests: Guests, *, login: bool = False) -> gr.Blocks:
    """Return the page over these agents, for guests or for whoever is logged in; nothing is opened here."""
    desk = PageDesk(agents, guests, show_cards=html_block, who=logged_in_here if login else None)
    first = agents.names[0]
    # With a login few may use the console, and those know where it is.
    desks = set() if login else set(Desks(agents).names)
    with gr.Blocks(title="Tastegraph", analytics_enabled=False, fill_height=True, elem_id="tg-page") as page:
        browser = gr.BrowserState({}, storage_key="tastegraph", secret=guests.storage_secret)
        dialogue = gr.State(Dialogue())
        with gr.Row(elem_id="tg-frame"):
            catalogues, talks = left_column(len(agents.names) + len(agents.unreadable))
            with gr.Column(elem_id="tg-main"):
                with gr.Row(elem_id="tg-head"):
                    gr.HTML(opener_html(), elem_id="tg-opener", visible=True)
                    head = gr.HTML(brand(agents.manifests[first]), scale=1)
                    new = gr.Button("New chat", elem_id="tg-new", size="md", scale=0)
                    gr.HTML(tools_html(len(agents.names) > 1), elem_id="tg-tools")
                chat = gr.Chatbot(
                    label="Conversation",
                    show_label=False,
                    elem_id="tg-chat",
                    layout="bubble",
                    buttons=[],
                    autoscroll=False,
                    feedback_options=None,
                    latex_delimiters=[],
                    allow_tags=False,
                    sanitize_html=True,
                    placeholder=empty_state(agents.manifests[first].domain),
                    examples=examples(agents.manifests[first].domain),
                )
                status = gr.HTML("", elem_id="tg-status")
                with gr.Row(elem_id="tg-bar"):
                    box = gr.Textbox(
                        label="Your message",
                        show_label=False,
                        container=False,
                        placeholder="Say what you feel like…",
                        lines=1,
                        max_lines=6,
                        scale=1,
                        elem_id="tg-input",
                        autofocus=True,
                        # Until the visitor is recognised there is nobody to answer.
                        interactive=False,
                    )
                    send = gr.Button("Send", variant="primary", elem_id="tg-send", scale=0, interactive=False)
                foot = gr.HTML(footer(agents.manifests[first], login, first in desks), elem_id="tg-foot")
            known, picture = right_panel()
        exported = gr.Textbox(visible="hidden", label="Export", elem_id="tg-export")
        side = Side(catalogues, talks, known, picture, exported)
        bridge = gr.HTML(
            "",
            js_on_load="\n".join(script.read_text(encoding="utf-8") for script in PAGE_SCRIPTS),
            elem_id="tg-bridge",
            visible="hidden",
        )

        def frame(now: Dialogue) -> tuple[str, str, gr.Chatbot]:
            """Return the parts of the page that depend on the catalogue."""
            name = now.catalogue if now.catalogue in agents.manifests else first
            manifest = agents.manifests[name]
            empty = gr.Chatbot(placeholder=empty_state(manifest.domain), examples=examples(manifest.domain))
            return brand(manifest), footer(manifest, login, name in desks), empty

        def arrive(state: object) -> tuple[object, ...]:
            """Recognise the visitor, then let them write."""
            return (
                *desk.arrive(state),
                gr.Textbox(interactive=True, autofocus=True),
                gr.Button(interactive=True),
            )

        quiet = {"api_visibility": "private", "show_progress": "hidden"}

        def look(event: Any) -> Any:  # noqa: ANN401 - Gradio's own chain
            return event.then(frame, [dialogue], [head, foot, chat], **quiet)

        arrived = page.load(arrive, [browser], [browser, dialogue, chat, status, box, send], **quiet)
        look(arrived).then(desk.catalogues, [dialogue], [catalogues], **quiet).then(
            desk.recall, [dialogue], [chat], **quiet
        ).then(desk.side, [dialogue], side.lists, **quiet)
        asked = gr.on(
            [box.submit, send.click],
            desk.ask,
            [box, dialogue],
            [chat, box, status],
            trigger_mode="once",
            concurrency_limit=4,
            concurrency_id="turns",
            **quiet,
        )
        chosen = chat.example_select(
            desk.ask_example,
            [dialogue],
            [chat, box, status],
            trigger_mode="once",
            concurrency_limit=4,
            concurrency_id="turns",
            **quiet,
        )
        told, spoken = wire_cards(bridge, desk, dialogue, chat, status)
        turns = [asked, chosen, *spoken]
        restarted = new.click(
            desk.restart,
            [dialogue, browser],
            [browser, chat, box, status],
            cancels=turns,
            **quiet,
        )
        for change in (*turns, restarted, told):
            change.then(desk.side, [dialogue], side.lists, **quiet)
        wire(
            bridge,
            desk,
            side,
            dialogue=dialogue,
            browser=browser,
            chat=chat,
            status=status,
            look=look,
            turns=turns,
        )
    page.queue(default_concurrency_limit=4)
    return page


def html_block(answer: Answer, html: str) -> gr.HTML:
    """Return the chat content that shows the cards of an answer."""
    return gr.HTML(html, elem_classes=["tg-block"], js_on_load=None, render=False)


def examples(domain: str) -> list[dict[str, str]]:
    """Return the prompts that a new chat offers."""
    return [{"text": text} for text in EXAMPLES.get(domain, OTHER_EXAMPLES)]


def empty_state(domain: str) -> str:
    """Return what an empty chat shows."""
    title, hint = _ASK.get(domain, _OTHER_ASK)
    return f'<div class="tg-empty"><h2>{escape(title)}</h2><p>{escape(hint)}</p></div>'


def brand(manifest: Manifest) -> str:
    """Return the header: the name, and which catalogue this is."""
    count = manifest.counts.get("items", 0)
    return (
        f'<div class="tg-brand"><img src="{ICON}" alt="" width="34" height="34"><div><h1>Tastegraph</h1>'
        f"<p>{escape(manifest.name)} · {count:,} items</p></div></div>"
    )


def logged_in_here() -> str | None:
    """Return who sent the event that is being handled, by the login and not by anything of the page's."""
    request = LocalContext.request.get(None)
    name = getattr(request, "username", None)
    return name if isinstance(name, str) else None


def footer(manifest: Manifest, login: bool = False, desk: bool = False) -> str:
    """Return the line that says where behaviour comes from, and what is kept; with a `desk`, the way to it."""
    count = manifest.counts.get("interactions", 0)
    origin = (
        "<strong>Behaviour in this catalogue is simulated</strong>: nobody real liked these items."
        if manifest.simulated
        else f"Learned from {count:,} interactions of {escape(manifest.source)}."
    )
    return (
        f"<p>{origin} Every reason is checked against the catalogue's graph. "
        f"{_LOGGED_IN if login else _GUEST}{_DESK if desk else ''}</p>"
    )
