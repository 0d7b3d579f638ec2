"""What a person does with an item beside talking of it: verdicts that are taken back, items set aside in a dialogue."""

import pytest
from langchain_core.messages import ToolMessage

from agent.answers import payload_of, whole
from agent.errors import InvalidRequest
from agent.events import TurnEnded
from agent.evidence import Hop
from agent.scripted import call
from tests.agent.conftest import talk

COLLATERAL, HEAT = "film:collateral-2004", "film:heat-1995"


def likes(*titles):
    """Return a script that asks for films like Heat so often, naming these."""
    return [call("recommend", like=["Heat"], count=10), "\n".join(f"1. **{title}**" for title in titles)]


def listed(agent, user="ann", thread="one"):
    ended = talk(agent, "like Heat", user=user, thread=thread)[-1]
    assert isinstance(ended, TurnEnded)
    tools = [m for m in agent.messages(user, thread) if isinstance(m, ToolMessage)]
    return {card.id for card in payload_of(tools[-1]).items}


def test_what_is_set_aside_is_not_recommended_in_this_dialogue_and_nowhere_else(open_agent):
    agent = open_agent(likes("Thief (1981)") * 4)
    assert COLLATERAL in listed(agent)
    assert "Collateral (2004)" in agent.set_aside("ann", "one", COLLATERAL)
    assert agent.aside("ann", "one") == (COLLATERAL,)
    assert COLLATERAL not in listed(agent)
    assert COLLATERAL in listed(agent, thread="two")
    assert agent.aside("ann", "two") == ()
    assert agent.profile("ann").interests == (), "it says nothing of a taste"
    agent.set_aside("ann", "one", COLLATERAL, aside=False)
    assert COLLATERAL in listed(agent)


def test_who_wants_others_than_some_that_were_shown_gets_none_that_were_shown(open_agent):
    one, other = "Collateral (2004)", "Thief (1981)"
    agent = open_agent(
        [
            call("recommend", like=["Heat"]),
            f"1. **{one}**\n2. **{other}**",
            call("recommend", like=["Heat"], exclude=[other]),
            "Here are others.",
            call("recommend", like=["Heat"]),
            "Here you are.",
        ]
    )
    assert {COLLATERAL, "film:thief-1981"} <= listed(agent)
    # The argument of a tool holds ten titles; a long dialogue shows more than it can name.
    assert not {COLLATERAL, "film:thief-1981"} & listed(agent)
    assert COLLATERAL in listed(agent), "asked anew, with nothing to be left out"


def test_what_is_set_aside_survives_a_restart_and_goes_with_the_person(open_agent):
    first = open_agent(likes("Thief (1981)"))
    listed(first)
    first.set_aside("ann", "one", COLLATERAL)
    first.close()
    agent = open_agent(likes("Thief (1981)"))
    assert agent.aside("ann", "one") == (COLLATERAL,)
    assert [turn.said for turn in agent.history("ann", "one")] == ["like Heat"]
    assert agent.export("ann")["aside"] == {"one": [COLLATERAL]}
    agent.erase("ann")
    assert agent.aside("ann", "one") == ()


def test_only_an_item_of_the_catalogue_in_a_dialogue_that_is_there_is_set_aside(open_agent):
    agent = open_agent(likes("Thief (1981)"))
    with pytest.raises(InvalidRequest, match="not kept any more"):
        agent.set_aside("ann", "one", COLLATERAL)
    listed(agent)
    with pytest.raises(InvalidRequest, match="not in the catalogue"):
        agent.set_aside("ann", "one", "film:none")
    assert agent.aside("ann", "one") == ()


def test_a_verdict_is_taken_back_and_the_one_before_counts_again(open_agent):
    agent = open_agent([])
    agent.feedback("ann", HEAT, "like")
    agent.feedback("ann", HEAT, "seen")
    agent.feedback("ann", HEAT, "dislike")
    assert agent.verdicts("ann") == {HEAT: {"dislike", "seen"}}
    assert "You like Heat (1995)" in agent.take_back("ann", HEAT, "dislike")
    assert agent.verdicts("ann") == {HEAT: {"like", "seen"}}
    agent.take_back("ann", HEAT, "seen")
    agent.take_back("ann", HEAT, "like")
    assert agent.verdicts("ann") == {}
    assert agent.services.reactions.export("ann")["events"] == []
    with pytest.raises(InvalidRequest, match="nothing to take back"):
        agent.take_back("ann", HEAT, "like")
    agent.feedback("ann", HEAT, "like")
    with pytest.raises(InvalidRequest, match="nothing to take back"):
        agent.take_back("bob", HEAT, "like")


def test_a_reason_keeps_its_path_for_the_faces_and_not_for_the_model(open_agent):
    agent = open_agent(likes("Collateral (2004)"))
    card = talk(agent, "like Heat", user="ann", thread="one")[-1].items[0]
    way = next(reason.path for reason in card.reasons if reason.kind == "path" and "Mann" in reason.text)
    assert way == [
        Hop(start="Heat", relation="director", end="Michael Mann", forward=True),
        Hop(start="Michael Mann", relation="director", end="Collateral", forward=False),
    ]
    tool = next(m for m in agent.messages("ann", "one") if isinstance(m, ToolMessage))
    assert '"path":' not in tool.content
    assert payload_of(whole(tool)).items[0].reasons
    again = agent.history("ann", "one")[0].items[0]
    assert again.reasons == card.reasons
