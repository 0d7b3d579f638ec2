"""The gallery of conversations: what is committed is what takes place, and all of it is so."""

import difflib
import re
from pathlib import Path

import pytest

from eval.conversation_scripts import NEW_DIALOGUE, SCRIPTS, Script
from eval.conversations import Conversation, Exchange, build_one, hold, markdown
from tests.parts import ROOT

GALLERY = ROOT / "docs" / "conversations.md"


@pytest.fixture(scope="module")
def held(starter_films: Path, tmp_path_factory) -> list[Conversation]:
    shop = build_one("shop", tmp_path_factory.mktemp("conversations") / "shop")
    return hold({"films": starter_films, "shop": shop})


def test_twelve_conversations_of_both_catalogues_and_the_desk():
    assert len(SCRIPTS) == 12
    assert len({script.title for script in SCRIPTS}) == 12
    assert {script.workspace for script in SCRIPTS} == {"films", "shop"}
    assert any(script.desk for script in SCRIPTS)
    assert any(NEW_DIALOGUE in script.says for script in SCRIPTS)


def test_a_turn_is_written_with_its_steps_and_notes():
    script = Script("Title", "What to look for.", "films", ("one", NEW_DIALOGUE, "two"))
    turns = [
        Exchange(1, "one", "First.\n\nMore.", ["recommend: 5 films"], ["A part is away."]),
        Exchange(2, "two", "Second."),
    ]
    text = markdown([Conversation(script, turns)])
    assert (
        "**Person:** one\n\n- `recommend: 5 films`\n\n> First.\n>\n> More.\n\n*Note: A part is away.*" in text
    )
    assert text.index("More.") < text.index("*Another dialogue, later.*") < text.index("**Person:** two")


@pytest.mark.slow
def test_every_answer_is_borne_out_by_the_catalogue(held):
    assert [problem for one in held for turn in one.exchanges for problem in turn.problems] == []
    assert all(turn.answer for one in held for turn in one.exchanges)
    assert sum(turn.claims for one in held for turn in one.exchanges) > 100
    assert not [
        note
        for one in held
        for turn in one.exchanges
        for note in turn.notices
        if "Something went wrong" in note
    ]


@pytest.mark.slow
def test_the_service_desk_cites_the_policy_and_leaves_the_doing_to_the_human(held):
    (desk,) = [one for one in held if one.script.desk]
    assert any(turn.sources for turn in desk.exchanges)
    assert not re.search(
        r"\bI(?:'ve| have) (?:cancelled|refunded|changed|returned)",
        " ".join(t.answer for t in desk.exchanges),
    )


@pytest.mark.slow
def test_the_committed_gallery_is_what_takes_place(held):
    """Ranks of nearly equal items may differ from processor to processor, so some lines of the lists may."""
    written = GALLERY.read_text(encoding="utf-8").splitlines()
    now = markdown(held).splitlines()
    assert lines(written, ("## ", "**Person:**", "**Customer:**")) == lines(
        now, ("## ", "**Person:**", "**Customer:**")
    )
    assert tools(written) == tools(now)
    alike = difflib.SequenceMatcher(None, written, now, autojunk=False).ratio()
    assert alike >= 0.8, (
        f"`tastegraph eval conversations` gives another gallery ({alike:.0%} alike); run it and commit"
    )


def lines(text: list[str], starts: tuple[str, ...]) -> list[str]:
    return [line for line in text if line.startswith(starts)]


def tools(text: list[str]) -> list[str]:
    return [line.split(":")[0] for line in text if line.startswith("- `")]
