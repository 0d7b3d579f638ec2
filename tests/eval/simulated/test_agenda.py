"""What simulated people say, to whom, and when they stop."""

from dataclasses import dataclass, field, replace

import pytest

from eval.simulated.agenda import Agenda
from eval.simulated.contenders import EaseSystem, PopularitySystem
from eval.simulated.conversation import SHOWN, hold
from eval.simulated.outcomes import converse, kept_parts
from eval.simulated.personas import PERSONAS, persona_of
from eval.simulated.tastes import tells
from eval.systems.protocol import Dialogue, Response

BY_NAME = {persona.name: persona for persona in PERSONAS}


@dataclass
class Reads:
    """Answers with these responses one after the other, and keeps what it was told."""

    answers: list[Response]
    name: str = "reads"
    heard: list[Dialogue] = field(default_factory=list)

    def respond(self, dialogue: Dialogue) -> Response:
        self.heard.append(dialogue)
        return self.answers[min(len(self.heard), len(self.answers)) - 1]


def agenda_of(village, persona="talkative", seed=0, person=0):
    return Agenda(village.tastes[person], BY_NAME[persona], village.vocabulary, seed)


@pytest.mark.parametrize("persona", sorted(BY_NAME))
def test_no_message_has_a_word_of_a_targets_title(village, persona):
    for taste in village.tastes:
        hidden = village.vocabulary.words_of(taste.targets)
        for seed in range(5):
            nothing = Reads(
                [Response((), "What genre would you like?"), Response((), ""), Response((), "Which year?")]
            )
            held = hold(Agenda(taste, BY_NAME[persona], village.vocabulary, seed), nothing)
            for said in held.utterances[::2]:
                assert not tells(said.text, hidden), said
                assert not set(said.items) & set(taste.targets)
                assert all(village.vocabulary.items[i].title in said.text for i in said.items)
                assert said.text != "?"
            assert held.found is None


def test_a_target_that_is_looked_at_ends_the_conversation(village):
    taste = village.tastes[0]
    others = tuple(i for i in taste.known[:SHOWN])
    system = Reads([Response(others, "these"), Response((taste.targets[2], *others[1:]), "those")])
    held = hold(agenda_of(village), system)
    assert (held.found, held.turns) == (taste.targets[2], 2)
    assert (held.success_at(1), held.success_at(2)) == (0.0, 1.0)
    assert held.shown == 2 * SHOWN
    assert held.repeated == SHOWN - 1


def test_what_stands_below_what_is_looked_at_is_not_found(village):
    taste = village.tastes[0]
    below = Response((*taste.known[:3], taste.targets[0]), "")
    assert hold(agenda_of(village, "picky"), Reads([below])).found is None
    assert hold(agenda_of(village, "talkative"), Reads([below])).found == taste.targets[0]
    far = Response((*taste.known[:SHOWN], taste.targets[0]), "")
    assert hold(agenda_of(village, "talkative"), Reads([far])).found is None


def test_patience_ends_and_the_same_seed_says_the_same(village):
    one, two = (hold(agenda_of(village, seed=3), Reads([Response((), "")])) for _ in range(2))
    assert one == two
    low, high = BY_NAME["talkative"].patience
    assert low <= one.turns <= high
    assert len({hold(agenda_of(village, seed=s), Reads([Response((), "")])).utterances for s in range(6)}) > 1


def test_a_question_is_answered_with_what_it_asks_for(village):
    decades = replace(
        village.tastes[0],
        wants={
            target: tuple(sorted(wants, key=lambda one: one.facet == "decade"))
            for target, wants in village.tastes[0].wants.items()
        },
    )
    agenda = Agenda(decades, BY_NAME["terse"], village.vocabulary, 0)
    agenda.worded(agenda.next_line(None))
    has_decade = [t for t, wants in decades.wants.items() if any(o.facet == "decade" for o in wants)]
    agenda._order = has_decade
    line = agenda.next_line(Response((), "From which decade should it be?"))
    assert line.act == "answer"
    assert line.attributes[0].facet == "decade"
    assert line.attributes[0] in decades.wants[agenda.mind]


def test_everything_said_is_true_of_a_target_and_what_is_refused_of_none(village):
    for persona in BY_NAME.values():
        for taste in village.tastes:
            agenda = Agenda(taste, persona, village.vocabulary, 1)
            shown = Response(
                tuple(
                    village.items[k].id for k in (1, 5, 6, 9, 13) if village.items[k].id not in taste.targets
                ),
                "",
            )
            hold(agenda, Reads([shown]))
            of_targets = {one for t in taste.targets for one in village.vocabulary.of[t]}
            assert agenda.said <= of_targets
            assert not agenda.refused & of_targets


def test_rankings_leave_out_what_was_named_or_shown(village):
    taste = village.tastes[0]
    for system in (PopularitySystem(village.plain), EaseSystem(village.plain, taste.known)):
        held = hold(agenda_of(village), system)
        assert held.repeated == 0
        assert held.shown == SHOWN * held.turns


def test_parts_are_kept_and_read_and_none_is_begun_when_it_is_over(village, tmp_path):
    calls = []

    def talk(tastes):
        calls.append(len(tastes))
        return converse(tastes, village.vocabulary, lambda _: PopularitySystem(village.plain), 0)

    def file(start):
        return tmp_path / f"part-{start}.json"

    first = kept_parts(file, village.tastes, talk, lambda: False)
    assert [one.person for one in first] == [taste.person for taste in village.tastes]
    assert kept_parts(file, village.tastes, talk, lambda: True) == first
    assert calls == [len(village.tastes)]
    assert kept_parts(lambda start: tmp_path / f"other-{start}", village.tastes, talk, lambda: True) == []


def test_manners_are_drawn_by_seed_and_all_of_them_occur():
    drawn = [persona_of(f"p{k}", 0).name for k in range(60)]
    assert drawn == [persona_of(f"p{k}", 0).name for k in range(60)]
    assert set(drawn) == set(BY_NAME)
