"""Each tool over a small real workspace, called through the agent's own loop or directly."""

from dataclasses import replace

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.answers import SHOWN
from agent.context import Services
from agent.evidence import ToolPayload
from agent.facets import FacetIndex, decade_of
from agent.settings import Settings
from agent.tools import (
    answer_help,
    tools_for,
)
from agent.tools import arguments as args
from agent.tools.answer_help import run as help_run
from agent.tools.base import Scope, guarded
from agent.tools.compare import run as compare_run
from agent.tools.explain import run as explain_run
from agent.tools.forget import run as forget_run
from agent.tools.give_feedback import run as feedback_run
from agent.tools.item_facts import run as facts_run
from agent.tools.payloads import to_json
from agent.tools.recommend import run as recommend_run
from agent.tools.remember_taste import run as remember_run
from agent.tools.resolve import resolve_title
from agent.tools.search_catalogue import run as search_run
from agent.tools.show_profile import run as profile_run
from agent.tools.similar_items import run as similar_run
from kg.graph import GraphUnavailable
from recsys.encoder import Encoder
from recsys.errors import TastegraphError
from recsys.recommender import Recommender


@pytest.fixture(scope="module")
def services(module_workspace):
    opened = Services.open(module_workspace, Settings())
    yield opened
    opened.close()


@pytest.fixture
def scope(services, request):
    made = Scope(request.node.name[:100], "t", "what the person said", services, ())
    yield made
    services.interests.forget(made.user)


def said(scope, text, messages=()):
    return Scope(scope.user, scope.thread, text, scope.services, [*messages, HumanMessage(text)])


def listed(*ids):
    """Return the messages of a turn that showed these items."""
    return lambda services: [
        HumanMessage("something"),
        AIMessage(
            "", tool_calls=[{"name": "recommend", "args": {"like": ["Heat"]}, "id": "x", "type": "tool_call"}]
        ),
        ToolMessage(
            to_json(
                recommend_run(Scope("nobody", "t", "", services, ()), args.Wishes(like=["Heat"], count=10))
            ),
            tool_call_id="x",
        ),
        AIMessage("1. a\n2. b", additional_kwargs={SHOWN: list(ids)}),
    ]


LIST = listed("film:ronin-1998", "film:the-insider-1999", "film:collateral-2004")


@pytest.mark.parametrize("tool", tools_for(True), ids=lambda tool: tool.name)
def test_a_tool_shows_the_model_its_arguments_and_nothing_of_the_person(tool):
    shown = tool.tool_call_schema.model_json_schema()
    names = set(shown.get("properties", {}))
    assert not names & {"runtime", "user", "thread", "services", "context"}
    assert tool.description
    assert tool.response_format == "content_and_artifact"


def test_the_help_desk_is_a_tool_only_where_there_is_one():
    assert answer_help in tools_for(True)
    assert answer_help not in tools_for(False)
    assert {tool.name for tool in tools_for(True)} - {tool.name for tool in tools_for(False)} == {
        "answer_help"
    }


def test_recommend_gives_cards_with_reasons_and_shares(scope):
    payload = recommend_run(scope, args.Wishes(like=["heat"], less=["violent"], count=3))
    assert payload.ok
    assert [card.number for card in payload.items] == [1, 2, 3]
    assert "Heat" not in [card.title for card in payload.items]
    for card in payload.items:
        assert card.reasons
        assert card.facts["runtime"][0].endswith(" min")
        assert sum(card.shares.values()) == pytest.approx(card.score)
    assert ToolPayload.model_validate_json(to_json(payload)).items[0].title == payload.items[0].title


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"include": ["sci fi"]}, {"Alien", "Blade Runner", "Solaris"}),
        ({"include": ["science fiction movies"]}, {"Alien", "Blade Runner", "Solaris"}),
        ({"include": ["french"]}, {"Amélie"}),
        ({"include": ["Pete Docter"]}, {"Up", "Monsters, Inc."}),
        ({"include": ["cartoons"]}, {"Up", "Monsters, Inc."}),
        ({"include": ["thrillers", "90s"]}, {"Heat", "Ronin", "The Insider"}),
        ({"include": ["thriller"], "year_from": 1995, "year_to": 1998}, {"Heat", "Ronin"}),
        ({"include": ["crime"], "exclude": ["Heat", "the 80s"]}, {"Collateral"}),
        ({"include": ["horror"], "max_runtime": 118}, {"Alien"}),
    ],
)
def test_words_become_constraints(scope, wish, expected):
    payload = recommend_run(scope, args.Wishes(**wish, count=10))
    assert {card.title for card in payload.items} == expected
    assert payload.notes == []


