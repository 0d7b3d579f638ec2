"""What the evidence supports passes; what a model invents does not."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.evidence import Fact, ItemCard, Reason, ToolPayload
from agent.grounding import Language, Mention, check_sentence
from agent.grounding.plain_words import plain_words
from agent.grounding.support import support_of

CATALOGUE = ("Heat", "Ronin", "The Insider", "The Godfather", "Drive", "Heat and Dust", "Up", "12 Angry Men")


def find_items(text):
    """Find titles of the small catalogue where they are written as titles."""
    return [
        Mention(m.start(), m.end(), frozenset({title}))
        for title in CATALOGUE
        for m in re.finditer(rf"(?<!\w){re.escape(title)}(?!\w)", text)
    ]


LANGUAGE = Language(
    find_items, plain_words(["a thief and a detective circle each other", "intrigued by quiet nights"])
)

PAYLOAD = ToolPayload(
    tool="recommend",
    items=[
        ItemCard(number=1, id="Ronin", title="Ronin", year=1998, kind="film",
                 facts={"genre": ["Action", "Thriller"], "director": ["John Frankenheimer"],
                        "cast": ["Robert De Niro", "Jean Reno"], "runtime": ["122 min"],
                        "language": ["English"]},
                 about="Former agents chase a case through France.",
                 reasons=[Reason(kind="path", text="shares the cast member Robert De Niro with Heat",
                                 names=["Robert De Niro", "Heat"])],
                 score=2.5, shares={"graph": 2.0, "text": 0.5}),
        ItemCard(number=2, id="The Insider", title="The Insider", year=1999, kind="film",
                 facts={"genre": ["Drama", "Thriller"], "director": ["Michael Mann"],
                        "cast": ["Al Pacino", "Russell Crowe"], "runtime": ["157 min"]},
                 reasons=[Reason(kind="path", text="shares the director Michael Mann with Heat",
                                 names=["Michael Mann", "Heat"])]),
        ItemCard(number=3, id="12 Angry Men", title="12 Angry Men", year=1957, kind="film",
                 facts={"director": ["Sidney Lumet"], "cast": ["Henry Fonda", "Lee J. Cobb"]}),
    ],
    facts=[Fact(text="You have 30 days from delivery. (Policy: Returns)", names=["Returns"])],
    notes=["Solaris is not in this catalogue."],
)  # fmt: skip
SUPPORT = support_of([PAYLOAD], [], ["something like Heat from the 90s, not by McG"])


def verdict(sentence):
    return check_sentence(sentence, SUPPORT, LANGUAGE)


@pytest.mark.parametrize(
    "sentence",
    [
        "Here are 3 films like Heat.\n",
        "Here are three films you may like.",
        "1. **Ronin (1998)** shares the cast member Robert De Niro with Heat.\n",
        "2. **The Insider (1999)**: Michael Mann's drama with Al Pacino and Russell Crowe, 157 min.\n",
        "Ronin is an Action thriller by John Frankenheimer.",
        "“Ronin” runs 122 minutes and is in English.",
        "It was directed by Frankenheimer.",
        "De Niro is in it.",
        "**12 Angry Men (1957)** has Lee J. Cobb and Henry Fonda.",
        "The first one is from the 90s.",
        "It is from the 1990s.",
        "Former agents chase a case through France.",
        "You have 30 days from delivery (Policy: Returns).",
        "Solaris is not in this catalogue.",
        "I left out McG, as you asked.",
        "Director: John Frankenheimer; Runtime: 122 min.",
        "Genre: Action, Thriller.",
        "80% of the score comes from the graph.",
        "Intrigued? Tell me more, and I'll look again.",
        "Both share the genre Thriller.",
        "**Why these:** they are tense.",
        "Sure! I can look for something lighter.",
        "Would you like more like the second one?",
        "Insider is darker than Ronin.",
        "The Insider (1999) is darker than Ronin (1998).",
    ],
)
def test_true_sentences_pass(sentence):
    assert verdict(sentence).unsupported == []


@pytest.mark.parametrize(
    "sentence",
    [
        "1. **Zarkon Rising (2013)** is a gem.\n",
        "You might like The Godfather.",
        "Drive is even better.",
        "**Heat (1987)** is the one.",
        "Ronin (2004) is great.",
        "Ronin stars Bob Invented.",
        "It was directed by Al Mann.",
        "Here are 7 films.",
        "Here are seven films.",
        "It runs 118 minutes.",
        "It is from the 1970s.",
        "Try “Silent Rivers”, it is moving.",
        "Madonna sings in it.",
        "The Insider was directed by John Frankenheimer.",
        "Ronin has Al Pacino.",
        "It won 4 Oscars.",
        "Heat and Dust is gentler.",
        "You may like Ronin 2.",
        "Try Silent.",
        "You would like 《无名之辈》.",
        "People also watch *Midnight Harbor*.",
        "2. **English (1998)** is a film about a film.\n",
        "English (1998) is great.",
        "Thriller (1999) is another one.",
    ],
)
def test_invented_and_misattributed_claims_are_found(sentence):
    assert verdict(sentence).unsupported


SYLLABLES = st.sampled_from(
    ["zar", "kon", "vel", "mir", "tho", "quin", "dras", "bel", "ox", "fen", "lu", "gri", "tav"]
)
WORD = st.lists(SYLLABLES, min_size=2, max_size=3).map(lambda parts: "".join(parts).capitalize())
NAME = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
PATTERNS = st.sampled_from(
    [
        "1. **{name} ({year})** is a gem.\n",
        "1. **{name}**\n",
        "You might like {name}.",
        "{name} is a great film.",
        "Try “{name}”, it is tense.",
        "Ronin stars {name} as well.",
        "It was directed by {name}, who made Heat.",
        "If you loved Heat, then {name} is for you.",
        "Ronin, {name} and The Insider are all tense.",
        "My favourite: {name}!",
        "- {name} – tense\n",
        "Ronin ({name}'s best) is tense.",
    ]
)


WISE = ToolPayload(
    tool="recommend",
    items=[
        ItemCard(number=1, id="Ronin", title="Ronin", year=1998, kind="film", facts={"runtime": ["122 min"]},
                 about="Seven hired hands steal a case, and a brother cannot let her go up in smoke.",
                 shares={"graph": 0.93, "text": 0.07}),
        ItemCard(number=2, id="kettle", title="Tin Kettle", kind="kettle",
                 facts={"price": ["29.50 €"], "volume": ["0.6 L"]}),
        ItemCard(number=3, id="bag", title="Bag", kind="bag", facts={"price": ["12 €"]},
                 about="Two years of guarantee."),
    ],
)  # fmt: skip
WISE_SUPPORT = support_of([WISE], [], ["something from 1993, under 90 minutes, with Heat"])
HERS = Language(
    lambda text: [
        Mention(m.start(), m.end(), frozenset({m[0]})) for m in re.finditer(r"\b(?:Her|Up|Brother)\b", text)
    ],
    LANGUAGE.plain | {"her", "up", "brother", "kettle", "tin", "bag"},
    lambda title: ["dr-no"] if title.casefold() == "dr. no" else [],
)


@pytest.mark.parametrize(
    ("sentence", "is_true"),
    [
        ("Ronin lasts two hours.", True),
        ("Ronin runs 122 minutes.", True),
        ("Ronin dura 122 minutos.", True),
        ("Ronin lasts seven hours.", False),  # seven stands in the summary, and 7 % is a share
        ("Ronin dauert sieben Stunden.", False),
        ("Ronin lasts 7 hours.", False),
        ("Ronin runs 90 minutes.", False),  # what the person asked for, not what it has
        ("The text has 7 % of it.", True),
        ("The text has 7 kg of it.", False),
        ("Ronin came out in 1993.", False),
        ("You asked for 1993, and Ronin is from 1998.", True),
        ("Tin Kettle costs €29.50.", True),
        ("Tin Kettle costs 29.50 euros.", True),
        ("Tin Kettle costs €12.", False),  # another item's price
        ("Tin Kettle holds 600 ml.", True),
        ("Tin Kettle holds 29.50 litres.", False),
        ("Bag has 24 months of guarantee.", True),
        ("Bag has five years of guarantee.", False),
        ("You might also like Her.", False),  # `her` stands in a summary, the film does not
        ("Also there is Brother.", False),
        ("A brother cannot let her go.", True),
        ("you could also watch dr. no.", False),
        ("you could also watch mr. brother.", True),
    ],
)
def test_a_number_needs_its_unit_and_a_title_its_capital(sentence, is_true):
    found = check_sentence(sentence, WISE_SUPPORT, HERS)
    assert found.supported is is_true, found.unsupported


@settings(max_examples=400, deadline=None)
@given(NAME, PATTERNS, st.integers(1920, 2030))
def test_no_invented_name_ever_passes(name, pattern, year):
    assert verdict(pattern.format(name=name, year=year)).unsupported


@settings(max_examples=200, deadline=None)
@given(st.integers(31, 5000))
def test_no_invented_number_passes(number):
    known = {90, 122, 157, 1998, 1999, 1957, 80}
    assert bool(verdict(f"It costs {number} in all.").unsupported) == (number not in known)
