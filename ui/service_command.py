"""`tastegraph assist`: a terminal desk. Paste what a customer wrote; see the draft with what it rests on."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ui import home
from ui.console import WrongUsage, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.service.events import ServiceEvent
    from agent.service.evidence import CustomerCard, DraftReply, OrderCard
    from agent.service.session import ServiceAgent

HELP = (
    "Paste a customer's message; a line with a single dot ends it. /summary hands the case over, /new opens another, "
    "/quit leaves."
)


def assist(
    workspace: Annotated[
        str, typer.Option("--workspace", "-w", help="The name of a workspace at home, or a folder.")
    ] = "shop",
    message: Annotated[
        str | None,
        typer.Option("--message", "-m", help="What the customer wrote; `-` reads it from the input."),
    ] = None,
    case: Annotated[str | None, typer.Option(help="Go on with this case. Default: a new one.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="Id of the customer, where you have identified them yourself.")
    ] = None,
    operator: Annotated[str, typer.Option(help="Who works on the case.")] = "desk",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the events of one message as JSON, one a line.")
    ] = False,
) -> None:
    """Prepare replies to customers. Nothing is sent, and no order is changed."""
    if as_json and message is None:
        raise WrongUsage("--json needs one message: add --message TEXT, or --message - to read it.")
    from agent.service.session import ServiceAgent
    from recsys.workspace import Workspace

    path = Workspace.open(home.find_workspace(workspace)).path
    name = case or f"case-{uuid.uuid4().hex[:8]}"
    with ServiceAgent.open(path) as agent:
        if customer is not None:
            agent.open_case(operator, name, customer)
        if message is None:
            _desk(agent, operator, name)
            return
        text = sys.stdin.read() if message == "-" else message
        events = agent.assist(operator, name, text)
        if as_json:
            for event in events:
                typer.echo(event.model_dump_json())
            return
        _show(events)
        say(f"Case {name}")


def _desk(agent: ServiceAgent, operator: str, name: str) -> None:
    say(f"{agent.services.knowledge.name}, case {name}. {HELP}")
    while (text := _pasted()) is not None:
        command = text.strip()
        if command == "/quit":
            return
        if command == "/new":
            name = f"case-{uuid.uuid4().hex[:8]}"
            say(f"Case {name}.")
        elif command == "/summary":
            found = agent.summary(name)
            Console(highlight=False).print(Panel(Text(f"{found.note}\n{found.basis}"), title="hand-over"))
        elif command:
            _show(agent.assist(operator, name, text))


def _pasted() -> str | None:
    """Return the lines up to one with a single dot, or a command at once; None at the end of the input."""
    lines: list[str] = []
    while True:
        try:
            line = input("" if lines else "> ")
        except EOFError:
            return "\n".join(lines) or None
        if line.strip() == ".":
            return "\n".join(lines)
        lines.append(line)
        if len(lines) == 1 and line.startswith("/"):
            return line


def _show(events: Iterable[ServiceEvent]) -> None:
    console = Console(highlight=False)
    for event in events:
        if event.type == "step_started":
            console.print(Text(f"  {event.label}", style="dim"))
        elif event.type == "customer":
            _customer(console, event.customer, event.orders)
        elif event.type == "draft":
            _draft(console, event.draft)
        elif event.type == "cards":
            for card in event.items:
                console.print(Text(f"  {card.label}"))
        elif event.type == "notice":
            say(event.text)
        elif event.type == "turn_ended":
            console.print(Text(event.text))
            console.print(
                Text(f"{event.chat_model}, {event.seconds:.2f} s, {event.claims} claims checked", style="dim")
            )


def _customer(console: Console, card: CustomerCard, orders: list[OrderCard]) -> None:
    table = Table("order", "state", "placed", "holds", "total", box=None, padding=(0, 2, 0, 0))
    for order in orders:
        held = "\n".join(f"{line.label}, {line.price}" for line in order.lines)
        table.add_row(*(Text(cell) for cell in (order.id, order.status, order.placed, held, order.total)))
    console.print(Text(f"{card.name}, {card.email}, {card.address}", style="bold"))
    console.print(table)


def _draft(console: Console, draft: DraftReply) -> None:
    console.print(Panel(Text(draft.text), title="draft, not sent"))
    for one in draft.citations:
        console.print(Text.assemble((f"{one.title}: ", "bold"), one.text))