def test_what_cannot_be_met_is_said(scope):
    scope = said(scope, "something with dragons, cheap, from 1890, not boring")
    payload = recommend_run(
        scope,
        args.Wishes(include=["dragons"], exclude=["boring"], max_price=5, year_to=1890, like=["Zarkon"]),
    )
    notes = " ".join(payload.notes)
    assert "“dragons” is no attribute" in notes
    assert "“boring”" in notes
    assert "does not know the price" in notes
    assert "given up" in notes
    # The person never said it, so the model's word is not repeated.
    assert "That title is not in this catalogue" in notes
    assert "Zarkon" not in notes


def test_a_contradiction_is_said(scope):
    payload = recommend_run(scope, args.Wishes(include=["comedy"], exclude=["comedies"]))
    assert any("also against it" in note for note in payload.notes)
    assert all("Comedy" not in card.facts["genre"] for card in payload.items)
    years = recommend_run(scope, args.Wishes(include=["80s"], year_from=2000))
    assert any("No year" in note for note in years.notes)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Heat", "Heat"),
        ("heat (1995)", "Heat"),
        ("“Heat”", "Heat"),
        ("insider", "The Insider"),
        ("amelie", "Amélie"),
        ("monsters inc", "Monsters, Inc."),
        ("Blade Runer", "Blade Runner"),
        ("12 angry men", "12 Angry Men"),
        ("Solaris (2002)", "Solaris"),
        ("first", "Ronin"),
        ("the second one", "The Insider"),
        ("2", "The Insider"),
        ("#3", "Collateral"),
        ("number 3", "Collateral"),
        ("last", "Collateral"),
        ("the last one", "Collateral"),
        ("3rd film", "Collateral"),
    ],
)
def test_titles_and_places(scope, services, text, title):
    place = resolve_title(said(scope, text, LIST(services)), text)
    assert place.item is not None
    assert place.item.title == title


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Solaris", "Do you mean Solaris (1972) or Solaris (2002)?"),
        ("it", "Which one do you mean"),
        ("7", "has 3 entries"),
    ],
)
def test_what_is_ambiguous_is_asked(scope, services, text, asked):
    place = resolve_title(said(scope, text, LIST(services)), text)
    assert place.item is None
    assert asked in place.question


def test_a_title_in_the_list_is_meant_among_several(scope, services):
    messages = listed()(services)
    payload = search_run(scope, args.SearchCatalogue(query="a doctor above a strange planet", year_from=2000))
    assert "film:solaris-2002" in [card.id for card in payload.items]
    messages[2] = ToolMessage(to_json(payload), tool_call_id="x")
    messages[3] = AIMessage("1. a", additional_kwargs={SHOWN: [card.id for card in payload.items]})
    place = resolve_title(said(scope, "solaris", messages), "solaris")
    assert place.item is not None
    assert place.item.year == 2002


def test_an_ordinal_without_a_list_is_asked_about(scope):
    assert "no list yet" in resolve_title(scope, "first").question
    assert "Which film" in resolve_title(scope, "it").question


@pytest.mark.parametrize(
    "text", ["Zarkon Rising", "'; DROP TABLE films; --", "MATCH (n) DETACH DELETE n", "x" * 3000, "👻", "…"]
)
def test_an_unknown_title_is_said_with_the_nearest(scope, text):
    payload = facts_run(said(scope, text), args.ItemFacts(title=text))
    assert payload.ok
    assert payload.items == []
    assert "not in this catalogue" in " ".join(payload.notes) or payload.question


