"""`tastegraph recommend`: a ranked list without a dialogue, with the shares of each score and its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recsys.errors import TastegraphError
from ui import home
from ui.console import WorkspaceOption, say

if TYPE_CHECKING:
    from agent.context import Services
    from recsys.schema import Recommendation, RecommendationList


def recommend(
    workspace: WorkspaceOption = None,
    like: Annotated[
        list[str] | None, typer.Option("--like", help="A title; the answer is like it. May be repeated.")
    ] = None,
    text: Annotated[str, typer.Option(help="What is wanted, in words.")] = "",
    more: Annotated[
        list[str] | None, typer.Option(help="A quality to move towards. May be repeated.")
    ] = None,
    less: Annotated[
        list[str] | None, typer.Option(help="A quality to move away from. May be repeated.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Count what is stored about this person's taste. Default: nobody's.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Length of the list.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """Rank the catalogue for titles, words or a person."""
    if not (like or text.strip() or more or less or user):
        raise TastegraphError(
            'Say what to rank for: --like "Heat", --text "a tense heist", --more funny or --user NAME.'
        )
    from agent.context import Services
    from agent.settings import Settings
    from recsys.schema import Profile, RecommendRequest
    from recsys.workspace import Workspace

    services = Services.open(Workspace.open(home.find_workspace(workspace)).path, Settings())
    try:
        request = RecommendRequest(
            seeds=tuple(_item_id(services, title) for title in like or ()),
            text=text,
            more=tuple(more or ()),
            less=tuple(less or ()),
            use_profile=user is not None,
            limit=limit,
        )
        if user is not None:
            found = services.recommend(user, request)
        else:
            found = services.recommender.recommend(request, Profile(user=""))
    finally:
        services.close()
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    _print(found)


def _item_id(services: Services, title: str) -> str:
    if services.workspace.item(title) is not None:
        return title
    found = services.titles.exact(title)
    if not found:
        near = " or ".join(f"“{item.label}”" for item in services.titles.nearest(title))
        raise TastegraphError(
            f"There is no “{title}” in this catalogue. " + (f"Did you mean {near}?" if near else "")
        )
    if len(found) > 1:
        say(f"“{title}” is several items; the most popular is taken: {found[0].label} ({found[0].id})")
    return found[0].id


def _print(found: RecommendationList) -> None:
    console = Console(highlight=False)
    table = Table("", "item", "score", "made of", "because", box=None, padding=(0, 2, 0, 0))
    for place, one in enumerate(found.recommendations, 1):
        reasons = Text("\n").join(Text(reason.text) for reason in one.evidence)
        table.add_row(str(place), Text(one.item.label), f"{one.score:.2f}", _shares(one), reasons)
    console.print(table if found.recommendations else "Nothing fits.")
    for relaxed in found.relaxed:
        say(f"Given up, because nothing meets everything: {relaxed}")
    for degraded in found.degraded:
        say(f"Without its help: {degraded}")


def _shares(one: Recommendation) -> Text:
    from ui.terminal import COLOURS

    lines = [
        Text.assemble(
            (f"{share.granularity.value} {share.value:+.2f}", COLOURS.get(share.granularity.value, "")),
            " (simulated)" if share.simulated else "",
        )
        for share in sorted(one.contributions, key=lambda share: -abs(share.value))
    ]
    return Text("\n").join(lines)
