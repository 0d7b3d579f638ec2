import pytest

from eval.systems.endpoint import EndpointConfig, ServedModel
from recsys.errors import TastegraphError
from tests.agent.openai_server import TinyServer
from tests.eval.systems.tiny import HEAT, RONIN, material, recommender, said, seeker

DIALOGUE = said(seeker("hi"), recommender("What do you like?"), seeker(f"I loved {HEAT}", HEAT))


@pytest.fixture
def server():
    made = TinyServer(reply="Here you are.\n- Ronin (1998)\n- A Film That Is Not (1999)\n- Heat (1995)")
    yield made
    made.close()


def model(server, **told):
    return ServedModel(material(), EndpointConfig(base_url=server.base_url, model="tiny", retries=0, **told))


def test_titles_become_items_and_invented_ones_are_counted(server):
    answer = model(server).respond(DIALOGUE)
    assert (answer.items, answer.invented, answer.failed) == ((RONIN, HEAT), 1, "")
    assert answer.text.startswith("Here you are.")


def test_the_model_is_shown_the_dialogue_and_asked_for_a_list(server):
    model(server, titles=7).respond(DIALOGUE)
    model(server).respond(said())
    talked, opened = (request["messages"] for request in server.requests)
    assert [one["role"] for one in talked] == ["system", "user", "assistant", "user"]
    assert "7 films" in talked[0]["content"]
    assert talked[-1]["content"] == f"I loved {HEAT}"
    # A dialogue that has not begun is begun.
    assert [one["role"] for one in opened] == ["system", "user"]


@pytest.mark.parametrize(
    ("behave", "told"), [("error", {}), ("garbage", {}), ("slow", {"seconds": 0.3}), ("too long", {})]
)
def test_a_turn_without_an_answer_says_why_and_ranks_nothing(server, behave, told):
    server.behave = behave
    answer = model(server, **told).respond(DIALOGUE)
    assert (answer.items, answer.text) == ((), "")
    assert answer.failed


def test_a_call_that_failed_is_made_again(server):
    server.behave = "error"
    system = ServedModel(material(), EndpointConfig(base_url=server.base_url, model="tiny", retries=1))
    assert system.respond(DIALOGUE).failed
    assert len(server.requests) == 2


def test_a_server_that_stays_away_stops_the_measuring(server):
    system = model(server, most_failures=2)
    server.behave = "error"
    assert system.respond(DIALOGUE).failed
    with pytest.raises(TastegraphError, match="2 turns in a row"):
        system.respond(DIALOGUE)


def test_an_answer_between_two_failures_begins_the_count_anew(server):
    system = model(server, most_failures=2)
    for behave in ("error", "well", "error"):
        server.behave = behave
        system.respond(DIALOGUE)
    assert len(server.requests) == 3
