"""Which components does the page have, and which event goes where?"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

# Read when Gradio is imported: nothing is reported to anybody, and nothing is asked of a hub.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
from gradio.context import LocalContext

from recsys.workspace import Manifest
from ui.agents import Agents
from ui.desk import Desk
from ui.render import Answer
from ui.service.desks import Desks
from ui.sessions import Dialogue, Guests
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
        "A gift for somebody who likes to cook",
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

SAVE_SCRIPT = """(text) => {
  if (!text) return '';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = 'tastegraph.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return '';
}"""
"""Hands the text over as a file; nothing personal is left in a file of the server."""
PAGE_SCRIPTS = tuple(STATIC / name for name in ("page.js", "cards.js"))
"""One script to the page: all of them read `trigger` of one component."""


def build_page(agents: Agents, guests: Guests, *, login: bool = False) -> gr.Blocks:
    """Return the page over these agents, for guests or for whoever is logged in; nothing is opened here."""
    desk = Desk(agents, guests, show_cards=html_block, who=logged_in_here if login else None)
    first = agents.names[0]
    # With a login few may use the console, and those know where it is.
    desks = set() if login else set(Desks(agents).names)
    with gr.Blocks(title="Tastegraph", analytics_enabled=False, fill_height=True, elem_id="tg-page") as page:
        browser = gr.BrowserState({}, storage_key="tastegraph", secret=guests.storage_secret)
        dialogue = gr.State(Dialogue())
        with gr.Row(elem_id="tg-head"):
            head = gr.HTML(brand(agents.manifests[first]), scale=1)
            catalogue = gr.Dropdown(
                choices=[(short_name(name, agents.manifests[name]), name) for name in agents.names],
                value=first,
                label="Catalogue",
                show_label=False,
                container=False,
                visible=len(agents.names) > 1,
                elem_id="tg-catalogue",
                interactive=True,
            )
            new = gr.Button("New chat", elem_id="tg-new", size="md", scale=0)
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
        with gr.Accordion("What is known of me", open=False, elem_id="tg-known") as panel:
            known = gr.HTML("", elem_id="tg-known-list")
        exported = gr.Textbox(visible="hidden", label="Export", elem_id="tg-export")
        foot = gr.HTML(footer(agents.manifests[first], login, first in desks), elem_id="tg-foot")
        bridge = gr.HTML(
            "",
            js_on_load="\n".join(script.read_text(encoding="utf-8") for script in PAGE_SCRIPTS),
            elem_id="tg-bridge",
            visible="hidden",
        )

        def look(name: str) -> tuple[str, str, gr.Chatbot]:
            """Return the parts of the page that depend on the catalogue."""
            manifest = agents.manifests[name]
            frame = gr.Chatbot(placeholder=empty_state(manifest.domain), examples=examples(manifest.domain))
            return brand(manifest), footer(manifest, login, name in desks), frame

        def arrive(state: object) -> tuple[object, ...]:
            """Recognise the visitor, then let them write."""
            return (
                *desk.arrive(state),
                gr.Textbox(interactive=True, autofocus=True),
                gr.Button(interactive=True),
            )

        quiet = {"api_visibility": "private", "show_progress": "hidden"}
        page.load(arrive, [browser], [browser, dialogue, catalogue, chat, status, box, send], **quiet).then(
            desk.recall, [dialogue], [chat], **quiet
        ).then(desk.known, [dialogue], [known], **quiet)
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
        new.click(
            desk.restart,
            [dialogue, browser],
            [browser, chat, box, status],
            cancels=[asked, chosen],
            **quiet,
        )
        catalogue.change(look, [catalogue], [head, foot, chat], **quiet).then(
            desk.switch, [catalogue, dialogue, browser], [browser, chat, status], **quiet
        ).then(desk.recall, [dialogue], [chat], **quiet).then(desk.known, [dialogue], [known], **quiet)

        def on(event: str, *args: object, **options: object) -> Any:  # noqa: ANN401 - Gradio's own chain
            listen: Callable[..., Any] = getattr(bridge, event)
            return listen(*args, concurrency_limit=4, **quiet, **options)

        panel.expand(desk.known, [dialogue], [known], **quiet)
        told = on("verdict", desk.verdict, [dialogue], [chat, status])
        corrected = on("correct", desk.correct, [dialogue], [chat, status])
        forgotten = on("forget", desk.forget, [dialogue], [chat, status])
        erased = on(
            "erase", desk.erase, [dialogue, browser], [browser, chat, status], cancels=[asked, chosen]
        )
        for change in (asked, chosen, told, corrected, forgotten, erased):
            change.then(desk.known, [dialogue], [known], **quiet)
        on("export", desk.export, [dialogue], [exported, status]).then(
            None, [exported], [exported], js=SAVE_SCRIPT, **quiet
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


def short_name(name: str, manifest: Manifest) -> str:
    """Return what the choice of catalogues calls a workspace: its folder's name, or its own for a path."""
    return manifest.name if "/" in name else name.replace("-", " ").capitalize()


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
