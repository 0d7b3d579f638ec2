"""A turn as the agent tells it, written by hand, and a small workspace without models."""

from pathlib import Path

from agent.events import Cards, Event, Notice, StepFinished, StepStarted, TextDelta, TurnEnded, TurnStarted
from agent.evidence import ItemCard, Reason
from recsys.catalogue import Catalogue
from recsys.schema import Item
from recsys.workspace import Workspace, create_workspace

EVIL = "<script>alert('x')</script> \"&\" ${1+1} {{this}} ![p](https://evil.invalid/p.png)"

INSIDER = ItemCard(
    number=1,
    id="film:the-insider",
    title="The Insider",
    year=1999,
    kind="film",
    about="A man who knows too much talks to a reporter.",
    facts={"genre": ["Drama", "Thriller"], "director": ["Michael Mann"], "runtime": ["157 min"]},
    reasons=[
        Reason(kind="path", text="shares the director Michael Mann with Heat", names=["Michael Mann", "Heat"])
    ],
    score=0.9,
    shares={"behaviour": 0.6, "graph": 0.4, "popularity": -0.1},
    simulated=True,
)
STRANGE = ItemCard(
    number=2,
    id='film:"quoted"',
    title=EVIL,
    kind="film",
    about=EVIL,
    facts={"genre": [EVIL], "director": [EVIL]},
    reasons=[Reason(kind="path", text=EVIL)],
    score=1.0,
    shares={"text": 1.0},
)


def turn(text: str = "Try The Insider (1999).") -> list[Event]:
    """Return the events of one turn with a step, words and two cards."""
    first, second = text[: len(text) // 2], text[len(text) // 2 :]
    return [
        TurnStarted(turn="t1", thread="a"),
        StepStarted(
            id="s1",
            tool="recommend",
            label="Looking for films like Heat",
            arguments={"seeds": ["Heat"], "less": []},
        ),
        StepFinished(id="s1", tool="recommend", ok=True, summary="2 films", seconds=0.25),
        TextDelta(text=first),
        TextDelta(text=second),
        Cards(items=[INSIDER, STRANGE]),
        Notice(level="warning", text="The graph did not answer."),
        TurnEnded(
            text=text,
            items=[INSIDER, STRANGE],
            claims=2,
            cut=["unsupported"],
            chat_model="builtin",
            seconds=0.4,
        ),
    ]


def small_workspace(path: Path, name: str = "Small films", *, simulated: bool = True) -> Workspace:
    """Write a workspace of two films without graph or models."""
    items = [
        Item(id="film:heat", title="Heat", year=1995, kind="film"),
        Item(id="film:the-insider", title="The Insider", year=1999, kind="film"),
    ]
    catalogue = Catalogue(name=name, domain="films", source="small", items=items, simulated=simulated)
    return create_workspace(path, catalogue, [], seed=1)
