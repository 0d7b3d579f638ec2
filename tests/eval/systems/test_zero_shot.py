import pytest

from eval.systems.dialogue_recommender import TastegraphDialogue, state_of, training_data
from eval.systems.material import MeasuredItem
from eval.systems.zero_shot import ZeroShot, translated
from recsys.dialogue.config import DialogueConfig
from tests.eval.systems.tiny import ALIEN, BIRDS, HEAT, ITEMS, RONIN, material, recommender, said, seeker

SMALL = DialogueConfig(dim=8, epochs=10, batch_size=8, networks=1, min_dialogues=1, learning_rate=0.03)


@pytest.fixture(scope="module")
def trained():
    return TastegraphDialogue(material(), SMALL)


def test_a_dialogue_is_read_without_its_titles():
    state = state_of(
        said(seeker("I loved heat (1995), and Ronin (1998)!", HEAT, "Ronin (film)")),
        {HEAT: 0, "Ronin (film)": 1},
    )
    assert state.utterances[0].text == "I loved , and !"
    assert [mention.item for mention in state.mentions] == [0, 1]


def test_training_turns_are_all_that_name_something():
    data = training_data(material())
    assert len(data.turns) == 10
    assert data.attributes.shape == (len(data.attribute_names), 6)


def test_the_recommender_ranks_everything_and_has_learned_what_goes_together(trained):
    answer = trained.respond(said(seeker(f"I loved {HEAT}", HEAT)))
    assert sorted(answer.items) == sorted(one.id for one in ITEMS)
    new = [item for item in answer.items if item != HEAT]
    assert new[0] == RONIN


def test_many_at_once_are_answered_as_one_by_one(trained):
    dialogues = [said(seeker("scary", ALIEN)), said(), said(seeker(f"I loved {HEAT}", HEAT))]
    alone = [trained.respond(dialogue) for dialogue in dialogues]
    together = trained.respond_many(dialogues)
    assert [one.items for one in together] == [one.items for one in alone]


def test_known_items_keep_their_score_under_another_name(trained):
    items = [
        MeasuredItem("heat!", "Heat", 1995),
        MeasuredItem("ronin!", "Ronin"),
        MeasuredItem("?", "Unheard Of", 1999),
    ]
    system = ZeroShot(trained, items)
    answer = system.respond(said(seeker("I loved Heat (1995)", "heat!")))
    own = trained.respond(said(seeker("I loved Heat (1995)", HEAT)))
    assert dict(zip(answer.items, answer.scores, strict=True)) == pytest.approx(
        {"heat!": own.scores[own.items.index(HEAT)], "ronin!": own.scores[own.items.index(RONIN)]}
    )
    # Of the third nothing is known, not even an attribute.
    assert (system.placed, len(answer.items)) == (0, 2)


def test_an_unknown_item_is_placed_by_those_most_alike(trained):
    new = MeasuredItem("new", "Never Seen Before", 2020, attributes=(("genre", "horror"),))
    system = ZeroShot(trained, [new])
    dialogue = said(seeker(f"something scary like {ALIEN}", ALIEN))
    own = dict(zip(*(lambda a: (a.items, a.scores))(trained.respond(dialogue)), strict=True))
    assert system.respond(dialogue).scores[0] == pytest.approx((own[ALIEN] + own[BIRDS]) / 2, rel=1e-5)


def test_training_dialogues_speak_of_the_new_items():
    (first, *_) = translated(material().dialogues, {"heat!": HEAT})
    assert [one.items for one in first.utterances] == [("heat!",), ()]


def test_what_is_kept_is_what_was_trained(trained, tmp_path):
    from eval.crs_figures.trained import load_trained
    from eval.crs_figures.trained import trained as kept_or_trained
    from recsys.errors import WorkspaceError

    told = []
    first = kept_or_trained(tmp_path / "kept", material(), SMALL, told.append)
    again = kept_or_trained(tmp_path / "kept", material(), SMALL, told.append)
    dialogue = said(seeker("scary", ALIEN), recommender("Try", BIRDS), seeker("more"))
    assert len(told) == 1
    assert again.respond(dialogue) == first.respond(dialogue)
    with pytest.raises(WorkspaceError, match="trained with 6 items, not 5"):
        load_trained(tmp_path / "kept", ITEMS[:5])
    with pytest.raises(WorkspaceError, match="no trained recommender"):
        load_trained(tmp_path / "nothing", ITEMS)
