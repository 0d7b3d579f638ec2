"""How is the path drawn that explains an item? A chain of names from what was asked for or liked to the item."""

from __future__ import annotations

from collections.abc import Sequence

from agent.evidence import Hop, ItemCard
from ui.text import escape

_SAID = {
    "director": ("directed by", "directed"),
    "writer": ("written by", "wrote"),
    "cast": ("stars", "acts in"),
    "artist": ("by", "made"),
    "brand": ("made by", "makes"),
    "genre": ("counts as", "genre of"),
    "theme": ("is about", "theme of"),
    "mood": ("is", "mood of"),
    "country": ("comes from", "country of"),
    "language": ("is in", "language of"),
    "decade": ("from the", "decade of"),
    "audience": ("is for", "audience of"),
    "category": ("belongs to", "category of"),
    "kind": ("is of the kind", "kind of"),
    "material": ("is made of", "material of"),
    "colour": ("comes in", "colour of"),
    "feature": ("has", "feature of"),
}
"""Relation to its words where the fact is of what stands before it, and where it is of what stands after it."""
MAX_PATHS = 2
"""Chains drawn on a card."""


def paths_html(card: ItemCard) -> str:
    """Return the paths of a card as chains in a detail that opens; empty where no reason has one."""
    paths = [reason.path for reason in card.reasons if reason.path][:MAX_PATHS]
    if not paths:
        return ""
    starts = list(dict.fromkeys(path[0].start for path in paths))
    chains = "".join(chain_html(path) for path in paths)
    return (
        '<details class="tg-paths"><summary>How it is linked to '
        f"{escape(' and '.join(starts))}</summary>{chains}</details>"
    )


def chain_html(path: Sequence[Hop]) -> str:
    """Return one path as an ordered list: a name, the words to the next, and at the end the item."""
    steps = "".join(
        f'<li><b>{escape(hop.start)}</b> <span class="tg-edge">{escape(relation_words(hop))}</span></li>'
        for hop in path
    )
    return f'<ol class="tg-path">{steps}<li><b>{escape(path[-1].end)}</b></li></ol>'


def relation_words(hop: Hop) -> str:
    """Return an edge as it is read from its start to its end."""
    plain = hop.relation.replace("_", " ")
    if hop.forward is None:
        return plain
    onward, back = _SAID.get(hop.relation, (f"has the {plain}", f"{plain} of"))
    return onward if hop.forward else back
