"""Dialogues about ten films: 0-4 frighten, 5-9 amuse; nobody recommends film 9, which shares its genre with 5-8."""

import numpy as np
from scipy.sparse import csr_array

from recsys.dialogue.state import DialogueData, DialogueState, Mention, Speaker, Utterance, turns_of

N_ITEMS = 10
FRIGHTENING, AMUSING = range(5), range(5, 10)


def seeker(text: str) -> Utterance:
    return Utterance(Speaker.SEEKER, text)


def recommender(text: str) -> Utterance:
    return Utterance(Speaker.RECOMMENDER, text)


def wish(text: str, *items: int, polarity: float = 1.0) -> DialogueState:
    """One sentence of a seeker, in which these items are named."""
    return DialogueState((seeker(text),), tuple(Mention(item, 0, polarity) for item in items))


def two_tastes(dialogues: int = 60) -> DialogueData:
    rng = np.random.default_rng(3)
    turns = []
    for number in range(dialogues):
        frightened = number % 2 == 0
        taste = [0, 1, 2, 3, 4] if frightened else [5, 6, 7, 8]
        first, second, third = (int(item) for item in rng.permutation(taste)[:3])
        text = "something really scary please" if frightened else "a funny one for laughing"
        said = [seeker(text), recommender("then see"), seeker("like it, another"), recommender("or maybe")]
        mentions = [Mention(first, 0), Mention(second, 1), Mention(third, 3)]
        turns += turns_of(said, mentions, number)
    having = np.zeros((2, N_ITEMS), np.float32)
    having[0, :5] = having[1, 5:] = 1.0
    likes = np.kron(np.eye(2, dtype=np.float32), np.ones((4, 5), np.float32))
    return DialogueData(N_ITEMS, turns, csr_array(having), ("horror", "comedy"), csr_array(likes))
