"""Six films and a few dialogues, small enough to know every answer."""

from eval.systems.material import Material, MeasuredItem, TrainingDialogue
from eval.systems.protocol import Dialogue, Utterance

HEAT, RONIN, ALIEN, BIRDS, AMELIE, OTHER_HEAT = (
    "Heat (1995)", "Ronin (1998)", "Alien (1979)", "The Birds (1963)", "Amelie (2001)", "Heat (2013)",
)  # fmt: skip


def item(name: str, genre: str, director: str, plot: str) -> MeasuredItem:
    title, year = name[:-7], int(name[-5:-1])
    return MeasuredItem(
        name, title, year, f"{name}. {genre}. {plot}", (("genre", genre), ("director", director))
    )


ITEMS = (
    item(HEAT, "crime", "Michael Mann", "A detective hunts a crew of bank robbers."),
    item(RONIN, "crime", "John Frankenheimer", "Mercenaries chase a briefcase through Paris."),
    item(ALIEN, "horror", "Ridley Scott", "A creature hunts the crew of a spaceship."),
    item(BIRDS, "horror", "Alfred Hitchcock", "Birds attack a small town by the sea."),
    item(AMELIE, "romance", "Jean-Pierre Jeunet", "A shy waitress in Paris helps people."),
    item(OTHER_HEAT, "comedy", "Paul Feig", "Two officers go after a drug lord."),
)


def seeker(text: str, *items: str) -> Utterance:
    return Utterance("seeker", text, items)


def recommender(text: str, *items: str) -> Utterance:
    return Utterance("recommender", text, items)


def said(*utterances: Utterance) -> Dialogue:
    return Dialogue(utterances)


def material() -> Material:
    crime = (seeker(f"I loved {HEAT}", HEAT), recommender(f"Then watch {RONIN}", RONIN))
    scary = (seeker(f"something scary like {ALIEN}", ALIEN), recommender(f"Try {BIRDS}", BIRDS))
    dialogues = [TrainingDialogue(str(n), crime) for n in range(3)]
    dialogues += [TrainingDialogue(str(n), scary) for n in range(3, 5)]
    return Material(ITEMS, tuple(dialogues))