def test_the_nearest_titles_are_named(scope):
    payload = facts_run(said(scope, "Blade Walker"), args.ItemFacts(title="Blade Walker"))
    assert "Blade Runner (1982)" in payload.notes[0]
    assert payload.notes[0].startswith("Blade Walker is not")


def test_facts_are_statements(scope):
    payload = facts_run(scope, args.ItemFacts(title="Heat", facets=["actors", "length", "budget"]))
    assert [fact.text for fact in payload.facts] == [
        "Heat (1995), cast: Al Pacino and Robert De Niro.",
        "Heat (1995), runtime: 170 min.",
    ]
    assert payload.notes == ["The catalogue does not say one of the facts asked for of Heat (1995)."]
    assert len(facts_run(scope, args.ItemFacts(title="Heat")).facts) > 5


def test_explain_scores_as_the_list_did(scope, services):
    messages = LIST(services)
    payload = explain_run(said(scope, "why", messages), args.Explain(title="second"))
    (card,) = payload.items
    assert card.title == "The Insider"
    assert any("Heat" in reason.names for reason in card.reasons)
    shown = next(c for m in messages if isinstance(m, ToolMessage)
                 for c in ToolPayload.model_validate_json(m.content).items if c.id == card.id)  # fmt: skip
    assert card.score == pytest.approx(shown.score, abs=1e-3)
    assert payload.facts[-1].text.endswith("Behaviour here is simulated.")


def test_compare_says_what_is_shared(scope):
    payload = compare_run(scope, args.Compare(titles=["Heat", "Ronin"]))
    texts = [fact.text for fact in payload.facts]
    assert "Heat (1995) and Ronin (1998) share the genre Thriller." in texts
    assert any("Robert De Niro" in text for text in texts)
    one = compare_run(said(scope, "Heat and Nothing Real"), args.Compare(titles=["Heat", "Nothing Real"]))
    assert "two titles" in one.notes[-1]


def test_tastes_are_kept_shown_and_forgotten(scope):
    scope = said(scope, "I love Heat, hate horror, and De Niro is great; cosy evenings too")
    for subject, polarity in [
        ("Heat", "like"),
        ("horror", "dislike"),
        ("Robert De Niro", "like"),
        ("cosy evenings", "like"),
    ]:
        assert remember_run(scope, args.RememberTaste(subject=subject, polarity=polarity)).ok
    found = {(i.subject, i.facet, i.polarity) for i in scope.services.interests.profile(scope.user).interests}
    assert found == {
        ("Heat (1995)", "item", 1),
        ("Horror", "genre", -1),
        ("Robert De Niro", "person", 1),
        ("cosy evenings", "text", 1),
    }
    assert {i.sentence for i in scope.services.interests.profile(scope.user).interests} == {scope.said}
    shown = [f.text for f in profile_run(scope, args.ShowProfile()).facts]
    assert f"You dislike Horror, since you said “{scope.said}”." in shown
    assert forget_run(scope, args.Forget(everything=True)).question
    assert len(scope.services.interests.profile(scope.user).interests) == 4
    scope = said(scope, "forget it")
    assert forget_run(scope, args.Forget(subject="horror")).facts[0].text == "Forgotten: Horror."
    assert "Nothing about" in forget_run(scope, args.Forget(subject="westerns")).notes[0]
    assert forget_run(scope, args.Forget()).question
    erased, kept = forget_run(scope, args.Forget(everything=True)).facts
    assert "erased" in erased.text
    assert "conversations are kept" in kept.text
    assert profile_run(scope, args.ShowProfile()).notes == ["Nothing is remembered of you yet."]


def test_a_phrase_that_only_the_model_used_is_not_kept(scope):
    scope = said(scope, "I want to laugh tonight")
    remember_run(scope, args.RememberTaste(subject="slapstick buddy flicks", polarity="like"))
    (interest,) = scope.services.interests.profile(scope.user).interests
    assert interest.subject == "I want to laugh tonight"


