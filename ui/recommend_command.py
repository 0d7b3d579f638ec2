"""`tastegraph recommend`: a ranked list without a dialogue, with the shares of each score and its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ui import home
from ui.console import JsonOption, Output, WorkspaceOption, WrongUsage, say
from ui.item_names import item_named

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
    as_json: JsonOption = False,
) -> None:
    """Rank the catalogue for titles, words or a person."""
    if not (like or text.strip() or more or less or user):
        raise WrongUsage(
            'Say what to rank for: --like "Heat", --text "a tense heist", --more funny or --user NAME.'
        )
    from agent.context import Services
    from agent.settings import Settings
    from recsys.schema import Profile, RecommendRequest
    from recsys.workspace import Workspace

    out = Output(as_json)
    services = Services.open(Workspace.open(home.find_workspace(workspace)).path, Settings())
    try:
        request = RecommendRequest(
            seeds=tuple(_meant(services, title, out) for title in like or ()),
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
    if not out.document(found):
        _print(found)


def _meant(services: Services, title: str, out: Output) -> str:
    """Return the id of the item that a title or id means; says so where several have the title."""
    item, note = item_named(services, title)
    if note:
        out.say(note)
    return item.id


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
