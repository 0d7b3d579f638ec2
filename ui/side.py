"""Which components stand beside the chat, and which event goes where? The left column, the panel, and the menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.side_desk import SideDesk

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
_WAITING = '<p class="tg-none">Getting ready…</p>'


@dataclass(frozen=True)
class Side:
    """The components beside the chat that events fill."""

    catalogues: gr.HTML
    talks: gr.HTML
    known: gr.HTML
    picture: gr.HTML
    exported: gr.Textbox

    @property
    def lists(self) -> list[gr.HTML]:
        """Those that `SideDesk.side` fills, in its order."""
        return [self.catalogues, self.talks, self.known]


def left_column(agent_count: int) -> tuple[gr.HTML, gr.HTML]:
    """Make the column with the catalogues and the conversations, inside the row that is open; returns the two."""
    with gr.Column(elem_id="tg-side"):
        gr.HTML(
            '<button type="button" class="tg-icon tg-close" data-do="talks" '
            'aria-label="Close the list of conversations">×</button>',
            elem_id="tg-side-close",
        )
        gr.HTML('<h2 class="tg-side-title">Catalogue</h2>', visible=agent_count > 1)
        catalogues = gr.HTML("", elem_id="tg-catalogue", visible=agent_count > 1)
        gr.HTML('<h2 class="tg-side-title">Conversations</h2>')
        talks = gr.HTML(_WAITING, elem_id="tg-talks")
    return catalogues, talks


def right_panel() -> tuple[gr.HTML, gr.HTML]:
    """Make the panel with what is believed of the person, as a list and as a picture; returns the two."""
    with gr.Column(elem_id="tg-known"):
        gr.HTML(
            '<div class="tg-panel-head"><h2 id="tg-panel-title">What is known of me</h2>'
            '<span role="group" aria-label="Show it as"><button type="button" data-do="panel" aria-pressed="true">List'
            '</button><button type="button" data-do="picture" aria-pressed="false">Picture</button></span>'
            '<button type="button" class="tg-icon tg-close" data-do="close" aria-label="Close what is known of me">×'
            "</button></div>"
        )
        known = gr.HTML(_WAITING, elem_id="tg-known-list")
        picture = gr.HTML(_WAITING, elem_id="tg-picture")
    return known, picture


def tools_html(several: bool) -> str:
    """Return the buttons of the head: the panel, and one menu with all that a person can do with what is theirs.

    With `several` catalogues the menu says which of them an erasure is about.
    """
    acts = (
        ("new", "New chat"),
        ("panel", "What is known of me"),
        ("picture", "My taste as a picture"),
        ("export", "Export everything as a file"),
        ("erase", "Erase everything…"),
    )
    items = "".join(f'<li><button type="button" data-do="{do}">{label}</button></li>' for do, label in acts)
    return (
        f'<div class="tg-tools"{" data-several" if several else ""}>'
        '<button type="button" class="tg-wide-only" data-do="panel" aria-expanded="false">What is known of me</button>'
        '<div class="tg-menu"><button type="button" class="tg-icon" data-do="menu" aria-expanded="false" '
        'aria-controls="tg-menu-list" aria-label="Menu">⋯</button>'
        f'<ul id="tg-menu-list" hidden>{items}</ul></div></div>'
    )


def opener_html() -> str:
    """Return the button that opens the list of conversations where the column has no room."""
    return (
        '<button type="button" class="tg-icon tg-narrow-only" data-do="talks" aria-expanded="false" '
        'aria-label="Conversations and catalogues">☰</button>'
    )


def wire(
    bridge: gr.HTML,
    desk: SideDesk,
    side: Side,
    *,
    dialogue: gr.State,
    browser: gr.BrowserState,
    chat: gr.Chatbot,
    status: gr.HTML,
    look: Callable[[Any], Any],
    turns: list[Any],
) -> None:
    """Connect the events of the page's script with their handlers.

    Args:
        bridge: the component that the script triggers events of.
        desk: the handlers.
        side: what they fill.
        dialogue, browser, chat, status: of the page.
        look: adds to an event what changes with the catalogue.
        turns: the events that ask something; erasing ends them.
    """
    quiet = {"api_visibility": "private", "show_progress": "hidden"}

    def on(event: str, *args: object, **options: object) -> Any:  # noqa: ANN401 - Gradio's own chain
        listen: Callable[..., Any] = getattr(bridge, event)
        return listen(*args, concurrency_limit=4, **quiet, **options)

    def refresh(event: Any) -> Any:  # noqa: ANN401 - Gradio's own chain
        return event.then(desk.side, [dialogue], side.lists, **quiet)

    place, words = [browser, chat, status], [chat, status]
    refresh(on("open", desk.open, [dialogue, browser], place).then(desk.recall, [dialogue], [chat], **quiet))
    refresh(on("rename", desk.rename, [dialogue], [status]))
    refresh(on("drop", desk.drop, [dialogue, browser], place))
    moved = look(on("catalogue", desk.switch, [dialogue, browser], place))
    # The state of the catalogues is seen at once; the conversations come when this one is open.
    moved = moved.then(desk.catalogues, [dialogue], [side.catalogues], **quiet)
    refresh(moved.then(desk.recall, [dialogue], [chat], **quiet))
    for name, handler in (
        ("correct", desk.correct),
        ("strengthen", desk.strengthen),
        ("reword", desk.reword),
        ("tell", desk.tell),
        ("forget", desk.forget),
        ("undo", desk.undo),
    ):
        refresh(on(name, handler, [dialogue], words))
    refresh(on("erase", desk.erase, [dialogue, browser], place, cancels=turns))
    on("picture", desk.graph, [dialogue], [side.picture])
    on("states", desk.catalogues, [dialogue], [side.catalogues])
    on("export", desk.export, [dialogue], [side.exported, status]).then(
        None, [side.exported], [side.exported], js=SAVE_SCRIPT, **quiet
    )
