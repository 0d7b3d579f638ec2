"""An explanation scores an item by the request that showed it, however the dialogue went on."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.answers import SHOWN
from agent.context import Services
from agent.settings import Settings
from agent.tools import arguments as args
from agent.tools.base import Scope
from agent.tools.explain import run as explain_run
from agent.tools.payloads import to_json
from agent.tools.recommend import run as recommend_run
from agent.tools.similar_items import run as similar_run


@pytest.fixture(scope="module")
def services(module_workspace):
    opened = Services.open(module_workspace, Settings())
    yield opened
    opened.close()


def turn_of(services, messages, wanted, tool=recommend_run, call_id="call-1"):
    """Return what a tool gives, and the messages after the turn whose answer lists all of it."""
    name = "recommend" if tool is recommend_run else "similar_items"
    call = {"name": name, "args": wanted.model_dump(), "id": call_id, "type": "tool_call"}
    before = [*messages, HumanMessage("please"), AIMessage("", tool_calls=[call])]
    payload = tool(Scope("nobody", "t", "please", services, before), wanted)
    shown = AIMessage("1. a\n2. b", additional_kwargs={SHOWN: [card.id for card in payload.items]})
    return payload, [*before, ToolMessage(to_json(payload), artifact=payload, tool_call_id=call_id), shown]


@pytest.mark.parametrize(
    "like",
    [
        args.Wishes(like=["2"], count=3),
        args.Wishes(like=["2"], text="something like 2, with robbers", less=["violent"], count=3),
        args.Wishes(like=["the last one"], year_from=1980, year_to=1999, max_runtime=160, count=3),
    ],
)
def test_explain_reads_places_in_the_list_that_was_shown_then(services, like):
    first, messages = turn_of(services, [], args.Wishes(include=["drama"], count=4))
    # The second call has the id of the first, as some servers number them.
    second, messages = turn_of(services, messages, like)
    assert len(second.items) > 1
    assert {card.id for card in second.items} - {card.id for card in first.items}
    for card in second.items:
        scope = Scope("nobody", "t", "why", services, messages)
        (explained,) = explain_run(scope, args.Explain(title=card.label)).items
        assert explained.shares == pytest.approx(card.shares)


def test_explain_reads_what_it_pointed_at_then(services):
    _, messages = turn_of(services, [], args.Wishes(like=["Heat"], count=1))
    alike, messages = turn_of(services, messages, args.SimilarItems(title="it", count=4), similar_run)
    scope = Scope("nobody", "t", "why", services, messages)
    (explained,) = explain_run(scope, args.Explain(title="2")).items
    assert explained.shares == pytest.approx(alike.items[1].shares)
