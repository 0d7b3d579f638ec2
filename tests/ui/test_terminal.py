"""The chat in a terminal."""

import io
import json
import stat
import sys
from pathlib import Path

import pytest
from rich.console import Console

from agent.events import event_adapter
from agent.evidence import ItemCard
from recsys.interests import InterestStoreError
from recsys.schema import Interest, Profile
from tests.ui.samples import INSIDER, STRANGE
from ui.terminal import BAR_WIDTH, Terminal, cards_table, clean, profile_table, share_bar


def printed(*things: object) -> str:
    console = Console(file=io.StringIO(), width=160)
    for thing in things:
        console.print(thing)
    return console.file.getvalue()


def test_a_title_cannot_command_the_terminal():
    assert clean("a\x1b[31mb\x07\u202ec\u200b") == "a[31mbc"
    card = ItemCard(number=1, id="x", title="\x1b]0;owned\x07Heat [bold]x[/bold]")
    assert "\x1b]0" not in printed(cards_table([card]))
    assert "[bold]x[/bold]" in printed(cards_table([card]))


def test_cards_show_reasons_and_what_was_simulated():
    text = printed(cards_table([INSIDER, STRANGE]))
    assert "The Insider 1999" in text
    assert "shares the director Michael Mann with Heat" in text
    assert "simulated" in text
    assert "simulated" not in printed(cards_table([STRANGE]))


@pytest.mark.parametrize(
    "shares",
    [{"behaviour": 1.0}, {"graph": 0.333, "text": 0.333, "behaviour": 0.333}, {"text": 0.001, "graph": -5.0}],
)
def test_a_bar_has_its_width(shares):
    assert share_bar(INSIDER.model_copy(update={"shares": shares})).cell_len == BAR_WIDTH


def test_no_shares_no_bar():
    assert share_bar(INSIDER.model_copy(update={"shares": {}})).plain == ""


def test_the_profile_shows_sentences():
    interest = Interest(
        id="1", user="ann", subject="horror", facet="genre", polarity=-1, sentence="no horror, please"
    )
    text = printed(profile_table(Profile(user="ann", interests=(interest,))))
    assert "no horror, please" in text
    assert "−" in text
    assert "Nothing is stored" in printed(profile_table(Profile(user="ann")))


@pytest.fixture(scope="module")
def agent(starter_films: Path):
    from agent.session import Agent
    from agent.settings import Settings

    with Agent.open(starter_films, Settings()) as opened:
        yield opened


@pytest.mark.slow
def test_piped_lines_are_answered_one_by_one(agent):
    console = Console(file=io.StringIO(), width=160)
    lines = io.StringIO(
        "something like Heat\n\n/like 1\n/profile\n/like 99\n/what\n/new\n/like 1\n/quit\nnever said\n"
    )
    Terminal(agent, "pipe", None, console).loop(lines)
    text = console.file.getvalue()
    first = agent.profile("pipe").liked[0]
    assert agent.services.workspace.item(first).title in text
    assert "What is stored about pipe" in text
    assert text.count("Say which one: /like NUMBER") == 2
    assert "There is no command /what" in text
    assert "never said" not in text


class Keyboard(io.StringIO):
    """Lines that a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.slow
def test_what_is_stored_can_be_forgotten_exported_and_erased(agent, tmp_path):
    items = agent.services.workspace.items[:3]
    for item in items:
        agent.feedback("keeper", item.id, "like")
    agent.feedback("other", items[0].id, "like")
    file = tmp_path / "mine of me.json"
    console = Console(file=io.StringIO(), width=160)
    lines = [
        "/forget 1", "/profile", "/forget 9", "/forget 1", "/forget 1", "/forget 2",
        f"/export {file}", f"/export {file}", f"/export {tmp_path / 'no' / 'x'}", "/export", "/erase",
    ]  # fmt: skip
    Terminal(agent, "keeper", None, console).loop(io.StringIO("\n".join(lines)))
    text = " ".join(console.file.getvalue().split())
    assert text.count("Say which one: /forget NUMBER") == 2
    assert f"Forgotten: {items[2].title}" in text
    assert f"Forgotten: {items[1].title}" in text
    assert "There is no interest" in text, "a number is gone once it is forgotten; the chat goes on"
    assert agent.profile("keeper").liked == (items[0].id,)
    assert json.loads(file.read_text(encoding="utf-8"))["interests"][0]["subject"] == items[0].label
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "left as it is" in text
    assert "cannot be written" in text
    assert "Say where to: /export FILE" in text
    assert "Nothing was erased. To erase all: /erase yes" in text
    Terminal(agent, "keeper", None, console).loop(io.StringIO("/erase yes\n/profile\n"))
    assert "Erased: 1 remembered interests" in console.file.getvalue()
    assert agent.profile("keeper").interests == ()
    assert len(agent.profile("other").interests) == 1


@pytest.mark.slow
def test_what_is_stored_can_be_corrected(agent):
    item = agent.services.workspace.items[0]
    agent.feedback("corrector", item.id, "like")
    console = Console(file=io.StringIO(), width=160)
    lines = [
        "/correct 1 dislike",
        "/profile",
        "/correct 1 dislike",
        "/correct 1",
        "/correct 1 no such thing as this",
    ]
    Terminal(agent, "corrector", None, console).loop(io.StringIO("\n".join(lines)))
    text = " ".join(console.file.getvalue().split())
    assert text.count("Say which one and what is right") == 2
    assert f"Corrected: You dislike {item.label}." in text
    assert "Corrected: You dislike no such thing as this." in text
    (left,) = agent.profile("corrector").interests
    assert (left.facet, left.polarity, left.subject_id) == ("text", -1, None)
    agent.erase("corrector")


@pytest.mark.slow
def test_a_person_at_a_keyboard_types_erase(agent, monkeypatch):
    agent.feedback("typist", agent.services.workspace.items[0].id, "like")
    for typed, left in (("yes", 1), ("ERASE", 0)):
        console = Console(file=io.StringIO(), width=160)
        monkeypatch.setattr("sys.stdin", Keyboard(f"/erase\n{typed}\n"))
        Terminal(agent, "typist", None, console).loop(sys.stdin)
        assert "Type ERASE" in console.file.getvalue()
        assert len(agent.profile("typist").interests) == left


class Away:
    """An agent whose interests do not answer."""

    def profile(self, user: str) -> Profile:
        raise InterestStoreError("The interest store does not answer.")


def test_a_store_that_is_away_is_a_sentence_and_the_chat_goes_on():
    console = Console(file=io.StringIO(), width=160)
    Terminal(Away(), "ann", None, console).loop(io.StringIO("/profile\n/new\n"))
    assert console.file.getvalue().splitlines() == ["The interest store does not answer.", "A new dialogue."]


@pytest.mark.slow
def test_json_lines_are_the_events(agent):
    console = Console(file=io.StringIO(), width=60)
    Terminal(agent, "json", "t-1", console, as_json=True).say("something like Heat")
    events = [event_adapter.validate_json(line) for line in console.file.getvalue().splitlines()]
    assert events[0].type == "turn_started"
    assert events[0].thread == "t-1"
    assert events[-1].type == "turn_ended"
    assert events[-1].items
