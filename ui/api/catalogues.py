"""Which catalogue, and which item in it, does a request mean?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.context import Services
from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.schema import Item
from ui import item_names
from ui.agents import Agents
from ui.api.errors import ApiError

if TYPE_CHECKING:
    from agent.session import Agent


def opened(agents: Agents, name: str | None, param: str = "catalogue") -> tuple[str, Agent]:
    """Return a catalogue's name and agent; the first where none is named.

    Raises `ApiError` 404 when there is none of this name, 503 while it is being opened or when it cannot be.
    """
    name = agents.names[0] if name is None else name
    if name not in agents.names:
        raise ApiError(
            404,
            "unknown_catalogue" if param == "catalogue" else "model_not_found",
            f"There is no such {param} here. There is: {', '.join(agents.names)}.",
            param,
        )
    if not agents.ready(name):
        raise ApiError(
            503,
            "opening",
            f"The catalogue {name} is still being opened. Ask again in a few seconds.",
            headers={"Retry-After": "3"},
        )
    try:
        return name, agents.get(name)
    except (TastegraphError, GraphError) as error:
        raise ApiError(
            503,
            "not_opened",
            f"The catalogue {name} could not be opened; the server's log says why. Whoever runs it can ask "
            "`tastegraph doctor`.",
        ) from error


def item_named(services: Services, wanted: str, param: str) -> tuple[Item, str]:
    """Return the item of an id or a title, and a note where several have the title: the best-known is taken.

    Raises `ApiError` 404 with the nearest titles when there is none.
    """
    try:
        return item_names.item_named(services, wanted)
    except item_names.UnknownItem as error:
        near = ", ".join(f"{one.label} ({one.id})" for one in error.nearest)
        hint = f"The nearest titles: {near}." if near else "POST /v1/chat finds items by words."
        raise ApiError(
            404, "unknown_item", f"No item of this catalogue has that title or id. {hint}", param
        ) from error