@pytest.mark.parametrize(
    ("verdict", "kind"), [("like", "liked"), ("dislike", "disliked"), ("seen", "seen"), ("skip", "skipped")]
)
def test_feedback_is_kept_and_followed(scope, verdict, kind):
    payload = feedback_run(scope, args.GiveFeedback(title="Ronin", verdict=verdict))
    assert "Ronin (1998)" in payload.facts[0].text
    (interest,) = scope.services.interests.profile(scope.user).interests
    assert (interest.kind, interest.subject_id) == (kind, "film:ronin-1998")
    if verdict != "like":
        shown = recommend_run(scope, args.Wishes(like=["Heat"], count=10)).items
        assert "Ronin" not in [card.title for card in shown]


def test_similar_items_leave_the_profile_out(scope):
    feedback_run(scope, args.GiveFeedback(title="Up", verdict="like"))
    payload = similar_run(scope, args.SimilarItems(title="Heat", count=3))
    assert len(payload.items) == 3
    assert payload.items[0].reasons


def test_search_finds_titles_people_and_nothing(scope):
    assert search_run(scope, args.SearchCatalogue(query="blade runner")).items[0].title == "Blade Runner"
    assert search_run(scope, args.SearchCatalogue(query="", include=["Ridley Scott"], count=10)).items
    none = search_run(scope, args.SearchCatalogue(query="heat", year_from=2050))
    assert none.items == []
    assert "Nothing in Test films" in none.notes[0]


def test_a_search_without_the_encoder_says_so(scope, services, tmp_path):
    recommender = Recommender.open(services.workspace, services.graph, Encoder(str(tmp_path / "none")))
    degraded = replace(scope, services=replace(services, recommender=recommender))
    found = search_run(degraded, args.SearchCatalogue(query="blade runner"))
    assert found.items[0].title == "Blade Runner"
    assert found.notes == ["Note that the text encoder is not available."]
    assert search_run(scope, args.SearchCatalogue(query="blade runner")).notes == []


def test_the_help_desk_answers_with_its_section_or_says_that_it_cannot(scope):
    sure = help_run(scope, args.AnswerHelp(question="how many days to return my order?"))
    assert sure.facts[0].text == "You have 30 days from delivery to return an item. (Policy: Returns)"
    assert sure.facts[0].names == ["Returns"]
    unsure = help_run(scope, args.AnswerHelp(question="who won the world cup?"))
    assert unsure.facts == []
    assert "has no answer" in unsure.notes[0]


def test_exceptions_become_words(caplog):
    def away():
        raise GraphUnavailable("bolt://secret")

    def known():
        raise TastegraphError("Do this.")

    def bug():
        raise KeyError("internal")

    assert "graph does not answer" in guarded("recommend", away).say
    assert guarded("recommend", known).say == "Do this."
    payload = guarded("recommend", bug)
    assert not payload.ok
    assert "internal" not in to_json(payload)
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    ("words", "years"),
    [("90s", (1990, 1999)), ("the 1980s", (1980, 1989)), ("20s", (2020, 2029)),
     ("late 90s", (1997, 1999)), ("1994", (1994, 1994)), ("90 minutes", None), ("heat", None)],
)  # fmt: skip
def test_decades(words, years):
    assert decade_of(words) == years


def test_facets_tolerate_spelling():
    index = FacetIndex(
        {"genre": {"Sci-Fi": 9, "Comedy": 3, "Film-Noir": 2}, "theme": {"family": 4, "comedy": 1}}
    )
    assert index.all_of("SCIFI")[0] == ("genre", "Sci-Fi")
    assert index.all_of("comedies")[0] == ("genre", "Comedy")
    assert index.all_of("noir") == [("genre", "Film-Noir")]
    assert index.all_of("families") == [("theme", "family")]
    assert set(index.exclude(["comedy"]).values) == {"genre", "theme"}
    assert index.include(["opera"]).rest == ["opera"]
