"""An explanation scores an item by the request that showed it, however the dialogue went on."""

import re

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.answers import SHOWN
from agent.context import Services
from agent.settings import Settings
from agent.tools import arguments as args
from agent.tools.base import Scope
from agent.tools.explain import END
from agent.tools.explain import run as explain_run
from agent.tools.payloads import to_json
from agent.tools.recommend import run as recommend_run
from agent.tools.similar_items import run as similar_run
from kg.text import fold_name
from recsys.counterfactual import standing
from recsys.schema import Interest, RecommendRequest


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


def likes(services, user, item_id, sentence="", polarity=1):
    item = services.workspace.item(item_id)
    interest = Interest(
        id=f"{user}-{item_id}",
        user=user,
        subject=item.label,
        subject_id=item.id,
        facet="item",
        polarity=polarity,
        kind="liked" if polarity > 0 else "disliked",
        sentence=sentence,
    )
    services.remember(interest)
    return interest


def asked_why(services, user, title, messages, **wanted):
    """Return the payload, and the dialogue after it."""
    call = {"name": "explain", "args": {"title": title}, "id": f"why-{len(messages)}", "type": "tool_call"}
    before = [*messages, HumanMessage("why?"), AIMessage("", tool_calls=[call])]
    payload = explain_run(Scope(user, "t", "why?", services, before), args.Explain(title=title, **wanted))
    told = ToolMessage(to_json(payload), artifact=payload, tool_call_id=call["id"])
    return payload, [*before, told, AIMessage("So.")]


def kinds(payload):
    return {fact.kind for fact in payload.facts}


def test_asked_again_it_goes_deeper_and_then_says_that_this_is_all(services):
    likes(services, "deep", "film:heat-1995", "Heat is the best film there is")
    title, messages, seen = "Thief (1981)", [], []
    for _ in range(4):
        payload, messages = asked_why(services, "deep", title, messages)
        seen.append(kinds(payload))
    assert "told" not in seen[0]
    assert "told" in seen[1]
    assert "without" not in seen[1]
    assert "without" in seen[2]
    assert "end" in seen[3]
    second = next(f.text for f in payload.facts if f.kind == "told")
    assert "you like Heat (1995), since you said “Heat is the best film there is”" in second
    other, messages = asked_why(services, "deep", "Ronin (1998)", messages)
    assert "told" not in kinds(other), "another item begins anew"
    again, _ = asked_why(services, "deep", title, messages)
    assert "told" not in kinds(again)


def test_without_anything_told_the_third_why_says_that_this_is_all(services):
    messages = []
    for _ in range(3):
        payload, messages = asked_why(services, "silent", "Thief (1981)", messages)
    assert not kinds(payload) & {"told", "without", "against"}
    assert [f.text for f in payload.facts if f.kind == "end"] == [END]


def test_what_would_be_without_it_is_what_is_when_it_is_forgotten(services):
    liked = likes(services, "if", "film:heat-1995")
    likes(services, "if", "film:alien-1979", polarity=-1)
    payload, _ = asked_why(services, "if", "Thief (1981)", [], without="heat")
    (told,) = [f.text for f in payload.facts if f.kind == "without"]
    item = services.titles.exact("Thief")[0].id
    known = standing(services.recommender, item, RecommendRequest(), services.interests.profile("if"))
    services.forget("if", liked.id)
    left = standing(services.recommender, item, RecommendRequest(), services.interests.profile("if"))
    assert left.score < known.score
    assert told == (
        f"If you had not told me that you like Heat (1995), Thief (1981) would be in place {left.place} of "
        f"{left.among} instead of {known.place}."
        if left.place != known.place
        else f"If you had not told me that you like Heat (1995), Thief (1981) would still be in place {known.place} "
        f"of {known.among}."
    )


def test_what_was_never_told_changes_nothing_and_says_so(services):
    payload, _ = asked_why(services, "nothing", "Thief (1981)", [], without="westerns")
    assert not kinds(payload)
    assert payload.notes == ["Nothing that you told me about that counts here, so nothing would change."]


def has(item):
    """Return the folded values of an item, its decade among them."""
    values = {fold_name(value) for found in item.attributes.values() for value in found}
    return values | ({fold_name(f"{item.year // 10 * 10}s")} if item.year else set())


@pytest.mark.slow
def test_because_you_liked_it_is_said_only_of_what_was_liked_and_only_of_what_it_has(services):
    rng = np.random.default_rng(7)
    items = services.workspace.items
    told = 0
    for person in range(12):
        chosen = [items[int(k)] for k in rng.choice(len(items), 4, replace=False)]
        for k, item in enumerate(chosen):
            likes(services, f"someone-{person}", item.id, polarity=1 if k < 3 else -1)
        liked = {item.title for item in chosen[:3]}
        payload = recommend_run(
            Scope(f"someone-{person}", "t", "anything", services, []), args.Wishes(count=5)
        )
        for card in payload.items:
            for reason in card.reasons:
                named = re.search(r"shares the (?P<facet>.+?) (?P<value>.+) with (?P<title>.+)$", reason.text)
                others = {i.title for i in chosen if i.title in reason.names and i.title != card.title}
                assert others <= liked, reason.text
                if named is None:
                    continue
                told += 1
                own = services.workspace.item(card.id)
                other = next(i for i in chosen[:3] if reason.text.endswith((f"with {i.title}", i.label)))
                assert any(fold_name(name) in has(own) & has(other) for name in reason.names), reason.text
    assert told > 10
