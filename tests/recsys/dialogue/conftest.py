import pytest

from recsys.dialogue.config import DialogueConfig
from recsys.dialogue.recommender import DialogueRecommender
from tests.recsys.dialogue.worlds import two_tastes

SMALL = DialogueConfig(
    dim=8, epochs=12, batch_size=32, networks=2, min_dialogues=2, learning_rate=0.02, behaviour_weight=0.2
)


@pytest.fixture(scope="package")
def fitted() -> DialogueRecommender:
    model = DialogueRecommender(SMALL)
    model.fit(two_tastes())
    return model
