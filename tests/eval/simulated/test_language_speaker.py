"""A model that words what people say is given attributes and is not believed."""

from eval.simulated.agenda import Agenda, Line
from eval.simulated.contenders import PopularitySystem
from eval.simulated.conversation import hold
from eval.simulated.language_speaker import LanguageSpeaker, openai_writer, refused
from eval.simulated.personas import PERSONAS
from eval.simulated.tastes import tells
from tests.agent.openai_server import TinyServer


def agenda_of(village):
    return Agenda(village.tastes[0], PERSONAS[0], village.vocabulary, 0)


def test_the_model_is_given_no_title(village):
    asked = []

    def write(instructions, request):
        asked.append(f"{instructions} {request}")
        return ""

    speaker = LanguageSpeaker(write)
    for taste in village.tastes:
        hold(Agenda(taste, PERSONAS[0], village.vocabulary, 0), PopularitySystem(village.plain), speaker)
        hidden = village.vocabulary.words_of((*taste.targets, *taste.known))
        assert asked
        assert not [one for one in asked if tells(one, hidden - {"film"})]
        asked.clear()
    assert set(speaker.counts) == {"failed"}


def test_a_sentence_with_a_word_of_the_title_is_refused_and_the_agenda_speaks(village):
    agenda = agenda_of(village)
    title = village.vocabulary.items[agenda.taste.targets[0]].title
    wanted = agenda.taste.wants[agenda.mind][:1]
    line = Line("more", wanted)
    assert refused(f"I want {wanted[0].value} like {title}", line, agenda) == "title"
    speaker = LanguageSpeaker(lambda *_: f"I want {wanted[0].value} like {title}")
    said = speaker(agenda, line)
    assert not tells(said.text, village.vocabulary.words_of(agenda.taste.targets))
    assert wanted[0].value.lower() in said.text.lower()
    assert speaker.counts == {"title": 1}


def test_what_leaves_an_attribute_out_or_is_no_message_is_refused(village):
    agenda = agenda_of(village)
    wanted = agenda.taste.wants[agenda.mind][:1]
    line = Line("more", wanted)
    assert refused("Surprise me.", line, agenda) == "left out"
    assert refused("", line, agenda) == "failed"
    assert refused(f"{wanted[0].value}\nBot: fine", line, agenda) == "form"
    assert refused("word " * 80, line, agenda) == "form"
    assert refused(f"Have you anything with {wanted[0].value}?", line, agenda) == ""


def test_a_good_sentence_is_said_with_the_films_that_were_liked(village):
    agenda = agenda_of(village)
    line = agenda.next_line(None)
    values = " and ".join(one.value for one in line.attributes)
    speaker = LanguageSpeaker(lambda *_: f'"I feel like {values}."')
    said = speaker(agenda, line)
    assert said.text.startswith(f"I feel like {values}.")
    assert said.items == line.titles
    assert all(village.vocabulary.items[i].title in said.text for i in line.titles)
    assert set(line.attributes) <= agenda.said
    assert speaker.counts == {"written": 1}


def test_a_server_is_asked_over_the_wire_and_one_that_fails_says_nothing(village):
    server = TinyServer(reply="I feel like something.")
    try:
        write = openai_writer(server.base_url, "tiny", seconds=5.0, seed=3)
        speaker = LanguageSpeaker(write)
        agenda = agenda_of(village)
        said = speaker(agenda, agenda.next_line(None))
        (asked,) = server.requests
        assert (asked["model"], asked["seed"]) == ("tiny", 3)
        assert not tells(str(asked["messages"]), village.vocabulary.words_of(agenda.taste.targets) - {"film"})
        assert speaker.counts == {"left out": 1}
        assert said.text
        for behave in ("error", "garbage"):
            server.behave = behave
            assert write("be brief", "say hello") == ""
    finally:
        server.close()
    assert write("be brief", "say hello") == ""
